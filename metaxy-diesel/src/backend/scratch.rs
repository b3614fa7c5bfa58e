//! [`Scratch`]: a place to try SQL out.

use super::{Backend, ConnectError, Connection, Open, connect};
use metaxy_core::config::Secret;
use std::fmt;

/// An empty database of one's own, which goes when this is dropped.
///
/// ```
/// # #[cfg(feature = "sqlite")] {
/// use metaxy_diesel::backend::{Backend, Scratch, Within};
///
/// let mut scratch = Scratch::open(Backend::Sqlite, None)?;
/// scratch.connection().execute_script("CREATE TABLE video (path TEXT)")?;
/// let schema = scratch.connection().inspect_all(Within::Everything, &Default::default())?;
/// assert_eq!(schema.tables.len(), 1);
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Scratch {
    connection: Connection,
    /// After the connection: fields go in this order, and a database that is used cannot be dropped.
    _database: Option<Box<dyn fmt::Debug>>,
}

/// Why there is no place to try SQL out.
#[derive(Debug, thiserror::Error)]
pub enum ScratchError {
    /// Nobody said on which server.
    #[error(
        "{backend} needs a server to try SQL out on: name one with `--scratch URL`, or in METAXY_SCRATCH_URL \
         (a database of its own is created there, and dropped at once)"
    )]
    NoServer {
        /// The database.
        backend: Backend,
    },
    /// The server cannot be reached.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The server makes no database.
    #[error("cannot create a database to try SQL out in: {0}; the user needs the right to")]
    Create(diesel::result::Error),
}

impl Scratch {
    /// A new one: of SQLite and DuckDB in memory; of other databases on the server that this URL leads to, where the user may
    /// create databases. What the URL's own database holds is neither read nor changed.
    ///
    /// # Errors
    ///
    /// [`ScratchError`], where no server is named that is needed, or where it makes no database.
    pub fn open(backend: Backend, server: Option<&Secret>) -> Result<Self, ScratchError> {
        match backend {
            Backend::Sqlite | Backend::DuckDb => Ok(Self {
                connection: connect(backend, &Secret::new(":memory:"), Open::Create)?,
                _database: None,
            }),
            #[cfg(feature = "postgres")]
            Backend::Postgres => {
                let server = server.ok_or(ScratchError::NoServer { backend })?;
                let (database, connection) = super::postgres::TemporaryDatabase::create(server)?;
                let connection = Connection::Postgres(connection);
                Ok(Self { connection, _database: Some(Box::new(database)) })
            }
            #[cfg(feature = "mysql")]
            Backend::Mysql | Backend::MariaDb => {
                let server = server.ok_or(ScratchError::NoServer { backend })?;
                let (database, connection) =
                    super::mysql::TemporaryDatabase::create(backend, server)?;
                let connection = match backend {
                    Backend::Mysql => Connection::Mysql(connection),
                    _ => Connection::MariaDb(connection),
                };
                Ok(Self { connection, _database: Some(Box::new(database)) })
            }
            #[cfg(not(all(feature = "postgres", feature = "mysql")))]
            backend => {
                _ = server;
                Err(ConnectError::NotCompiled { backend }.into())
            }
        }
    }

    /// The connection to it.
    pub fn connection(&mut self) -> &mut Connection {
        &mut self.connection
    }
}
