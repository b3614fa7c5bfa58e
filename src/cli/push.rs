//! `metaxy push`.

use super::{Context, Failure, Outcome, print_json, store};
use crate::Json;
use metaxy_diesel::push::{PushError, PushOptions, Pushed};
use serde::Serialize;

/// Records the features of a project in a store, for other projects to see
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The records are those of Metaxy for Python, which reads them and whose records
are read: `metaxy history` lists them, and `metaxy lock` takes the features of
other projects from them. What is there already is not recorded again. Run it
where you deploy, before the code runs.

Examples:
  metaxy push
  metaxy -n prod push --tag git_commit=3f2a1b9 --tag environment=prod")]
pub struct Push {
    /// The project; by default that of metaxy.toml, or the only one that is linked
    #[arg(long, value_name = "NAME")]
    project: Option<String>,
    /// What to keep with each feature
    #[arg(short, long = "tag", value_name = "KEY=VALUE", value_parser = tag)]
    tags: Vec<(String, String)>,
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report<'a> {
    store: &'a str,
    project: &'a str,
    project_version: &'a str,
    already_pushed: bool,
    updated_features: &'a [String],
}

impl Push {
    pub fn run(self, context: &mut Context<'_>) -> Result<Outcome, Failure> {
        let graph = context.linked_graph()?;
        let store = store(context)?;
        let tags = self.tags.into_iter().map(|(key, value)| (key, Json::String(value)));
        let options = PushOptions { project: self.project, tags: tags.collect() };
        let Pushed { project, project_version, already_pushed, updated_features } =
            &store.push(graph, &options)?;
        if self.json {
            let report = Report {
                store: &store.name,
                project,
                project_version,
                already_pushed: *already_pushed,
                updated_features,
            };
            print_json(context.out, &report)?;
        } else if !already_pushed {
            writeln!(context.out, "{}: recorded {project} as {project_version}", store.name)?;
        } else if updated_features.is_empty() {
            writeln!(context.out, "{}: {project} is {project_version} already", store.name)?;
        } else {
            let features = updated_features.join(", ");
            writeln!(
                context.out,
                "{}: {project} is {project_version} already; recorded what it lacked: {features}",
                store.name
            )?;
        }
        Ok(Outcome::Fine)
    }
}

impl From<PushError> for Failure {
    fn from(error: PushError) -> Self {
        match error {
            PushError::Connect(_) | PushError::Inspect(_) | PushError::Database { .. } => {
                Self::database(error)
            }
            _ => Self::usage(error),
        }
    }
}

/// Reads `KEY=VALUE` for clap.
fn tag(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some(("metaxy", _)) => Err("the tag `metaxy` is metaxy's own".to_owned()),
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("write KEY=VALUE".to_owned()),
    }
}
