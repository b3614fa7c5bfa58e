//! The schema engine of metaxy: schemas from features and databases, their difference, migrations, histories.

pub mod apply;
pub mod backend;
pub mod change;
#[doc(hidden)]
pub mod check;
pub mod columns;
mod conversion;
pub mod ddl;
pub mod dialect;
pub mod diesel_toml;
pub mod diff;
mod distribution;
pub mod drift;
pub mod embedded;
mod enums;
pub mod filter;
pub mod generate;
pub mod hash;
pub mod hints;
pub mod history;
pub mod keys;
pub mod lint;
mod loss;
pub mod lower;
mod matching;
pub mod migration;
pub mod naming;
pub mod normal;
pub mod offline;
pub mod online;
mod order;
mod partial;
pub mod plan;
pub mod push;
pub mod rebase;
mod rebuild;
mod renames;
pub mod rows;
pub mod schema;
pub mod schema_rs;
pub mod snapshot;
pub mod source;
pub mod sql_types;
pub mod squash;
pub mod stake;
pub mod store;
pub mod sum;
pub mod summary;
pub mod support;
pub mod system;
pub mod table;
mod tokens;

pub use backend::Backend;
pub use dialect::Dialect;
pub use schema::Schema;
pub use table::FeatureTable;

#[cfg(feature = "duckdb")]
pub use diesel_duckdb;
#[doc(hidden)]
pub use inventory;
