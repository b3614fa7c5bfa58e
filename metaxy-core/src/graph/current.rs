//! The graph of the features that are linked into the program.

use super::{FeatureGraph, GraphError, GraphProblem, snapshot};
use crate::{
    FeatureDefinition, FeatureKey, HashLength, Json,
    registry::{self, ExternalRegistration},
};
use std::sync::OnceLock;

static CURRENT: OnceLock<(HashLength, Result<FeatureGraph, GraphError>)> = OnceLock::new();

/// Why the program has no graph of its own.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CurrentGraphError {
    /// The linked features make no graph.
    #[error(transparent)]
    Graph(#[from] &'static GraphError),
    /// The graph was built before with another length of hashes.
    #[error(
        "versions were computed with {built} digits before the configuration asked for {asked}: \
         call `metaxy::init()` before anything that needs a version"
    )]
    HashLength {
        /// The length that it was built with.
        built: HashLength,
        /// The length that was asked for.
        asked: HashLength,
    },
    /// A feature is not among the linked ones.
    #[error(
        "feature `{0}` is not linked: `#[derive(Feature)]` registers it; an impl by hand does not"
    )]
    NotLinked(FeatureKey),
}

impl FeatureGraph {
    /// The graph of all [linked](registry::linked_definitions) features and
    /// [external](registry::linked_externals) ones, [validated](Self::validate).
    ///
    /// It is empty where none is linked, which is likely a mistake: a crate that no code names is left out by the
    /// linker. Who needs features should say so.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new) and [`validate`](Self::validate).
    pub fn linked(hash_length: HashLength) -> Result<Self, GraphError> {
        let mut definitions = registry::linked_definitions();
        let mut problems = Vec::new();
        for external in registry::linked_externals() {
            match external_definitions(external) {
                Ok(external) => definitions.extend(external),
                Err(reason) => {
                    let location = external.location;
                    problems.push(GraphProblem::External { location, reason });
                }
            }
        }
        if !problems.is_empty() {
            return Err(GraphError { problems });
        }
        let graph = Self::new(definitions, hash_length)?;
        graph.validate()?;
        Ok(graph)
    }

    /// The linked graph, built once in the life of the program: with the length of hashes that
    /// [`init_current`](Self::init_current) was given, else the default.
    ///
    /// # Errors
    ///
    /// As [`linked`](Self::linked).
    pub fn current() -> Result<&'static Self, &'static GraphError> {
        let (_, graph) = CURRENT.get_or_init(|| build(HashLength::default()));
        graph.as_ref()
    }

    /// Builds the linked graph with the length of hashes of the configuration; `metaxy::init()` calls it.
    ///
    /// # Errors
    ///
    /// As [`linked`](Self::linked), and where the graph was built with another length before.
    pub fn init_current(hash_length: HashLength) -> Result<&'static Self, CurrentGraphError> {
        let (built, graph) = CURRENT.get_or_init(|| build(hash_length));
        if *built != hash_length {
            return Err(CurrentGraphError::HashLength { built: *built, asked: hash_length });
        }
        Ok(graph.as_ref()?)
    }
}

fn external_definitions(
    external: &ExternalRegistration,
) -> Result<impl Iterator<Item = FeatureDefinition>, String> {
    let snapshot = Json::parse(external.snapshot).map_err(|error| error.to_string())?;
    let definitions = snapshot::definitions(&snapshot).map_err(|error| error.to_string())?;
    let location = Some(external.location);
    Ok(definitions.into_iter().map(move |it| FeatureDefinition { external: true, location, ..it }))
}

fn build(hash_length: HashLength) -> (HashLength, Result<FeatureGraph, GraphError>) {
    (hash_length, FeatureGraph::linked(hash_length))
}
