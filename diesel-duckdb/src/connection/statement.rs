//! Statements from query to execution.
//!
//! Up to 1.5.6 at least, DuckDB plans a statement by what the tables have when it is prepared, and gives wrong rows when
//! it is executed on others (<https://github.com/duckdb/duckdb/issues/23704>): values out of the range that was there come
//! out as garbage. A statement with parameters is planned again for their values. So only those are cached, and all
//! others are prepared and executed within one transaction.
//!
//! What may be cached is known to Diesel, and how is known to the `duckdb` crate, whose statements borrow from the
//! connection. So Diesel's cache has the SQL of a query's type, and `duckdb`'s the statement of the SQL.

use std::ops::Deref;
use std::sync::Arc;

use diesel::QueryResult;
use diesel::connection::statement_cache::{MaybeCached, StatementCache};
use diesel::connection::{DebugQuery, Instrumentation, InstrumentationEvent};
use diesel::query_builder::{QueryFragment, QueryId};

use super::{DuckDbConnection, DuckDbTransactionManager};
use crate::DuckDb;
use crate::bind::{DuckDbBindCollector, DuckDbBindValue};
use crate::error::query_error;

/// Results of more rows than DuckDB puts into one chunk are not kept with their statement.
const ROWS_KEPT: usize = 2048;

/// The text of a statement.
pub(super) type Sql = Arc<str>;

/// What of a connection a statement needs.
pub(super) struct Parts<'conn, 'run> {
    pub(super) raw: &'conn duckdb::Connection,
    statements: &'run mut StatementCache<DuckDb, Sql>,
    transaction: &'run mut DuckDbTransactionManager,
    is_shared: bool,
    instrumentation: &'run mut dyn Instrumentation,
}

impl DuckDbConnection {
    /// Runs something as one query: instrumented, and with an eye on the transaction.
    pub(super) fn run<'conn, R>(
        &'conn mut self,
        query: &dyn DebugQuery,
        task: impl FnOnce(Parts<'conn, '_>) -> QueryResult<R>,
    ) -> QueryResult<R> {
        let Self { raw, statements, database, transaction, instrumentation } = self;
        let raw: &'conn _ = raw;
        let is_shared = database.is_shared();
        instrumentation.on_connection_event(InstrumentationEvent::start_query(query));
        let result = transaction.check().and_then(|()| {
            task(Parts {
                raw,
                statements,
                transaction,
                is_shared,
                instrumentation: &mut **instrumentation,
            })
        });
        if let Err(error) = &result {
            transaction.note(raw, error);
        }
        instrumentation
            .on_connection_event(InstrumentationEvent::finish_query(query, result.as_ref().err()));
        result
    }
}

impl<'conn> Parts<'conn, '_> {
    /// Executes a query; with the number of rows that it changed.
    pub(super) fn execute<T>(self, source: &T) -> QueryResult<(Executed<'conn>, usize)>
    where
        T: QueryFragment<DuckDb> + QueryId,
    {
        let prepare = |(), sql: &str, _, _: &[()]| Ok(Sql::from(sql));
        let sql = self.statements.cached_statement(
            source,
            &DuckDb,
            &[],
            (),
            prepare,
            self.instrumentation,
        )?;
        let mut collector = DuckDbBindCollector::default();
        source.collect_binds(&mut collector, &mut (), &DuckDb)?;
        let binds = collector.binds;
        let raw = self.raw;
        match &sql {
            sql if binds.is_empty() => {
                let open = self.transaction.is_open();
                self.transaction.heed(sql);
                if self.is_shared && !open && !self.transaction.is_open() {
                    at_once(raw, sql)
                } else {
                    once(raw, sql)
                }
            }
            MaybeCached::Cached(sql) => {
                execute(Statement::Cached(raw.prepare_cached(sql).map_err(query_error)?), binds)
            }
            sql => execute(Statement::Once(raw.prepare(sql).map_err(query_error)?), binds),
        }
    }
}

/// Prepares and executes within one transaction, so that no other connection can write in between.
fn at_once<'conn>(
    raw: &'conn duckdb::Connection,
    sql: &str,
) -> QueryResult<(Executed<'conn>, usize)> {
    raw.execute_batch("BEGIN TRANSACTION").map_err(query_error)?;
    let result = once(raw, sql);
    let end = if result.is_ok() { "COMMIT" } else { "ROLLBACK" };
    let ended = raw.execute_batch(end).map_err(query_error);
    result.and_then(|executed| ended.map(|()| executed))
}

fn once<'conn>(raw: &'conn duckdb::Connection, sql: &str) -> QueryResult<(Executed<'conn>, usize)> {
    execute(Statement::Once(raw.prepare(sql).map_err(query_error)?), Vec::new())
}

fn execute<'conn>(
    mut statement: Statement<'conn>,
    binds: Vec<DuckDbBindValue<'_>>,
) -> QueryResult<(Executed<'conn>, usize)> {
    let running = match &mut statement {
        Statement::Cached(statement) => &mut **statement,
        Statement::Once(statement) => statement,
    };
    for (index, value) in binds.into_iter().enumerate() {
        running.raw_bind_parameter(index + 1, value).map_err(query_error)?;
    }
    let rows = running.raw_execute().map_err(query_error)?;
    Ok((Executed(Some(statement)), rows))
}

enum Statement<'conn> {
    Cached(duckdb::CachedStatement<'conn>),
    Once(duckdb::Statement<'conn>),
}

/// A statement with its result. It is there until it is dropped.
pub(crate) struct Executed<'conn>(Option<Statement<'conn>>);

impl<'conn> Deref for Executed<'conn> {
    type Target = duckdb::Statement<'conn>;

    fn deref(&self) -> &Self::Target {
        match self.0.as_ref().expect("only dropping takes the statement") {
            Statement::Cached(statement) => statement,
            Statement::Once(statement) => statement,
        }
    }
}

impl Drop for Executed<'_> {
    /// `duckdb`'s cache would keep the result until the statement runs again.
    fn drop(&mut self) {
        if let Some(Statement::Cached(statement)) = self.0.take()
            && statement.row_count() > ROWS_KEPT
        {
            statement.discard();
        }
    }
}
