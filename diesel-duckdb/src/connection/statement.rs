//! Statements from query to execution.
//!
//! Up to 1.5.6 at least, DuckDB plans a statement by what the tables have when it is prepared, and gives wrong rows when
//! it is executed on others (<https://github.com/duckdb/duckdb/issues/23704>): values out of the range that was there come
//! out as garbage. A statement with parameters is planned again for their values. So only those are cached, and all
//! others are prepared and executed within one transaction.
//!
//! What may be cached is known to Diesel, and how is known to the `duckdb` crate, whose statements borrow from the
//! connection. So Diesel's cache has the SQL of a query's type, and `duckdb`'s the statement of the SQL.

use std::cell::Cell;
use std::ops::Deref;
use std::sync::Arc;

use diesel::QueryResult;
use diesel::connection::statement_cache::{MaybeCached, StatementCache};
use diesel::connection::{DebugQuery, Instrumentation, InstrumentationEvent};
use diesel::query_builder::{QueryBuilder as _, QueryFragment, QueryId};

use super::{DuckDbConnection, DuckDbTransactionManager};
use crate::DuckDb;
use crate::bind::{DuckDbBindCollector, DuckDbBindValue};
use crate::error::query_error;
use crate::query_builder::DuckDbQueryBuilder;

/// Results of more rows than DuckDB puts into one chunk are not kept with their statement.
const ROWS_KEPT: usize = 2048;

/// The text of a statement.
pub(super) type Sql = Arc<str>;

/// What of a connection a statement needs.
pub(super) struct Parts<'conn, 'run> {
    pub(super) raw: &'conn duckdb::Connection,
    pub(super) failed_stream: &'conn Cell<Option<String>>,
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
        self.heed_streams();
        let Self { raw, statements, database, transaction, failed_stream, instrumentation } = self;
        let (raw, failed_stream): (&'conn _, &'conn _) = (raw, failed_stream);
        let is_shared = database.is_shared();
        instrumentation.on_connection_event(InstrumentationEvent::start_query(query));
        let result = transaction.check().and_then(|()| {
            task(Parts {
                raw,
                failed_stream,
                statements,
                transaction,
                is_shared,
                instrumentation: &mut **instrumentation,
            })
        });
        if let Err(error) = &result {
            transaction.note(raw, &error.to_string());
        }
        instrumentation
            .on_connection_event(InstrumentationEvent::finish_query(query, result.as_ref().err()));
        result
    }

    /// Notes what the error of a stream did to the transaction.
    pub(super) fn heed_streams(&mut self) {
        if let Some(error) = self.failed_stream.take() {
            self.transaction.note(&self.raw, &error);
        }
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
        let (binds, raw) = (binds(source)?, self.raw);
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

    /// Begins a query whose rows DuckDB finds as they are fetched. Where no transaction is open, it has one of its own, which
    /// ends with it.
    pub(super) fn stream<T>(self, source: &T) -> QueryResult<Executed<'conn>>
    where
        T: QueryFragment<DuckDb>,
    {
        let sql = sql(source)?;
        let (binds, raw) = (binds(source)?, self.raw);
        let own = (!self.transaction.is_open()).then(|| Own::begin(raw)).transpose()?;
        let mut statement = raw.prepare(&sql).map_err(query_error)?;
        // The handle has nothing but a reference to the statement, whose rows are fetched by `step`.
        let _ = statement.stream_arrow(duckdb::params_from_iter(binds)).map_err(query_error)?;
        Ok(Executed { statement: Some(Statement::Once(statement)), _own: own })
    }
}

fn binds<'a>(source: &'a impl QueryFragment<DuckDb>) -> QueryResult<Vec<DuckDbBindValue<'a>>> {
    let mut collector = DuckDbBindCollector::default();
    source.collect_binds(&mut collector, &mut (), &DuckDb)?;
    Ok(collector.binds)
}

/// The text of something that is part of a query, or one.
pub(super) fn sql(fragment: &impl QueryFragment<DuckDb>) -> QueryResult<String> {
    let mut builder = DuckDbQueryBuilder::default();
    fragment.to_sql(&mut builder, &DuckDb)?;
    Ok(builder.finish())
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
    Ok((Executed { statement: Some(statement), _own: None }, rows))
}

enum Statement<'conn> {
    Cached(duckdb::CachedStatement<'conn>),
    Once(duckdb::Statement<'conn>),
}

/// A statement with its result. It is there until it is dropped.
pub(crate) struct Executed<'conn> {
    statement: Option<Statement<'conn>>,
    /// Ends after the statement.
    _own: Option<Own<'conn>>,
}

impl<'conn> Deref for Executed<'conn> {
    type Target = duckdb::Statement<'conn>;

    fn deref(&self) -> &Self::Target {
        match self.statement.as_ref().expect("only dropping takes the statement") {
            Statement::Cached(statement) => statement,
            Statement::Once(statement) => statement,
        }
    }
}

impl Drop for Executed<'_> {
    /// `duckdb`'s cache would keep the result until the statement runs again.
    fn drop(&mut self) {
        if let Some(Statement::Cached(statement)) = self.statement.take()
            && statement.row_count() > ROWS_KEPT
        {
            statement.discard();
        }
    }
}

/// The transaction of a stream.
struct Own<'conn>(&'conn duckdb::Connection);

impl<'conn> Own<'conn> {
    fn begin(raw: &'conn duckdb::Connection) -> QueryResult<Self> {
        raw.execute_batch("BEGIN TRANSACTION").map_err(query_error)?;
        Ok(Self(raw))
    }
}

impl Drop for Own<'_> {
    /// Where the query has failed, its error was told, and committing rolls back.
    fn drop(&mut self) {
        if self.0.execute_batch("COMMIT").is_err() {
            _ = self.0.execute_batch("ROLLBACK");
        }
    }
}
