//! What a script needs around it: a transaction, foreign keys that stand still.

use super::ApplyError;
use crate::{backend::Session, migration::Migration, schema::TableName};
use std::time::Duration;

/// What a script needs around it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mode {
    /// A transaction.
    pub(super) transaction: bool,
    /// That foreign keys neither refuse nor delete anything: tables are built anew.
    pub(super) rebuilds: bool,
}

impl Mode {
    /// What all of these need together.
    pub(super) fn of(connection: &dyn Session, migrations: &[&Migration]) -> Self {
        Self {
            transaction: migrations.iter().all(|it| is_atomic(connection, it)),
            rebuilds: migrations.iter().any(|it| !rebuilds(it).is_empty()),
        }
    }
}

/// Whether a migration is applied as a whole or not at all. A table is never built anew outside of a transaction, whatever
/// `metadata.toml` says: its rows are in two tables meanwhile.
pub(super) fn is_atomic(connection: &dyn Session, migration: &Migration) -> bool {
    let wants = migration.metadata.run_in_transaction || !rebuilds(migration).is_empty();
    wants && connection.backend().dialect().transactional_ddl
}

/// The tables that a migration builds anew.
pub(super) fn rebuilds(migration: &Migration) -> &[TableName] {
    migration.metadata.metaxy.as_ref().map_or(&[], |it| &it.rebuilds)
}

/// Does something with what it needs around it. Foreign keys are switched outside of the transaction.
pub(super) fn in_mode<T>(
    connection: &mut dyn Session,
    timeout: Duration,
    mode: Mode,
    body: impl FnOnce(&mut dyn Session) -> Result<T, ApplyError>,
) -> Result<T, ApplyError> {
    let database = |source| ApplyError::Database { action: "switch foreign keys", source };
    if mode.rebuilds {
        connection.driver().set_foreign_keys(false).map_err(database)?;
    }
    let outcome = match mode.transaction {
        true => in_transaction(connection, timeout, body),
        false => body(connection),
    };
    if mode.rebuilds {
        let switched = connection.driver().set_foreign_keys(true).map_err(database);
        return outcome.and_then(|value| switched.map(|()| value));
    }
    outcome
}

/// Does something within a transaction, and undoes all of it where it fails.
fn in_transaction<T>(
    connection: &mut dyn Session,
    timeout: Duration,
    body: impl FnOnce(&mut dyn Session) -> Result<T, ApplyError>,
) -> Result<T, ApplyError> {
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
