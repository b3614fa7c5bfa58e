//! A script that runs in no transaction: how far it came is recorded after each statement, so that it can go on from there.
//!
//! A statement that can is in one transaction with its record. Others are not: those that change tables where DDL commits (MySQL,
//! MariaDB), and those that run in no transaction at all (`CREATE INDEX CONCURRENTLY`). Where the process ends between the
//! two, nobody knows whether the statement was done. It is run again then, and an error that says that it was done already
//! counts as success. That is why a failure is recorded too.
//!
//! What an error is about is known by its number on MySQL and MariaDB, and by a look at the index that PostgreSQL makes without a
//! transaction; where there is neither, by its words, which SQLite and DuckDB have in no language but English.

use super::{ApplyError, Direction, Kept, OnEvent, step::Task};
use crate::{
    backend::Session,
    history::{History, Partial, Record, State, done_part},
    lint::act::{Act, acts},
    tokens::tokens,
};
use diesel::{QueryResult, result::Error as DatabaseError};
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
    connection: &mut dyn Session,
    script: &Script<'_>,
    on_event: OnEvent<'_>,
) -> Result<(), ApplyError> {
    let database = |source| ApplyError::Database { action: "write the version table", source };
    let begun = script.task.partial;
    let first = begun.map_or(0, |it| it.done);
    // Who can tell that the next statement was not done: it failed, or the script never ran.
    let known = begun.is_none_or(|it| it.failed);
    script.begin(connection).map_err(database)?;
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
        let Err(Stopped { error, was_done }) = script.step(connection, at) else { continue };
        if at == first && !known && was_done {
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

/// A statement that failed.
struct Stopped {
    error: DatabaseError,
    /// Whether that is because it was done before.
    was_done: bool,
}

impl From<DatabaseError> for Stopped {
    fn from(error: DatabaseError) -> Self {
        Self { error, was_done: false }
    }
}

/// Whether a statement that changes tables failed since it did so before. To be asked before anything else is: a server keeps
/// the number of the last error only.
fn was_done(
    connection: &mut dyn Session,
    statement: &str,
    error: &DatabaseError,
) -> QueryResult<bool> {
    if !begins_with(statement, &DEFINITIONS) {
        return Ok(false);
    }
    let number = connection.driver().error_number()?;
    for act in acts(statement) {
        let Act::Concurrently { name } = act else { continue };
        if let Some(is_there) = connection.driver().has_index(&name)? {
            return Ok(is_there == begins_with(statement, &["CREATE"]));
        }
    }
    let (message, done) = (error.to_string(), connection.backend().dialect().done_already);
    Ok(number.is_some_and(|it| done.numbers.contains(&it))
        || done.words.iter().any(|it| message.contains(it)))
}

const DEFINITIONS: [&str; 4] = ["CREATE", "ALTER", "DROP", "RENAME"];

/// Whether a statement and its record can be in one transaction: where DDL commits, it does so there too.
fn takes_transaction(connection: &dyn Session, script: &Script<'_>, statement: &str) -> bool {
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
    fn begin(&self, connection: &mut dyn Session) -> QueryResult<()> {
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
    fn step(&self, connection: &mut dyn Session, at: usize) -> Result<(), Stopped> {
        let (_, statement) = self.statements[at];
        let in_transaction = takes_transaction(connection, self, statement);
        if in_transaction {
            connection.driver().begin()?;
        }
        let commits = !connection.backend().dialect().transactional_ddl;
        let ran = connection.driver().batch(statement).map_err(|error| {
            // What is in a transaction with its record was done with that, or not at all.
            let may_be_done = commits || !in_transaction;
            // Where it cannot be asked, the connection is broken: the first error tells more.
            let was_done =
                may_be_done && was_done(connection, statement, &error).unwrap_or_default();
            Stopped { error, was_done }
        });
        let recorded = ran.and_then(|()| Ok(self.advance(connection, at + 1, false)?));
        let outcome = match in_transaction {
            true => recorded.and_then(|()| Ok(connection.driver().commit()?)),
            false => recorded,
        };
        if in_transaction && outcome.is_err() {
            _ = connection.driver().rollback();
        }
        outcome
    }

    /// Records that a statement failed. A script that did nothing was not begun.
    fn stop(&self, connection: &mut dyn Session, at: usize) -> QueryResult<()> {
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

    fn advance(&self, connection: &mut dyn Session, done: usize, failed: bool) -> QueryResult<()> {
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
