//! [`History`]: a directory of migrations, and the version table that says which of them a database has.

use crate::{
    backend::{Connection, statement::Statement},
    hash::text_hash,
    migration::{Migration, MigrationDirectory, MigrationError},
    schema::TableName,
};
use chrono::NaiveDateTime;
use diesel::{QueryResult, QueryableByName, sql_types};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    time::Duration,
};

/// Diesel's own version table. The names of ours begin with it too, unless the configuration says otherwise.
pub const DIESEL_VERSION_TABLE: &str = "__diesel_schema_migrations";

/// A history of migrations. Several may share a database, each with a version table of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// The directory of its migrations. One that does not exist has none.
    pub directory: PathBuf,
    /// The table that keeps the versions which were applied.
    pub version_table: TableName,
}

/// How a migration stands in a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationStatus {
    /// Its version.
    pub version: String,
    /// The name of its directory, or what the version table has of it.
    pub name: Option<String>,
    /// Whether it was applied.
    pub state: MigrationState,
    /// When it was applied, in the time of the database's clock.
    pub run_on: Option<NaiveDateTime>,
    /// How long that took.
    pub duration: Option<Duration>,
}

/// Whether a migration was applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MigrationState {
    /// It was applied, and is as it was then.
    Applied,
    /// It was not.
    Pending,
    /// It was applied, and its `up.sql` was edited since.
    Edited,
    /// It was applied, and its directory is gone.
    MissingFile,
}

/// Why a history was not read, or does not fit the database.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The files could not be read, or are not those that were written.
    #[error(transparent)]
    Migration(#[from] MigrationError),
    /// The version table could not be read.
    #[error("cannot read the version table `{table}`: {source}")]
    VersionTable {
        /// The table.
        table: TableName,
        /// What the database said.
        source: diesel::result::Error,
    },
    /// The database was made by other migrations than those that are there.
    #[error("{}", problems.join("\n"))]
    Mismatch {
        /// All that does not fit, in words.
        problems: Vec<String>,
    },
}

/// A row of a version table: Diesel's two columns and ours, which are NULL where Diesel itself wrote the row.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub(crate) struct AppliedRow {
    #[diesel(sql_type = sql_types::Text)]
    pub(crate) version: String,
    #[diesel(sql_type = sql_types::Timestamp)]
    run_on: NaiveDateTime,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Text>)]
    name: Option<String>,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Text>)]
    checksum: Option<String>,
    #[diesel(sql_type = sql_types::Nullable<sql_types::BigInt>)]
    duration_ms: Option<i64>,
}

/// How all migrations of a history stand, by version. `None`: the database does not exist yet. Changes nothing.
///
/// # Errors
///
/// Where the files or the version table cannot be read. Edited files are no error here: the status says so.
pub fn status(
    connection: Option<&mut Connection>,
    history: &History,
) -> Result<Vec<MigrationStatus>, HistoryError> {
    let directory = MigrationDirectory::load(&history.directory)?;
    let applied = connection.map(|it| history.applied(it)).transpose()?.unwrap_or_default();
    let mut statuses: BTreeMap<&str, MigrationStatus> = directory
        .migrations
        .iter()
        .map(|migration| (migration.version.as_str(), pending(migration)))
        .collect();
    for row in &applied {
        let migration = directory.migration(&row.version);
        let status = MigrationStatus {
            version: row.version.clone(),
            name: migration.map(|it| it.name.clone()).or_else(|| row.name.clone()),
            state: match migration {
                None => MigrationState::MissingFile,
                Some(migration) if row.is_edited(migration) => MigrationState::Edited,
                Some(_) => MigrationState::Applied,
            },
            run_on: Some(row.run_on),
            duration: row.duration_ms.map(|it| Duration::from_millis(it.unsigned_abs())),
        };
        statuses.insert(&row.version, status);
    }
    Ok(statuses.into_values().collect())
}

fn pending(migration: &Migration) -> MigrationStatus {
    MigrationStatus {
        version: migration.version.clone(),
        name: Some(migration.name.clone()),
        state: MigrationState::Pending,
        run_on: None,
        duration: None,
    }
}

impl AppliedRow {
    fn is_edited(&self, migration: &Migration) -> bool {
        self.checksum.as_ref().is_some_and(|checksum| *checksum != migration.checksum())
    }
}

