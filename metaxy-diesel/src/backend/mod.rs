//! The databases that metaxy knows: one module each, with its [`Dialect`] (always compiled) and, behind the Cargo
//! feature of its name, its connection and inspection.

use crate::dialect::Dialect;
use metaxy_core::config::Secret;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

#[cfg(all(feature = "async", any(feature = "postgres", feature = "mysql")))]
mod asynchronous;
mod connect_error;
mod connection;
mod default;
#[cfg(any(feature = "sqlite", feature = "duckdb"))]
mod definition;
pub(crate) mod driver;
pub mod duckdb;
#[cfg(any(feature = "sqlite", feature = "duckdb"))]
mod index_definition;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod load;
pub mod mysql;
pub mod postgres;
mod scratch;
mod script;
mod session;
pub mod sqlite;
pub(crate) mod statement;

#[cfg(all(feature = "async", any(feature = "postgres", feature = "mysql")))]
pub use asynchronous::AsyncConnection;
pub use connect_error::ConnectError;
pub use connection::{Connection, InspectError, Open, Within, connect, connect_if_exists};
pub use scratch::{Scratch, ScratchError};
pub use script::ScriptError;
pub(crate) use script::located;
pub use session::Database;
pub(crate) use session::Session;

/// A kind of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Backend {
    /// SQLite 3.35 or later: the first with `DROP COLUMN`.
    Sqlite,
    /// PostgreSQL 12 or later.
    Postgres,
    /// MySQL 8.0.19 or later: the first with `DROP CONSTRAINT`.
    Mysql,
    /// MariaDB 10.6 or later.
    #[serde(rename = "mariadb")]
    MariaDb,
    /// DuckDB 1.5.
    #[serde(rename = "duckdb")]
    DuckDb,
}

/// A name that is no backend's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown backend `{name}`: write one of {}", Backend::ALL.map(Backend::name).join(", "))]
pub struct UnknownBackend {
    /// The name as it was written.
    pub name: String,
}

impl Backend {
    /// All backends.
    pub const ALL: [Self; 5] =
        [Self::Sqlite, Self::Postgres, Self::Mysql, Self::MariaDb, Self::DuckDb];

    /// How the database writes what schemas say.
    pub const fn dialect(self) -> &'static Dialect {
        match self {
            Self::Sqlite => &sqlite::DIALECT,
            Self::Postgres => &postgres::DIALECT,
            Self::Mysql => &mysql::DIALECT,
            Self::MariaDb => &mysql::MARIADB_DIALECT,
            Self::DuckDb => &duckdb::DIALECT,
        }
    }

    /// The database that a URL or connection string is of: whatever is of none of the servers is a file, of DuckDB where
    /// its name ends in `.duckdb` or `.ddb`, and else of SQLite.
    pub fn of_url(url: &Secret) -> Self {
        let url = url.expose();
        let of_scheme = url.split_once("://").and_then(|(scheme, _)| scheme.parse().ok());
        let is_pairs = || url.split(' ').any(|it| it.starts_with("host="));
        let is_duckdb =
            || url.starts_with("duckdb:") || [".duckdb", ".ddb"].iter().any(|it| url.ends_with(it));
        of_scheme.unwrap_or_else(|| match () {
            () if is_pairs() => Self::Postgres,
            () if is_duckdb() => Self::DuckDb,
            () => Self::Sqlite,
        })
    }

    /// Its name in configuration files and on the command line: `sqlite`, `postgres`, `mysql`, `mariadb`, `duckdb`.
    pub const fn name(self) -> &'static str {
        self.dialect().name
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.dialect().title)
    }
}

impl FromStr for Backend {
    type Err = UnknownBackend;

    /// Reads a name, or one that the database also goes by (`postgresql`).
    fn from_str(name: &str) -> Result<Self, UnknownBackend> {
        Self::ALL
            .into_iter()
            .find(|backend| backend.name() == name || backend.dialect().other_names.contains(&name))
            .ok_or_else(|| UnknownBackend { name: name.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for backend in Backend::ALL {
            assert_eq!(backend.name().parse(), Ok(backend));
        }
        assert_eq!("postgresql".parse(), Ok(Backend::Postgres));
        assert_eq!(
            "oracle".parse::<Backend>().unwrap_err().to_string(),
            "unknown backend `oracle`: write one of sqlite, postgres, mysql, mariadb, duckdb"
        );
    }
}
