//! [`EmbeddedMigrations`]: histories within a program, which needs neither their files nor the command line.

use crate::{
    apply::{self, ApplyError, OnEvent, RunOptions, Standing},
    backend::{Database, Session},
    history::{History, HistoryError, Unknown},
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

/// What a database has that a program does not need. Where a later version of the program is being deployed, the database is ahead
/// of those that still run or start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Current {
    /// Migrations that were applied and that the program does not know, as `STORE:SCOPE NAME`.
    pub unknown: Vec<String>,
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
    /// The database has migrations that the program does not know, and has to be just what it knows.
    #[error(
        "{} applied that this program does not know: {}; run a later version of it",
        count(unknown.len()), unknown.join(", ")
    )]
    Ahead {
        /// As `STORE:SCOPE NAME`.
        unknown: Vec<String>,
    },
    /// The connection is not one that migrations run on.
    #[error("the connection cannot be used: {0}")]
    Connection(diesel::result::Error),
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

impl Current {
    /// Makes sure that the database has nothing that the program does not know.
    ///
    /// # Errors
    ///
    /// [`NotCurrent::Ahead`].
    pub fn exactly(self) -> Result<(), NotCurrent> {
        match self.unknown.is_empty() {
            true => Ok(()),
            false => Err(NotCurrent::Ahead { unknown: self.unknown }),
        }
    }
}

impl EmbeddedMigrations {
    /// Runs the pending migrations of a store, system tables first, and returns the names of those that it ran, as
    /// `STORE:SCOPE NAME`. Any number of processes may do so at once: each migration runs once. Where a later version of the program
    /// has migrated already, nothing is to do.
    ///
    /// The connection is a [`Connection`](crate::backend::Connection), or one of Diesel's: of an r2d2 pool, `&mut *pool.get()?`.
    ///
    /// # Errors
    ///
    /// As [`apply::run`], and where the program has no migrations of the store.
    pub fn run_pending(
        &self,
        connection: &mut impl Database,
        store: &str,
        options: &RunOptions,
        on_event: OnEvent<'_>,
    ) -> Result<Vec<String>, NotCurrent> {
        self.on(connection, store, |history, session| {
            let ran = history.run(session, options, on_event)?;
            Ok(ran.into_iter().map(|it| format!("{} {it}", history.environment())).collect())
        })
    }

    /// Makes sure that a database has all migrations of a store: for a program that starts, and does not migrate itself.
    /// Changes nothing.
    ///
    /// Migrations that the program does not know are no error: while a later version of it is deployed, the database is ahead. They are
    /// in what is returned, and [`exactly`](Current::exactly) refuses them.
    ///
    /// # Errors
    ///
    /// [`NotCurrent::Pending`] where it has not, with what is pending; else as [`run_pending`](Self::run_pending).
    pub fn ensure_current(
        &self,
        connection: &mut impl Database,
        store: &str,
    ) -> Result<Current, NotCurrent> {
        let unknown = self.on(connection, store, |history, session| {
            let Standing { pending, unknown } =
                apply::standing(session, &history.history(), &history.open()?)?;
            let environment = history.environment();
            match pending.is_empty() {
                true => Ok(unknown.into_iter().map(|it| format!("{environment} {it}")).collect()),
                false => Err(Stopped::Pending(pending)),
            }
        });
        Ok(Current { unknown: unknown? })
    }

    /// Does something with each history of a store, on the session that the connection lends.
    fn on(
        &self,
        connection: &mut impl Database,
        store: &str,
        mut body: impl FnMut(&EmbeddedHistory, &mut dyn Session) -> Result<Vec<String>, Stopped>,
    ) -> Result<Vec<String>, NotCurrent> {
        let histories = self.of(store)?;
        let mut session = connection.lend().map_err(NotCurrent::Connection)?;
        let outcome = histories.into_iter().try_fold(Vec::new(), |mut all, history| {
            all.extend(body(history, &mut session).map_err(|it| history.failed(it))?);
            Ok(all)
        });
        let given_back = session.give_back().map_err(NotCurrent::Connection);
        // What went wrong first says more.
        outcome.and_then(|all| given_back.map(|()| all))
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

/// Why something ended at a history.
enum Stopped {
    Pending(Vec<String>),
    Apply(ApplyError),
}

impl From<ApplyError> for Stopped {
    fn from(error: ApplyError) -> Self {
        Self::Apply(error)
    }
}

impl EmbeddedHistory {
    fn run(
        &self,
        session: &mut dyn Session,
        options: &RunOptions,
        on_event: OnEvent<'_>,
    ) -> Result<Vec<String>, ApplyError> {
        let (history, directory) = (self.history(), self.open()?);
        apply::run_migrations(session, &history, &directory, Unknown::Later, options, on_event)
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

    fn failed(&self, stopped: Stopped) -> NotCurrent {
        let environment = self.environment();
        match stopped {
            Stopped::Pending(pending) => NotCurrent::Pending { environment, pending },
            Stopped::Apply(source) => NotCurrent::Apply { environment, source },
        }
    }
}
