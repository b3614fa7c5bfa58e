use super::{
    DIALECT,
    copy::copy,
    inspect::{inspect, relation, tables},
    rows,
};
use crate::{
    backend::{
        driver::{Driver, Lock, RowStream, through_diesel},
        statement::Statement,
    },
    dialect::Dialect,
    rows::Row,
    schema::{Column, Schema, TableName},
};
use diesel::{
    OptionalExtension, PgConnection, QueryResult, QueryableByName, RunQueryDsl,
    connection::{AnsiTransactionManager, SimpleConnection, TransactionManager},
    dsl::sql_query,
    pg::PgRowByRowLoadingMode,
    result::Error::QueryBuilderError,
    sql_types::{BigInt, Bool, Text},
};
use std::{collections::BTreeSet, time::Duration};

impl Driver for PgConnection {
    through_diesel!();

    fn prepare_rows(&mut self) -> QueryResult<()> {
        Ok(())
    }

    fn stream(&mut self, query: Statement) -> QueryResult<RowStream<'_>> {
        Ok(Box::new(query.load_iter::<Row, PgRowByRowLoadingMode>(self)?.fuse()))
    }

    fn append(
        &mut self,
        _: &Dialect,
        table: &TableName,
        columns: &[Column],
        more: &mut dyn FnMut() -> Option<Vec<Row>>,
    ) -> QueryResult<()> {
        copy(self, table, columns, more)
    }

    fn expect_whole_tables(&mut self, on: bool) -> QueryResult<()> {
        self.batch_execute(rows::expect_whole_tables(on))
    }

    fn keep(&mut self, name: &TableName, query: &Statement) -> QueryResult<()> {
        RunQueryDsl::execute(rows::keep(name, query), self).map(|_| ())
    }

    fn kept(&mut self, name: &TableName, _after: u64, count: usize) -> QueryResult<Vec<Row>> {
        self.rows(rows::fetch(name, count))
    }

    fn forget(&mut self, name: &TableName) -> QueryResult<()> {
        RunQueryDsl::execute(rows::close(name), self).map(|_| ())
    }

    fn begin(&mut self) -> QueryResult<()> {
        AnsiTransactionManager::begin_transaction_sql(self, "BEGIN")
    }

    fn has_table(&mut self, table: &TableName) -> QueryResult<bool> {
        relation(self, table)
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
        namespaces: &BTreeSet<String>,
    ) -> QueryResult<Schema> {
        // A subtransaction, where the caller has a transaction. What is created goes with it.
        AnsiTransactionManager::begin_transaction(self)?;
        let found = self
            .batch_execute(
                "CREATE SCHEMA metaxy_scratch;
                SELECT set_config('search_path', 'metaxy_scratch, ' || current_setting('search_path'), true);",
            )
            .and_then(|()| step_aside(self, namespaces))
            .and_then(|()| self.script(script))
            .and_then(|()| inspect(self, tables));
        AnsiTransactionManager::rollback_transaction(self)?;
        found
    }

    fn make_namespace(&mut self) -> QueryResult<()> {
        self.batch_execute(super::namespace::MAKE_DEFAULT)
    }

    fn set_write_timeout(&mut self, _timeout: Duration) -> QueryResult<()> {
        Ok(())
    }

    fn try_lock(&mut self, key: i64) -> QueryResult<Option<Lock>> {
        let query = sql_query("SELECT pg_try_advisory_lock($1) AS done");
        let done = query.bind::<BigInt, _>(key).get_result::<Done>(self)?.done;
        Ok(done.then_some(Lock::Session(key)))
    }

    fn lock_holder(&mut self, key: i64) -> QueryResult<Option<String>> {
        // A lock of 64 bits is shown as two halves: https://www.postgresql.org/docs/current/view-pg-locks.html
        let query = sql_query(
            "SELECT format('user %s, process %s%s, connected since %s', a.usename, a.pid,
                    coalesce(' on ' || a.client_addr, ''), date_trunc('second', a.backend_start)) AS words
             FROM pg_locks l JOIN pg_stat_activity a USING (pid)
             WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
                AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
                AND ((l.classid::bigint << 32) | l.objid::bigint) = $1
             LIMIT 1",
        );
        let holder = query.bind::<BigInt, _>(key).get_result::<Words>(self).optional()?;
        Ok(holder.map(|it| it.words))
    }

    fn unlock(&mut self, lock: Lock) -> QueryResult<()> {
        let Lock::Session(key) = lock else { return Ok(()) };
        let query = sql_query("SELECT pg_advisory_unlock($1) AS done");
        query.bind::<BigInt, _>(key).get_result::<Done>(self).map(|_| ())
    }

    fn set_foreign_keys(&mut self, _on: bool) -> QueryResult<()> {
        Ok(())
    }

    fn take_triggers(&mut self, _tables: &[TableName]) -> QueryResult<Vec<String>> {
        Ok(Vec::new())
    }

    fn has_index(&mut self, name: &str) -> QueryResult<Option<bool>> {
        let query = sql_query(
            "SELECT EXISTS (SELECT FROM pg_class WHERE relname IN ($1, lower($1)) AND relkind IN ('i', 'I')
                AND pg_table_is_visible(oid)) AS done",
        );
        query.bind::<Text, _>(name).get_result::<Done>(self).map(|it| Some(it.done))
    }

    /// `CREATE INDEX CONCURRENTLY` leaves one behind where it fails:
    /// <https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY>.
    fn unfinished_index(&mut self) -> QueryResult<Option<String>> {
        let query = sql_query(
            "SELECT indexrelid::regclass::text AS words FROM pg_index WHERE NOT indisvalid ORDER BY 1 LIMIT 1",
        );
        Ok(query.get_result::<Words>(self).optional()?.map(|it| it.words))
    }

    fn dangling_row(&mut self) -> QueryResult<Option<String>> {
        Ok(None)
    }
}

/// Gives namespaces that are there another name, and makes empty ones in their place.
fn step_aside(connection: &mut PgConnection, namespaces: &BTreeSet<String>) -> QueryResult<()> {
    for (at, name) in namespaces.iter().enumerate() {
        let quoted = DIALECT.quote_identifier(name).map_err(|it| QueryBuilderError(it.into()))?;
        if is_namespace(connection, name)? {
            connection
                .batch_execute(&format!("ALTER SCHEMA {quoted} RENAME TO metaxy_aside_{at}"))?;
        }
    }
    Ok(())
}

fn is_namespace(connection: &mut PgConnection, name: &str) -> QueryResult<bool> {
    let query = sql_query("SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1) AS done");
    query.bind::<Text, _>(name).get_result::<Done>(connection).map(|it| it.done)
}

#[derive(QueryableByName)]
struct Done {
    #[diesel(sql_type = Bool)]
    done: bool,
}

#[derive(QueryableByName)]
struct Words {
    #[diesel(sql_type = Text)]
    words: String,
}
