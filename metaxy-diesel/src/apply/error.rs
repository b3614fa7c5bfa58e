use crate::{backend::Backend, history::HistoryError, stake::Stake};
use diesel::result::Error as DatabaseError;
use std::time::Duration;

/// Why a database was not taken along its history.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The history cannot be read, or is not that of the database.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// Another process changes the history, and took longer than we waited.
    #[error(
        "another process changes the same history, and was not done within {} s{}; nothing was changed",
        waited.as_secs_f32(),
        holder.as_ref().map(|it| format!(": {it}")).unwrap_or_default()
    )]
    Locked {
        /// Who that is, where the database knows.
        holder: Option<String>,
        /// How long we waited.
        waited: Duration,
    },
    /// There is no such migration.
    #[error("there is no migration `{version}` in `{directory}`")]
    NoSuchMigration {
        /// What was asked for.
        version: String,
        /// The directory.
        directory: String,
    },
    /// A migration is for another kind of database.
    #[error(
        "migration `{migration}` was written for {written_for}, and this is {backend}; nothing was changed"
    )]
    OtherBackend {
        /// The migration.
        migration: String,
        /// What it is for.
        written_for: Backend,
        /// What the database is.
        backend: Backend,
    },
    /// A migration cannot be reverted.
    #[error(
        "migration `{migration}` has no `down.sql`: it cannot be reverted; nothing was changed"
    )]
    Irreversible {
        /// The migration.
        migration: String,
    },
    /// Rows or values would be lost, and nobody said that they may be.
    #[error("{}", refusal(stakes))]
    AtStake {
        /// What would be lost.
        stakes: Vec<Stake>,
    },
    /// The value of rows that are there is still missing.
    #[error(
        "migration `{migration}`: the value of `{object}` in rows that are there is missing in line {line} of `{file}`; \
         nothing was changed; write it in place of NULL, then run `metaxy migration repair`"
    )]
    Backfill {
        /// The migration.
        migration: String,
        /// `up.sql` or `down.sql`.
        file: &'static str,
        /// The line of the place, from 1.
        line: usize,
        /// `table.column`.
        object: String,
    },
    /// A row refers to one that is not there.
    #[error(
        "migration `{migration}` cannot be kept: {row}; nothing of it was kept; correct the row, or see \
         `PRAGMA foreign_key_check`"
    )]
    Dangling {
        /// The migration.
        migration: String,
        /// The row, in words.
        row: String,
    },
    /// A statement of a migration failed.
    #[error("migration `{migration}` failed in `{file}`{}: {message}\n{}", at_line(*line), outcome(*undone))]
    Failed {
        /// The migration.
        migration: String,
        /// `up.sql` or `down.sql`.
        file: &'static str,
        /// The line of the statement, from 1, where the database says it.
        line: Option<usize>,
        /// What the database said.
        message: String,
        /// Whether all that the migration did was undone.
        undone: bool,
    },
    /// The database refused something else.
    #[error("cannot {action}: {source}")]
    Database {
        /// What was tried.
        action: &'static str,
        /// What the database said.
        source: DatabaseError,
    },
}

fn at_line(line: Option<usize>) -> String {
    line.map_or_else(String::new, |line| format!(", line {line}"))
}

fn outcome(undone: bool) -> &'static str {
    match undone {
        true => "nothing of it was kept: the database is as it was before this migration",
        false => {
            "it does not run in a transaction: what stands before the statement that failed may be done already"
        }
    }
}

fn refusal(stakes: &[Stake]) -> String {
    let words: Vec<_> = stakes.iter().map(ToString::to_string).collect();
    let flags: Vec<_> =
        stakes.iter().map(|it| format!("--allow-destructive {}", it.object)).collect();
    format!(
        "this loses {}; nothing was reverted; if that is meant, add {}",
        words.join(" and "),
        flags.join(" ")
    )
}
