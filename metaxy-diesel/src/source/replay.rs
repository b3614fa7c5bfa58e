//! Runs SQL files in a database made for that.

use super::{SourceError, read::text_of};
use crate::{
    backend::{Connection, Scratch, ScriptError},
    migration::{Migration, MigrationDirectory},
};
use std::path::{Path, PathBuf};

/// Runs a script.
pub(super) fn run_sql(scratch: &mut Scratch, file: &Path) -> Result<(), SourceError> {
    let connection = scratch.connection();
    connection.run_script(&text_of(file)?).map_err(|error| failed(file.to_owned(), error))
}

/// Runs all migrations of a directory, as the files are now.
pub(super) fn run_migrations(scratch: &mut Scratch, path: &Path) -> Result<(), SourceError> {
    if !path.is_dir() {
        return Err(SourceError::NoDirectory { path: path.to_owned() });
    }
    let connection = scratch.connection();
    let wanted = connection.backend();
    for migration in MigrationDirectory::load(path)?.migrations {
        let found = migration.metadata.metaxy.as_ref().map_or(wanted, |it| it.backend);
        if found != wanted {
            return Err(SourceError::OtherBackend { what: migration.name, found, wanted });
        }
        let file = path.join(&migration.name).join("up.sql");
        run_migration(connection, &migration).map_err(|error| failed(file, error))?;
    }
    Ok(())
}

/// Runs the `up.sql` of a migration, in a transaction where it wants one.
pub(crate) fn run_migration(
    connection: &mut Connection,
    migration: &Migration,
) -> Result<(), ScriptError> {
    if !migration.metadata.run_in_transaction {
        return connection.run_script(&migration.up);
    }
    let driver = connection.driver();
    let words = |error| ScriptError::new(&error, &migration.up);
    driver.begin().map_err(words)?;
    let outcome = driver.script(&migration.up).and_then(|()| driver.commit()).map_err(words);
    if outcome.is_err() {
        // The first error tells more, and the database goes anyway.
        _ = driver.rollback();
    }
    outcome
}

fn failed(path: PathBuf, error: ScriptError) -> SourceError {
    SourceError::Script { path, error }
}
