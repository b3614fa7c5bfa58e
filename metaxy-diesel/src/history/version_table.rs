//! The version table of a history: its rows, and how they are read and written.

use super::{History, HistoryError, Partial};
use crate::{
    backend::{Session, statement::Statement},
    hash::text_hash,
    migration::{Direction, Migration},
};
use chrono::NaiveDateTime;
use diesel::{QueryResult, QueryableByName, result::Error::QueryBuilderError, sql_types};
use std::time::Duration;

/// A row of a version table: Diesel's two columns and ours, which are NULL where Diesel itself, or an earlier version of
/// metaxy, wrote the row.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub(crate) struct AppliedRow {
    #[diesel(sql_type = sql_types::Text)]
    pub(crate) version: String,
    #[diesel(sql_type = sql_types::Timestamp)]
    pub(super) run_on: NaiveDateTime,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Text>)]
    pub(super) name: Option<String>,
    /// Of `up.sql`; where a script was done in part, of that part.
    #[diesel(sql_type = sql_types::Nullable<sql_types::Text>)]
    pub(super) checksum: Option<String>,
    #[diesel(sql_type = sql_types::Nullable<sql_types::BigInt>)]
    pub(super) duration_ms: Option<i64>,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Text>)]
    pub(super) state: Option<String>,
    #[diesel(sql_type = sql_types::Nullable<sql_types::BigInt>)]
    pub(super) statements: Option<i64>,
}

/// What a row says of its migration.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Record<'a> {
    /// How far it is.
    pub(crate) state: State,
    /// How many statements are done.
    pub(crate) statements: usize,
    /// The text of these.
    pub(crate) sql: &'a str,
    /// How long they took, where that is known.
    pub(crate) duration: Option<Duration>,
}

/// How far a migration is that has a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// All of it is applied.
    Applied,
    /// A script was done in part.
    Partial {
        /// The script.
        direction: Direction,
        /// Whether the next statement failed. Else nobody was left to say what became of it.
        failed: bool,
    },
}

/// The states as rows have them. A row without is of a migration that is applied.
const STATES: [(&str, State); 5] = [
    ("applied", State::Applied),
    ("applying", State::Partial { direction: Direction::Up, failed: false }),
    ("applying failed", State::Partial { direction: Direction::Up, failed: true }),
    ("reverting", State::Partial { direction: Direction::Down, failed: false }),
    ("reverting failed", State::Partial { direction: Direction::Down, failed: true }),
];

/// The columns that metaxy adds to Diesel's two, with their types.
const COLUMNS: [(&str, &str); 6] = [
    ("name", "TEXT"),
    ("checksum", "VARCHAR(64)"),
    ("duration_ms", "BIGINT"),
    ("tool_version", "VARCHAR(50)"),
    ("state", "VARCHAR(20)"),
    ("statements", "BIGINT"),
];

/// Makes a version table of this quoted name where there is none.
pub(crate) fn create_version_table(table: &str) -> String {
    let ours = COLUMNS.map(|(column, sql_type)| format!(", {column} {sql_type}")).concat();
    format!(
        "CREATE TABLE IF NOT EXISTS {table} (version VARCHAR(50) PRIMARY KEY NOT NULL, \
         run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP{ours})"
    )
}

impl AppliedRow {
    /// What the migration is called: by its version where Diesel wrote the row.
    pub(crate) fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.version)
    }

    /// How far a script came that was done in part; `None`: all is applied.
    pub(crate) fn partial(&self) -> Option<Partial> {
        let state = STATES.into_iter().find(|(word, _)| self.state.as_deref() == Some(word));
        let State::Partial { direction, failed } = state?.1 else { return None };
        let done = self.statements.and_then(|it| usize::try_from(it).ok()).unwrap_or(0);
        Some(Partial { direction, done, failed })
    }

    /// Whether this is not what was applied: `up.sql`, or the part of a script that was done.
    pub(crate) fn is_edited(&self, sql: &str) -> bool {
        self.checksum.as_ref().is_some_and(|checksum| *checksum != text_hash(sql))
    }
}

impl History {
    /// What was applied, by version; nothing where there is no version table. That of an earlier version is taken too.
    pub(crate) fn applied(
        &self,
        connection: &mut dyn Session,
    ) -> Result<Vec<AppliedRow>, HistoryError> {
        self.read(connection).map_err(|source| HistoryError::VersionTable {
            table: self.version_table.clone(),
            source,
        })
    }

