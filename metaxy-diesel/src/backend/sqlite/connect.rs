use super::{location::Location, version};
use crate::backend::{Backend, ConnectError, Open};
use diesel::{Connection, SqliteConnection, connection::SimpleConnection};
use metaxy_core::config::Secret;

/// How long a connection waits for another one that writes.
const BUSY_TIMEOUT_MS: u32 = 30_000;

pub(in crate::backend) fn connect(
    url: &Secret,
    open: Open,
) -> Result<SqliteConnection, ConnectError> {
    let location = Location::parse(url.expose());
    if let Location::File { path, .. } = &location {
        let directory = path.parent().filter(|it| !it.as_os_str().is_empty());
        if path.as_os_str().is_empty() {
            return Err(ConnectError::Malformed {
                backend: Backend::Sqlite,
                message: "it names no file".to_owned(),
            });
        }
        if path.is_dir() {
            return Err(not_a_database(url, "it is a directory"));
        }
        if !path.exists() && open == Open::Existing {
            return Err(ConnectError::MissingFile { path: path.clone() });
        }
        if directory.is_some_and(|it| !it.is_dir()) {
            return Err(ConnectError::MissingDirectory { path: path.clone() });
        }
    }
    let other = |message: String| ConnectError::Other { database: url.to_string(), message };
    let mut connection = SqliteConnection::establish(&location.to_url())
        .map_err(|error| other(error.to_string()))?;
    // The timeout first: all that follows may have to wait. SQLite reads the file with the last one, not before.
    for pragma in [
        &*format!("PRAGMA busy_timeout = {BUSY_TIMEOUT_MS};"),
        "PRAGMA foreign_keys = ON;",
        "PRAGMA schema_version;",
    ] {
        connection.batch_execute(pragma).map_err(|error| match error.to_string() {
            message if message.contains("not a database") => {
                not_a_database(url, "it is another kind of file, or encrypted")
            }
            message => other(message),
        })?;
    }
    // The first with `pragma_table_list`.
    let too_old = version::lacks(&mut connection, [3, 37], "migrations");
    match too_old.map_err(|error| other(error.to_string()))? {
        Some(message) => Err(other(message)),
        None => Ok(connection),
    }
}

fn not_a_database(url: &Secret, message: &str) -> ConnectError {
    ConnectError::NotADatabase {
        backend: Backend::Sqlite,
        database: url.to_string(),
        message: message.to_owned(),
    }
}
