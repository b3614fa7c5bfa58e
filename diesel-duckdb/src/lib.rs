//! [DuckDB](https://duckdb.org) for [Diesel](https://diesel.rs).
//!
#![doc = include_str!("../README.md")]

pub use duckdb;

pub use self::backend::{DuckDb, DuckDbOnConflictClause};
pub use self::bind::{DuckDbBindCollector, DuckDbBindValue};
pub use self::connection::{DuckDbConnection, DuckDbStreamLoadingMode, DuckDbTransactionManager};
pub use self::query_builder::DuckDbQueryBuilder;
pub use self::row::{DuckDbCursor, DuckDbField, DuckDbRow};
pub use self::types::As;
pub use self::value::DuckDbValue;

mod backend;
mod bind;
mod connection;
mod error;
mod query_builder;
mod row;
pub mod sql_types;
mod types;
mod value;
