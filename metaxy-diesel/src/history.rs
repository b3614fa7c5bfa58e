//! [`History`]: a directory of migrations, and the version table that says which of them a database has.

use crate::{
    backend::Connection,
    dialect::Dialect,
    hash::text_hash,
    migration::{Direction, Migration, MigrationDirectory, MigrationError},
    schema::TableName,
};
use chrono::NaiveDateTime;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::PathBuf,
    time::Duration,
};

mod former;
mod version_table;

pub(crate) use former::Applied;
pub(crate) use version_table::{AppliedRow, Record, State, create_version_table};

/// Diesel's own version table. The names of ours begin with it too, unless the configuration says otherwise.
pub const DIESEL_VERSION_TABLE: &str = "__diesel_schema_migrations";

/// A history of migrations. Several may share a database, each with a version table of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// The directory of its migrations. One that does not exist has none.
    pub directory: PathBuf,
    /// The table that keeps the versions which were applied.
    pub version_table: TableName,
}

/// How a migration stands in a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationStatus {
    /// Its version.
    pub version: String,
    /// The name of its directory, or what the version table has of it.
    pub name: Option<String>,
    /// Whether it was applied.
    pub state: MigrationState,
    /// When it was applied, in the time of the database's clock.
    pub run_on: Option<NaiveDateTime>,
    /// How long that took.
    pub duration: Option<Duration>,
}

/// Whether a migration was applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MigrationState {
    /// It was applied, and is as it was then.
    Applied,
    /// It was not.
    Pending,
    /// It was applied, and its `up.sql` was edited since.
    Edited,
    /// It was applied, and its directory is gone.
    MissingFile,
    /// One of its scripts was done in part.
    Partial(Partial),
}

/// How far a script came that was done in part. Only a script that does not run in a transaction can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Partial {
    /// The script.
    pub direction: Direction,
    /// How many of its statements are done.
    pub done: usize,
    /// Whether the next one failed. Else the process ended, and nobody knows whether that one was done too.
    pub failed: bool,
}

impl fmt::Display for Partial {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { direction, done, failed } = self;
        let next = match failed {
            true => "the next one failed",
            false => "whether the next one is too was not recorded",
        };
        write!(out, "done in part: {done} statements of `{}` are, {next}; ", direction.file())?;
        match direction {
            Direction::Up => out.write_str("`metaxy migration run` does the rest"),
            Direction::Down => out.write_str("`metaxy migration revert` does the rest"),
        }
    }
}

/// Why a history was not read, or does not fit the database.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The files could not be read, or are not those that were written.
    #[error(transparent)]
    Migration(#[from] MigrationError),
    /// The version table could not be read.
    #[error("cannot read the version table `{table}`: {source}")]
    VersionTable {
        /// The table.
        table: TableName,
        /// What the database said.
        source: diesel::result::Error,
    },
    /// The tables could not be read.
    #[error("cannot count what is at stake: {source}")]
    Database {
        /// What the database said.
        source: diesel::result::Error,
    },
    /// The database was made by other migrations than those that are there.
    #[error("{}", problems.join("\n"))]
    Mismatch {
        /// All that does not fit, in words.
        problems: Vec<String>,
    },
}

/// How all migrations of a history stand, by version. `None`: the database does not exist yet. Changes nothing.
///
/// # Errors
///
/// Where the files or the version table cannot be read. Edited files are no error here: the status says so.
pub fn status(
    connection: Option<&mut Connection>,
    history: &History,
) -> Result<Vec<MigrationStatus>, HistoryError> {
    let directory = MigrationDirectory::load(&history.directory)?;
    let mut statuses: BTreeMap<String, MigrationStatus> =
        directory.migrations.iter().map(|it| (it.version.clone(), pending(it))).collect();
    if let Some(connection) = connection {
        let dialect = connection.backend().dialect();
        for row in history.applied_as(connection, &directory)?.rows {
            let migration = directory.migration(&row.version);
            let status = MigrationStatus {
                version: row.version.clone(),
                name: migration.map(|it| it.name.clone()).or_else(|| row.name.clone()),
                state: match migration {
                    None => MigrationState::MissingFile,
                    Some(migration) => state(&row, migration, dialect),
                },
                run_on: Some(row.run_on),
                duration: row.duration_ms.map(|it| Duration::from_millis(it.unsigned_abs())),
            };
            statuses.insert(row.version, status);
        }
    }
    Ok(statuses.into_values().collect())
}

/// The versions and names that the version table has, as they are written there; Diesel's own rows have no names. Changes
/// nothing, and reads no files.
///
/// # Errors
///
/// Where the version table cannot be read.
pub fn applied_names(
    connection: &mut Connection,
    history: &History,
) -> Result<BTreeMap<String, Option<String>>, HistoryError> {
    Ok(history.applied(connection)?.into_iter().map(|it| (it.version, it.name)).collect())
}

