//! Migrations and inspections on real databases.

#![cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql", feature = "duckdb"))]

#[expect(dead_code, reason = "the plans of the cases are tested elsewhere")]
#[path = "../cases/mod.rs"]
mod cases;
#[path = "../support/lines.rs"]
mod lines;
#[path = "../support/mod.rs"]
mod support;

mod adopt;
mod alter;
mod applied;
mod branches;
#[cfg(feature = "postgres")]
mod citus;
mod clients;
mod connect;
mod crash;
mod diesel;
mod embedded;
mod enums;
mod golden;

mod history;
mod inspect;
mod locks;
mod normal;
#[cfg(feature = "postgres")]
mod online;
mod push;
mod queries;
mod scratch;
mod source;
mod stakes;
mod undone;
