//! The graph of the features that are linked into the program.

use super::{FeatureGraph, GraphError, GraphProblem, snapshot};
use crate::{
    FeatureDefinition, FeatureKey, HashLength, Json,
    registry::{self, ExternalRegistration},
};
use std::{collections::BTreeSet, sync::OnceLock};

static CURRENT: OnceLock<Current> = OnceLock::new();

/// The graph of the program, and what it was built with besides the linked features.
struct Current {
    hash_length: HashLength,
    locked: Vec<FeatureDefinition>,
    graph: Result<FeatureGraph, GraphError>,
}

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
    /// The graph was built before without the features of the lock file.
    #[error(
        "the graph was built before the lock file was read: call `metaxy::init()` before anything that needs a version"
    )]
    Locked,
    /// A feature is not among the linked ones.
    #[error(
        "feature `{0}` is not linked: `#[derive(Feature)]` registers it; an impl by hand does not"
    )]
    NotLinked(FeatureKey),
}

impl FeatureGraph {
    /// The graph of all [linked](registry::linked_definitions) features and
    /// [external](registry::linked_externals) ones, [validated](Self::validate). The `locked` features are external ones, too,
    /// and count before those that the code names.
    ///
    /// It is empty where none is linked, which is likely a mistake: a crate that no code names is left out by the
    /// linker. Who needs features should say so.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new) and [`validate`](Self::validate).
    pub fn linked(
        hash_length: HashLength,
        locked: &[FeatureDefinition],
    ) -> Result<Self, GraphError> {
        let locked_keys: BTreeSet<&FeatureKey> = locked.iter().map(|it| &it.spec.key).collect();
        let is_locked = |it: &FeatureDefinition| locked_keys.contains(&it.spec.key);
        let mut definitions = registry::linked_definitions();
        let mut problems = Vec::new();
        for external in registry::linked_externals() {
            match external_definitions(external) {
                Ok(external) => definitions.extend(external.filter(|it| !is_locked(it))),
                Err(reason) => {
                    let location = external.location;
                    problems.push(GraphProblem::External { location, reason });
                }
            }
        }
        if !problems.is_empty() {
            return Err(GraphError { problems });
        }
        definitions.extend(locked.iter().cloned());
        let graph = Self::new(definitions, hash_length)?;
        graph.validate()?;
        Ok(graph)
    }

    /// The linked graph, built once in the life of the program: with the length of hashes and the locked features that
    /// [`init_current`](Self::init_current) was given, else with the default and none.
    ///
    /// # Errors
    ///
    /// As [`linked`](Self::linked).
    pub fn current() -> Result<&'static Self, &'static GraphError> {
        let current = CURRENT.get_or_init(|| Current::new(HashLength::default(), Vec::new()));
        current.graph.as_ref()
    }

    /// Builds the linked graph with the length of hashes of the configuration and the features of the lock file;
    /// `metaxy::init()` calls it.
    ///
    /// # Errors
    ///
    /// As [`linked`](Self::linked), and where the graph was built with something else before.
    pub fn init_current(
        hash_length: HashLength,
        locked: Vec<FeatureDefinition>,
    ) -> Result<&'static Self, CurrentGraphError> {
        let current = CURRENT.get_or_init(|| Current::new(hash_length, locked.clone()));
        if current.hash_length != hash_length {
            let built = current.hash_length;
            return Err(CurrentGraphError::HashLength { built, asked: hash_length });
        }
        if current.locked != locked {
            return Err(CurrentGraphError::Locked);
        }
        Ok(current.graph.as_ref()?)
    }
}

impl Current {
    fn new(hash_length: HashLength, locked: Vec<FeatureDefinition>) -> Self {
        Self { hash_length, graph: FeatureGraph::linked(hash_length, &locked), locked }
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
