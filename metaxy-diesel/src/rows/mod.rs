//! Rows of features: written with their versions, read, and resolved into what is new, stale or orphaned.
//!
//! The way of a resolve: [`ResolveOptions`], the graph and the columns of the tables become a plan (pure), the plan one query for
//! each set (pure, by the dialect), and a query runs in the database when its [`RowSet`] is asked. Rows never travel to the
//! client to be hashed or compared.

pub(crate) mod append;
#[cfg(feature = "arrow")]
mod arrow;
#[cfg(all(feature = "async", any(feature = "postgres", feature = "mysql")))]
mod asynchronous;
mod base;
mod batched;
mod complete;
mod convert;
mod copy;
mod delete;
mod dialect;
mod error;
mod event;
mod fallback;
mod filter;
mod finish;
mod hash;
mod increment;
mod load;
mod loads;
mod made;
mod open;
mod options;
mod plan;
mod present;
mod query;
mod read;
mod rebase;
mod resolve;
mod sample;
mod set;
mod source;
mod temporary;
mod value;
mod write;

pub(crate) use append::insert;
#[cfg(feature = "arrow")]
pub use arrow::RowBatches;
#[cfg(all(feature = "async", any(feature = "postgres", feature = "mysql")))]
pub use asynchronous::{AsyncStore, AsyncStoreConnection, Batches};
pub use batched::{BatchOptions, BatchedWriter, Written};
pub use convert::{FromRow, FromValue, RowError, ToRow, ToValue};
pub use dialect::RowsDialect;
pub(crate) use dialect::on_conflict;
pub use error::RowsError;
pub use event::{Doing, RowsEvent};
pub use filter::{Comparison, Condition, Filter, FilterError, Literal, Operand};
pub use hash::{HashAlgorithm, UnknownHashAlgorithm};
pub use increment::{Counts, Increment, IncrementOf, RowSet};
pub use loads::{AnyRows, InputOf, IsRoot, LoadsFrom, RowsOf};
pub use open::{OpenStore, StoreConnection};
pub use options::{DeleteOptions, ReadOptions, ResolveOptions, Version, WriteOptions};
pub use present::Present;
pub use sample::{Sample, SampleVersions};
pub use value::{Row, Value};
