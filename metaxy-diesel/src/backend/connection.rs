//! [`Connection`]: an open database of any kind, and [`connect`].

use super::{Backend, ConnectError, Session, driver::Driver, script::ScriptError};
use crate::{
    history::DIESEL_VERSION_TABLE,
    schema::{Schema, TableName},
};
use diesel::QueryResult;
use metaxy_core::config::Secret;
use std::{collections::BTreeSet, fmt};

/// An open database: the Diesel connection of its kind.
///
/// Its variants come with Cargo features, which any crate of a build may turn on.
#[non_exhaustive]
pub enum Connection {
    /// SQLite.
    #[cfg(feature = "sqlite")]
    Sqlite(diesel::SqliteConnection),
    /// PostgreSQL.
    #[cfg(feature = "postgres")]
    Postgres(diesel::PgConnection),
    /// MySQL.
    #[cfg(feature = "mysql")]
    Mysql(diesel::MysqlConnection),
    /// MariaDB, by the same client.
    #[cfg(feature = "mysql")]
    MariaDb(diesel::MysqlConnection),
    /// DuckDB.
    #[cfg(feature = "duckdb")]
    DuckDb(diesel_duckdb::DuckDbConnection),
}

/// What to do where the database is a file that does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Open {
    /// Create it. Its directory must exist.
    Create,
    /// Refuse.
    Existing,
}

/// Which namespaces of a database are looked at. The connection's default one always is.
#[derive(Debug, Clone, Copy)]
pub enum Within<'a> {
    /// All.
    Everything,
    /// These.
    Namespaces(&'a BTreeSet<String>),
}

/// Why a database was not read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the tables of the database: {source}")]
pub struct InspectError {
    /// What the database said.
    #[from]
    source: diesel::result::Error,
}

/// Opens a database.
///
/// SQLite: a path, `:memory:`, `sqlite:PATH` or `file:PATH`; relative paths are relative to the working directory.
/// PostgreSQL: a URL or a `key=value` connection string; connecting takes ten seconds at most, unless it says otherwise
/// (`connect_timeout`). MySQL and MariaDB: a URL `mysql://user:password@host:port/database`, with `?unix_socket=…` and
/// `ssl_mode`, `ssl_ca`, `ssl_cert`, `ssl_key` as Diesel takes them; connecting takes ten seconds at most.
/// DuckDB: a path, `:memory:` or `duckdb:PATH?option=value`. One process at a time can open a file: connecting waits ten
/// seconds for another one, and 60 to change it ([`Open::Create`]).
///
/// # Errors
///
/// [`ConnectError`], which says what is missing.
pub fn connect(backend: Backend, url: &Secret, open: Open) -> Result<Connection, ConnectError> {
    match backend {
        #[cfg(feature = "sqlite")]
        Backend::Sqlite => super::sqlite::connect(url, open).map(Connection::Sqlite),
        #[cfg(feature = "postgres")]
        Backend::Postgres => super::postgres::connect(url).map(Connection::Postgres),
        #[cfg(feature = "mysql")]
        Backend::Mysql => super::mysql::connect(backend, url).map(Connection::Mysql),
        #[cfg(feature = "mysql")]
        Backend::MariaDb => super::mysql::connect(backend, url).map(Connection::MariaDb),
        #[cfg(feature = "duckdb")]
        Backend::DuckDb => super::duckdb::connect(url, open).map(Connection::DuckDb),
        #[cfg(not(all(
            feature = "sqlite",
            feature = "postgres",
            feature = "mysql",
            feature = "duckdb"
        )))]
        backend => {
            // Used by no other backend.
            _ = (url, open);
            Err(ConnectError::NotCompiled { backend })
        }
    }
}

/// Opens a database that exists; `None` where it is a file that does not exist yet.
///
/// # Errors
///
/// As [`connect`].
pub fn connect_if_exists(
    backend: Backend,
    url: &Secret,
) -> Result<Option<Connection>, ConnectError> {
    match connect(backend, url, Open::Existing) {
        Err(ConnectError::MissingFile { .. }) => Ok(None),
        connection => connection.map(Some),
    }
}

impl Connection {
    /// The kind of database.
    pub fn backend(&self) -> Backend {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Backend::Sqlite,
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => Backend::Postgres,
            #[cfg(feature = "mysql")]
            Self::Mysql(_) => Backend::Mysql,
            #[cfg(feature = "mysql")]
            Self::MariaDb(_) => Backend::MariaDb,
            #[cfg(feature = "duckdb")]
            Self::DuckDb(_) => Backend::DuckDb,
            #[cfg(not(any(
                feature = "sqlite",
                feature = "postgres",
                feature = "mysql",
                feature = "duckdb"
            )))]
            _ => unreachable!("without a backend there is no connection"),
        }
    }

    /// The tables of these names that are there, normalised. What the names do not list is never looked at.
    ///
    /// Takes a constant number of queries.
    ///
    /// # Errors
    ///
    /// Where the database does not answer.
    pub fn inspect(&mut self, tables: &BTreeSet<TableName>) -> Result<Schema, InspectError> {
        (self as &mut dyn Session).inspect(tables)
    }

    /// All tables of the connection's default namespace and of those that are named, normalised: also those of other
    /// programs, but neither version tables of migrations as Diesel names them nor those that `except` names.
    ///
    /// Takes a constant number of queries.
    ///
    /// # Errors
    ///
    /// Where the database does not answer.
    pub fn inspect_all(
        &mut self,
        within: Within<'_>,
        except: &BTreeSet<TableName>,
    ) -> Result<Schema, InspectError> {
        let is_within = |it: &TableName| match (within, &it.schema) {
            (Within::Everything, _) | (_, None) => true,
            (Within::Namespaces(names), Some(name)) => names.contains(name),
        };
        let is_history = |it: &TableName| it.name.starts_with(DIESEL_VERSION_TABLE);
        let keep = |it: &TableName| is_within(it) && !is_history(it) && !except.contains(it);
        let found = self.driver().inspect_all(&keep)?;
        Ok(self.backend().dialect().normal(found))
    }

    /// Runs a script of SQL statements, and says where it failed.
    ///
    /// # Errors
    ///
    /// [`ScriptError`], with the line of the statement that failed.
    pub fn run_script(&mut self, script: &str) -> Result<(), ScriptError> {
        self.driver().script(script).map_err(|error| ScriptError::new(&error, script))
    }

    /// Runs a script of SQL statements.
    ///
    /// # Errors
    ///
    /// What the database says of the first statement that fails.
    pub fn execute_script(&mut self, script: &str) -> QueryResult<()> {
        self.driver().script(script)
    }

    /// The number of rows of a table.
    ///
    /// # Errors
    ///
    /// What the database says: that there is no such table, for one.
    pub fn count_rows(&mut self, table: &TableName) -> QueryResult<u64> {
        (self as &mut dyn Session).count_rows(table)
    }

    /// Whether a table has no rows. Fast for any table.
    ///
    /// # Errors
    ///
    /// As [`Self::count_rows`].
    pub fn is_empty(&mut self, table: &TableName) -> QueryResult<bool> {
        (self as &mut dyn Session).is_empty(table)
    }

    pub(crate) fn driver(&mut self) -> &mut dyn Driver {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(connection) => connection,
            #[cfg(feature = "postgres")]
            Self::Postgres(connection) => connection,
            #[cfg(feature = "mysql")]
            Self::Mysql(connection) | Self::MariaDb(connection) => connection,
            #[cfg(feature = "duckdb")]
            Self::DuckDb(connection) => connection,
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

impl fmt::Debug for Connection {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Connection({})", self.backend())
    }
}
