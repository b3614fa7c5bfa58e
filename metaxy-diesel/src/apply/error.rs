use crate::{
    backend::Backend,
    drift::DriftError,
    history::{HistoryError, Partial},
    migration::Direction,
    stake::Stake,
};
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
    /// The schema (namespace) that the connection is to is not there, and cannot be made.
    #[error("cannot create the schema that the connection is to: {0}")]
    Namespace(DatabaseError),
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
    /// A database that is to be taken into a history has migrations of it.
    #[error(
        "{applied} migration(s) of the history were applied to this database: only one that has none is taken into it"
    )]
    NotNew {
        /// How many.
        applied: usize,
    },
    /// A database that is to be taken into a history has other tables.
    #[error(
        "the database is not what the migrations make; nothing was changed; it lacks:\n  {}\nchange the database, or the code \
         and its migrations, or begin with the tables as they are (--from-database)", differences.join("\n  ")
    )]
    Differs {
        /// What would have to be done to it.
        differences: Vec<String>,
    },
    /// It is not known whether the database has other tables.
    #[error(transparent)]
    Drift(DriftError),
    /// A statement of a migration failed.
    #[error("migration `{migration}` failed in `{}`, line {line}: {message}\n{}", direction.file(), kept.words(*direction))]
    Failed {
        /// The migration.
        migration: String,
        /// Its script.
        direction: Direction,
        /// The line of the statement, from 1.
        line: usize,
        /// What the database said.
        message: String,
        /// What is left of it.
        kept: Kept,
    },
    /// A migration was done in part, and something else is asked for.
    #[error(
        "migration `{migration}` was {} in part: {} of the statements of `{}` are done; nothing was changed; first let \
         `metaxy migration {}` do the rest",
        participle(partial.direction), partial.done, partial.direction.file(), command(partial.direction)
    )]
    Partial {
        /// The migration.
        migration: String,
        /// How far it came.
        partial: Partial,
    },
    /// It is not known whether a statement was done, and what it makes is broken.
    #[error(
        "migration `{migration}` was interrupted, and the index `{index}` was begun and not finished; nothing was \
         changed; drop it, and run the migration again"
    )]
    UnfinishedIndex {
        /// The migration.
        migration: String,
        /// The index.
        index: String,
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

/// What is left of a script that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// Nothing.
    Nothing,
    /// What its first statements did.
    Statements {
        /// So many.
        done: usize,
        /// Of so many.
        of: usize,
    },
}

impl Kept {
    fn words(self, direction: Direction) -> String {
        match self {
            Self::Nothing => {
                "nothing of it was kept: the database is as it was before this migration".to_owned()
            }
            Self::Statements { done, of } => format!(
                "it does not run in a transaction: done before it, and kept: {done} of {of} statements\n\
                 correct the rest of the script and run `metaxy migration repair`, or correct what it found: \
                 `metaxy migration {}` goes on with the statement that failed",
                command(direction)
            ),
        }
    }
}

fn command(direction: Direction) -> &'static str {
    match direction {
        Direction::Up => "run",
        Direction::Down => "revert",
    }
}

fn participle(direction: Direction) -> &'static str {
    match direction {
        Direction::Up => "applied",
        Direction::Down => "reverted",
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
