use super::{
    DIALECT,
    dialect::SQL_MODE,
    inspect::{has_table, inspect, inspect_all, tables},
    rows,
};
use crate::{
    backend::{
        driver::{Driver, Lock, RowStream, through_diesel},
        statement::Statement,
    },
    rows::Row,
    schema::{Schema, TableName},
};
use diesel::{
    MysqlConnection, QueryResult, QueryableByName, RunQueryDsl,
    connection::{AnsiTransactionManager, SimpleConnection},
    dsl::sql_query,
    result::Error as DatabaseError,
    sql_types::{BigInt, Nullable, Text},
};
use std::{collections::BTreeSet, time::Duration};

/// The name of a lock, of 64 characters at most. Locks are the server's, not a database's. MySQL 9 has no MD5.
const LOCK: &str = "concat('metaxy ', left(sha2(database(), 256), 32), ' ', hex(?))";

impl Driver for MysqlConnection {
    through_diesel!();

    fn prepare_rows(&mut self) -> QueryResult<()> {
        self.batch_execute(super::rows::SESSION)
    }

    /// The client keeps all rows of a result (<https://github.com/diesel-rs/diesel/blob/v2.3.0/diesel/src/mysql/connection/stmt/mod.rs>):
    /// so the server keeps them, and gives some at a time.
    fn stream(&mut self, query: Statement) -> QueryResult<RowStream<'_>> {
        Ok(Box::new(Pages::new(self, &query)?.flatten()))
    }

    fn keep(&mut self, name: &TableName, query: &Statement) -> QueryResult<()> {
        RunQueryDsl::execute(rows::keep(name, query), self).map(|_| ())
    }

    fn forget(&mut self, name: &TableName) -> QueryResult<()> {
        RunQueryDsl::execute(rows::forget(name), self).map(|_| ())
    }

    fn prepare_migrations(&mut self) -> QueryResult<String> {
        let query = sql_query("SELECT @@SESSION.sql_mode AS words");
        let Words { words } = query.get_result(self)?;
        self.batch_execute(SQL_MODE)?;
        Ok(format!("SET SESSION sql_mode = {};", DIALECT.quote_text(&words)))
    }

    fn begin(&mut self) -> QueryResult<()> {
        AnsiTransactionManager::begin_transaction_sql(self, "BEGIN")
    }

    fn has_table(&mut self, table: &TableName) -> QueryResult<bool> {
        has_table(self, table)
    }

    fn tables(&mut self) -> QueryResult<BTreeSet<TableName>> {
        tables(self)
    }

    fn inspect(&mut self, tables: &BTreeSet<TableName>) -> QueryResult<Schema> {
        inspect(self, tables)
    }

    /// Without the names: the server compares each with all rows of all views.
    fn inspect_all(&mut self, keep: &dyn Fn(&TableName) -> bool) -> QueryResult<Schema> {
        inspect_all(self, keep)
    }

    /// In a database of its own, which takes the right to create one: tables are created in no transaction.
    fn scratch(
        &mut self,
        sql: &str,
        tables: &BTreeSet<TableName>,
        _namespaces: &BTreeSet<String>,
    ) -> QueryResult<Schema> {
        let place: Place =
            sql_query("SELECT database() AS home, connection_id() AS id").get_result(self)?;
        let home = DIALECT
            .quote_identifier(&place.home)
            .map_err(|error| DatabaseError::QueryBuilderError(error.into()))?;
        let scratch = format!("metaxy_scratch_{}", place.id);
        // What tables refer to need not be there.
        self.batch_execute(&format!(
            "CREATE DATABASE {scratch}; USE {scratch};
            SET SESSION foreign_key_checks = 0;"
        ))?;
        let found = self.script(sql).and_then(|()| inspect(self, tables));
        self.batch_execute(&format!(
            "SET SESSION foreign_key_checks = 1; USE {home}; DROP DATABASE {scratch};"
        ))?;
        found
    }

    fn set_write_timeout(&mut self, _timeout: Duration) -> QueryResult<()> {
        Ok(())
    }

    fn try_lock(&mut self, key: i64) -> QueryResult<Option<Lock>> {
        let query = sql_query(format!("SELECT get_lock({LOCK}, 0) AS number"));
        let done = query.bind::<BigInt, _>(key).get_result::<Number>(self)?;
        Ok((done.number == Some(1)).then_some(Lock::Session(key)))
    }

    fn lock_holder(&mut self, key: i64) -> QueryResult<Option<String>> {
        // Who may not see the processes of others is told the connection's number only.
        let query = sql_query(format!(
            "SELECT concat('connection ', l.id, coalesce(concat(', user ', p.user, ' on ', p.host), '')) AS words
             FROM (SELECT is_used_lock({LOCK}) AS id) l LEFT JOIN information_schema.processlist p ON p.id = l.id"
        ));
        // NULL where the lock is free by now.
        query.bind::<BigInt, _>(key).get_result::<MaybeWords>(self).map(|it| it.words)
    }

    fn unlock(&mut self, lock: Lock) -> QueryResult<()> {
        let Lock::Session(key) = lock else { return Ok(()) };
        let query = sql_query(format!("SELECT release_lock({LOCK}) AS number"));
        query.bind::<BigInt, _>(key).get_result::<Number>(self).map(|_| ())
    }

    /// Messages are in the server's language, and numbers in none:
    /// <https://dev.mysql.com/doc/refman/8.0/en/get-diagnostics.html>.
    fn error_number(&mut self) -> QueryResult<Option<i64>> {
        self.batch_execute("GET DIAGNOSTICS CONDITION 1 @metaxy_error = MYSQL_ERRNO")?;
        let query = sql_query("SELECT CAST(@metaxy_error AS SIGNED) AS number");
        query.get_result::<Number>(self).map(|it| it.number)
    }

    fn set_foreign_keys(&mut self, _on: bool) -> QueryResult<()> {
        Ok(())
    }

    fn take_triggers(&mut self, _tables: &[TableName]) -> QueryResult<Vec<String>> {
        Ok(Vec::new())
    }

    fn dangling_row(&mut self) -> QueryResult<Option<String>> {
        Ok(None)
    }
}

