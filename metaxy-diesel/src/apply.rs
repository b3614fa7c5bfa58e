//! [`run`], [`revert`] and [`redo`]: take a database along its history.
//!
//! Whoever changes a history holds its lock, and reads what is pending after it has it. Each migration runs in one
//! transaction with its row in the version table, unless its `metadata.toml` says `run_in_transaction = false`.

use crate::{
    backend::{Backend, Connection, ScriptError},
    history::{History, HistoryError, verify},
    migration::{Migration, MigrationDirectory},
    stake::{Stake, stakes},
};
use diesel::result::Error as DatabaseError;
use std::{
    thread,
    time::{Duration, Instant},
};

/// How to run migrations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunOptions {
    /// The version, or the name of the directory, of the last migration to run; `None`: all.
    pub to: Option<String>,
    /// How long to wait for another process that changes the same history.
    pub lock_timeout: Duration,
}

/// How to revert migrations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevertOptions {
    /// How many to revert, the newest first.
    pub count: Count,
    /// Tables and columns (`table`, `table.column`) whose rows or values may be dropped.
    pub allow_destructive: Vec<String>,
    /// How long to wait for another process that changes the same history.
    pub lock_timeout: Duration,
}

/// How many migrations to revert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// So many.
    Last(usize),
    /// All.
    All,
}

/// Which of its scripts a migration runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// `up.sql`.
    Up,
    /// `down.sql`.
    Down,
}

/// What happens meanwhile.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Event<'a> {
    /// Another process changes the history: we wait for it.
    Waiting {
        /// Who that is, where the database knows.
        holder: Option<&'a str>,
    },
    /// A migration begins.
    Started {
        /// The migration.
        migration: &'a Migration,
        /// Its script.
        direction: Direction,
    },
    /// A migration is done.
    Finished {
        /// The migration.
        migration: &'a Migration,
        /// Its script.
        direction: Direction,
        /// How long it took.
        duration: Duration,
    },
}

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

/// Told what happens meanwhile.
pub type OnEvent<'a> = &'a mut dyn FnMut(Event<'_>);

const LOCK_TIMEOUT: Duration = Duration::from_secs(60);

/// Between two attempts to take a lock.
const LOCK_PAUSE: Duration = Duration::from_millis(50);

impl Default for RunOptions {
    fn default() -> Self {
        Self { to: None, lock_timeout: LOCK_TIMEOUT }
    }
}

impl Default for RevertOptions {
    fn default() -> Self {
        Self { count: Count::Last(1), allow_destructive: Vec::new(), lock_timeout: LOCK_TIMEOUT }
    }
}

/// Runs the pending migrations, the oldest first, and returns the names of those that it ran.
///
/// # Errors
///
/// Before anything runs, where the files are not those that were written or applied, or another process does not
/// finish. Where a statement fails, its migration is undone; those before it stay.
pub fn run(
    connection: &mut Connection,
    history: &History,
    options: &RunOptions,
    on_event: OnEvent<'_>,
) -> Result<Vec<String>, ApplyError> {
    let directory = open(history)?;
    let last = options.to.as_ref().map(|to| find(&directory, to)).transpose()?;
    locked(connection, history, options.lock_timeout, on_event, |connection, on_event| {
        let applied = history.applied(connection)?;
        verify(&directory, &applied)?;
        let newest = applied.last().map_or("", |it| it.version.as_str());
        let pending = directory.migrations.iter().filter(|it| {
            it.version.as_str() > newest && last.is_none_or(|last| it.version <= last.version)
        });
        let pending: Vec<_> = pending.collect();
        check_backend(connection, &pending)?;
        let mut done = Vec::new();
        for migration in pending {
            let transaction = migration.metadata.run_in_transaction;
            let ran =
                in_transaction(connection, options.lock_timeout, transaction, |connection| {
                    up(connection, history, migration, on_event)
                })?;
            if ran {
                done.push(migration.name.clone());
            }
        }
        Ok(done)
    })
}

/// Reverts the newest migrations and returns the names of those that it reverted.
///
/// # Errors
///
/// Before anything runs, as [`run`], and where rows or values would be lost that
/// [`allow_destructive`](RevertOptions::allow_destructive) does not name. Where a statement fails, its migration is as
/// before; those that were reverted before it stay so.
pub fn revert(
    connection: &mut Connection,
    history: &History,
    options: &RevertOptions,
    on_event: OnEvent<'_>,
) -> Result<Vec<String>, ApplyError> {
    let directory = open(history)?;
    locked(connection, history, options.lock_timeout, on_event, |connection, on_event| {
        let newest = newest(connection, history, &directory, options)?;
        for &migration in &newest {
            let transaction = migration.metadata.run_in_transaction;
            in_transaction(connection, options.lock_timeout, transaction, |connection| {
                down(connection, history, migration, options, on_event)
            })?;
        }
        Ok(newest.iter().map(|it| it.name.clone()).collect())
    })
}

/// Reverts the newest migrations and runs them again, all in one transaction where each may run in one. Returns their
/// names, the oldest first.
///
/// # Errors
///
/// As [`revert`] and [`run`].
pub fn redo(
    connection: &mut Connection,
    history: &History,
    options: &RevertOptions,
    on_event: OnEvent<'_>,
) -> Result<Vec<String>, ApplyError> {
    let directory = open(history)?;
    locked(connection, history, options.lock_timeout, on_event, |connection, on_event| {
        let newest = newest(connection, history, &directory, options)?;
        let whole = newest.iter().all(|it| it.metadata.run_in_transaction);
        let (timeout, each) =
            (options.lock_timeout, |it: &Migration| !whole && it.metadata.run_in_transaction);
        in_transaction(connection, timeout, whole, |connection| {
            for &migration in &newest {
                in_transaction(connection, timeout, each(migration), |connection| {
                    down(connection, history, migration, options, on_event)
                })?;
            }
            for &migration in newest.iter().rev() {
                in_transaction(connection, timeout, each(migration), |connection| {
                    up(connection, history, migration, on_event)
                })?;
            }
            Ok(newest.iter().rev().map(|it| it.name.clone()).collect())
        })
    })
}

fn open(history: &History) -> Result<MigrationDirectory, ApplyError> {
    Ok(MigrationDirectory::open(&history.directory).map_err(HistoryError::from)?)
}

fn find<'a>(directory: &'a MigrationDirectory, name: &str) -> Result<&'a Migration, ApplyError> {
    let version = name.replace('-', "");
    let named = || directory.migrations.iter().find(|it| it.name == name);
    directory.migration(&version).or_else(named).ok_or_else(|| ApplyError::NoSuchMigration {
        version: name.to_owned(),
        directory: directory.path.display().to_string(),
    })
}

