//! `metaxy graph diff`.

use super::{graph_of, picture};
use crate::{
    FeatureGraph, Store,
    cli::{
        Context, Failure, Outcome,
        picture::{Canvas, Format},
        print_json, store,
    },
    graph::{FeatureDifference, FieldDifference, Status, difference},
};
use serde::Serialize;
use std::{borrow::Cow, fmt, io::Write, path::Path};

/// Says what changed between two versions of a project, and which features that touches; exit code 1 where they differ
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A version is one of `metaxy history`; `latest`: the last one that was pushed;
`current`: the linked features; or a file FILE.json that `metaxy graph snapshot`
wrote.

  added, removed  the feature came or went
  changed         its definition changed, and its rows are made anew
  restated        its definition changed, but nothing that rows are made from
  touched         fields that it is made from changed: its rows are made anew
  untouched       upstream features changed, but no field that it is made from
  unchanged       nothing changed (shown with --all)

Examples:
  metaxy graph diff
  metaxy -n prod graph diff a224ce7e current --json
  metaxy graph diff -o changes.svg")]
pub struct Diff {
    /// What it was
    #[arg(default_value = "latest", value_name = "FROM")]
    from: String,
    /// What it is
    #[arg(default_value = "current", value_name = "TO")]
    to: String,
    /// The project; by default that of metaxy.toml, or the only one that is linked
    #[arg(long, value_name = "NAME")]
    project: Option<String>,
    /// Show unchanged features, too
    #[arg(long)]
    all: bool,
    /// Print JSON, for programs: all features
    #[arg(long)]
    json: bool,
    /// Draw a picture of it
    #[arg(long, value_enum, conflicts_with = "json")]
    format: Option<Format>,
    #[command(flatten)]
    canvas: Canvas,
}

#[derive(Serialize)]
struct Report<'a> {
    project: &'a str,
    from: &'a str,
    to: &'a str,
    equal: bool,
    features: Vec<Feature<'a>>,
}

#[derive(Serialize)]
struct Feature<'a> {
    feature: &'a str,
    status: String,
    from: Option<&'a str>,
    to: Option<&'a str>,
    fields: Vec<Field<'a>>,
}

#[derive(Serialize)]
struct Field<'a> {
    field: &'a str,
    from: Option<&'a str>,
    to: Option<&'a str>,
    because_of: Vec<String>,
}

impl Diff {
    pub fn run(self, context: &mut Context<'_>) -> Result<Outcome, Failure> {
        let linked = context.linked_graph()?;
        let project = self.project.as_deref().or(context.config.project.as_deref());
        let project = match project {
            Some(project) => project.to_owned(),
            None => linked.project().map_err(Failure::usage)?.to_owned(),
        };
        let from = State::of(&self.from, &project, context, linked)?;
        let to = State::of(&self.to, &project, context, linked)?;
        let features = difference(&from.graph, &to.graph, &project);
        let differs =
            |it: &FeatureDifference| !matches!(it.status, Status::Untouched | Status::Unchanged);
        let equal = !features.iter().any(differs);
        if let Some(format) = self.canvas.format(self.format)? {
            let title = format!("{project}: from {from} to {to}");
            let picture = picture::of_difference(&from.graph, &to.graph, &features, &title);
            self.canvas.draw(&picture, format, context)?;
        } else if self.json {
            let (from, to) = (&from.version, &to.version);
            let features = features.iter().map(Feature::of).collect();
            print_json(context.out, &Report { project: &project, from, to, equal, features })?;
        } else {
            writeln!(context.out, "{project}: from {from} to {to}")?;
            let shown =
                |it: &&FeatureDifference| self.all || !(equal || it.status == Status::Unchanged);
            let shown: Vec<_> = features.iter().filter(shown).collect();
            print(context.out, &shown)?;
            if equal {
                writeln!(context.out, "nothing changed")?;
            }
        }
        Ok(if equal { Outcome::Fine } else { Outcome::Found })
    }
}

/// A version of a project.
struct State<'a> {
    /// As it was named.
    name: &'a str,
    version: String,
    graph: Cow<'static, FeatureGraph>,
}

impl<'a> State<'a> {
    fn of(
        name: &'a str,
        project: &str,
        context: &Context<'_>,
        linked: &'static FeatureGraph,
    ) -> Result<Self, Failure> {
        let graph = if name == "current" {
            Cow::Borrowed(linked)
        } else if name.ends_with(".json") {
            graph_of(Some(Path::new(name)), context)?
        } else {
            let store = store(context)?;
            let version = match name {
                "latest" => latest(&store, project)?,
                version => version.to_owned(),
            };
            let length = context.config.hash_truncation_length;
            let graph = Cow::Owned(store.pushed_graph(project, &version, length)?);
            return Ok(Self { name, version, graph });
        };
        Ok(Self { name, version: graph.project_version(project), graph })
    }
}

fn latest(store: &Store, project: &str) -> Result<String, Failure> {
    let pushed = store.pushed_versions(Some(project))?.into_iter().next();
    let missing = || {
        let words = format!(
            "nothing of project `{project}` was pushed to store `{}` yet: run `metaxy push`",
            store.name
        );
        Failure::words(words)
    };
    Ok(pushed.ok_or_else(missing)?.project_version)
}

impl fmt::Display for State<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, version, .. } = self;
        if *name == version { write!(out, "{version}") } else { write!(out, "{version} ({name})") }
    }
}

fn print(out: &mut dyn Write, features: &[&FeatureDifference]) -> Result<(), Failure> {
    let width = features.iter().map(|it| it.key.as_str().len()).max().unwrap_or_default();
    for feature in features {
        let FeatureDifference { key, status, from, to, fields } = feature;
        let versions = versions(from.as_deref(), to.as_deref());
        writeln!(out, "{status:9}  {:width$}  {versions}", key.as_str())?;
        if [Status::Added, Status::Removed].contains(status) {
            continue;
        }
        for FieldDifference { field, from, to, because_of } in fields {
            let versions = self::versions(from.as_deref(), to.as_deref());
            let sources: Vec<_> =
                because_of.iter().map(|(key, field)| format!("{key}.{field}")).collect();
            let arrow = if sources.is_empty() { "" } else { "  ◄ " };
            let sources = sources.join(", ");
            writeln!(
                out,
                "           └ {:1$}  {versions}{arrow}{sources}",
                field.as_str(),
                width - 2.min(width)
            )?;
        }
    }
    Ok(())
}

fn versions(from: Option<&str>, to: Option<&str>) -> String {
    match (from, to) {
        (Some(from), Some(to)) if from != to => format!("{from} → {to}"),
        (Some(from), None) => format!("{from} → gone"),
        (None, Some(to)) => format!("new: {to}"),
        (_, version) => version.unwrap_or_default().to_owned(),
    }
}

impl<'a> Feature<'a> {
    fn of(it: &'a FeatureDifference) -> Self {
        Self {
            feature: it.key.as_str(),
            status: it.status.to_string(),
            from: it.from.as_deref(),
            to: it.to.as_deref(),
            fields: it.fields.iter().map(Field::of).collect(),
        }
    }
}

impl<'a> Field<'a> {
    fn of(it: &'a FieldDifference) -> Self {
        let because_of = it.because_of.iter().map(|(key, field)| format!("{key}.{field}"));
        Self {
            field: it.field.as_str(),
            from: it.from.as_deref(),
            to: it.to.as_deref(),
            because_of: because_of.collect(),
        }
    }
}
