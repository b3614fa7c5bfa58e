use std::cell::Cell;

use diesel::connection::{
    CacheSize, Connection, ConnectionSealed, DefaultLoadingMode, DynInstrumentation,
    Instrumentation, InstrumentationEvent, LoadConnection, MultiConnectionHelper, SimpleConnection,
    StrQueryHelper, statement_cache::StatementCache,
};
use diesel::expression::QueryMetadata;
use diesel::migration::{CREATE_MIGRATIONS_TABLE, MigrationConnection};
use diesel::query_builder::{Query, QueryFragment, QueryId};
use diesel::{ConnectionResult, QueryResult, RunQueryDsl};

use self::database::Database;
pub(crate) use self::statement::Executed;
use self::statement::Sql;
pub use self::transaction::DuckDbTransactionManager;
use self::url::Target;
use crate::DuckDb;
use crate::error::{open_error, query_error};
use crate::row::{DuckDbCursor, DuckDbRow};

mod bulk;
mod database;
mod statement;
mod transaction;
mod url;

/// A connection to a DuckDB database.
///
/// It is established by a path, by `:memory:` for a database of its own, or by `duckdb:PATH?OPTION=VALUE` with
/// [options of DuckDB](https://duckdb.org/docs/stable/configuration/overview), such as
/// `duckdb:dev.duckdb?access_mode=read_only&threads=4`.
///
/// Connections of one process to one file share its database, as threads and pools want it. Another process cannot
/// open the file meanwhile, and [establishing](Connection::establish) says which process has it.
///
/// ```
/// use diesel::prelude::*;
/// use diesel_duckdb::DuckDbConnection;
///
/// diesel::table! {
///     users {
///         id -> Integer,
///         name -> Text,
///     }
/// }
///
/// let mut connection = DuckDbConnection::establish(":memory:")?;
/// diesel::sql_query("CREATE TABLE users (id INTEGER PRIMARY KEY, name VARCHAR NOT NULL)").execute(&mut connection)?;
/// let ada: (i32, String) = diesel::insert_into(users::table)
///     .values((users::id.eq(1), users::name.eq("Ada")))
///     .get_result(&mut connection)?;
/// assert_eq!(ada, (1, "Ada".to_owned()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Results are loaded whole, in DuckDB's own columns, before the first row is given; rows are read from there one by
/// one. [`DuckDbStreamLoadingMode`] is for results that are too large for that.
pub struct DuckDbConnection {
    // Statements, then the connection, then the database.
    statements: StatementCache<DuckDb, Sql>,
    raw: duckdb::Connection,
    database: Database,
    transaction: DuckDbTransactionManager,
    /// Why a stream gave no further rows, until that is heeded.
    failed_stream: Cell<Option<String>>,
    instrumentation: DynInstrumentation,
}

impl DuckDbConnection {
    /// Another connection to the same database, also where it is in memory.
    ///
    /// # Errors
    ///
    /// Where DuckDB makes none.
    pub fn try_clone(&self) -> ConnectionResult<Self> {
        let raw = self.raw.try_clone().map_err(|error| open_error("of the connection", error))?;
        Ok(Self::new(self.database.clone(), raw))
    }

    /// The connection of the `duckdb` crate, for what Diesel has no words for.
    ///
    /// Leave no transaction open that is begun here: this connection does not see it.
    pub fn raw(&self) -> &duckdb::Connection {
        &self.raw
    }

    fn new(database: Database, raw: duckdb::Connection) -> Self {
        // Which statements are kept is decided by Diesel, and all of those are.
        raw.set_prepared_statement_cache_capacity(usize::MAX);
        Self {
            statements: StatementCache::new(),
            raw,
            database,
            transaction: DuckDbTransactionManager::default(),
            failed_stream: Cell::default(),
            instrumentation: DynInstrumentation::none(),
        }
    }
}

impl SimpleConnection for DuckDbConnection {
    fn batch_execute(&mut self, query: &str) -> QueryResult<()> {
        let text = StrQueryHelper::new(query);
        self.transaction.heed(query);
        self.run(&text, |parts| parts.raw.execute_batch(query).map_err(query_error))
    }
}

impl ConnectionSealed for DuckDbConnection {}