/// The rows of a query, which the server keeps as long as this is there.
struct Pages<'c> {
    connection: &'c mut MysqlConnection,
    name: TableName,
    /// How many rows were given.
    after: u64,
    done: bool,
}

/// How many rows the client has at a time.
const PAGE: usize = 1_000;

impl<'c> Pages<'c> {
    fn new(connection: &'c mut MysqlConnection, query: &Statement) -> QueryResult<Self> {
        let name = TableName::new("metaxy_stream");
        connection.keep(&name, query)?;
        Ok(Self { connection, name, after: 0, done: false })
    }
}

impl Iterator for Pages<'_> {
    type Item = Vec<QueryResult<Row>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let rows = self.connection.kept(&self.name, self.after, PAGE);
        let count = rows.as_ref().map_or(0, Vec::len);
        self.after += count as u64;
        self.done = count < PAGE;
        Some(rows.map_or_else(|it| vec![Err(it)], |it| it.into_iter().map(Ok).collect()))
    }
}

impl Drop for Pages<'_> {
    fn drop(&mut self) {
        // At worst it goes with the session.
        _ = self.connection.forget(&self.name);
    }
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = Nullable<BigInt>)]
    number: Option<i64>,
}

#[derive(QueryableByName)]
struct Words {
    #[diesel(sql_type = Text)]
    words: String,
}

#[derive(QueryableByName)]
struct MaybeWords {
    #[diesel(sql_type = Nullable<Text>)]
    words: Option<String>,
}

#[derive(QueryableByName)]
struct Place {
    #[diesel(sql_type = Text)]
    home: String,
    #[diesel(sql_type = BigInt)]
    id: i64,
}
