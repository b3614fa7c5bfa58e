use crate::{FeatureKey, GraphError, JsonError, SnapshotError};
use std::{
    io,
    path::{Path, PathBuf},
};

/// Why there is no lock file.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Features are not in the store.
    #[error(
        "the store has no record of {}: run `metaxy push` in the project that declares {}, or mend the key",
        names(_0),
        if _0.len() == 1 { "it" } else { "them" }
    )]
    Missing(Vec<FeatureKey>),
    /// A feature was recorded before what it depends on changed.
    #[error(
        "feature `{feature}` was recorded with version `{recorded}`, and what it depends on makes it `{version}`: run `metaxy \
         push` in project `{project}`"
    )]
    Stale {
        /// The feature.
        feature: FeatureKey,
        /// Its project.
        project: String,
        /// The version that it has.
        version: String,
        /// The version that was recorded.
        recorded: String,
    },
    /// The features make no graph.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// TOML cannot say it.
    #[error(
        "`{at}` of feature `{feature}` is {kind}, which no lock file can hold: change it in project `{project}`"
    )]
    NotToml {
        /// The feature.
        feature: String,
        /// Its project.
        project: String,
        /// Where in its spec.
        at: String,
        /// What it is.
        kind: &'static str,
    },
    /// The text is no TOML.
    #[error("no TOML: {0}; run `metaxy lock` to write it anew")]
    Syntax(String),
    /// Something is not where it belongs.
    #[error("`{at}` must be {expected}; run `metaxy lock` to write it anew")]
    Form {
        /// Where.
        at: String,
        /// What belongs there.
        expected: &'static str,
    },
    /// A schema is no JSON.
    #[error("the schema of feature `{feature}` is no JSON: {source}")]
    Schema {
        /// The feature.
        feature: String,
        /// Why.
        source: JsonError,
    },
    /// A feature is malformed.
    #[error(transparent)]
    Feature(#[from] SnapshotError),
    /// The file could not be read.
    #[error(transparent)]
    Read(#[from] io::Error),
    /// What is wrong with a file.
    #[error("{}: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        error: Box<LockError>,
    },
}

impl LockError {
    pub(super) fn about(self, path: &Path) -> Self {
        Self::File { path: path.to_owned(), error: Box::new(self) }
    }
}

fn names(keys: &[FeatureKey]) -> String {
    keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")
}
