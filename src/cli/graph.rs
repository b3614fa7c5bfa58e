//! `metaxy graph`: the versions of a graph, and its picture.

mod diff;
mod picture;
mod render;
mod snapshot;
mod versions;

use super::{Context, Failure, Outcome};
use crate::{FeatureGraph, Json};
use std::{borrow::Cow, fs, path::Path};

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

/// The graph of a snapshot, or of the linked features where none is named.
fn graph_of(
    snapshot: Option<&Path>,
    context: &Context<'_>,
) -> Result<Cow<'static, FeatureGraph>, Failure> {
    let Some(path) = snapshot else { return Ok(Cow::Borrowed(context.linked_graph()?)) };
    let text = fs::read_to_string(path).map_err(|error| Failure::file(path, error))?;
    let about = |failure: Failure| failure.about(path.display());
    let snapshot = Json::parse(&text).map_err(|error| about(Failure::usage(error)))?;
    let graph = FeatureGraph::from_snapshot(&snapshot, context.config.hash_truncation_length);
    Ok(Cow::Owned(graph.map_err(|error| about(Failure::usage(error)))?))
}
