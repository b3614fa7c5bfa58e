//! `metaxy describe`: one feature, the graph, or a store, in words.

mod feature;
mod graph;
mod store;

use super::{Context, Failure, Outcome};

/// Describes a feature, the graph, or a store
#[derive(Debug, clap::Subcommand)]
pub enum Describe {
    /// All that is known of a feature: columns, fields, versions, what it is made from and what is made from it
    Feature(feature::Feature),
    /// How large the graph is, and where it begins and ends
    Graph(graph::Graph),
    /// Where a store is, and where its histories are; asks no database
    Store(store::Store),
}

impl Describe {
    pub fn run(self, context: &mut Context<'_>) -> Result<Outcome, Failure> {
        match self {
            Self::Feature(it) => it.run(context)?,
            Self::Graph(it) => it.run(context)?,
            Self::Store(it) => it.run(context)?,
        }
        Ok(Outcome::Fine)
    }
}

/// Prints lines `name  value`, the values below each other; those without words are left out.
fn print_lines(out: &mut dyn std::io::Write, lines: &[(&str, String)]) -> Result<(), Failure> {
    let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    for (name, words) in lines.iter().filter(|(_, words)| !words.is_empty()) {
        writeln!(out, "  {name:width$}  {words}")?;
    }
    Ok(())
}