impl History {
    /// What was applied, by version; nothing where there is no version table.
    pub(crate) fn applied(
        &self,
        connection: &mut Connection,
    ) -> Result<Vec<AppliedRow>, HistoryError> {
        self.read_applied(connection).map_err(|source| HistoryError::VersionTable {
            table: self.version_table.clone(),
            source,
        })
    }

    fn read_applied(&self, connection: &mut Connection) -> QueryResult<Vec<AppliedRow>> {
        if !connection.driver().has_table(&self.version_table)? {
            return Ok(Vec::new());
        }
        let mut select =
            Statement::new("SELECT version, run_on, name, checksum, duration_ms FROM ");
        select.table(&self.version_table).sql(" ORDER BY version");
        connection.driver().applied(select)
    }

    pub(crate) fn is_applied(
        &self,
        connection: &mut Connection,
        version: &str,
    ) -> QueryResult<bool> {
        if !connection.driver().has_table(&self.version_table)? {
            return Ok(false);
        }
        let mut select = Statement::new("SELECT count(*) AS count FROM ");
        select.table(&self.version_table).sql(" WHERE version = ").text(version);
        Ok(connection.driver().count(select)? > 0)
    }

    /// Records that a migration was applied. The table is made with the first row, as Diesel makes its own.
    pub(crate) fn record(
        &self,
        connection: &mut Connection,
        migration: &Migration,
        duration: Duration,
    ) -> QueryResult<()> {
        let driver = connection.driver();
        if !driver.has_table(&self.version_table)? {
            let mut create = Statement::new("CREATE TABLE ");
            create.table(&self.version_table).sql(
                " (version VARCHAR(50) PRIMARY KEY NOT NULL, run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
                name TEXT, checksum VARCHAR(64), duration_ms BIGINT, tool_version VARCHAR(50))",
            );
            driver.execute(create)?;
        }
        let mut insert = Statement::new("INSERT INTO ");
        insert
            .table(&self.version_table)
            .sql(" (version, name, checksum, duration_ms, tool_version) VALUES (")
            .text(&migration.version)
            .sql(", ")
            .text(&migration.name)
            .sql(", ")
            .text(&migration.checksum())
            .sql(", ")
            .big_int(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX))
            .sql(", ")
            .text(env!("CARGO_PKG_VERSION"))
            .sql(")");
        driver.execute(insert).map(|_| ())
    }

    /// Records that a migration was reverted.
    pub(crate) fn forget(&self, connection: &mut Connection, version: &str) -> QueryResult<()> {
        let mut delete = Statement::new("DELETE FROM ");
        delete.table(&self.version_table).sql(" WHERE version = ").text(version);
        connection.driver().execute(delete).map(|_| ())
    }

    /// The key of the lock that whoever changes this history holds.
    pub(crate) fn lock_key(&self) -> i64 {
        let hash = text_hash(&format!("metaxy history {}", self.version_table));
        i64::from_str_radix(&hash[..15], 16).expect("a hash is of hexadecimal digits")
    }
}

/// Refuses a database that other migrations made: edited or missing ones, and pending ones that come too late.
pub(crate) fn verify(
    directory: &MigrationDirectory,
    applied: &[AppliedRow],
) -> Result<(), HistoryError> {
    let mut problems = Vec::new();
    for row in applied {
        match directory.migration(&row.version) {
            Some(migration) if row.is_edited(migration) => problems.push(format!(
                "`{}/up.sql` was edited after it was applied to this database: restore it, and write the change as a \
                 new migration",
                migration.name
            )),
            Some(_) => {}
            None => problems.push(format!(
                "migration `{}` was applied to this database, and is not in `{}`: restore its directory",
                row.name.as_deref().unwrap_or(&row.version),
                directory.path.display()
            )),
        }
    }
    let versions: BTreeSet<&str> = applied.iter().map(|it| it.version.as_str()).collect();
    if let Some(newest) = versions.last() {
        let late = directory
            .migrations
            .iter()
            .filter(|it| it.version.as_str() < *newest && !versions.contains(it.version.as_str()));
        problems.extend(late.map(|migration| {
            format!(
                "migration `{}` is not applied, and older than {newest}, which is: give it a later version",
                migration.name
            )
        }));
    }
    match problems.is_empty() {
        true => Ok(()),
        false => Err(HistoryError::Mismatch { problems }),
    }
}
