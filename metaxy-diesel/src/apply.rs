//! [`run`], [`revert`] and [`redo`]: take a database along its history.
//!
//! Whoever changes a history holds its lock, and reads what is pending after it has it. Each migration runs in one
//! transaction with its row in the version table, unless its `metadata.toml` says `run_in_transaction = false`. On MySQL and
//! MariaDB none does. Then each statement is kept and recorded at once, and the next run goes on after the last one.

use crate::{
    backend::{Connection, Session},
    history::{Applied, AppliedRow, History, HistoryError, Unknown, verify},
    migration::{Migration, MigrationDirectory, missing_backfills},
    schema::TableName,
    stake::{Stake, revert_stakes},
};
use std::{collections::BTreeSet, time::Duration};

mod baseline;
mod error;
mod lock;
mod mode;
mod partial;
mod step;

pub use crate::migration::Direction;
pub use baseline::baseline;
pub use error::{ApplyError, Kept};
use lock::locked;
use mode::{Mode, in_mode};
use step::{Task, perform};

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

/// What happens meanwhile.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Event<'a> {
    /// Another process changes the history: we wait for it.
    Waiting {
        /// Who that is, where the database knows.
        holder: Option<&'a str>,
    },
    /// A migration, which began, is about to lose something, or to be refused for what is there.
    AtStake {
        /// The migration.
        migration: &'a Migration,
        /// What that is.
        stakes: &'a [Stake],
    },
    /// A migration begins.
    Started {
        /// The migration.
        migration: &'a Migration,
        /// Its script.
        direction: Direction,
    },
    /// A table is about to be built anew, with its rows.
    Rebuilds {
        /// The migration.
        migration: &'a Migration,
        /// The table.
        table: &'a TableName,
        /// How many rows it has.
        rows: u64,
    },
    /// A statement of a migration begins.
    Statement {
        /// The migration.
        migration: &'a Migration,
        /// Its script.
        direction: Direction,
        /// How many statements of the script are done.
        at: usize,
        /// How many statements it has.
        of: usize,
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

/// Runs the pending migrations, the oldest first, and returns the names of those that it ran. One that was applied in part
/// is the first: it goes on with the statement after those that are done.
///
/// # Errors
///
/// Before anything runs, where the files are not those that were written or applied, where a value of rows that are there
/// is still missing in one of them, or another process does not finish. Where a statement fails, its migration is undone, or
/// kept in part; those before it stay.
pub fn run(
    connection: &mut Connection,
    history: &History,
    options: &RunOptions,
    on_event: OnEvent<'_>,
) -> Result<Vec<String>, ApplyError> {
    run_migrations(connection, history, &open(history)?, Unknown::Refused, options, on_event)
}

/// As [`run`], of migrations that were read.
pub(crate) fn run_migrations(
    connection: &mut dyn Session,
    history: &History,
    directory: &MigrationDirectory,
    unknown: Unknown,
    options: &RunOptions,
    on_event: OnEvent<'_>,
) -> Result<Vec<String>, ApplyError> {
    let last = options.to.as_ref().map(|to| find(directory, to)).transpose()?;
    locked(connection, history, options.lock_timeout, on_event, |connection, on_event| {
        let applied = read(connection, history, directory, unknown)?;
        let tasks = pending(connection, directory, &applied, last)?;
        if !tasks.is_empty() {
            connection.driver().make_namespace().map_err(ApplyError::Namespace)?;
        }
        history.rename_former(connection, directory)?;
        follow(connection, history, &tasks, options.lock_timeout, &[], on_event)?;
        Ok(names(&tasks))
    })
}

/// How a database stands to the migrations of a program.
#[derive(Debug)]
pub(crate) struct Standing {
    /// The names of those that [`run_migrations`] would run now.
    pub(crate) pending: Vec<String>,
    /// The names of those that it has, and that the program does not know.
    pub(crate) unknown: Vec<String>,
}

/// How a database stands to these migrations, of which a later version of the program may know more.
pub(crate) fn standing(
    connection: &mut dyn Session,
    history: &History,
    directory: &MigrationDirectory,
) -> Result<Standing, ApplyError> {
    let applied = read(connection, history, directory, Unknown::Later)?;
    let pending = names(&pending(connection, directory, &applied, None)?);
    let unknown = applied.rows.iter().filter(|it| directory.migration(&it.version).is_none());
    Ok(Standing { pending, unknown: unknown.map(|it| it.name().to_owned()).collect() })
}

/// The names of the migrations that [`run`] would run now, the oldest first. Takes no lock, and changes nothing. `None`: the
/// database does not exist yet.
///
/// # Errors
///
/// Where [`run`] would refuse before anything runs.
pub fn would_run(
    connection: Option<&mut Connection>,
    history: &History,
    options: &RunOptions,
) -> Result<Vec<String>, ApplyError> {
    let directory = open(history)?;
    let last = options.to.as_ref().map(|to| find(&directory, to)).transpose()?;
    let is_wanted = |it: &&Migration| last.is_none_or(|last| it.version <= last.version);
    Ok(match connection {
        Some(connection) => {
            let applied = read(connection, history, &directory, Unknown::Refused)?;
            names(&pending(connection, &directory, &applied, last)?)
        }
        None => directory.migrations.iter().filter(is_wanted).map(|it| it.name.clone()).collect(),
    })
}

/// Reverts the newest migrations and returns the names of those that it reverted. One that was reverted in part is the
/// first.
///
/// # Errors
///
/// Before anything runs, as [`run`], and where rows or values would be lost that
/// [`allow_destructive`](RevertOptions::allow_destructive) does not name. Where a statement fails, its migration is as
/// before, or reverted in part; those that were reverted before it stay so.
pub fn revert(
    connection: &mut Connection,
    history: &History,
    options: &RevertOptions,
    on_event: OnEvent<'_>,
) -> Result<Vec<String>, ApplyError> {
    let directory = open(history)?;
    locked(connection, history, options.lock_timeout, on_event, |connection, on_event| {
        let tasks = newest(connection, history, &directory, options)?;
        history.rename_former(connection, &directory)?;
        let allowed = &options.allow_destructive;
        follow(connection, history, &tasks, options.lock_timeout, allowed, on_event)?;
        Ok(names(&tasks))
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
        let down = newest(connection, history, &directory, options)?;
        history.rename_former(connection, &directory)?;
        let migrations: Vec<_> = down.iter().rev().map(|it| it.migration).collect();
        let again = |migration| Task { migration, direction: Direction::Up, partial: None };
        let up: Vec<_> = migrations.iter().copied().map(again).collect();
        let (timeout, allowed) = (options.lock_timeout, &options.allow_destructive);
        let tasks = [down, up.clone()].concat();
        match Mode::of(connection, &migrations) {
            whole @ Mode { transaction: true, .. } => in_mode(connection, timeout, whole, |it| {
                tasks.iter().try_for_each(|task| step(it, history, task, allowed, on_event))
            })?,
            _ => follow(connection, history, &tasks, timeout, allowed, on_event)?,
        }
        Ok(names(&up))
    })
}

/// What is to be run up to the last one, once it is certain that nothing speaks against it.
fn pending<'a>(
    connection: &dyn Session,
    directory: &'a MigrationDirectory,
    applied: &Applied,
    last: Option<&Migration>,
) -> Result<Vec<Task<'a>>, ApplyError> {
    let versions: BTreeSet<&str> = applied.rows.iter().map(|it| it.version.as_str()).collect();
    let begun = unfinished(directory, &applied.rows, Direction::Up)?;
    let pending = directory.migrations.iter().filter(|it| !versions.contains(it.version.as_str()));
    let pending =
        pending.map(|migration| Task { migration, direction: Direction::Up, partial: None });
    let tasks: Vec<_> = begun
        .into_iter()
        .chain(pending)
        .filter(|it| last.is_none_or(|last| it.migration.version <= last.version))
        .collect();
    check_backend(connection, &tasks)?;
    check_backfills(&tasks)?;
    Ok(tasks)
}

