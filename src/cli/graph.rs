//! `metaxy graph`: the versions of a graph, and its picture.

mod diff;
mod render;
mod snapshot;
mod versions;

use super::{Context, Failure, Outcome};

/// Looks at the graph of features
#[derive(Debug, clap::Subcommand)]
pub enum Graph {
    /// Prints every version of the graph
    Versions(versions::Versions),
    /// Prints the features of a project, for others to depend on
    Snapshot(snapshot::Snapshot),
    /// Draws the graph
    Render(render::Render),
    /// Says what changed between two versions of a project, and which features that touches
    Diff(diff::Diff),
}

impl Graph {
    pub fn run(self, context: &mut Context<'_>) -> Result<Outcome, Failure> {
        match self {
            Self::Versions(versions) => versions.run(context)?,
            Self::Snapshot(snapshot) => snapshot.run(context)?,
            Self::Render(render) => render.run(context)?,
            Self::Diff(diff) => return diff.run(context),
        }
        Ok(Outcome::Fine)
    }
}
