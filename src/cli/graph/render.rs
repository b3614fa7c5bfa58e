//! `metaxy graph render`: the graph as text for a terminal, or as Mermaid.

use crate::cli::{Context, Failure};
use metaxy_core::{FeatureDefinition, FeatureGraph, FeatureKey, FieldKey};
use std::{fmt::Write, io};

/// Draws the graph of the linked features
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  metaxy graph render
  metaxy graph render --format mermaid > graph.mmd")]
pub struct Render {
    /// How to draw it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
enum Format {
    /// Text: each feature with its fields, and what each field is made from
    #[default]
    Terminal,
    /// A Mermaid flowchart, as GitHub shows it
    Mermaid,
}

impl Render {
    pub fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let graph = context.linked_graph()?;
        let text = match self.format {
            Format::Terminal => terminal(graph),
            Format::Mermaid => mermaid(graph),
        };
        Ok(io::Write::write_all(context.out, text.as_bytes())?)
    }
}

/// The features in the order of the graph.
fn definitions(graph: &FeatureGraph) -> impl Iterator<Item = (&FeatureKey, &FeatureDefinition)> {
    graph.topological_order().filter_map(|key| Some((key, graph.get(key)?)))
}

fn terminal(graph: &FeatureGraph) -> String {
    let mut text = String::new();
    for (key, definition) in definitions(graph) {
        let versions = graph.versions(key).expect("every feature of a graph has versions");
        let upstream: Vec<_> = definition.spec.deps.iter().map(|it| it.feature.as_str()).collect();
        let from = if upstream.is_empty() {
            String::new()
        } else {
            format!("  from {}", upstream.join(", "))
        };
        let external = if definition.external { "  (external)" } else { "" };
        line(&mut text, format_args!("● {key}  {}{from}{external}", versions.feature_version));
        let parents = graph.field_parents(key).unwrap_or_default();
        let width = parents.keys().map(|it| it.as_str().len()).max().unwrap_or_default();
        for (at, (field, parents)) in parents.iter().enumerate() {
            let branch = if at + 1 == versions.field_versions.len() { "└" } else { "├" };
            let version = &versions.field_versions[*field];
            let parents: Vec<_> =
                parents.iter().map(|(key, field)| format!("{key}.{field}")).collect();
            let arrow = if parents.is_empty() { "" } else { "  ◄ " };
            line(
                &mut text,
                format_args!(
                    "  {branch} {:width$}  {version}{arrow}{}",
                    field.as_str(),
                    parents.join(", ")
                ),
            );
        }
    }
    text
}

fn mermaid(graph: &FeatureGraph) -> String {
    let id = |key: &FeatureKey| key.table_name();
    let field_id =
        |key: &FeatureKey, field: &FieldKey| format!("{}.{}", id(key), field.struct_key());
    let mut text = String::from("flowchart LR\n");
    for (key, definition) in definitions(graph) {
        line(&mut text, format_args!("  subgraph {}[\"{key}\"]", id(key)));
        for field in definition.spec.fields.iter().map(|it| &it.key) {
            line(&mut text, format_args!("    {}[\"{field}\"]", field_id(key, field)));
        }
        text.push_str("  end\n");
    }
    for (key, _) in definitions(graph) {
        for (field, parents) in graph.field_parents(key).unwrap_or_default() {
            for (upstream, parent) in parents {
                line(
                    &mut text,
                    format_args!("  {} --> {}", field_id(upstream, parent), field_id(key, field)),
                );
            }
        }
    }
    text
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    writeln!(text, "{line}").expect("writing to a String cannot fail");
}