/// The migrations to revert, the newest first, once it is certain that nothing speaks against it.
fn newest<'a>(
    connection: &mut Connection,
    history: &History,
    directory: &'a MigrationDirectory,
    options: &RevertOptions,
) -> Result<Vec<&'a Migration>, ApplyError> {
    let applied = history.applied(connection)?;
    verify(directory, &applied)?;
    let count = match options.count {
        Count::Last(count) => count,
        Count::All => applied.len(),
    };
    let newest: Vec<_> = applied
        .iter()
        .rev()
        .take(count)
        .filter_map(|it| directory.migration(&it.version))
        .collect();
    check_backend(connection, &newest)?;
    if let Some(migration) = newest.iter().find(|it| it.down.is_none()) {
        return Err(ApplyError::Irreversible { migration: migration.name.clone() });
    }
    check_stakes(connection, &newest, options)?;
    Ok(newest)
}

fn check_backend(connection: &Connection, migrations: &[&Migration]) -> Result<(), ApplyError> {
    let backend = connection.backend();
    let other = migrations.iter().find_map(|migration| {
        let written_for = migration.metadata.metaxy.as_ref()?.backend;
        (written_for != backend).then_some((migration, written_for))
    });
    match other {
        None => Ok(()),
        Some((migration, written_for)) => Err(ApplyError::OtherBackend {
            migration: migration.name.clone(),
            written_for,
            backend,
        }),
    }
}

fn check_stakes(
    connection: &mut Connection,
    migrations: &[&Migration],
    options: &RevertOptions,
) -> Result<(), ApplyError> {
    let origins = migrations.iter().filter_map(|it| it.metadata.metaxy.as_ref());
    let drops: Vec<_> = origins.flat_map(|it| &it.revert_drops).collect();
    let mut stakes = stakes(connection, &drops)
        .map_err(|source| ApplyError::Database { action: "count what is at stake", source })?;
    stakes.retain(|it| !options.allow_destructive.contains(&it.object));
    match stakes.is_empty() {
        true => Ok(()),
        false => Err(ApplyError::AtStake { stakes }),
    }
}

