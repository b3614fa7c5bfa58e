//! `metaxy graph`: the versions of a graph, and its picture.

mod render;
mod versions;

use super::{Context, Failure, Outcome};

/// Looks at the graph of features
#[derive(Debug, clap::Subcommand)]
pub enum Graph {
    /// Prints every version of the graph
    Versions(versions::Versions),
    /// Draws the graph
    Render(render::Render),
}

impl Graph {
    pub fn run(self, context: &mut Context<'_>) -> Result<Outcome, Failure> {
        match self {
            Self::Versions(versions) => versions.run(context)?,
            Self::Render(render) => render.run(context)?,
        }
        Ok(Outcome::Fine)
    }
}
