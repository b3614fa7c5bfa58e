//! `metaxy list`: features, stores, projects.

use super::{Context, Failure, Outcome};
use serde::Serialize;
use std::io::Write;

/// Lists what there is
#[derive(Debug, clap::Subcommand)]
pub enum List {
    /// The features that are linked into this program, upstream first
    #[command(after_help = "\
Examples:
  metaxy list features
  metaxy list features --json")]
    Features {
        #[command(flatten)]
        format: Format,
    },
    /// The stores of metaxy.toml; `*` marks the default one
    #[command(after_help = "\
Example:
  metaxy list stores")]
    Stores {
        #[command(flatten)]
        format: Format,
    },
    /// The projects of the linked features, with their versions
    #[command(after_help = "\
Example:
  metaxy list projects --json")]
    Projects {
        #[command(flatten)]
        format: Format,
    },
}

/// How a list is printed
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Format {
    /// Print JSON, for programs
    #[arg(long)]
    pub json: bool,
}

#[derive(Serialize)]
struct Feature {
    key: String,
    project: String,
    table: String,
    external: bool,
    declared: Option<String>,
}

#[derive(Serialize)]
struct Store {
    name: String,
    #[serde(rename = "type")]
    type_name: String,
    location: Option<String>,
    default: bool,
}

#[derive(Serialize)]
struct Project {
    name: String,
    features: usize,
    version: String,
}

impl List {
    pub fn run(self, context: &mut Context<'_>) -> Result<Outcome, Failure> {
        match self {
            Self::Features { format } => features(context, format)?,
            Self::Stores { format } => stores(context, format)?,
            Self::Projects { format } => projects(context, format)?,
        }
        Ok(Outcome::Fine)
    }
}

impl Format {
    /// Prints the items as JSON, or each as `line` writes it.
    pub fn print<T: Serialize>(
        self,
        out: &mut dyn Write,
        items: &[T],
        line: impl Fn(&T) -> String,
    ) -> Result<(), Failure> {
        if self.json {
            return print_json(out, &items);
        }
        for item in items {
            writeln!(out, "{}", line(item).trim_end())?;
        }
        Ok(())
    }
}

/// Prints a value as indented JSON.
pub fn print_json(out: &mut dyn Write, value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value).expect("plain data has no failing serializer");
    Ok(writeln!(out, "{text}")?)
}

fn features(context: &mut Context<'_>, format: Format) -> Result<(), Failure> {
    let graph = context.linked_graph()?;
    let features: Vec<_> = graph
        .topological_order()
        .filter_map(|key| graph.get(key))
        .map(|definition| Feature {
            key: definition.spec.key.to_string(),
            project: definition.project.clone(),
            table: definition.spec.key.table_name(),
            external: definition.external,
            declared: definition.location.map(|it| it.to_string()),
        })
        .collect();
    let width = features.iter().map(|it| it.key.len()).max().unwrap_or_default();
    format.print(context.out, &features, |it| {
        let declared = it.declared.as_deref().unwrap_or("external");
        format!("{:width$}  {}", it.key, declared)
    })
}

fn stores(context: &mut Context<'_>, format: Format) -> Result<(), Failure> {
    let config = &context.config;
    let stores: Vec<_> = config
        .stores
        .iter()
        .map(|(name, store)| Store {
            name: name.clone(),
            type_name: store.kind.map_or_else(|| store.type_name.clone(), |kind| kind.to_string()),
            location: store
                .database
                .as_ref()
                .or(store.connection_string.as_ref())
                .map(ToString::to_string),
            default: *name == config.store,
        })
        .collect();
    let width = stores.iter().map(|it| it.name.len()).max().unwrap_or_default();
    format.print(context.out, &stores, |it| {
        let mark = if it.default { "*" } else { " " };
        let location = it.location.as_deref().unwrap_or_default();
        format!("{mark} {:width$}  {:8}  {location}", it.name, it.type_name)
    })
}

fn projects(context: &mut Context<'_>, format: Format) -> Result<(), Failure> {
    let graph = context.linked_graph()?;
    let projects: Vec<_> = graph
        .projects()
        .into_iter()
        .map(|name| Project {
            name: name.to_owned(),
            features: graph.definitions().filter(|it| it.project == name).count(),
            version: graph.project_version(name),
        })
        .collect();
    let width = projects.iter().map(|it| it.name.len()).max().unwrap_or_default();
    format.print(context.out, &projects, |it| {
        let features = if it.features == 1 { "feature" } else { "features" };
        format!("{:width$}  {}  {} {features}", it.name, it.version, it.features)
    })
}