/// Runs a migration. `false`: another process did so meanwhile.
fn up(
    connection: &mut Connection,
    history: &History,
    migration: &Migration,
    on_event: OnEvent<'_>,
) -> Result<bool, ApplyError> {
    let database = |source| ApplyError::Database { action: "write the version table", source };
    // Where the lock lasts for a transaction only, another process may have come first.
    if history.is_applied(connection, &migration.version).map_err(database)? {
        return Ok(false);
    }
    let duration = script(connection, migration, &migration.up, Direction::Up, on_event)?;
    history.record(connection, migration, duration).map_err(database)?;
    Ok(true)
}

/// Reverts a migration, where no other process did so meanwhile.
fn down(
    connection: &mut Connection,
    history: &History,
    migration: &Migration,
    options: &RevertOptions,
    on_event: OnEvent<'_>,
) -> Result<(), ApplyError> {
    let database = |source| ApplyError::Database { action: "write the version table", source };
    if !history.is_applied(connection, &migration.version).map_err(database)? {
        return Ok(());
    }
    // Again, since a migration after this one may have renamed a table: only now does it have the name of the drop.
    check_stakes(connection, &[migration], options)?;
    let down = migration.down.as_deref().unwrap_or_default();
    script(connection, migration, down, Direction::Down, on_event)?;
    history.forget(connection, &migration.version).map_err(database)
}

fn script(
    connection: &mut Connection,
    migration: &Migration,
    sql: &str,
    direction: Direction,
    on_event: OnEvent<'_>,
) -> Result<Duration, ApplyError> {
    on_event(Event::Started { migration, direction });
    let start = Instant::now();
    connection.run_script(sql).map_err(|ScriptError { message, line }| ApplyError::Failed {
        migration: migration.name.clone(),
        file: direction.file(),
        line,
        message,
        undone: migration.metadata.run_in_transaction,
    })?;
    let duration = start.elapsed();
    on_event(Event::Finished { migration, direction, duration });
    Ok(duration)
}

impl Direction {
    /// The script's file.
    pub const fn file(self) -> &'static str {
        match self {
            Self::Up => "up.sql",
            Self::Down => "down.sql",
        }
    }
}

/// Does something within a transaction, if that is wanted, and undoes all of it where it fails.
fn in_transaction<T>(
    connection: &mut Connection,
    timeout: Duration,
    wanted: bool,
    body: impl FnOnce(&mut Connection) -> Result<T, ApplyError>,
) -> Result<T, ApplyError> {
    if !wanted {
        return body(connection);
    }
    connection.driver().begin().map_err(|source| match source.to_string() {
        message if message.contains("database is locked") => {
            ApplyError::Locked { holder: None, waited: timeout }
        }
        _ => ApplyError::Database { action: "begin a transaction", source },
    })?;
    let outcome = body(connection).and_then(|value| {
        let commit = connection.driver().commit();
        commit.map_err(|source| ApplyError::Database { action: "commit a migration", source })?;
        Ok(value)
    });
    if outcome.is_err() {
        // Where this fails too, the connection is broken, which undoes the transaction: the first error tells more.
        _ = connection.driver().rollback();
    }
    outcome
}

/// Does something while holding the lock of a history.
fn locked<T>(
    connection: &mut Connection,
    history: &History,
    timeout: Duration,
    on_event: OnEvent<'_>,
    body: impl FnOnce(&mut Connection, OnEvent<'_>) -> Result<T, ApplyError>,
) -> Result<T, ApplyError> {
    let database = |source| ApplyError::Database { action: "lock the history", source };
    let (key, start) = (history.lock_key(), Instant::now());
    connection.driver().set_write_timeout(timeout).map_err(database)?;
    let mut told = false;
    while !connection.driver().try_lock(key).map_err(database)? {
        let holder = connection.driver().lock_holder(key).map_err(database)?;
        if !told {
            on_event(Event::Waiting { holder: holder.as_deref() });
            told = true;
        }
        if start.elapsed() >= timeout {
            return Err(ApplyError::Locked { holder, waited: timeout });
        }
        thread::sleep(LOCK_PAUSE);
    }
    let outcome = body(connection, on_event);
    let unlocked = connection.driver().unlock(key).map_err(database);
    // What the body said comes first: a broken connection fails at both.
    outcome.and_then(|value| unlocked.map(|()| value))
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
        "this drops {}; nothing was reverted; if that is meant, add {}",
        words.join(" and "),
        flags.join(" ")
    )
}
