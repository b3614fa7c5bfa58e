use super::{
    inspect::{inspect, tables},
    statements::statements,
};
use crate::{
    backend::{
        driver::{Count, Driver},
        script::located,
        statement::Statement,
    },
    history::AppliedRow,
    schema::{Schema, TableName},
};
use diesel::{
    QueryResult, RunQueryDsl, SqliteConnection,
    connection::{AnsiTransactionManager, Connection, SimpleConnection, TransactionManager},
    dsl::sql_query,
    result::Error as DatabaseError,
    sql_types::Text,
};
use std::{collections::BTreeSet, time::Duration};

impl Driver for SqliteConnection {
    /// One statement after the other, since SQLite does not say which of several failed.
    fn script(&mut self, sql: &str) -> QueryResult<()> {
        statements(sql).try_for_each(|(at, statement)| {
            self.batch_execute(statement).map_err(|error| located(error, sql, at, None))
        })
    }

    fn execute(&mut self, statement: Statement) -> QueryResult<usize> {
        RunQueryDsl::execute(statement, self)
    }

    fn count(&mut self, query: Statement) -> QueryResult<u64> {
        query.get_result::<Count>(self).map(Count::get)
    }

    fn applied(&mut self, query: Statement) -> QueryResult<Vec<AppliedRow>> {
        query.load(self)
    }

    /// A transaction that begins to write only later fails where another one wrote meanwhile, and does not wait.
    fn begin(&mut self) -> QueryResult<()> {
        AnsiTransactionManager::begin_transaction_sql(self, "BEGIN IMMEDIATE")
    }

    fn commit(&mut self) -> QueryResult<()> {
        AnsiTransactionManager::commit_transaction(self)
    }

    fn rollback(&mut self) -> QueryResult<()> {
        AnsiTransactionManager::rollback_transaction(self)
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

    fn scratch(&mut self, script: &str, tables: &BTreeSet<TableName>) -> QueryResult<Schema> {
        let mut memory = Self::establish(":memory:").map_err(|error| {
            DatabaseError::QueryBuilderError(format!("no database in memory: {error}").into())
        })?;
        memory.script(script)?;
        inspect(&mut memory, tables)
    }

    fn set_write_timeout(&mut self, timeout: Duration) -> QueryResult<()> {
        self.batch_execute(&format!("PRAGMA busy_timeout = {};", timeout.as_millis()))
    }

    /// SQLite locks for no longer than a transaction: each migration takes its turn with [`Driver::begin`].
    fn try_lock(&mut self, _key: i64) -> QueryResult<bool> {
        Ok(true)
    }

    fn lock_holder(&mut self, _key: i64) -> QueryResult<Option<String>> {
        Ok(None)
    }

    fn unlock(&mut self, _key: i64) -> QueryResult<()> {
        Ok(())
    }
}
