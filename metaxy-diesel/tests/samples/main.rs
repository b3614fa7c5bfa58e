//! Rows: filters, hashes, and what stores make of samples, as Metaxy for Python 0.1.11 has them.

#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql", feature = "duckdb"))]
#[path = "../support/mod.rs"]
mod support;

#[cfg(all(feature = "arrow", feature = "sqlite"))]
mod batches;
#[cfg(feature = "sqlite")]
mod behind;
mod filters;
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql", feature = "duckdb"))]
mod golden;
mod hashes;
#[cfg(feature = "sqlite")]
mod kept;
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql", feature = "duckdb"))]
mod model;
#[cfg(feature = "sqlite")]
mod moves;
#[cfg(any(feature = "postgres", feature = "duckdb"))]
mod python;
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql", feature = "duckdb"))]
mod streams;
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql", feature = "duckdb"))]
mod stress;
