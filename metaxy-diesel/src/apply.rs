//! [`run`], [`revert`] and [`redo`]: take a database along its history.
//!
//! Whoever changes a history holds its lock, and reads what is pending after it has it. Each migration runs in one
//! transaction with its row in the version table, unless its `metadata.toml` says `run_in_transaction = false`. On MySQL and
//! MariaDB none does: there each statement that changes a table is kept at once, and a failure says which were.

use crate::{
    backend::Connection,
    history::{History, HistoryError, verify},
    migration::{Migration, MigrationDirectory},
    stake::stakes,
};
use std::time::Duration;

mod error;
mod lock;
mod mode;
mod step;

pub use error::ApplyError;
use lock::locked;
use mode::{Mode, in_mode, rebuilds};
use step::{down, is_atomic, up};

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

/// Told what happens meanwhile.
pub type OnEvent<'a> = &'a mut dyn FnMut(Event<'_>);

const LOCK_TIMEOUT: Duration = Duration::from_secs(60);

impl Direction {
    /// The script's file.
    pub const fn file(self) -> &'static str {
        match self {
            Self::Up => "up.sql",
            Self::Down => "down.sql",
        }
    }
}

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
            let mode = Mode::of(connection, migration);
            let ran = in_mode(connection, options.lock_timeout, mode, |connection| {
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
            let mode = Mode::of(connection, migration);
            in_mode(connection, options.lock_timeout, mode, |connection| {
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
        let atomic = newest.iter().all(|it| is_atomic(connection, it));
        let rebuilds = newest.iter().any(|it| !rebuilds(it).is_empty());
        let whole = if atomic { Mode { transaction: true, rebuilds } } else { Mode::PLAIN };
        let each = |connection: &Connection, it: &Migration| match atomic {
            true => Mode::PLAIN,
            false => Mode::of(connection, it),
        };
        let timeout = options.lock_timeout;
        in_mode(connection, timeout, whole, |connection| {
            for &migration in &newest {
                let mode = each(connection, migration);
                in_mode(connection, timeout, mode, |connection| {
                    down(connection, history, migration, options, on_event)
                })?;
            }
            for &migration in newest.iter().rev() {
                let mode = each(connection, migration);
                in_mode(connection, timeout, mode, |connection| {
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
