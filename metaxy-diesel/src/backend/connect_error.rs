//! [`ConnectError`]: why a database cannot be opened, without its password.

use super::Backend;
use metaxy_core::config::{Secret, redact};
use std::path::PathBuf;

/// Why there is no connection. No variant ever holds a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// This build has no client for the database.
    #[error(
        "this build of metaxy cannot connect to {backend}: add the feature \"{}\" to `metaxy` in Cargo.toml",
        cargo_feature(*backend)
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
    /// The server is of another kind.
    #[error(
        "`{database}` is {found}, not {backend}: write `type = \"{}\"` for the store", found.name()
    )]
    OtherServer {
        /// The URL.
        database: String,
        /// The kind of database that was expected.
        backend: Backend,
        /// What the server is.
        found: Backend,
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

/// A client's message without any part of the password of `url`: clients quote pieces of what they cannot parse.
#[cfg_attr(
    not(any(feature = "postgres", feature = "mysql")),
    expect(dead_code, reason = "SQLite has no passwords")
)]
pub(in crate::backend) fn redact_message(message: &str, url: &Secret) -> String {
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

/// The Cargo feature with the client of a database: the one that needs nothing of the system, where there are two.
fn cargo_feature(backend: Backend) -> &'static str {
    match backend {
        Backend::Sqlite => "sqlite-bundled",
        Backend::Postgres => "postgres-bundled",
        Backend::Mysql | Backend::MariaDb => "mysql",
        Backend::DuckDb => "duckdb",
    }
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
