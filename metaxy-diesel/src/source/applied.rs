//! [`applied_schema`]: what a database should be, by the migrations that it has.

use super::replay::run_migration;
use crate::{
    backend::{Connection, InspectError, Scratch, ScratchError, ScriptError, Within},
    history::{History, HistoryError, MigrationState, Unknown, status, verify},
    migration::MigrationDirectory,
    schema::Schema,
};
use metaxy_core::config::Secret;
use std::collections::BTreeSet;

/// Why it is not known what a database should be.
#[derive(Debug, thiserror::Error)]
pub enum AppliedError {
    /// The history is not read, or not that of the database.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// The migrations that were applied have to be run elsewhere, and there is no place.
    #[error(
        "the snapshot is that of all migrations, and {pending} of them are pending: what the others lead to is found out \
         by running them elsewhere, but {error}"
    )]
    Scratch {
        /// How many migrations are not applied.
        pending: usize,
        /// Why there is no place.
        error: ScratchError,
    },
    /// A script was done in part.
    #[error(
        "migration `{migration}` was done in part: what it leads to is known once the rest is done"
    )]
    Partial {
        /// The migration.
        migration: String,
    },
    /// A migration does not run in an empty database.
    #[error("migration `{migration}` cannot be run again in an empty database: {error}")]
    Script {
        /// The migration.
        migration: String,
        /// What the database said.
        error: ScriptError,
    },
    /// What was made of them is not read.
    #[error(transparent)]
    Inspect(#[from] InspectError),
}

/// The schema that the migrations lead to which were applied to this database: the history's snapshot where that is all of
/// them, else what is there after they were run in a scratch database. It has the history's own tables only.
///
/// # Errors
///
/// [`AppliedError`], where the files are not those that were applied, or where they cannot be run elsewhere.
pub fn applied_schema(
    connection: &mut Connection,
    history: &History,
    scratch: Option<&Secret>,
) -> Result<Schema, AppliedError> {
    let directory = MigrationDirectory::open(&history.directory).map_err(HistoryError::from)?;
    let applied = history.applied_as(connection, &directory)?;
    verify(&directory, &applied, Unknown::Refused, connection.backend().dialect())?;
    if let Some(row) = applied.rows.iter().find(|it| it.partial().is_some()) {
        let migration = directory.migration(&row.version);
        let migration = migration.map_or(row.version.clone(), |it| it.name.clone());
        return Err(AppliedError::Partial { migration });
    }
    let pending: BTreeSet<String> = status(Some(connection), history)?
        .into_iter()
        .filter(|it| it.state == MigrationState::Pending)
        .map(|it| it.version)
        .collect();
    if pending.len() == directory.migrations.len() {
        return Ok(Schema::default());
    }
    if let (Some(snapshot), true) = (&directory.snapshot, pending.is_empty()) {
        return Ok(snapshot.schema.clone());
    }
    let mut scratch = Scratch::open(connection.backend(), scratch)
        .map_err(|error| AppliedError::Scratch { pending: pending.len(), error })?;
    for migration in directory.migrations.iter().filter(|it| !pending.contains(&it.version)) {
        run_migration(scratch.connection(), migration)
            .map_err(|error| AppliedError::Script { migration: migration.name.clone(), error })?;
    }
    let version_table = BTreeSet::from([history.version_table.clone()]);
    Ok(scratch.connection().inspect_all(Within::Everything, &version_table)?)
}
