//! DuckDB.

#[cfg(feature = "duckdb")]
mod append;
#[cfg(feature = "duckdb")]
mod connect;
mod dialect;
#[cfg(feature = "duckdb")]
mod driver;
#[cfg(feature = "duckdb")]
mod inspect;
mod location;
#[cfg(feature = "duckdb")]
mod lock;
mod rows;
mod types;

#[cfg(feature = "duckdb")]
pub(super) use connect::connect;
pub use dialect::DIALECT;
pub use location::resolve;
#[cfg(feature = "duckdb")]
pub(crate) use lock::FileLock;
