//! [`Connection`]: an open database of any kind, and [`connect`].

use super::{Backend, driver::Driver, script::ScriptError, statement::Statement};
use crate::{
    history::DIESEL_VERSION_TABLE,
    schema::{Schema, TableName},
};
use diesel::QueryResult;
use metaxy_core::config::{Secret, redact};
use std::{collections::BTreeSet, fmt, path::PathBuf};

/// An open database: the Diesel connection of its kind.
pub enum Connection {
    /// SQLite.
    #[cfg(feature = "sqlite")]
    Sqlite(diesel::SqliteConnection),
    /// PostgreSQL.
    #[cfg(feature = "postgres")]
    Postgres(diesel::PgConnection),
}

/// What to do where the database is a file that does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Open {
    /// Create it. Its directory must exist.
    Create,
    /// Refuse.
    Existing,
}

/// Why there is no connection. No variant ever holds a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// This build has no client for the database.
    #[error(
        "this build of metaxy cannot connect to {backend}: add the feature \"{}\" to `metaxy` in Cargo.toml",
        backend.name()
    )]
    NotCompiled {
        /// The database.
        backend: Backend,
    },
    /// The database file does not exist.
    #[error(
        "database file `{}` does not exist: check the path, or create it with `metaxy migration run`",
        path.display()
    )]
    MissingFile {
        /// The file.
        path: PathBuf,
    },
    /// The directory of the database file does not exist.
    #[error("cannot create database file `{}`: its directory does not exist", path.display())]
    MissingDirectory {
        /// The file.
        path: PathBuf,
    },
    /// The file is not a database.
    #[error("`{database}` is not a {backend} database: {message}")]
    NotADatabase {
        /// The kind of database that was expected.
        backend: Backend,
        /// The database.
        database: String,
        /// What is wrong with it.
        message: String,
    },
    /// The URL is none of this kind of database. It is not printed: where its password is, nobody knows.
    #[error("the URL is none of {backend}: {message}")]
    Malformed {
        /// The database.
        backend: Backend,
        /// What is wrong with it.
        message: String,
    },
    /// No server answers there.
    #[error("cannot reach {backend} at `{database}`: is the server running?\n{message}")]
    Unreachable {
        /// The database.
        backend: Backend,
        /// The URL.
        database: String,
        /// What the client said.
        message: String,
    },
    /// The server has no such database.
    #[error("the database `{database}` does not exist: create it, or correct the name\n{message}")]
    MissingDatabase {
        /// The URL.
        database: String,
        /// What the server said.
        message: String,
    },
    /// The server does not accept the user or the password.
    #[error("{backend} refuses the user or password of `{database}`\n{message}")]
    Authentication {
        /// The database.
        backend: Backend,
        /// The URL.
        database: String,
        /// What the server said.
        message: String,
    },
    /// Anything else.
    #[error("cannot connect to `{database}`: {message}")]
    Other {
        /// The URL.
        database: String,
        /// What the database said.
        message: String,
    },
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
/// (`connect_timeout`).
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
        #[cfg(not(all(feature = "sqlite", feature = "postgres")))]
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
            #[cfg(not(any(feature = "sqlite", feature = "postgres")))]
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
        let found = self.driver().inspect(tables)?;
        Ok(self.backend().dialect().normalise(&found))
    }

    /// All tables of the connection's default namespace, normalised: also those of other programs, but neither version
    /// tables of migrations as Diesel names them nor those that `except` names.
    ///
    /// Takes a constant number of queries.
    ///
    /// # Errors
    ///
    /// Where the database does not answer.
    pub fn inspect_all(&mut self, except: &BTreeSet<TableName>) -> Result<Schema, InspectError> {
        let mut tables = self.driver().tables()?;
        tables.retain(|it| !it.name.starts_with(DIESEL_VERSION_TABLE) && !except.contains(it));
        self.inspect(&tables)
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
        let mut select = Statement::new("SELECT count(*) AS count FROM ");
        select.table(table);
        self.driver().count(select)
    }

    /// Whether a table has no rows. Fast for any table.
    ///
    /// # Errors
    ///
    /// As [`Self::count_rows`].
    pub fn is_empty(&mut self, table: &TableName) -> QueryResult<bool> {
        let mut select = Statement::new("SELECT count(*) AS count FROM (SELECT 1 FROM ");
        select.table(table).sql(" LIMIT 1) AS first");
        Ok(self.driver().count(select)? == 0)
    }

    pub(crate) fn driver(&mut self) -> &mut dyn Driver {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(connection) => connection,
            #[cfg(feature = "postgres")]
            Self::Postgres(connection) => connection,
            #[cfg(not(any(feature = "sqlite", feature = "postgres")))]
            _ => unreachable!("without a backend there is no connection"),
        }
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Connection({})", self.backend())
    }
}

/// A client's message without any part of the password of `url`: clients quote pieces of what they cannot parse.
#[cfg_attr(not(feature = "postgres"), expect(dead_code, reason = "SQLite has no passwords"))]
pub(super) fn redact_message(message: &str, url: &Secret) -> String {
    let (whole, shown) = (url.expose(), redact(url.expose()));
    let start = whole.bytes().zip(shown.bytes()).take_while(|(one, other)| one == other).count();
    let rest = (whole.bytes().rev().zip(shown.bytes().rev()))
        .take_while(|(one, other)| one == other)
        .count()
        .min(whole.len() - start);
    // The ends are of equal bytes, which may be half a character.
    let hidden = String::from_utf8_lossy(&whole.as_bytes()[start..whole.len() - rest]);
    let pieces: Vec<&str> =
        hidden.split(|it: char| "@:/?#&= ".contains(it)).filter(|it| !it.is_empty()).collect();
    let parts = message.split('"').enumerate().map(|(at, part)| {
        let quoted = at % 2 == 1;
        let leaks = pieces.iter().any(|piece| part.contains(piece)) && !shown.contains(part);
        if quoted && leaks { "***" } else { part }
    });
    parts.collect::<Vec<_>>().join("\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_quote_no_password() {
        let check = |url: &str, message: &str, expected: &str| {
            assert_eq!(redact_message(message, &Secret::new(url)), expected);
        };
        check(
            "postgres://ann:pa@ss:word@db/videos",
            r#"invalid integer value "word@db" for connection option "port""#,
            r#"invalid integer value "***" for connection option "port""#,
        );
        check(
            "postgres://postgres:postgres@db/videos",
            r#"password authentication failed for user "postgres""#,
            r#"password authentication failed for user "postgres""#,
        );
        check("postgres://db/videos", r#"no host "db""#, r#"no host "db""#);
    }
}