    fn read(&self, connection: &mut dyn Session) -> QueryResult<Vec<AppliedRow>> {
        let there = connection.driver().columns(&self.version_table)?;
        if there.is_empty() {
            return Ok(Vec::new());
        }
        let mut select = Statement::new("SELECT version, run_on");
        for (column, _) in COLUMNS.into_iter().filter(|(it, _)| *it != "tool_version") {
            let missing = if there.contains(column) { "" } else { "NULL AS " };
            select.sql(", ").sql(missing).sql(column);
        }
        select.sql(" FROM ").table(&self.version_table).sql(" ORDER BY version");
        connection.driver().applied(select)
    }

    /// Makes the version table, as Diesel makes its own, or gives one that Diesel or an earlier version made what it lacks.
    pub(crate) fn prepare(&self, connection: &mut dyn Session) -> QueryResult<()> {
        let there = connection.driver().columns(&self.version_table)?;
        if there.is_empty() {
            let table = connection.backend().dialect().quote_table(&self.version_table);
            let table = table.map_err(|error| QueryBuilderError(error.into()))?;
            let create = Statement::new(&create_version_table(&table));
            return connection.driver().execute(create).map(|_| ());
        }
        for (column, sql_type) in COLUMNS.into_iter().filter(|(it, _)| !there.contains(*it)) {
            let mut add = Statement::new("ALTER TABLE ");
            add.table(&self.version_table).sql(&format!(" ADD COLUMN {column} {sql_type}"));
            connection.driver().execute(add)?;
        }
        Ok(())
    }

    /// Adds the row of a migration, and the table with the first.
    pub(crate) fn record(
        &self,
        connection: &mut dyn Session,
        migration: &Migration,
        record: &Record<'_>,
    ) -> QueryResult<()> {
        self.prepare(connection)?;
        let mut insert = Statement::new("INSERT INTO ");
        insert
            .table(&self.version_table)
            .sql(
                " (version, name, tool_version, checksum, state, statements, duration_ms) VALUES (",
            )
            .text(&migration.version)
            .sql(", ")
            .text(&migration.name)
            .sql(", ")
            .text(env!("CARGO_PKG_VERSION"))
            .sql(", ")
            .text(&text_hash(record.sql))
            .sql(", ")
            .text(record.state.word())
            .sql(", ")
            .big_int(record.statements());
        match record.duration_ms() {
            Some(duration) => insert.sql(", ").big_int(duration).sql(")"),
            None => insert.sql(", NULL)"),
        };
        connection.driver().execute(insert).map(|_| ())
    }

    /// Changes the row of a migration.
    pub(crate) fn update(
        &self,
        connection: &mut dyn Session,
        version: &str,
        record: &Record<'_>,
    ) -> QueryResult<()> {
        let mut update = Statement::new("UPDATE ");
        update
            .table(&self.version_table)
            .sql(" SET checksum = ")
            .text(&text_hash(record.sql))
            .sql(", state = ")
            .text(record.state.word())
            .sql(", statements = ")
            .big_int(record.statements());
        if let Some(duration) = record.duration_ms() {
            update.sql(", duration_ms = ").big_int(duration);
        }
        update.sql(" WHERE version = ").text(version);
        connection.driver().execute(update).map(|_| ())
    }

    /// Removes the row of a migration.
    pub(crate) fn forget(&self, connection: &mut dyn Session, version: &str) -> QueryResult<()> {
        let mut delete = Statement::new("DELETE FROM ");
        delete.table(&self.version_table).sql(" WHERE version = ").text(version);
        connection.driver().execute(delete).map(|_| ())
    }
}

impl State {
    fn word(self) -> &'static str {
        let found = STATES.into_iter().find(|(_, state)| *state == self);
        found.expect("every state has a word").0
    }
}

impl Record<'_> {
    fn statements(&self) -> i64 {
        i64::try_from(self.statements).unwrap_or(i64::MAX)
    }

    fn duration_ms(&self) -> Option<i64> {
        self.duration.map(|it| i64::try_from(it.as_millis()).unwrap_or(i64::MAX))
    }
}
