//! [`offline_script`]: migrations as one SQL script, for a client of the database.

use crate::{
    apply::{ApplyError, missing_backfill},
    backend::Backend,
    dialect::{Dialect, IdentifierError},
    hash::text_hash,
    history::{History, done_part},
    migration::{Direction, Migration},
};

/// How a script for a client of the database is written.
#[derive(Debug)]
pub struct Offline {
    /// What runs it so that it ends with the first failure.
    pub client: &'static str,
    /// Makes the session what scripts rely on.
    pub prepare: &'static str,
    /// Goes where a store's connections go by this search path, where the database has namespaces.
    pub go_to: Option<fn(search_path: &str) -> String>,
    /// Begins a transaction; empty where DDL commits.
    pub begin: &'static str,
    /// Stands before a transaction in which tables are built anew.
    pub before_rebuild: &'static str,
    /// Stands at its end, and fails where a row refers to none.
    pub check_rebuild: &'static str,
    /// Stands after it.
    pub after_rebuild: &'static str,
    /// A statement, as a literal, that is run only where a condition holds; `None`: the database has nothing of the kind.
    pub only_if: Option<fn(condition: &str, literal: &str) -> String>,
}

/// What a script is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfflineOptions {
    /// The database.
    pub backend: Backend,
    /// Whether what the database has is passed over, and what it has in part goes on.
    pub idempotent: bool,
    /// Where tables without a namespace go, as [`Store::search_path`](crate::store::Store::search_path) says it; `None`: where the
    /// client's connection goes.
    pub search_path: Option<String>,
}

/// Why no script was written.
#[derive(Debug, thiserror::Error)]
pub enum OfflineError {
    /// The version table has a name that the database does not take.
    #[error(transparent)]
    Identifier(#[from] IdentifierError),
    /// A migration is for another kind of database.
    #[error("migration `{migration}` was written for {written_for}, and this is {backend}")]
    OtherBackend {
        /// The migration.
        migration: String,
        /// What it is for.
        written_for: Backend,
        /// What was asked for.
        backend: Backend,
    },
    /// The value of rows that are there is still missing.
    #[error(transparent)]
    Backfill(#[from] ApplyError),
    /// A database may have a migration by other versions, which a script does not look for.
    #[error(
        "migration `{migration}` took the place of others, by whose versions a database may have it: leave --idempotent \
         out, and say with --from what is applied, or let `metaxy migration run` find out"
    )]
    Formerly {
        /// The migration.
        migration: String,
    },
    /// The database has no conditional statements.
    #[error(
        "{database} runs no statement on a condition: leave --idempotent out, and say with --from what is applied, or let \
         `metaxy migration run` find out"
    )]
    NoCondition {
        /// The database.
        database: &'static str,
    },
    /// A migration runs in no transaction, and so on no condition.
    #[error(
        "migration `{migration}` runs in no transaction, where {database} takes no condition: write the script without \
         --idempotent, from it or up to the one before it"
    )]
    NoTransaction {
        /// The migration.
        migration: String,
        /// The database.
        database: &'static str,
    },
}

/// The migrations as one script, with what the version table has to know of them, so that `metaxy migration run` goes on from
/// there.
///
/// # Errors
///
/// [`OfflineError`].
pub fn offline_script(
    migrations: &[&Migration],
    history: &History,
    options: &OfflineOptions,
) -> Result<String, OfflineError> {
    let OfflineOptions { backend, idempotent, .. } = *options;
    let dialect = backend.dialect();
    let database = dialect.title;
    if idempotent && dialect.offline.only_if.is_none() {
        return Err(OfflineError::NoCondition { database });
    }
    let table = dialect.quote_table(&history.version_table)?;
    let go_to = dialect.offline.go_to.zip(options.search_path.as_deref());
    let mut script = format!(
        "-- Migrations for {database}, written by metaxy {}. Run it with `{}`: it has to end with the first failure.\n{}{}{};\n",
        env!("CARGO_PKG_VERSION"),
        dialect.offline.client,
        dialect.offline.prepare,
        go_to.map(|(go_to, path)| go_to(path)).unwrap_or_default(),
        crate::history::create_version_table(&table),
    );
    for migration in migrations {
        let origin = migration.metadata.metaxy.as_ref();
        if let Some(written_for) = origin.map(|it| it.backend).filter(|it| *it != backend) {
            let migration = migration.name.clone();
            return Err(OfflineError::OtherBackend { migration, written_for, backend });
        }
        missing_backfill(migration, &migration.up, Direction::Up).map_or(Ok(()), Err)?;
        let mut former = origin.into_iter().flat_map(|it| &it.formerly).flatten();
        if idempotent && former.any(|it| it.version != migration.version) {
            return Err(OfflineError::Formerly { migration: migration.name.clone() });
        }
        let rebuilds = origin.is_some_and(|it| !it.rebuilds.is_empty());
        let part = Part { migration, dialect, table: &table, rebuilds, idempotent };
        script += &format!("\n-- {}\n", migration.name);
        let wants = migration.metadata.run_in_transaction || rebuilds;
        if wants && dialect.transactional_ddl {
            script += &part.whole();
        } else if idempotent && dialect.transactional_ddl {
            let migration = migration.name.clone();
            return Err(OfflineError::NoTransaction { migration, database });
        } else {
            script += &part.step_by_step();
        }
    }
    Ok(script)
}

