//! [`RowsError`]: why rows were not written, read or resolved.

use super::{FilterError, HashAlgorithm, RowError, UnknownHashAlgorithm};
use crate::{
    backend::{Backend, ConnectError, InspectError},
    schema::TableName,
};
use metaxy_core::FeatureKey;

/// Why rows were not written, read or resolved. Nothing was written then.
#[derive(Debug, thiserror::Error)]
pub enum RowsError {
    /// The database was not opened.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The database's tables were not read.
    #[error(transparent)]
    Inspect(#[from] InspectError),
    /// The session was not made one that resolves rows.
    #[error("cannot prepare the session to resolve rows: {0}")]
    Session(diesel::result::Error),
    /// A filter is malformed.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// The store is another kind of database than the program opens it as.
    #[error(
        "the store is {found}, and the program opens it as another database: ask for a `Connection`, or for its own"
    )]
    OtherDatabase {
        /// What it is.
        found: Backend,
    },
    /// A fallback store cannot be used.
    #[error("fallback store `{store}` cannot be read: {why}")]
    Fallback {
        /// The store.
        store: String,
        /// Why.
        why: String,
    },
    /// A fallback store has versions of another hash.
    #[error(
        "fallback store `{store}` hashes versions with {there}, and this one with {here}: give all stores of a chain the same \
         `hash_algorithm`"
    )]
    FallbackHash {
        /// The store.
        store: String,
        /// Its hash.
        there: HashAlgorithm,
        /// The hash here.
        here: HashAlgorithm,
    },
    /// The feature is not in the graph.
    #[error(
        "feature `{0}` is not in the graph: link the crate that defines it, `use my_features as _;`"
    )]
    UnknownFeature(FeatureKey),
    /// The feature has no table.
    #[error("feature `{feature}` has no table `{table}` in the store: run `metaxy migration run`")]
    MissingTable {
        /// The feature.
        feature: FeatureKey,
        /// The table.
        table: TableName,
    },
    /// A table lacks a column.
    #[error(
        "table `{table}` of feature `{feature}` has no column `{column}`{}: `metaxy migration generate` and `metaxy migration \
         run` add what the code declares",
        did_you_mean(nearest)
    )]
    MissingColumn {
        /// The feature.
        feature: FeatureKey,
        /// The table.
        table: TableName,
        /// The column.
        column: String,
        /// The column that was probably meant.
        nearest: Option<String>,
    },
    /// A filter names a column that is not there.
    #[error(
        "filter `{filter}` names the column `{column}`, which feature `{feature}` does not have{}",
        did_you_mean(nearest)
    )]
    FilterColumn {
        /// The filter.
        filter: String,
        /// The column.
        column: String,
        /// The feature whose rows are filtered.
        feature: FeatureKey,
        /// The column that was probably meant.
        nearest: Option<String>,
    },
    /// Two dependencies bring a column of one name.
    #[error(
        "`{first}` and `{second}` both bring a column `{column}` to feature `{feature}`: rename one, `rename(old = new)`"
    )]
    Collision {
        /// The feature.
        feature: FeatureKey,
        /// The column.
        column: String,
        /// The one dependency.
        first: FeatureKey,
        /// The other.
        second: FeatureKey,
    },
    /// The dependencies have no id column in common.
    #[error(
        "the dependencies of feature `{feature}` have no id column in common to join them on: rename some"
    )]
    NoJoinColumns {
        /// The feature.
        feature: FeatureKey,
    },
    /// A feature without dependencies was resolved without samples.
    #[error(
        "feature `{feature}` has no dependencies: only you know its samples, give them as `samples`"
    )]
    NoSamples {
        /// The feature.
        feature: FeatureKey,
    },
    /// A feature without dependencies was rebased.
    #[error(
        "feature `{feature}` has no dependencies, and nothing says what its samples are made from now: write them anew"
    )]
    RebaseRoot {
        /// The feature.
        feature: FeatureKey,
    },
    /// The thread of a [`BatchedWriter`](super::BatchedWriter) ended before its time.
    #[error("the thread that writes rows in the background ended: {0}")]
    Writer(String),
    /// The store's hash is none that is known.
    #[error(transparent)]
    UnknownHash(#[from] UnknownHashAlgorithm),
    /// What a feature is made from does not fill one of its columns.
    #[error(
        "column `{column}` of feature `{feature}` is not upstream: only its pipeline can fill it, which loads the set and writes \
         what it makes"
    )]
    NotUpstream {
        /// The feature.
        feature: FeatureKey,
        /// The column.
        column: String,
    },
    /// A column of a batch has a type that no column of a feature takes.
    #[error(
        "column `{column}` for feature `{feature}` is of Arrow's type {data_type}, which rows do not hold: cast it"
    )]
    ArrowType {
        /// The feature.
        feature: FeatureKey,
        /// The column.
        column: String,
        /// The type.
        data_type: String,
    },
    /// The batches that should be written, or those that were made of rows, are broken.
    #[error("batches of feature `{feature}`: {why}")]
    Arrow {
        /// The feature.
        feature: FeatureKey,
        /// What Arrow says.
        why: String,
    },
    /// A row has no id.
    #[error(
        "row {row} of feature `{feature}` has no `{column}`, which tells its sample from others: give each row its id"
    )]
    NoId {
        /// The feature.
        feature: FeatureKey,
        /// The row, from 1.
        row: usize,
        /// The column.
        column: String,
    },
    /// A row does not say what it was made from.
    #[error(
        "row {row} of feature `{feature}` has no `metaxy_provenance_by_field`: take the rows of an increment, or give the \
         provenance of each field"
    )]
    NoProvenance {
        /// The feature.
        feature: FeatureKey,
        /// The row, from 1.
        row: usize,
    },
    /// A map of versions is no object of texts.
    #[error("row {row} of feature `{feature}`: `{column}` must be an object of texts")]
    NotVersions {
        /// The feature.
        feature: FeatureKey,
        /// The row, from 1.
        row: usize,
        /// The column.
        column: &'static str,
    },
    /// A row is not what a struct says.
    #[error(transparent)]
    Row(#[from] RowError),
    /// Diesel's table has another name than the store's.
    #[error(
        "feature `{feature}` has a table whose name begins with `{prefix}` in this store, and Diesel's `table!` names it without:          use `load`"
    )]
    Prefix {
        /// The feature.
        feature: FeatureKey,
        /// What the names of the store's tables begin with.
        prefix: String,
    },
    /// The database said no.
    #[error("{doing} feature `{feature}`: {source}")]
    Database {
        /// What was done.
        doing: &'static str,
        /// The feature.
        feature: FeatureKey,
        /// What the database said.
        source: diesel::result::Error,
    },
}

fn did_you_mean(nearest: &Option<String>) -> String {
    nearest.as_ref().map_or_else(String::new, |it| format!(" (did you mean `{it}`?)"))
}
