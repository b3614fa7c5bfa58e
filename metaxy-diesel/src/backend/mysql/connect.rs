use super::dialect::SQL_MODE;
use crate::backend::{Backend, ConnectError, connect_error::redact_message};
use diesel::{
    Connection, ConnectionError, MysqlConnection, QueryResult, QueryableByName, RunQueryDsl,
    connection::SimpleConnection, dsl::sql_query, sql_types::Text,
};
use metaxy_core::config::Secret;
use std::{sync::mpsc, thread, time::Duration};

/// How long connecting may take. The client takes no limit in its URL, and waits for minutes.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

pub(in crate::backend) fn connect(
    backend: Backend,
    url: &Secret,
) -> Result<MysqlConnection, ConnectError> {
    let address = address(backend, url.expose())?;
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        // Nobody listens any more after the time limit.
        _ = sender.send(MysqlConnection::establish(&address));
    });
    let established = receiver.recv_timeout(CONNECT_TIMEOUT).map_err(|_| {
        let message = format!("no answer within {} s", CONNECT_TIMEOUT.as_secs());
        ConnectError::Unreachable { backend, database: url.to_string(), message }
    })?;
    let mut connection = established.map_err(|error| match error {
        ConnectionError::InvalidConnectionUrl(message) => {
            ConnectError::Malformed { backend, message: redact_message(message.trim(), url) }
        }
        ConnectionError::BadConnection(message) => {
            classify(backend, redact_message(message.trim(), url), url)
        }
        error => classify(backend, redact_message(&error.to_string(), url), url),
    })?;
    check_server(&mut connection, backend, url)?;
    Ok(connection)
}

/// The URL as Diesel takes it: both databases have one scheme there.
pub(in crate::backend) fn address(backend: Backend, url: &str) -> Result<String, ConnectError> {
    let malformed =
        |message: &str| ConnectError::Malformed { backend, message: message.to_owned() };
    let rest = ["mysql://", "mariadb://"].iter().find_map(|scheme| url.strip_prefix(scheme));
    let rest =
        rest.ok_or_else(|| malformed("write it as `mysql://user:password@host:port/database`"))?;
    let url = format!("mysql://{rest}");
    let parsed = url::Url::parse(&url).map_err(|error| malformed(&error.to_string()))?;
    match parsed.path().trim_start_matches('/') {
        "" => Err(malformed("it names no database: write it as `mysql://…/database`")),
        _ => Ok(url),
    }
}

/// The URL with another database in it.
pub(super) fn with_database(url: &Secret, database: &str) -> Secret {
    match url::Url::parse(url.expose()) {
        Ok(mut parsed) => {
            parsed.set_path(database);
            Secret::new(parsed.as_str())
        }
        // It was parsed when it was connected to.
        Err(_) => url.clone(),
    }
}

/// The client tells failures apart in words only.
fn classify(backend: Backend, message: String, url: &Secret) -> ConnectError {
    let database = url.to_string();
    let says = |words: &[&str]| words.iter().any(|it| message.contains(it));
    if says(&["Unknown database"]) {
        ConnectError::MissingDatabase { database, message }
    } else if says(&["to database"]) && says(&["Access denied"]) {
        ConnectError::Other { database, message }
    } else if says(&["Access denied", "authentication"]) {
        ConnectError::Authentication { backend, database, message }
    } else if says(&["Can't connect", "Unknown server host", "Unknown MySQL server host"]) {
        ConnectError::Unreachable { backend, database, message }
    } else {
        ConnectError::Other { database, message }
    }
}

/// Refuses the other database of the two, and versions that lack what is written, and makes the session what scripts rely on.
fn check_server(
    connection: &mut MysqlConnection,
    backend: Backend,
    url: &Secret,
) -> Result<(), ConnectError> {
    let other = |message: String| ConnectError::Other { database: url.to_string(), message };
    let version = connection
        .batch_execute(SQL_MODE)
        .and_then(|()| version(connection))
        .map_err(|error| other(error.to_string()))?;
    let (found, least) = of_version(&version);
    if found != backend {
        return Err(ConnectError::OtherServer { database: url.to_string(), backend, found });
    }
    match numbers(&version) < least {
        true => {
            let [major, minor, patch] = least;
            Err(other(format!(
                "it is {backend} {version}, and metaxy needs {major}.{minor}.{patch} or later"
            )))
        }
        false => Ok(()),
    }
}

/// Which of the two a server is.
pub(in crate::backend) fn server(connection: &mut MysqlConnection) -> QueryResult<Backend> {
    version(connection).map(|it| of_version(&it).0)
}

fn version(connection: &mut MysqlConnection) -> QueryResult<String> {
    let query = sql_query("SELECT version() AS version");
    query.get_result::<Version>(connection).map(|it| it.version)
}

/// The database of a version, and the oldest version of it that will do.
fn of_version(version: &str) -> (Backend, [u32; 3]) {
    match version.contains("MariaDB") {
        true => (Backend::MariaDb, [10, 6, 0]),
        false => (Backend::Mysql, [8, 0, 19]),
    }
}

/// `[10, 11, 14]` of `10.11.14-MariaDB-0+deb12u2`.
fn numbers(version: &str) -> [u32; 3] {
    let end = version.find(|it: char| !it.is_ascii_digit() && it != '.').unwrap_or(version.len());
    let mut numbers = version[..end].split('.').map(|it| it.parse().unwrap_or(0));
    std::array::from_fn(|_| numbers.next().unwrap_or(0))
}

#[derive(QueryableByName)]
struct Version {
    #[diesel(sql_type = Text)]
    version: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        assert_eq!(numbers("10.11.14-MariaDB-0+deb12u2"), [10, 11, 14]);
        assert_eq!(numbers("8.0.36"), [8, 0, 36]);
        assert_eq!(numbers("11.4-x"), [11, 4, 0]);
    }

    #[test]
    fn urls_of_both_schemes_are_taken() {
        let check = |url: &str, expected: Result<&str, &str>| {
            let found = address(Backend::MariaDb, url).map_err(|error| error.to_string());
            assert_eq!(found.as_deref().map_err(String::as_str), expected);
        };
        check("mariadb://ann@db:3307/v", Ok("mysql://ann@db:3307/v"));
        check("mysql://db/v?unix_socket=/x", Ok("mysql://db/v?unix_socket=/x"));
        check(
            "mysql://ann:hunter2@db/",
            Err(
                "the URL is none of MariaDB: it names no database: write it as `mysql://…/database`",
            ),
        );
        check(
            "videos",
            Err(
                "the URL is none of MariaDB: write it as `mysql://user:password@host:port/database`",
            ),
        );
    }
}
