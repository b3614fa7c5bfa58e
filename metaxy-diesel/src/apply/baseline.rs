//! [`baseline`]: takes a database that is there already into a history.

use super::{ApplyError, OnEvent, RunOptions, find, lock::locked, names, open, pending, read};
use crate::{
    backend::{Connection, Session},
    drift::drift_of,
    history::{History, Record, State, Unknown},
    migration::{Migration, replay},
};
use std::time::Duration;

/// Marks the migrations as applied without running them, and returns their names: for a database that has their tables already.
///
/// # Errors
///
/// Where a migration of the history was applied, where the database is not what the migrations make, and as
/// [`run`](super::run).
pub fn baseline(
    connection: &mut Connection,
    history: &History,
    options: &RunOptions,
    on_event: OnEvent<'_>,
) -> Result<Vec<String>, ApplyError> {
    let directory = open(history)?;
    let last = options.to.as_ref().map(|to| find(&directory, to)).transpose()?;
    locked(connection, history, options.lock_timeout, on_event, |connection, _| {
        let applied = read(connection, history, &directory, Unknown::Refused)?;
        if !applied.rows.is_empty() {
            return Err(ApplyError::NotNew { applied: applied.rows.len() });
        }
        let tasks = pending(connection, &directory, &applied, last)?;
        let made = replay(tasks.iter().map(|it| it.migration))
            .map_err(crate::history::HistoryError::from)?;
        let differences = drift_of(connection, None, &made.schema).map_err(ApplyError::Drift)?;
        if !differences.is_empty() {
            return Err(ApplyError::Differs { differences });
        }
        let database = |source| ApplyError::Database { action: "write the version table", source };
        connection.driver().begin().map_err(database)?;
        let recorded = tasks.iter().try_for_each(|it| record(connection, history, it.migration));
        let kept = recorded.and_then(|()| connection.driver().commit());
        if kept.is_err() {
            // The first error tells more.
            _ = connection.driver().rollback();
        }
        kept.map_err(database)?;
        Ok(names(&tasks))
    })
}

fn record(
    connection: &mut dyn Session,
    history: &History,
    migration: &Migration,
) -> diesel::QueryResult<()> {
    let statements = (connection.backend().dialect().statements)(&migration.up).len();
    let duration = Some(Duration::ZERO);
    let record = Record { state: State::Applied, statements, sql: &migration.up, duration };
    history.record(connection, migration, &record)
}
