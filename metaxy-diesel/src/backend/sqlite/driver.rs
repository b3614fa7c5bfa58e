use super::{
    DIALECT,
    inspect::{inspect, tables},
    lock::LockFile,
    version,
};
use crate::{
    backend::{
        driver::{Count, Driver, Lock, RowStream, through_diesel},
        statement::Statement,
    },
    rows::Row,
    schema::{Schema, TableName},
};
use diesel::{
    OptionalExtension, QueryResult, QueryableByName, RunQueryDsl, SqliteConnection,
    connection::{AnsiTransactionManager, Connection, DefaultLoadingMode, SimpleConnection},
    dsl::sql_query,
    result::Error as DatabaseError,
    sql_types::Text,
};
use std::{collections::BTreeSet, io, path::PathBuf, time::Duration};

impl Driver for SqliteConnection {
    through_diesel!();

    fn prepare_rows(&mut self) -> QueryResult<()> {
        // The first with `group_concat(… ORDER BY …)`: https://www.sqlite.org/changes.html
        let too_old = version::lacks(self, [3, 44], "rows")?;
        too_old.map_or(Ok(()), |it| Err(DatabaseError::QueryBuilderError(it.into())))?;
        super::rows::register(self)
    }

    fn prepare_migrations(&mut self) -> QueryResult<String> {
        // The first with `pragma_table_list`.
        let too_old = version::lacks(self, [3, 37], "migrations")?;
        too_old.map_or(Ok(()), |it| Err(DatabaseError::QueryBuilderError(it.into())))?;
        let query = sql_query(
            "SELECT printf('PRAGMA busy_timeout = %d; PRAGMA foreign_keys = %d;', timeout, foreign_keys) AS words
                FROM pragma_busy_timeout, pragma_foreign_keys",
        );
        let Words { words } = query.get_result(self)?;
        self.batch_execute("PRAGMA foreign_keys = ON;")?;
        Ok(words)
    }

    fn stream(&mut self, query: Statement) -> QueryResult<RowStream<'_>> {
        // Asked once more after the last row, SQLite begins with the first again.
        Ok(Box::new(query.load_iter::<Row, DefaultLoadingMode>(self)?.fuse()))
    }

    fn keep(&mut self, name: &TableName, query: &Statement) -> QueryResult<()> {
        let mut keep = Statement::new("CREATE TEMPORARY TABLE ");
        keep.table(name).sql(" AS ").append(query);
        RunQueryDsl::execute(keep, self).map(|_| ())
    }

    /// Rows of a new table are numbered one by one: <https://www.sqlite.org/lang_createtable.html#rowid>.
    fn kept(&mut self, name: &TableName, after: u64, count: usize) -> QueryResult<Vec<Row>> {
        let mut rows = Statement::new("SELECT * FROM ");
        rows.table(name).sql(&format!(" WHERE rowid > {after} ORDER BY rowid LIMIT {count}"));
        self.rows(rows)
    }

    /// A transaction that begins to write only later fails where another one wrote meanwhile, and does not wait.
    fn begin(&mut self) -> QueryResult<()> {
        AnsiTransactionManager::begin_transaction_sql(self, "BEGIN IMMEDIATE")
    }

    fn has_table(&mut self, table: &TableName) -> QueryResult<bool> {
        let query = sql_query(
            "SELECT count(*) AS count FROM sqlite_schema WHERE type = 'table' AND name = ? COLLATE NOCASE",
        );
        let count: Count = query.bind::<Text, _>(&table.name).get_result(self)?;
        Ok(count.get() > 0)
    }

    fn tables(&mut self) -> QueryResult<BTreeSet<TableName>> {
        tables(self)
    }

    fn inspect(&mut self, tables: &BTreeSet<TableName>) -> QueryResult<Schema> {
        inspect(self, tables)
    }

    fn scratch(
        &mut self,
        script: &str,
        tables: &BTreeSet<TableName>,
        _namespaces: &BTreeSet<String>,
    ) -> QueryResult<Schema> {
        let mut memory = Self::establish(":memory:").map_err(|error| {
            DatabaseError::QueryBuilderError(format!("no database in memory: {error}").into())
        })?;
        memory.script(script)?;
        inspect(&mut memory, tables)
    }

    fn set_write_timeout(&mut self, timeout: Duration) -> QueryResult<()> {
        self.batch_execute(&format!("PRAGMA busy_timeout = {};", timeout.as_millis()))
    }

    /// A file beside the database, since SQLite itself locks for no longer than a transaction.
    fn try_lock(&mut self, key: i64) -> QueryResult<Option<Lock>> {
        match file(self)? {
            None => Ok(Some(Lock::None)),
            Some(file) => Ok(LockFile::try_take(&file, key).map_err(io_error)?.map(Lock::File)),
        }
    }

    fn lock_holder(&mut self, key: i64) -> QueryResult<Option<String>> {
        Ok(file(self)?.and_then(|file| LockFile::holder(&file, key)))
    }

    fn unlock(&mut self, lock: Lock) -> QueryResult<()> {
        match lock {
            Lock::File(file) => file.release().map_err(io_error),
            _ => Ok(()),
        }
    }

    /// SQLite ignores it within a transaction: <https://www.sqlite.org/pragma.html#pragma_foreign_keys>. A script that
    /// failed between the two may have left `legacy_alter_table` on.
    fn set_foreign_keys(&mut self, on: bool) -> QueryResult<()> {
        let on = if on { "ON" } else { "OFF" };
        self.batch_execute(&format!("PRAGMA foreign_keys = {on}; PRAGMA legacy_alter_table = OFF;"))
    }

    fn take_triggers(&mut self, tables: &[TableName]) -> QueryResult<Vec<String>> {
        let names: Vec<_> = tables.iter().map(|it| &it.name).collect();
        let query = sql_query(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'
                AND tbl_name COLLATE NOCASE IN (SELECT value FROM json_each(?)) ORDER BY rowid",
        );
        let names = serde_json::json!(names).to_string();
        let triggers: Vec<Trigger> = query.bind::<Text, _>(names).load(self)?;
        for trigger in &triggers {
            let mut drop = Statement::new("DROP TRIGGER ");
            drop.identifier(&trigger.name);
            RunQueryDsl::execute(drop, self)?;
        }
        Ok(triggers.into_iter().map(|it| it.sql).collect())
    }

    fn dangling_row(&mut self) -> QueryResult<Option<String>> {
        let query = sql_query(
            "SELECT printf('%s of `%s` refers to a row of `%s` that is not there',
                    coalesce('row ' || rowid, 'a row'), \"table\", parent) AS words
                FROM pragma_foreign_key_check LIMIT 1",
        );
        Ok(query.get_result::<Words>(self).optional()?.map(|it| it.words))
    }
}

/// The file of the database; `None`: it is in memory.
fn file(connection: &mut SqliteConnection) -> QueryResult<Option<PathBuf>> {
    let query = sql_query("SELECT file AS words FROM pragma_database_list WHERE name = 'main'");
    let Words { words } = query.get_result(connection)?;
    Ok((!words.is_empty()).then(|| words.into()))
}

fn io_error(error: io::Error) -> DatabaseError {
    DatabaseError::QueryBuilderError(format!("no lock beside the database: {error}").into())
}

#[derive(QueryableByName)]
struct Trigger {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    sql: String,
}

#[derive(QueryableByName)]
struct Words {
    #[diesel(sql_type = Text)]
    words: String,
}