/// Runs scripts, each with what it needs around it.
fn follow(
    connection: &mut dyn Session,
    history: &History,
    tasks: &[Task<'_>],
    timeout: Duration,
    allow_destructive: &[String],
    on_event: OnEvent<'_>,
) -> Result<(), ApplyError> {
    tasks.iter().try_for_each(|task| {
        let mode = Mode::of(connection, &[task.migration]);
        in_mode(connection, timeout, mode, |connection| {
            step(connection, history, task, allow_destructive, on_event)
        })
    })
}

fn step(
    connection: &mut dyn Session,
    history: &History,
    task: &Task<'_>,
    allow_destructive: &[String],
    on_event: OnEvent<'_>,
) -> Result<(), ApplyError> {
    if task.direction == Direction::Down {
        // Again, since one before it may have renamed a table: only now does it have the name of the drop.
        check_stakes(connection, &[*task], allow_destructive)?;
    }
    perform(connection, history, task, on_event)
}

fn names(tasks: &[Task<'_>]) -> Vec<String> {
    tasks.iter().map(|it| it.migration.name.clone()).collect()
}

/// What was applied, once it is certain that it is what the directory says.
fn read(
    connection: &mut dyn Session,
    history: &History,
    directory: &MigrationDirectory,
    unknown: Unknown,
) -> Result<Applied, ApplyError> {
    let applied = history.applied_as(connection, directory)?;
    verify(directory, &applied, unknown, connection.backend().dialect())?;
    Ok(applied)
}

/// The script in this direction that was done in part. One in the other direction has to be finished first.
fn unfinished<'a>(
    directory: &'a MigrationDirectory,
    applied: &[AppliedRow],
    direction: Direction,
) -> Result<Option<Task<'a>>, ApplyError> {
    let found = applied.iter().find_map(|row| {
        let partial = row.partial()?;
        Some((directory.migration(&row.version)?, partial))
    });
    match found {
        None => Ok(None),
        Some((migration, partial)) if partial.direction == direction => {
            Ok(Some(Task { migration, direction, partial: Some(partial) }))
        }
        Some((migration, partial)) => {
            Err(ApplyError::Partial { migration: migration.name.clone(), partial })
        }
    }
}

