//! [`EmbeddedMigrations`]: histories within a program, which needs neither their files nor the command line.

use crate::{
    apply::{self, ApplyError, OnEvent, RunOptions},
    backend::Connection,
    history::{History, HistoryError},
    migration::MigrationDirectory,
    schema::TableName,
};
use std::{collections::BTreeMap, path::Path};

/// The histories of a project's stores, as `metaxy::embed_migrations!()` puts them into a program.
#[derive(Debug, Clone, Copy)]
pub struct EmbeddedMigrations {
    /// The histories, those of a store in the order that they are migrated.
    pub histories: &'static [EmbeddedHistory],
}

/// A history within a program.
#[derive(Debug, Clone, Copy)]
pub struct EmbeddedHistory {
    /// The store.
    pub store: &'static str,
    /// What it is of: `system`, `features`.
    pub scope: &'static str,
    /// Where it was: for messages.
    pub directory: &'static str,
    /// The table that keeps the versions which were applied.
    pub version_table: &'static str,
    /// Its files by path within the directory, with their texts.
    pub files: &'static [(&'static str, &'static str)],
}

/// Why a database is not what the program needs.
#[derive(Debug, thiserror::Error)]
pub enum NotCurrent {
    /// The program has no migrations of this store.
    #[error("no migrations of store `{store}` are embedded; there are those of: {}", known.join(", "))]
    NoStore {
        /// The store.
        store: String,
        /// The stores that there are migrations of.
        known: Vec<String>,
    },
    /// Migrations are pending.
    #[error("{environment}: {} not applied: {}", count(pending.len()), pending.join(", "))]
    Pending {
        /// The store and scope.
        environment: String,
        /// Their names, the oldest first.
        pending: Vec<String>,
    },
    /// The migrations cannot be run, or the database was made by others.
    #[error("{environment}: {source}")]
    Apply {
        /// The store and scope.
        environment: String,
        /// Why.
        source: ApplyError,
    },
}

fn count(migrations: usize) -> String {
    match migrations {
        1 => "1 migration is".to_owned(),
        several => format!("{several} migrations are"),
    }
}

impl EmbeddedMigrations {
    /// Runs the pending migrations of a store, system tables first, and returns the names of those that it ran, as
    /// `STORE:SCOPE NAME`. Any number of processes may do so at once: each migration runs once.
    ///
    /// # Errors
    ///
    /// As [`apply::run`], and where the program has no migrations of the store.
    pub fn run_pending(
        &self,
        connection: &mut Connection,
        store: &str,
        options: &RunOptions,
        on_event: OnEvent<'_>,
    ) -> Result<Vec<String>, NotCurrent> {
        let mut ran = Vec::new();
        for history in self.of(store)? {
            let names = history.run_pending(connection, options, on_event);
            let names = names.map_err(|source| history.failed(source))?;
            ran.extend(names.into_iter().map(|it| format!("{} {it}", history.environment())));
        }
        Ok(ran)
    }

    /// Makes sure that a database has all migrations of a store: for a program that starts, and does not migrate itself.
    /// Changes nothing.
    ///
    /// # Errors
    ///
    /// [`NotCurrent::Pending`] where it has not, with what is pending; else as [`run_pending`](Self::run_pending).
    pub fn ensure_current(
        &self,
        connection: &mut Connection,
        store: &str,
    ) -> Result<(), NotCurrent> {
        for history in self.of(store)? {
            let pending = history.pending(connection).map_err(|source| history.failed(source))?;
            if !pending.is_empty() {
                let environment = history.environment();
                return Err(NotCurrent::Pending { environment, pending });
            }
        }
        Ok(())
    }

    fn of(&self, store: &str) -> Result<Vec<&'static EmbeddedHistory>, NotCurrent> {
        let of_store: Vec<_> = self.histories.iter().filter(|it| it.store == store).collect();
        if of_store.is_empty() {
            let mut known: Vec<_> = self.histories.iter().map(|it| it.store.to_owned()).collect();
            known.dedup();
            return Err(NotCurrent::NoStore { store: store.to_owned(), known });
        }
        Ok(of_store)
    }
}

impl EmbeddedHistory {
    /// Runs its pending migrations, and returns their names.
    ///
    /// # Errors
    ///
    /// As [`apply::run`].
    pub fn run_pending(
        &self,
        connection: &mut Connection,
        options: &RunOptions,
        on_event: OnEvent<'_>,
    ) -> Result<Vec<String>, ApplyError> {
        apply::run_migrations(connection, &self.history(), &self.open()?, options, on_event)
    }

    /// The names of the migrations that the database does not have. Changes nothing.
    ///
    /// # Errors
    ///
    /// Where [`run_pending`](Self::run_pending) would refuse before anything runs.
    pub fn pending(&self, connection: &mut Connection) -> Result<Vec<String>, ApplyError> {
        apply::pending_names(connection, &self.history(), &self.open()?)
    }

    fn open(&self) -> Result<MigrationDirectory, ApplyError> {
        let owned = |(path, text): &(&str, &str)| ((*path).to_owned(), (*text).to_owned());
        let files: BTreeMap<String, String> = self.files.iter().map(owned).collect();
        let opened = MigrationDirectory::checked(Path::new(self.directory), files);
        Ok(opened.map_err(HistoryError::from)?)
    }

    fn history(&self) -> History {
        let version_table = TableName::new(self.version_table);
        History { directory: self.directory.into(), version_table }
    }

    fn environment(&self) -> String {
        format!("{}:{}", self.store, self.scope)
    }

    fn failed(&self, source: ApplyError) -> NotCurrent {
        NotCurrent::Apply { environment: self.environment(), source }
    }
}