impl Connection for DuckDbConnection {
    type Backend = DuckDb;
    type TransactionManager = DuckDbTransactionManager;

    fn establish(url: &str) -> ConnectionResult<Self> {
        let mut instrumentation = DynInstrumentation::default_instrumentation();
        instrumentation.on_connection_event(InstrumentationEvent::start_establish_connection(url));
        let connected = Database::connect(&Target::parse(url));
        instrumentation.on_connection_event(InstrumentationEvent::finish_establish_connection(
            url,
            connected.as_ref().err(),
        ));
        let (database, raw) = connected?;
        Ok(Self { instrumentation, ..Self::new(database, raw) })
    }

    fn execute_returning_count<T>(&mut self, source: &T) -> QueryResult<usize>
    where
        T: QueryFragment<DuckDb> + QueryId,
    {
        self.run(&diesel::debug_query(source), |parts| parts.execute(source).map(|(_, rows)| rows))
    }

    fn transaction_state(&mut self) -> &mut DuckDbTransactionManager {
        &mut self.transaction
    }

    fn instrumentation(&mut self) -> &mut dyn Instrumentation {
        &mut *self.instrumentation
    }

    fn set_instrumentation(&mut self, instrumentation: impl Instrumentation) {
        self.instrumentation = instrumentation.into();
    }

    fn set_prepared_statement_cache_size(&mut self, size: CacheSize) {
        self.statements.set_cache_size(size);
        self.raw.flush_prepared_statement_cache();
    }
}

impl LoadConnection<DefaultLoadingMode> for DuckDbConnection {
    type Cursor<'conn, 'query> = DuckDbCursor<'conn>;
    type Row<'conn, 'query> = DuckDbRow;

    fn load<'conn, 'query, T>(&'conn mut self, source: T) -> QueryResult<DuckDbCursor<'conn>>
    where
        T: Query + QueryFragment<DuckDb> + QueryId + 'query,
        DuckDb: QueryMetadata<T::SqlType>,
    {
        self.run(&diesel::debug_query(&source), |parts| {
            parts.execute(&source).map(|(statement, _)| DuckDbCursor::new(statement, None))
        })
    }
}

/// Loads the rows of a query as DuckDB finds them, some thousand at a time: memory does not grow with their number.
///
/// It is for queries. Of a statement that changes rows and returns them, not all are changed before the last is read. A
/// query without a transaction around it has one of its own, for as long as the iterator is there.
///
/// ```
/// use diesel::prelude::*;
/// use diesel::sql_types::BigInt;
/// use diesel_duckdb::{DuckDbConnection, DuckDbStreamLoadingMode};
///
/// # let connection = &mut DuckDbConnection::establish(":memory:")?;
/// let endless = diesel::select(diesel::dsl::sql::<BigInt>("n FROM range(1_000_000_000_000) AS range (n)"));
/// let mut rows = endless.load_iter::<i64, DuckDbStreamLoadingMode>(connection)?;
/// assert_eq!(rows.next().transpose()?, Some(0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct DuckDbStreamLoadingMode;

impl LoadConnection<DuckDbStreamLoadingMode> for DuckDbConnection {
    type Cursor<'conn, 'query> = DuckDbCursor<'conn>;
    type Row<'conn, 'query> = DuckDbRow;

    fn load<'conn, 'query, T>(&'conn mut self, source: T) -> QueryResult<DuckDbCursor<'conn>>
    where
        T: Query + QueryFragment<DuckDb> + QueryId + 'query,
        DuckDb: QueryMetadata<T::SqlType>,
    {
        self.run(&diesel::debug_query(&source), |parts| {
            let failed = parts.failed_stream;
            parts.stream(&source).map(|statement| DuckDbCursor::new(statement, Some(failed)))
        })
    }
}

impl MigrationConnection for DuckDbConnection {
    fn setup(&mut self) -> QueryResult<usize> {
        diesel::sql_query(CREATE_MIGRATIONS_TABLE).execute(self)
    }
}

impl MultiConnectionHelper for DuckDbConnection {
    fn to_any<'a>(lookup: &mut ()) -> &mut (dyn std::any::Any + 'a) {
        lookup
    }

    fn from_any(lookup: &mut dyn std::any::Any) -> Option<&mut ()> {
        lookup.downcast_mut()
    }
}
