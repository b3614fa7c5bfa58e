//! `metaxy metadata`: the rows of features.

mod copy;
mod delete;
mod progress;
mod rebase;
mod status;

use super::{Context, Failure, Outcome, store};
use crate::{FeatureGraph, FeatureKey};
use console::measure_text_width;
use metaxy_diesel::rows::{Filter, FilterError, OpenStore, RowsError};

/// Looks at the rows of features, copies and deletes some
#[derive(Debug, clap::Subcommand)]
pub enum Metadata {
    /// Says how many rows features have, and what is new, stale or orphaned
    Status(status::Status),
    /// Copies rows of features from one store into another
    Copy(copy::Copy),
    /// Takes samples of another version of features over into the present one
    Rebase(rebase::Rebase),
    /// Deletes samples of features: marks them as deleted, or removes their rows
    Delete(delete::Delete),
    /// Removes all rows of features, of all their versions
    Drop(delete::Drop),
}

/// What a filter is, for the help of all commands that take one.
const FILTERS: &str = "\
A filter is a condition as SQL has it after WHERE:
`height >= 480 AND path IS NOT NULL`. Several must all hold.";

impl Metadata {
    pub fn run(self, context: &mut Context<'_>) -> Result<Outcome, Failure> {
        match self {
            Self::Status(it) => it.run(context),
            Self::Copy(it) => it.run(context),
            Self::Rebase(it) => it.run(context),
            Self::Delete(it) => it.run(context),
            Self::Drop(it) => it.run(context),
        }
    }
}

/// The store that `-n` names, open for its rows.
fn open(context: &Context<'_>) -> Result<OpenStore<'static>, Failure> {
    let graph = context.graph_of_rows()?;
    let mut store = store(context)?.open(graph).map_err(failure)?;
    progress::show(&mut store, None, context.quiet);
    Ok(store)
}

/// The features of these keys, in the order of the graph; none named: all that are not external.
fn features(graph: &FeatureGraph, named: &[FeatureKey]) -> Result<Vec<FeatureKey>, Failure> {
    if let Some(unknown) = named.iter().find(|key| graph.get(key).is_none()) {
        return Err(failure(RowsError::UnknownFeature(unknown.clone())));
    }
    let is_meant = |key: &&FeatureKey| match named {
        [] => graph.get(key).is_some_and(|it| !it.external),
        named => named.contains(key),
    };
    Ok(graph.topological_order().filter(is_meant).cloned().collect())
}

fn failure(error: RowsError) -> Failure {
    match error {
        RowsError::Connect(_)
        | RowsError::Inspect(_)
        | RowsError::Session(_)
        | RowsError::Fallback { .. }
        | RowsError::Database { .. } => Failure::database(error),
        error => Failure::usage(error),
    }
}

/// Reads a filter for clap, and points at what is wrong in it.
fn filter(text: &str) -> Result<Filter, String> {
    text.parse().map_err(|error: FilterError| {
        let before = measure_text_width(&text[..error.span.start]);
        let wrong = measure_text_width(&text[error.span.clone()]).max(1);
        match text.contains(char::is_control) {
            true => error.to_string(),
            false => {
                format!("{}\n\n  {text}\n  {:before$}{:^<wrong$}", error.message, "", "")
            }
        }
    })
}
