//! One migration, in one direction.

use super::{ApplyError, Direction, Event, OnEvent, RevertOptions, check_stakes};
use crate::{
    backend::{Connection, ScriptError},
    history::History,
    migration::Migration,
};
use std::time::{Duration, Instant};

/// Runs a migration. `false`: another process did so meanwhile.
pub(super) fn up(
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
pub(super) fn down(
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
    let ran = connection.run_script(sql);
    ran.map_err(|ScriptError { message, line }| ApplyError::Failed {
        migration: migration.name.clone(),
        file: direction.file(),
        line,
        message,
        undone: is_atomic(connection, migration),
    })?;
    let duration = start.elapsed();
    on_event(Event::Finished { migration, direction, duration });
    Ok(duration)
}

/// Whether a migration is applied as a whole or not at all.
pub(super) fn is_atomic(connection: &Connection, migration: &Migration) -> bool {
    migration.metadata.run_in_transaction && connection.backend().dialect().transactional_ddl
}

/// Does something within a transaction, if that is wanted, and undoes all of it where it fails.
pub(super) fn in_transaction<T>(
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
