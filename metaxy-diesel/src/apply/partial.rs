//! A script that runs in no transaction: how far it came is recorded after each statement, so that it can go on from there.
//!
//! A statement that can is in one transaction with its record. Others are not: those that change tables where DDL commits (MySQL,
//! MariaDB), and those that run in no transaction at all (`CREATE INDEX CONCURRENTLY`). Where the process ends between the
//! two, nobody knows whether the statement was done. It is run again then, and an error that says that it was done already
//! counts as success. That is why a failure is recorded too.

use super::{ApplyError, Direction, Kept, OnEvent, step::Task};
use crate::{
    backend::Connection,
    history::{History, Partial, Record, State, done_part},
    tokens::tokens,
};
use diesel::QueryResult;
use std::time::Instant;

/// A script on its way.
pub(super) struct Script<'a> {
    pub(super) history: &'a History,
    pub(super) task: &'a Task<'a>,
    pub(super) sql: &'a str,
    /// With their positions in bytes.
    pub(super) statements: Vec<(usize, &'a str)>,
    pub(super) start: Instant,
}

/// Runs the statements of a script that were not run before.
pub(super) fn run(
    connection: &mut Connection,
    script: &Script<'_>,
    on_event: OnEvent<'_>,
) -> Result<(), ApplyError> {
    let database = |source| ApplyError::Database { action: "write the version table", source };
    let begun = script.task.partial;
    let first = begun.map_or(0, |it| it.done);
    // Who can tell that the next statement was not done: it failed, or the script never ran.
    let known = begun.is_none_or(|it| it.failed);
    script.begin(connection).map_err(database)?;
    if !known {
        connection.driver().speak_english();
    }
    for (at, (_, statement)) in script.statements.iter().enumerate() {
        if at < first {
            // Settings went with the connection that made them.
            if is_setting(statement) {
                let ran = connection.driver().batch(statement);
                ran.map_err(|error| script.failed(error, at, script.kept(first)))?;
            }
            continue;
        }
        script.tell(at, on_event);
        let Err(error) = script.step(connection, at) else { continue };
        if at == first && !known && was_done(connection, statement, &error) {
            if let Some(index) = connection.driver().unfinished_index().map_err(database)? {
                let migration = script.task.migration.name.clone();
                return Err(ApplyError::UnfinishedIndex { migration, index });
            }
            script.advance(connection, at + 1, false).map_err(database)?;
            continue;
        }
        // Where this fails too, the connection is broken: the first error tells more, and the record says that nobody knows.
        _ = script.stop(connection, at);
        return Err(script.failed(error, at, script.kept(at)));
    }
    script.finish(connection).map_err(database)
}

/// Whether an error says that a statement that changes tables did so before.
fn was_done(connection: &Connection, statement: &str, error: &diesel::result::Error) -> bool {
    let message = error.to_string();
    let words = connection.backend().dialect().done_already;
    begins_with(statement, &DEFINITIONS) && words.iter().any(|it| message.contains(it))
}

const DEFINITIONS: [&str; 4] = ["CREATE", "ALTER", "DROP", "RENAME"];

/// Whether a statement and its record can be in one transaction: where DDL commits, it does so there too.
fn takes_transaction(connection: &Connection, script: &Script<'_>, statement: &str) -> bool {
    let has_own = || {
        let own = ["BEGIN", "START", "COMMIT", "END", "ROLLBACK", "SAVEPOINT"];
        script.statements.iter().any(|(_, it)| begins_with(it, &own))
    };
    let rows = ["INSERT", "UPDATE", "DELETE", "REPLACE", "MERGE", "WITH"];
    // Source: what the manual of PostgreSQL says of each: "cannot be executed inside a transaction block".
    let outside = ["CONCURRENTLY", "DATABASE", "TABLESPACE", "SYSTEM", "SUBSCRIPTION"];
    let is_outside = || {
        tokens(statement).any(|(_, token)| outside.iter().any(|it| it.eq_ignore_ascii_case(token)))
    };
    let is_known = begins_with(statement, &rows) || begins_with(statement, &DEFINITIONS);
    !connection.backend().dialect().transactional_ddl || is_known && !is_outside() && !has_own()
}

fn is_setting(statement: &str) -> bool {
    begins_with(statement, &["SET", "PRAGMA", "USE"])
}

fn begins_with(statement: &str, words: &[&str]) -> bool {
    let first = tokens(statement).next().map_or("", |(_, it)| it);
    words.iter().any(|it| it.eq_ignore_ascii_case(first))
}

impl Script<'_> {
    /// Records that the script is under way.
    fn begin(&self, connection: &mut Connection) -> QueryResult<()> {
        let Task { migration, direction, partial } = *self.task;
        match (direction, partial) {
            (Direction::Up, None) => {
                self.history.record(connection, migration, &self.record(0, false))
            }
            (Direction::Down, None) => {
                self.history.prepare(connection)?;
                self.advance(connection, 0, false)
            }
            (_, Some(Partial { done, .. })) => self.advance(connection, done, false),
        }
    }

    /// Runs a statement and records it.
    fn step(&self, connection: &mut Connection, at: usize) -> QueryResult<()> {
        let (_, statement) = self.statements[at];
        if !takes_transaction(connection, self, statement) {
            connection.driver().batch(statement)?;
            return self.advance(connection, at + 1, false);
        }
        connection.driver().begin()?;
        let ran = connection.driver().batch(statement);
        let recorded = ran.and_then(|()| self.advance(connection, at + 1, false));
        let outcome = recorded.and_then(|()| connection.driver().commit());
        if outcome.is_err() {
            _ = connection.driver().rollback();
        }
        outcome
    }

    /// Records that a statement failed. A script that did nothing was not begun.
    fn stop(&self, connection: &mut Connection, at: usize) -> QueryResult<()> {
        let Task { migration, direction, .. } = *self.task;
        match (direction, at) {
            (Direction::Up, 0) => self.history.forget(connection, &migration.version),
            (Direction::Down, 0) => {
                let statements = (connection.backend().dialect().statements)(&migration.up).len();
                let record = Record {
                    state: State::Applied,
                    statements,
                    sql: &migration.up,
                    duration: None,
                };
                self.history.update(connection, &migration.version, &record)
            }
            _ => self.advance(connection, at, true),
        }
    }

    fn advance(&self, connection: &mut Connection, done: usize, failed: bool) -> QueryResult<()> {
        let record = self.record(done, failed);
        self.history.update(connection, &self.task.migration.version, &record)
    }

    fn record(&self, done: usize, failed: bool) -> Record<'_> {
        Record {
            state: State::Partial { direction: self.task.direction, failed },
            statements: done,
            sql: done_part(self.sql, &self.statements, done),
            duration: None,
        }
    }

    fn kept(&self, done: usize) -> Kept {
        Kept::Statements { done, of: self.statements.len() }
    }
}
