//! Laws that hold for any two schemas: the second is the first after some edits.
//!
//! A facet of schemas is covered once an edit changes it: a function under `edit/` and a line in [`edit::EDITS`]; where not
//! every value is a schema that databases take, a line in [`settle`]; where rows depend on it, one in [`rows`]. A kind of
//! change that no edit leads to fails the laws.
//!
//! `METAXY_LAWS_PAIRS=100000 METAXY_LAWS_SEED=7 cargo test -p metaxy-diesel --all-features --test laws` is a longer run. The
//! pair that fails is printed, made as small as it gets, with the seed that leads to it at once.

mod dice;
mod edit;
#[cfg_attr(
    not(any(feature = "sqlite", feature = "postgres", feature = "mysql", feature = "duckdb")),
    expect(dead_code, reason = "most of it is about rows")
)]
mod forms;
mod pair;
mod pure;
mod settle;

#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql", feature = "duckdb"))]
mod databases;
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql", feature = "duckdb"))]
#[path = "../support/lines.rs"]
mod lines;
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql", feature = "duckdb"))]
mod migrate;
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql", feature = "duckdb"))]
mod rows;
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql", feature = "duckdb"))]
#[path = "../support/mod.rs"]
mod support;
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql", feature = "duckdb"))]
mod values;
