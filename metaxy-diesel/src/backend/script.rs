//! [`ScriptError`]: where a script of SQL statements failed.

use diesel::result::{DatabaseErrorInformation, Error as DatabaseError};

/// A statement of a script that failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", line.map_or_else(String::new, |line| format!("line {line}: ")))]
pub struct ScriptError {
    /// What the database said.
    pub message: String,
    /// The line, from 1, where the database says it.
    pub line: Option<usize>,
}

impl ScriptError {
    /// What the database said of a script, with its details.
    pub(crate) fn new(error: &DatabaseError, script: &str) -> Self {
        let DatabaseError::DatabaseError(_, information) = error else {
            return Self { message: error.to_string(), line: None };
        };
        let more = [information.details(), information.hint()];
        let lines = std::iter::once(information.message()).chain(more.into_iter().flatten());
        // Positions are counted in characters, from 1.
        let position = information.statement_position().and_then(|it| usize::try_from(it).ok());
        let line_of = |at| script.chars().take(at).filter(|it| *it == '\n').count() + 1;
        Self { message: lines.collect::<Vec<_>>().join("\n"), line: position.map(line_of) }
    }
}

/// Runs the statements of a script one by one: no database says of several which one failed.
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql", feature = "duckdb"))]
pub(super) fn run(
    dialect: &crate::dialect::Dialect,
    script: &str,
    mut batch: impl FnMut(&str) -> diesel::QueryResult<()>,
) -> diesel::QueryResult<()> {
    (dialect.statements)(script)
        .into_iter()
        .try_for_each(|(at, it)| batch(it).map_err(|error| located(error, script, at)))
}

/// The error of a statement of a script, with its place in bytes.
pub(crate) fn located(error: DatabaseError, script: &str, at: usize) -> DatabaseError {
    match error {
        DatabaseError::DatabaseError(kind, information) => {
            let before = i32::try_from(script[..at].chars().count()).unwrap_or(i32::MAX);
            let within = information.statement_position().unwrap_or(1);
            let position = before.saturating_add(within);
            DatabaseError::DatabaseError(kind, Box::new(Located { information, position }))
        }
        error => error,
    }
}

struct Located {
    information: Box<dyn DatabaseErrorInformation + Send + Sync>,
    position: i32,
}

impl DatabaseErrorInformation for Located {
    fn message(&self) -> &str {
        self.information.message()
    }

    fn details(&self) -> Option<&str> {
        self.information.details()
    }

    fn hint(&self) -> Option<&str> {
        self.information.hint()
    }

    fn table_name(&self) -> Option<&str> {
        self.information.table_name()
    }

    fn column_name(&self) -> Option<&str> {
        self.information.column_name()
    }

    fn constraint_name(&self) -> Option<&str> {
        self.information.constraint_name()
    }

    fn statement_position(&self) -> Option<i32> {
        Some(self.position)
    }
}
