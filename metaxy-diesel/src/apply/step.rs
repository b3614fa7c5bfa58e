//! One migration, in one direction.

use super::{ApplyError, Direction, Event, OnEvent, RevertOptions, check_stakes, mode::rebuilds};
use crate::{
    backend::{Connection, ScriptError},
    history::History,
    migration::{Migration, missing_backfills},
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
    check_backfills(connection, migration, sql, direction)?;
    on_event(Event::Started { migration, direction });
    let start = Instant::now();
    let database = |action| move |source| ApplyError::Database { action, source };
    let rebuilds = rebuilds(migration);
    let triggers = match rebuilds.is_empty() {
        true => Vec::new(),
        false => {
            connection.driver().take_triggers(rebuilds).map_err(database("save the triggers"))?
        }
    };
    let ran = connection.run_script(sql);
    ran.map_err(|ScriptError { message, line }| ApplyError::Failed {
        migration: migration.name.clone(),
        file: direction.file(),
        line,
        message,
        undone: is_atomic(connection, migration),
    })?;
    for trigger in triggers {
        connection.driver().script(&trigger).map_err(database("put a trigger back"))?;
    }
    if !rebuilds.is_empty()
        && let Some(row) = connection.driver().dangling_row().map_err(database("check rows"))?
    {
        let migration = migration.name.clone();
        return Err(ApplyError::Dangling { migration, row });
    }
    let duration = start.elapsed();
    on_event(Event::Finished { migration, direction, duration });
    Ok(duration)
}

/// Whether a migration is applied as a whole or not at all.
pub(super) fn is_atomic(connection: &Connection, migration: &Migration) -> bool {
    migration.metadata.run_in_transaction && connection.backend().dialect().transactional_ddl
}

/// Refuses a script in which the value of rows that are there is still missing.
fn check_backfills(
    connection: &mut Connection,
    migration: &Migration,
    sql: &str,
    direction: Direction,
) -> Result<(), ApplyError> {
    let database =
        |source| ApplyError::Database { action: "look whether a table has rows", source };
    for missing in missing_backfills(migration, sql) {
        let table = &missing.column.table;
        if connection.driver().has_table(table).map_err(database)?
            && !connection.is_empty(table).map_err(database)?
        {
            return Err(ApplyError::Backfill {
                migration: migration.name.clone(),
                file: direction.file(),
                line: missing.line,
                object: missing.column.to_string(),
            });
        }
    }
    Ok(())
}
