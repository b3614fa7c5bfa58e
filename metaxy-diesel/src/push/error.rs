use crate::{
    backend::{ConnectError, InspectError},
    schema::TableName,
};
use metaxy_core::{GraphError, JsonError, SnapshotError, graph::ProjectError};

/// Why features were not recorded, or records not read.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// It is not known which project is meant.
    #[error(transparent)]
    Project(#[from] ProjectError),
    /// The project has no features.
    #[error(
        "project `{project}` has no feature here: the linked features are of {}",
        projects.join(", ")
    )]
    NoFeatures {
        /// The project.
        project: String,
        /// The projects that have some.
        projects: Vec<String>,
    },
    /// The tag `metaxy` is malformed.
    #[error("the tag `metaxy` must be an object of JSON as text: {0}")]
    Tag(JsonError),
    /// The database was not opened.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The database's tables were not read.
    #[error(transparent)]
    Inspect(#[from] InspectError),
    /// The store has no system tables.
    #[error(
        "the store has no table `{table}`: `metaxy migration generate initialize` and `metaxy migration run` make it"
    )]
    MissingTable {
        /// The table.
        table: TableName,
    },
    /// The table is another one.
    #[error(
        "table `{table}` has no column `{column}`: `metaxy -n STORE:system migration diff` says what else differs"
    )]
    MissingColumn {
        /// The table.
        table: TableName,
        /// The column.
        column: &'static str,
    },
    /// There is no such push.
    #[error(
        "no version `{version}` of project `{project}` was pushed to this store: `metaxy history` lists those that were"
    )]
    NoPush {
        /// The project.
        project: String,
        /// The version.
        version: String,
    },
    /// Records of a push are gone.
    #[error(
        "version `{version}` of project `{project}` cannot be read any more: some of its records gave way to later ones, \
         and what is left is `{found}`"
    )]
    Incomplete {
        /// The project.
        project: String,
        /// The version.
        version: String,
        /// The version that what is left has.
        found: String,
    },
    /// A record is malformed.
    #[error("a record of the store is malformed: {0}")]
    Record(#[from] SnapshotError),
    /// The recorded features make no graph.
    #[error("the recorded features make no graph: {0}")]
    Graph(#[from] GraphError),
    /// The database refused.
    #[error("cannot {doing}: {source}")]
    Database {
        /// What was tried.
        doing: &'static str,
        /// What the database said.
        source: diesel::result::Error,
    },
}