/// What keeps the migrations of a history from being run, in words: files that are not as they were written or applied,
/// and migrations that come too late. `None`: the database does not exist yet. Changes nothing.
///
/// # Errors
///
/// Where the files or the version table cannot be read.
pub fn problems(
    connection: Option<&mut Connection>,
    history: &History,
) -> Result<Vec<String>, HistoryError> {
    let outcome = match (MigrationDirectory::open(&history.directory), connection) {
        (Ok(directory), Some(connection)) => {
            let applied = history.applied_as(connection, &directory)?;
            verify(&directory, &applied, Unknown::Refused, connection.backend().dialect())
        }
        (directory, _) => directory.map(|_| ()).map_err(HistoryError::from),
    };
    match outcome {
        Ok(()) => Ok(Vec::new()),
        Err(HistoryError::Mismatch { problems }) => Ok(problems),
        Err(HistoryError::Migration(error)) if error.is_found() => Ok(vec![error.to_string()]),
        Err(error) => Err(error),
    }
}

fn state(row: &AppliedRow, migration: &Migration, dialect: &Dialect) -> MigrationState {
    match row.partial() {
        _ if row.is_edited(applied_sql(row, migration, dialect)) => MigrationState::Edited,
        Some(partial) => MigrationState::Partial(partial),
        None => MigrationState::Applied,
    }
}

/// What a row is about: all of `up.sql`, or the part of a script that was done.
fn applied_sql<'a>(row: &AppliedRow, migration: &'a Migration, dialect: &Dialect) -> &'a str {
    match row.partial() {
        None => &migration.up,
        Some(Partial { direction, done, .. }) => {
            let script = migration.script(direction);
            done_part(script, &(dialect.statements)(script), done)
        }
    }
}

/// The text of the first statements of a script.
pub(crate) fn done_part<'a>(script: &'a str, statements: &[(usize, &str)], done: usize) -> &'a str {
    let last = done.checked_sub(1).and_then(|at| statements.get(at));
    last.map_or("", |(at, statement)| &script[..at + statement.len()])
}

fn pending(migration: &Migration) -> MigrationStatus {
    MigrationStatus {
        version: migration.version.clone(),
        name: Some(migration.name.clone()),
        state: MigrationState::Pending,
        run_on: None,
        duration: None,
    }
}

impl History {
    /// The key of the lock that whoever changes this history holds.
    pub(crate) fn lock_key(&self) -> i64 {
        let hash = text_hash(&format!("metaxy history {}", self.version_table));
        i64::from_str_radix(&hash[..15], 16).expect("a hash is of hexadecimal digits")
    }
}

/// What of a database's migrations is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unknown {
    /// It is a mistake: the files are gone.
    Refused,
    /// It is of a later version of the program.
    Later,
}

/// Refuses a database that other migrations made: edited or missing ones, and pending ones that come too late.
pub(crate) fn verify(
    directory: &MigrationDirectory,
    applied: &Applied,
    unknown: Unknown,
    dialect: &Dialect,
) -> Result<(), HistoryError> {
    let mut problems = applied.problems.clone();
    for row in &applied.rows {
        match directory.migration(&row.version) {
            None if unknown == Unknown::Later => {}
            None => problems.push(format!(
                "migration `{}` was applied to this database, and is not in `{}`: restore its directory; where it is of \
                 another history, give each a `version_table` of its own",
                row.name(),
                directory.path.display()
            )),
            Some(migration) if row.is_edited(applied_sql(row, migration, dialect)) => {
                problems.push(edited(row, migration));
            }
            Some(_) => {}
        }
    }
    problems.extend(late(directory, &applied.rows));
    match problems.is_empty() {
        true => Ok(()),
        false => Err(HistoryError::Mismatch { problems }),
    }
}

/// Migrations that are not applied, and come before one that is and does not take them after itself.
fn late(directory: &MigrationDirectory, applied: &[AppliedRow]) -> Vec<String> {
    let versions: BTreeSet<&str> = applied.iter().map(|it| it.version.as_str()).collect();
    let is_pending = |it: &&Migration| !versions.contains(it.version.as_str());
    let words = |migration: &Migration| {
        let newer = applied.iter().rev().take_while(|it| it.version > migration.version);
        let origin = |row: &AppliedRow| {
            directory.migration(&row.version).and_then(|it| it.metadata.metaxy.as_ref())
        };
        let takes =
            |row: &AppliedRow| origin(row).is_some_and(|it| it.over.contains(&migration.version));
        let row = newer.filter(|it| !takes(it)).last()?;
        let mend = match origin(row).is_some_and(|it| !it.formerly.is_empty()) {
            true => {
                "it changes the same tables, and was on another branch: revert it with the files from before the rebase"
            }
            false => "`metaxy migration rebase` gives it a later version",
        };
        Some(format!(
            "migration `{}` is not applied, and older than {}, which is: {mend}",
            migration.name, row.version
        ))
    };
    directory.migrations.iter().filter(is_pending).filter_map(words).collect()
}

fn edited(row: &AppliedRow, Migration { name, .. }: &Migration) -> String {
    match row.partial() {
        None => format!(
            "`{name}/up.sql` was edited after it was applied to this database: restore it, and write the change as a \
             new migration"
        ),
        Some(Partial { direction, done, .. }) => format!(
            "the first {done} statements of `{name}/{}` are done in this database, and were edited since: restore them; \
             what follows may be edited",
            direction.file()
        ),
    }
}
