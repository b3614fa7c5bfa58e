//! Rows: filters, hashes, and what stores make of samples, as Metaxy for Python 0.1.11 has them.

#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
#[path = "../support/mod.rs"]
mod support;

mod filters;
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
mod golden;
mod hashes;
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
mod model;
#[cfg(feature = "sqlite")]
mod moves;
#[cfg(feature = "postgres")]
mod python;
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
mod streams;
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
mod stress;
