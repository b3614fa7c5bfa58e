//! [`Database`]: a connection that migrations run on, ours or a program's own.

use super::{Backend, Connection, InspectError, driver::Driver, statement::Statement};
use crate::schema::{Schema, TableName};
use diesel::QueryResult;
use std::{collections::BTreeSet, fmt};

use sealed::Lend;

/// A connection that migrations run on: [`Connection`], or one of Diesel's that a program has already, such as the
/// `&mut *pool.get()?` of an r2d2 pool. Settings of the session that migrations need are put back when they are done.
///
/// It must not be within a transaction: migrations begin their own.
pub trait Database: Lend {}

/// An open database, whoever has it.
pub(crate) trait Session {
    /// The kind of database.
    fn backend(&self) -> Backend;

    /// What it does its own way.
    fn driver(&mut self) -> &mut dyn Driver;
}

impl dyn Session + '_ {
    /// As [`Connection::inspect`].
    pub(crate) fn inspect(&mut self, tables: &BTreeSet<TableName>) -> Result<Schema, InspectError> {
        let found = self.driver().inspect(tables)?;
        Ok(self.backend().dialect().normal(found))
    }

    /// As [`Connection::count_rows`].
    pub(crate) fn count_rows(&mut self, table: &TableName) -> QueryResult<u64> {
        let mut select = Statement::new("SELECT count(*) AS count FROM ");
        select.table(table);
        self.driver().count(select)
    }

    /// As [`Connection::is_empty`].
    pub(crate) fn is_empty(&mut self, table: &TableName) -> QueryResult<bool> {
        let mut select = Statement::new("SELECT count(*) AS count FROM (SELECT 1 FROM ");
        select.table(table).sql(" LIMIT 1) AS first");
        Ok(self.driver().count(select)? == 0)
    }
}

impl Session for Connection {
    fn backend(&self) -> Backend {
        Self::backend(self)
    }

    fn driver(&mut self) -> &mut dyn Driver {
        Self::driver(self)
    }
}

/// A database that a program lends.
pub struct Lent<'c> {
    backend: Backend,
    driver: &'c mut dyn Driver,
    /// The statements that make the session what it was.
    restore: String,
}

impl Lent<'_> {
    /// Makes the session what it was.
    pub(crate) fn give_back(self) -> QueryResult<()> {
        self.driver.script(&self.restore)
    }
}

impl Session for Lent<'_> {
    fn backend(&self) -> Backend {
        self.backend
    }

    fn driver(&mut self) -> &mut dyn Driver {
        self.driver
    }
}

impl fmt::Debug for Lent<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Lent({})", self.backend)
    }
}

mod sealed {
    use super::Lent;
    use diesel::QueryResult;

    /// What lends a database: nobody else implements it.
    pub trait Lend {
        /// Makes the session what migrations rely on.
        fn lend(&mut self) -> QueryResult<Lent<'_>>;
    }
}

/// Refuses a connection that is within a transaction, as only its manager knows.
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql", feature = "duckdb"))]
fn lend<C: diesel::Connection + Driver>(
    connection: &mut C,
    backend: impl FnOnce(&mut C) -> QueryResult<Backend>,
) -> QueryResult<Lent<'_>> {
    use diesel::connection::TransactionManager;

    let status = C::TransactionManager::transaction_manager_status_mut(connection);
    if status.transaction_depth()?.is_some() {
        return Err(diesel::result::Error::AlreadyInTransaction);
    }
    let backend = backend(connection)?;
    let restore = connection.prepare_migrations()?;
    Ok(Lent { backend, driver: connection, restore })
}

impl Database for Connection {}

impl Lend for Connection {
    fn lend(&mut self) -> QueryResult<Lent<'_>> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(connection) => connection.lend(),
            #[cfg(feature = "postgres")]
            Self::Postgres(connection) => connection.lend(),
            #[cfg(feature = "mysql")]
            Self::Mysql(connection) | Self::MariaDb(connection) => connection.lend(),
            #[cfg(feature = "duckdb")]
            Self::DuckDb(connection) => connection.lend(),
            #[cfg(not(any(
                feature = "sqlite",
                feature = "postgres",
                feature = "mysql",
                feature = "duckdb"
            )))]
            _ => unreachable!("without a backend there is no connection"),
        }
    }
}

/// What lends a connection of Diesel's.
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql", feature = "duckdb"))]
macro_rules! lend {
    ($connection:ty, $backend:expr) => {
        impl Database for $connection {}

        impl Lend for $connection {
            fn lend(&mut self) -> QueryResult<Lent<'_>> {
                lend(self, $backend)
            }
        }
    };
}

#[cfg(feature = "sqlite")]
lend!(diesel::SqliteConnection, |_| Ok(Backend::Sqlite));
#[cfg(feature = "postgres")]
lend!(diesel::PgConnection, |_| Ok(Backend::Postgres));
#[cfg(feature = "mysql")]
lend!(diesel::MysqlConnection, super::mysql::server);
#[cfg(feature = "duckdb")]
lend!(diesel_duckdb::DuckDbConnection, |_| Ok(Backend::DuckDb));
