//! What DuckDB's errors are to Diesel.
//!
//! The C API gives an error as text that begins with its kind: see `duckdb/src/common/exception.cpp`.

use diesel::result::{ConnectionError, DatabaseErrorInformation, DatabaseErrorKind, Error};

/// An error of a statement.
pub(crate) fn query_error(error: duckdb::Error) -> Error {
    match error {
        duckdb::Error::NulError(error) => Error::InvalidCString(error),
        duckdb::Error::ToSqlConversionFailure(error) => Error::SerializationError(error),
        duckdb::Error::DuckDBFailure(_, Some(message)) => database_error(message),
        // Statements that are empty, or a comment, have an error without words.
        duckdb::Error::DuckDBFailure(_, None) => {
            database_error("DuckDB found no statement in the SQL".to_owned())
        }
        error => database_error(error.to_string()),
    }
}

/// An error of the kind that its words tell.
pub(crate) fn database_error(message: String) -> Error {
    Error::DatabaseError(kind(&message), Box::new(DuckDbErrorInformation { message }))
}

/// An error of opening a database, with what to do about it.
pub(crate) fn open_error(path: &str, error: duckdb::Error) -> ConnectionError {
    let message = match error {
        duckdb::Error::DuckDBFailure(_, Some(message)) => message,
        error => error.to_string(),
    };
    ConnectionError::BadConnection(
        if let Some(holder) = between(&message, "Conflicting lock is held in ", ". See also") {
            format!(
                "the file {path} is open in another process, {holder}: only one process at a time can open a DuckDB file, \
             unless all of them open it with `?access_mode=read_only`; end that process, or try again when it is done"
            )
        } else if message.contains("Could not set lock on file") {
            format!(
                "the file {path} is open in another process: only one at a time can open a DuckDB file ({message})"
            )
        } else if message.contains("with version number")
            || message.contains("newer version of DuckDB")
        {
            format!(
                "the file {path} was made by a newer DuckDB than the {} that is linked: link that one, or have the other \
             write it with the option `storage_compatibility_version = 'v1.5.0'` ({message})",
                version()
            )
        } else {
            format!("the database {path} cannot be opened: {message}")
        },
    )
}

fn version() -> String {
    duckdb::Connection::open_in_memory()
        .and_then(|connection| connection.version())
        .unwrap_or_else(|_| "DuckDB".into())
}

fn kind(message: &str) -> DatabaseErrorKind {
    // The appender's errors have no class.
    let class = message.split_once(" Error: ").map_or("", |(class, _)| class);
    match class {
        "FATAL" | "Connection" => DatabaseErrorKind::ClosedConnection,
        "Invalid Input" if message.contains("read-only mode") => {
            DatabaseErrorKind::ReadOnlyTransaction
        }
        "" | "Constraint" | "TransactionContext" => violation(message),
        _ => DatabaseErrorKind::Unknown,
    }
}

fn violation(message: &str) -> DatabaseErrorKind {
    let has = |words: &str| message.contains(words);
    if has("foreign key constraint") {
        DatabaseErrorKind::ForeignKeyViolation
    } else if has("NOT NULL constraint failed") {
        DatabaseErrorKind::NotNullViolation
    } else if has("CHECK constraint failed") {
        DatabaseErrorKind::CheckViolation
    } else if has("Duplicate key") || has("PRIMARY KEY or UNIQUE constraint") {
        DatabaseErrorKind::UniqueViolation
    } else if has("onflict") {
        DatabaseErrorKind::SerializationFailure
    } else {
        DatabaseErrorKind::Unknown
    }
}

/// DuckDB names tables and columns within the message only, and constraints not at all.
#[derive(Debug)]
struct DuckDbErrorInformation {
    message: String,
}

impl DatabaseErrorInformation for DuckDbErrorInformation {
    fn message(&self) -> &str {
        &self.message
    }

    fn details(&self) -> Option<&str> {
        None
    }

    fn hint(&self) -> Option<&str> {
        let (_, hint) = self.message.split_once("\nDid you mean ")?;
        hint.lines().next()
    }

    fn table_name(&self) -> Option<&str> {
        // DuckDB 2 puts it in quotes.
        between(&self.message, "CHECK constraint failed on table ", " with")
            .map(|table| table.trim_matches('"'))
            .or_else(|| between(&self.message, "NOT NULL constraint failed: ", "."))
    }

    fn column_name(&self) -> Option<&str> {
        self.message
            .split_once("NOT NULL constraint failed: ")?
            .1
            .split_once('.')
            .map(|(_, column)| column)
    }

    fn constraint_name(&self) -> Option<&str> {
        None
    }

    fn statement_position(&self) -> Option<i32> {
        None
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    text.split_once(before)?.1.split_once(after).map(|(found, _)| found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(message: &str, expected: DatabaseErrorKind) {
        assert_eq!(format!("{:?}", kind(message)), format!("{expected:?}"), "{message}");
    }

    /// Messages of DuckDB 1.5.6. Those that a single connection can provoke are in `tests/errors.rs`.
    #[test]
    fn kinds_are_told_by_the_words() {
        check(
            "TransactionContext Error: Failed to commit: PRIMARY KEY or UNIQUE constraint violation: duplicate key \"50\"",
            DatabaseErrorKind::UniqueViolation,
        );
        check(
            "TransactionContext Error: Conflict on update!",
            DatabaseErrorKind::SerializationFailure,
        );
        check(
            "TransactionContext Error: Catalog write-write conflict on alter with \"q\"",
            DatabaseErrorKind::SerializationFailure,
        );
        check(
            "TransactionContext Error: Current transaction is aborted (please ROLLBACK)",
            DatabaseErrorKind::Unknown,
        );
        check(
            "Failed to append: Duplicate key \"id: 0\" violates primary key constraint.",
            DatabaseErrorKind::UniqueViolation,
        );
        check(
            "FATAL Error: Failed: database has been invalidated",
            DatabaseErrorKind::ClosedConnection,
        );
        check("", DatabaseErrorKind::Unknown);
    }

    #[test]
    fn a_lock_names_its_holder() {
        let message = "IO Error: Could not set lock on file \"/a/x.duckdb\": Conflicting lock is held in \
                       /usr/bin/python3.11 (PID 42) by user ann. See also https://duckdb.org/docs/stable/connect/concurrency";
        let error = open_error("/a/x.duckdb", duckdb_error(message)).to_string();
        assert!(error.contains("/usr/bin/python3.11 (PID 42) by user ann: only one"), "{error}");
    }

    fn duckdb_error(message: &str) -> duckdb::Error {
        duckdb::Error::DuckDBFailure(duckdb::ffi::Error::new(1), Some(message.to_owned()))
    }
}