/// A migration in a script.
struct Part<'a> {
    migration: &'a Migration,
    dialect: &'a Dialect,
    /// The version table, quoted.
    table: &'a str,
    rebuilds: bool,
    idempotent: bool,
}

impl Part<'_> {
    /// All of it in one transaction with its row.
    fn whole(&self) -> String {
        let offline = &self.dialect.offline;
        let condition =
            format!("NOT EXISTS (SELECT 1 FROM {} WHERE version = {})", self.table, self.version());
        let statements = self.statements();
        let count = statements.len();
        let sql: String = statements
            .into_iter()
            .map(|(_, it)| self.only_if(&condition, it))
            .chain([self.only_if(&condition, &self.insert("applied", count, &self.migration.up))])
            .collect();
        let (before, check, after) = match self.rebuilds {
            true => (offline.before_rebuild, offline.check_rebuild, offline.after_rebuild),
            false => ("", "", ""),
        };
        format!("{before}{}\n{sql}{check}COMMIT;\n{after}", offline.begin)
    }

    /// Each statement with a record that it is done, as `run` keeps it.
    fn step_by_step(&self) -> String {
        let (version, statements) = (self.version(), self.statements());
        let condition =
            format!("NOT EXISTS (SELECT 1 FROM {} WHERE version = {version})", self.table);
        let mut script = self.only_if(&condition, &self.insert("applying", 0, ""));
        for (at, (_, statement)) in statements.iter().enumerate() {
            let condition = format!(
                "EXISTS (SELECT 1 FROM {} WHERE version = {version} AND state = 'applying' AND statements = {at})",
                self.table
            );
            script += &self.only_if(&condition, statement);
            let done = done_part(&self.migration.up, &statements, at + 1);
            script += &format!(
                "UPDATE {} SET statements = {}, checksum = '{}' WHERE version = {version} AND state = 'applying' AND statements = {at};\n",
                self.table,
                at + 1,
                text_hash(done)
            );
        }
        script
            + &format!(
                "UPDATE {} SET state = 'applied', checksum = '{}' WHERE version = {version} AND state = 'applying' AND \
                 statements = {};\n",
                self.table,
                text_hash(&self.migration.up),
                statements.len()
            )
    }

    fn statements(&self) -> Vec<(usize, &str)> {
        (self.dialect.statements)(self.migration.script(Direction::Up))
    }

    fn version(&self) -> String {
        self.dialect.quote_text(&self.migration.version)
    }

    fn insert(&self, state: &str, statements: usize, done: &str) -> String {
        format!(
            "INSERT INTO {} (version, name, tool_version, checksum, state, statements) VALUES ({}, {}, '{}', '{}', '{state}', \
             {statements})",
            self.table,
            self.version(),
            self.dialect.quote_text(&self.migration.name),
            env!("CARGO_PKG_VERSION"),
            text_hash(done),
        )
    }

    /// A statement, on a condition where the script is idempotent.
    fn only_if(&self, condition: &str, statement: &str) -> String {
        let statement = statement.trim().trim_end_matches(';');
        match self.dialect.offline.only_if.filter(|_| self.idempotent) {
            Some(only_if) => only_if(condition, &self.dialect.quote_text(statement)),
            None => format!("{statement};\n"),
        }
    }
}
