use super::{
    DIALECT,
    append::append,
    inspect::{inspect, tables},
    lock::FileLock,
};
use crate::{
    backend::{
        driver::{Count, Driver, Lock, RowStream, through_diesel},
        statement::Statement,
    },
    dialect::Dialect,
    rows::Row,
    schema::{Column, Schema, TableName},
};
use diesel::{
    OptionalExtension, QueryResult, QueryableByName, RunQueryDsl,
    connection::{Connection, TransactionManager},
    dsl::sql_query,
    result::Error as DatabaseError,
    sql_types::{Nullable, Text},
};
use diesel_duckdb::{DuckDbConnection, DuckDbStreamLoadingMode, DuckDbTransactionManager};
use std::{
    collections::BTreeSet,
    process,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// A database in memory, empty but for the time of a call: to open one takes longer than all that is done in it.
static SCRATCH: Mutex<Option<DuckDbConnection>> = Mutex::new(None);

impl Driver for DuckDbConnection {
    through_diesel!();

    fn stream(&mut self, query: Statement) -> QueryResult<RowStream<'_>> {
        Ok(Box::new(query.load_iter::<Row, DuckDbStreamLoadingMode>(self)?))
    }

    fn append(
        &mut self,
        _dialect: &Dialect,
        table: &TableName,
        columns: &[Column],
        more: &mut dyn FnMut() -> Option<Vec<Row>>,
    ) -> QueryResult<()> {
        append(self, table, columns, more)
    }

    fn prepare_rows(&mut self) -> QueryResult<()> {
        Ok(())
    }

    fn begin(&mut self) -> QueryResult<()> {
        DuckDbTransactionManager::begin_transaction(self)
    }

    fn has_table(&mut self, table: &TableName) -> QueryResult<bool> {
        let query = sql_query(
            "SELECT count(*) AS count FROM duckdb_tables() WHERE database_name = current_database()
                AND schema_name = coalesce($1, current_schema()) AND lower(table_name) = lower($2)",
        );
        let query = query.bind::<Nullable<Text>, _>(&table.schema).bind::<Text, _>(&table.name);
        Ok(query.get_result::<Count>(self)?.get() > 0)
    }

    fn tables(&mut self) -> QueryResult<BTreeSet<TableName>> {
        tables(self)
    }

    fn inspect(&mut self, tables: &BTreeSet<TableName>) -> QueryResult<Schema> {
        inspect(self, tables)
    }

    /// By one look at the catalog, which DuckDB walks as a whole however little is asked of it.
    fn columns(&mut self, table: &TableName) -> QueryResult<BTreeSet<String>> {
        let query = sql_query(
            "SELECT lower(column_name) AS words FROM duckdb_columns() WHERE database_name = current_database()
                AND schema_name = coalesce($1, current_schema()) AND lower(table_name) = lower($2)",
        );
        let query = query.bind::<Nullable<Text>, _>(&table.schema).bind::<Text, _>(&table.name);
        Ok(query.load::<Words>(self)?.into_iter().map(|it| it.words).collect())
    }

    fn scratch(
        &mut self,
        script: &str,
        tables: &BTreeSet<TableName>,
        _namespaces: &BTreeSet<String>,
    ) -> QueryResult<Schema> {
        let mut place = SCRATCH.lock().unwrap_or_else(PoisonError::into_inner);
        let memory = match place.take() {
            Some(memory) => memory,
            None => Self::establish(":memory:").map_err(|error| {
                DatabaseError::QueryBuilderError(format!("no database in memory: {error}").into())
            })?,
        };
        let memory = place.insert(memory);
        memory.begin()?;
        let found = memory.script(script).and_then(|()| inspect(memory, tables));
        // A connection that cannot even do that is not used again.
        if memory.rollback().is_err() {
            *place = None;
        }
        found
    }

    fn set_write_timeout(&mut self, _timeout: Duration) -> QueryResult<()> {
        Ok(())
    }

    fn try_lock(&mut self, key: i64) -> QueryResult<Option<Lock>> {
        let query = sql_query(
            "SELECT path AS words FROM duckdb_databases() WHERE database_name = current_database()
                AND path IS NOT NULL",
        );
        Ok(match query.get_result::<Words>(self).optional()? {
            None => Some(Lock::None),
            Some(file) => FileLock::try_take(file.words, key).map(Lock::Process),
        })
    }

    fn lock_holder(&mut self, _key: i64) -> QueryResult<Option<String>> {
        Ok(Some(format!("another connection of process {}", process::id())))
    }

    /// It is free once it is dropped.
    fn unlock(&mut self, _lock: Lock) -> QueryResult<()> {
        Ok(())
    }

    /// Tables are built anew with those that refer to them.
    fn set_foreign_keys(&mut self, _on: bool) -> QueryResult<()> {
        Ok(())
    }

    /// DuckDB has none.
    fn take_triggers(&mut self, _tables: &[TableName]) -> QueryResult<Vec<String>> {
        Ok(Vec::new())
    }

    fn dangling_row(&mut self) -> QueryResult<Option<String>> {
        Ok(None)
    }
}

#[derive(QueryableByName)]
struct Words {
    #[diesel(sql_type = Text)]
    words: String,
}
