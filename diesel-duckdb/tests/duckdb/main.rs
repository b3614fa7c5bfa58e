//! On a real DuckDB, in memory or in a directory of the test's own.

mod bulk;
mod connection;
mod errors;
mod library;
mod migrations;
mod queries;
mod streams;
mod transactions;
mod types;

use diesel::prelude::*;
use diesel_duckdb::DuckDbConnection;

/// A database in memory, with the tables of a script.
fn database(script: &str) -> DuckDbConnection {
    let mut connection =
        DuckDbConnection::establish(":memory:").expect("a database in memory opens");
    diesel::connection::SimpleConnection::batch_execute(&mut connection, script)
        .expect("the script runs");
    connection
}

/// Runs SQL of a test.
fn run(connection: &mut DuckDbConnection, sql: &str) -> QueryResult<usize> {
    diesel::sql_query(sql).execute(connection)
}

/// Whether the library is DuckDB 2, which the tests run with too.
fn is_duckdb_2(connection: &mut DuckDbConnection) -> bool {
    let version = diesel::dsl::sql::<diesel::sql_types::Text>("version()");
    let version: String = diesel::select(version).get_result(connection).expect("it has a version");
    version.starts_with("v2.")
}
