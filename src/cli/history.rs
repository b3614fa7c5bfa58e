//! `metaxy history`.

use super::{Context, Failure, Outcome, list::Format, store};
use crate::init::linked_graph;
use serde::Serialize;

/// Lists the versions of a project that were pushed, the latest first
#[derive(Debug, clap::Args)]
#[command(after_help = "\
`*` marks the version of the linked features. Moments are in UTC.

Examples:
  metaxy history
  metaxy -n prod history --all-projects --limit 5 --json")]
pub struct History {
    /// The project; by default that of metaxy.toml, or all where it names none
    #[arg(long, value_name = "NAME", conflicts_with = "all_projects")]
    project: Option<String>,
    /// The versions of all projects
    #[arg(long)]
    all_projects: bool,
    /// At most so many
    #[arg(long, value_name = "COUNT")]
    limit: Option<usize>,
    #[command(flatten)]
    format: Format,
}

#[derive(Serialize)]
struct Entry {
    project: String,
    project_version: String,
    /// In UTC.
    first_pushed_at: String,
    /// In UTC.
    last_pushed_at: String,
    features: usize,
    /// Whether it is that of the linked features.
    current: bool,
}

impl History {
    pub fn run(self, context: &mut Context<'_>) -> Result<Outcome, Failure> {
        let store = store(context)?;
        let graph = linked_graph(&context.config)?;
        let project = match self.all_projects {
            true => None,
            false => self.project.as_deref().or(context.config.project.as_deref()),
        };
        let versions = store.pushed_versions(project)?;
        let entries: Vec<_> = versions
            .into_iter()
            .take(self.limit.unwrap_or(usize::MAX))
            .map(|it| Entry {
                current: graph.project_version(&it.project) == it.project_version,
                project: it.project,
                project_version: it.project_version,
                first_pushed_at: it.first_pushed_at.format("%FT%T%.6fZ").to_string(),
                last_pushed_at: it.last_pushed_at.format("%FT%T%.6fZ").to_string(),
                features: it.features,
            })
            .collect();
        if entries.is_empty() && !self.format.json {
            writeln!(context.out, "{}: nothing was pushed yet", store.name)?;
            return Ok(Outcome::Fine);
        }
        let width = entries.iter().map(|it| it.project.len()).max().unwrap_or_default();
        self.format.print(context.out, &entries, |it| {
            let mark = if it.current { '*' } else { ' ' };
            let moment = it.last_pushed_at.get(..19).unwrap_or_default().replace('T', " ");
            let features = if it.features == 1 { "feature" } else { "features" };
            let Entry { project, project_version, features: count, .. } = it;
            format!("{mark} {project:width$}  {project_version}  {moment}  {count} {features}")
        })?;
        Ok(Outcome::Fine)
    }
}
