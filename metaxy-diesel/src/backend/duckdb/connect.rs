use super::location::file;
use crate::backend::{Backend, ConnectError, Open};
use diesel::{Connection, ConnectionError};
use diesel_duckdb::DuckDbConnection;
use metaxy_core::config::Secret;
use std::{
    thread,
    time::{Duration, Instant},
};

/// How long connecting waits for another process that has the file.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The same, for those who come to change it: as long as for a history that another process changes.
const WRITE_TIMEOUT: Duration = Duration::from_secs(60);

/// Between two attempts.
const PAUSE: Duration = Duration::from_millis(50);

pub(in crate::backend) fn connect(
    url: &Secret,
    open: Open,
) -> Result<DuckDbConnection, ConnectError> {
    if let Some(path) = file(url.expose()) {
        let directory = path.parent().filter(|it| !it.as_os_str().is_empty());
        if path.is_dir() {
            return Err(not_a_database(url, "it is a directory"));
        }
        if !path.exists() && open == Open::Existing {
            return Err(ConnectError::MissingFile { path });
        }
        if directory.is_some_and(|it| !it.is_dir()) {
            return Err(ConnectError::MissingDirectory { path });
        }
    }
    let timeout = if open == Open::Create { WRITE_TIMEOUT } else { TIMEOUT };
    let start = Instant::now();
    let message = loop {
        match DuckDbConnection::establish(url.expose()) {
            Ok(connection) => return Ok(connection),
            Err(ConnectionError::BadConnection(message))
                if message.contains("is open in another process") && start.elapsed() < timeout =>
            {
                thread::sleep(PAUSE);
            }
            Err(ConnectionError::BadConnection(message)) => break message,
            Err(error) => break error.to_string(),
        }
    };
    Err(match message.contains("not a valid DuckDB database file") {
        true => not_a_database(url, "it is another kind of file"),
        false => ConnectError::Other { database: url.to_string(), message },
    })
}

fn not_a_database(url: &Secret, message: &str) -> ConnectError {
    ConnectError::NotADatabase {
        backend: Backend::DuckDb,
        database: url.to_string(),
        message: message.to_owned(),
    }
}
