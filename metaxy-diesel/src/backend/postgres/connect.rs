use crate::backend::{Backend, ConnectError, connect_error::redact_message};
use diesel::{Connection, ConnectionError, PgConnection};
use metaxy_core::config::Secret;

/// How long connecting may take, unless the URL says so itself.
const CONNECT_TIMEOUT_S: u32 = 10;

pub(in crate::backend) fn connect(url: &Secret) -> Result<PgConnection, ConnectError> {
    PgConnection::establish(&bounded(url.expose())).map_err(|error| {
        let message = match error {
            ConnectionError::BadConnection(message) => message,
            error => error.to_string(),
        };
        classify(redact_message(message.trim(), url), url)
    })
}

/// The URL or connection string with a time limit.
fn bounded(url: &str) -> String {
    match url.contains("connect_timeout") {
        true => url.to_owned(),
        false => with_parameter(url, "connect_timeout", &CONNECT_TIMEOUT_S.to_string()),
    }
}

/// The URL or connection string with one more parameter, whose value needs no quotes. Of two, the later one counts.
///
/// Source: <https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING>.
pub(super) fn with_parameter(url: &str, name: &str, value: &str) -> String {
    let is_url = ["postgres://", "postgresql://"].iter().any(|it| url.starts_with(it));
    let separator = match url {
        _ if !is_url => ' ',
        _ if url.contains('?') => '&',
        _ => '?',
    };
    format!("{url}{separator}{name}={value}")
}

/// libpq tells failures apart in words only.
fn classify(message: String, url: &Secret) -> ConnectError {
    let (backend, database) = (Backend::Postgres, url.to_string());
    let says = |words: &[&str]| words.iter().any(|it| message.contains(it));
    if says(&["database \""]) && says(&["does not exist"]) {
        ConnectError::MissingDatabase { database, message }
    } else if says(&["authentication failed", "no password supplied", "role \"", "pg_hba.conf"]) {
        ConnectError::Authentication { backend, database, message }
    } else if says(&["invalid URI", "invalid connection option", "in connection info string"])
        || says(&["invalid port number", "invalid integer value", "invalid percent-encoded"])
    {
        ConnectError::Malformed { backend, message: without_values(&message) }
    } else if says(&["connection to server", "could not connect", "could not translate host"])
        && !says(&["FATAL"])
    {
        ConnectError::Unreachable { backend, database, message }
    } else {
        ConnectError::Other { database, message }
    }
}

/// What libpq says of a malformed URL, without the pieces of it: only the names of parameters stay.
fn without_values(message: &str) -> String {
    let mut before = "";
    let parts = message.split('"').enumerate().map(|(at, part)| {
        let is_name = before.ends_with("option ") || before.ends_with("parameter: ");
        before = part;
        if at % 2 == 1 && !is_name { "***" } else { part }
    });
    parts.collect::<Vec<_>>().join("\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connecting_is_bounded() {
        for (url, expected) in [
            ("postgres://db/videos", "postgres://db/videos?connect_timeout=10"),
            (
                "postgres://db/v?sslmode=require",
                "postgres://db/v?sslmode=require&connect_timeout=10",
            ),
            ("host=db dbname=videos", "host=db dbname=videos connect_timeout=10"),
            ("postgres://db/videos?connect_timeout=2", "postgres://db/videos?connect_timeout=2"),
        ] {
            assert_eq!(bounded(url), expected);
        }
    }
}
