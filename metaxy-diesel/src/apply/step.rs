//! One migration, in one direction.

use super::{
    ApplyError, Direction, Event, Kept, OnEvent, missing_backfill,
    mode::{is_atomic, rebuilds},
    partial::{self, Script},
};
use crate::{
    backend::{ScriptError, Session, located},
    history::{History, Partial, Record, State},
    lint::act::{Act, acts},
    migration::{Migration, missing_backfills},
    stake::run_stakes,
};
use diesel::result::Error as DatabaseError;
use std::{collections::BTreeSet, ops::Range, time::Instant};

/// A script that is to be run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Task<'a> {
    pub(super) migration: &'a Migration,
    pub(super) direction: Direction,
    /// How far it came before, where it did.
    pub(super) partial: Option<Partial>,
}

/// Runs a script and records that it was done.
pub(super) fn perform(
    connection: &mut dyn Session,
    history: &History,
    task: &Task<'_>,
    on_event: OnEvent<'_>,
) -> Result<(), ApplyError> {
    let Task { migration, direction, .. } = *task;
    let sql = migration.script(direction);
    on_event(Event::Started { migration, direction });
    match direction {
        Direction::Up => tell_stakes(connection, migration, on_event)?,
        Direction::Down => check_backfills(connection, migration, sql)?,
    }
    let script = Script {
        history,
        task,
        sql,
        statements: (connection.backend().dialect().statements)(sql),
        start: Instant::now(),
    };
    match script.is_whole(connection) {
        true => whole(connection, &script, on_event)?,
        false => partial::run(connection, &script, on_event)?,
    }
    on_event(Event::Finished { migration, direction, duration: script.start.elapsed() });
    Ok(())
}

/// Says what is at stake, where there is anything.
fn tell_stakes(
    connection: &mut dyn Session,
    migration: &Migration,
    on_event: OnEvent<'_>,
) -> Result<(), ApplyError> {
    let stakes = run_stakes(connection, migration)
        .map_err(|source| ApplyError::Database { action: "count what is at stake", source })?;
    if !stakes.is_empty() {
        on_event(Event::AtStake { migration, stakes: &stakes });
    }
    Ok(())
}

/// Runs a script within a transaction of the caller.
fn whole(
    connection: &mut dyn Session,
    script: &Script<'_>,
    on_event: OnEvent<'_>,
) -> Result<(), ApplyError> {
    let migration = script.task.migration;
    let database = |action| move |source| ApplyError::Database { action, source };
    let rebuilds = rebuilds(migration);
    let begin = script.leading_renames();
    let end = script.statements.len() - script.trailing_renames(begin);
    // The database renames tables and columns within triggers too, where it has them.
    script.run(connection, 0..begin, on_event)?;
    let triggers = match rebuilds.is_empty() {
        true => Vec::new(),
        false => {
            connection.driver().take_triggers(rebuilds).map_err(database("save the triggers"))?
        }
    };
    let there = match rebuilds.is_empty() {
        true => BTreeSet::new(),
        false => connection.driver().tables().map_err(database("look for tables"))?,
    };
    for table in rebuilds.iter().filter(|it| there.contains(it)) {
        let rows = connection.count_rows(table).map_err(database("count rows"))?;
        on_event(Event::Rebuilds { migration, table, rows });
    }
    script.run(connection, begin..end, on_event)?;
    for trigger in triggers {
        connection.driver().script(&trigger).map_err(database("put a trigger back"))?;
    }
    script.run(connection, end..script.statements.len(), on_event)?;
    if !rebuilds.is_empty()
        && let Some(row) = connection.driver().dangling_row().map_err(database("check rows"))?
    {
        let migration = migration.name.clone();
        return Err(ApplyError::Dangling { migration, row });
    }
    script.finish(connection).map_err(database("write the version table"))
}

impl Script<'_> {
    /// Runs some of the statements.
    fn run(
        &self,
        connection: &mut dyn Session,
        places: Range<usize>,
        on_event: OnEvent<'_>,
    ) -> Result<(), ApplyError> {
        places.into_iter().try_for_each(|at| {
            self.tell(at, on_event);
            let ran = connection.driver().batch(self.statements[at].1);
            ran.map_err(|error| self.failed(error, at, Kept::Nothing))
        })
    }

    /// How many statements at the beginning only rename.
    fn leading_renames(&self) -> usize {
        self.statements.iter().take_while(|(_, it)| renames(it)).count()
    }

    /// How many statements at the end only rename, of those from a place on.
    fn trailing_renames(&self, begin: usize) -> usize {
        self.statements[begin..].iter().rev().take_while(|(_, it)| renames(it)).count()
    }

    /// Whether all of it is done or nothing. What was done in part goes on as it began.
    fn is_whole(&self, connection: &dyn Session) -> bool {
        is_atomic(connection, self.task.migration) && self.task.partial.is_none()
    }

    /// Says which statement is next.
    pub(super) fn tell(&self, at: usize, on_event: OnEvent<'_>) {
        let Task { migration, direction, .. } = *self.task;
        on_event(Event::Statement { migration, direction, at, of: self.statements.len() });
    }

    /// Records that all of it was done.
    pub(super) fn finish(&self, connection: &mut dyn Session) -> diesel::QueryResult<()> {
        let Task { migration, direction, .. } = *self.task;
        let record = Record {
            state: State::Applied,
            statements: self.statements.len(),
            sql: self.sql,
            duration: Some(self.start.elapsed()),
        };
        match (direction, self.is_whole(connection)) {
            (Direction::Up, true) => self.history.record(connection, migration, &record),
            (Direction::Up, false) => self.history.update(connection, &migration.version, &record),
            (Direction::Down, _) => self.history.forget(connection, &migration.version),
        }
    }

    /// The error of a statement.
    pub(super) fn failed(&self, error: DatabaseError, at: usize, kept: Kept) -> ApplyError {
        let (place, _) = self.statements[at];
        let ScriptError { message, line } =
            ScriptError::new(&located(error, self.sql, place), self.sql);
        ApplyError::Failed {
            migration: self.task.migration.name.clone(),
            direction: self.task.direction,
            line: line.unwrap_or_else(|| self.sql[..place].matches('\n').count() + 1),
            message,
            kept,
        }
    }
}

/// Whether a statement gives tables or columns other names, and does nothing else.
fn renames(statement: &str) -> bool {
    let acts = acts(statement);
    let renames = |it: &Act| matches!(it, Act::RenameTable { .. } | Act::RenameColumn { .. });
    !acts.is_empty() && acts.iter().all(renames)
}

/// Refuses a `down.sql` in which the value of rows that are there is still missing. Where no row is there, nobody has to
/// write one: what is reverted is in no later migration's way.
fn check_backfills(
    connection: &mut dyn Session,
    migration: &Migration,
    sql: &str,
) -> Result<(), ApplyError> {
    let database =
        |source| ApplyError::Database { action: "look whether a table has rows", source };
    for missing in missing_backfills(migration, sql) {
        let table = &missing.column.table;
        if connection.driver().has_table(table).map_err(database)?
            && !connection.is_empty(table).map_err(database)?
        {
            return missing_backfill(migration, sql, Direction::Down).map_or(Ok(()), Err);
        }
    }
    Ok(())
}
