//! [`lines`]: what a query finds.

use diesel::{QueryResult, QueryableByName, RunQueryDsl, dsl::sql_query, sql_types::Text};
use metaxy_diesel::backend::Connection;

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// The column `line` of the rows of a query.
pub fn lines(connection: &mut Connection, query: &str) -> QueryResult<Vec<String>> {
    let select = sql_query(query);
    let lines: QueryResult<Vec<Line>> = match connection {
        #[cfg(feature = "sqlite")]
        Connection::Sqlite(connection) => select.load(connection),
        #[cfg(feature = "postgres")]
        Connection::Postgres(connection) => select.load(connection),
        #[cfg(feature = "mysql")]
        Connection::Mysql(connection) | Connection::MariaDb(connection) => select.load(connection),
        #[cfg(feature = "duckdb")]
        Connection::DuckDb(connection) => select.load(connection),
        _ => unreachable!("there is no such connection"),
    };
    Ok(lines?.into_iter().map(|it| it.line).collect())
}