fn open(history: &History) -> Result<MigrationDirectory, ApplyError> {
    Ok(MigrationDirectory::open(&history.directory).map_err(HistoryError::from)?)
}

fn find<'a>(directory: &'a MigrationDirectory, name: &str) -> Result<&'a Migration, ApplyError> {
    Ok(directory.find(name).map_err(HistoryError::from)?)
}

/// The migrations to revert, the newest first, once it is certain that nothing speaks against it.
fn newest<'a>(
    connection: &mut dyn Session,
    history: &History,
    directory: &'a MigrationDirectory,
    options: &RevertOptions,
) -> Result<Vec<Task<'a>>, ApplyError> {
    let direction = Direction::Down;
    let applied = read(connection, history, directory, Unknown::Refused)?.rows;
    let begun = unfinished(directory, &applied, direction)?;
    let count = match options.count {
        Count::Last(count) => count,
        Count::All => applied.len(),
    };
    let of = |migration: &'a Migration| match begun {
        Some(begun) if begun.migration.version == migration.version => begun,
        _ => Task { migration, direction, partial: None },
    };
    let newest = applied.iter().rev().take(count);
    let tasks: Vec<_> = newest.filter_map(|it| directory.migration(&it.version)).map(of).collect();
    check_backend(connection, &tasks)?;
    if let Some(task) = tasks.iter().find(|it| it.migration.down.is_none()) {
        return Err(ApplyError::Irreversible { migration: task.migration.name.clone() });
    }
    check_stakes(connection, &tasks, &options.allow_destructive)?;
    Ok(tasks)
}

fn check_backend(connection: &dyn Session, tasks: &[Task<'_>]) -> Result<(), ApplyError> {
    let backend = connection.backend();
    let other = tasks.iter().find_map(|task| {
        let written_for = task.migration.metadata.metaxy.as_ref()?.backend;
        (written_for != backend).then_some((task.migration, written_for))
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

/// Refuses migrations in which the value of rows that are there is still missing, also where no row is there yet: a value
/// that is written once the migration was applied somewhere would be an edit.
fn check_backfills(tasks: &[Task<'_>]) -> Result<(), ApplyError> {
    let pending = tasks.iter().filter(|it| it.direction == Direction::Up);
    let mut missing =
        pending.filter_map(|it| missing_backfill(it.migration, &it.migration.up, Direction::Up));
    missing.next().map_or(Ok(()), Err)
}

/// Why a script does not run yet: the value of a column in rows that are there is missing in it.
pub(crate) fn missing_backfill(
    migration: &Migration,
    script: &str,
    direction: Direction,
) -> Option<ApplyError> {
    let missing = missing_backfills(migration, script).next()?;
    Some(ApplyError::Backfill {
        migration: migration.name.clone(),
        file: direction.file(),
        line: missing.line,
        object: missing.column.to_string(),
    })
}

fn check_stakes(
    connection: &mut dyn Session,
    tasks: &[Task<'_>],
    allow_destructive: &[String],
) -> Result<(), ApplyError> {
    let origins = tasks.iter().filter_map(|it| it.migration.metadata.metaxy.as_ref());
    let drops: Vec<_> = origins.flat_map(|it| &it.revert_drops).collect();
    let mut stakes = revert_stakes(connection, &drops)
        .map_err(|source| ApplyError::Database { action: "count what is at stake", source })?;
    stakes.retain(|it| !allow_destructive.contains(&it.object));
    match stakes.is_empty() {
        true => Ok(()),
        false => Err(ApplyError::AtStake { stakes }),
    }
}
