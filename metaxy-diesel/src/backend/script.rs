//! [`ScriptError`]: where a script of SQL statements failed.

use diesel::result::Error as DatabaseError;

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
