//! [`Driver`]: what each database does its own way, behind [`Connection`](super::Connection).

use super::statement::Statement;
use crate::{
    dialect::Dialect,
    history::AppliedRow,
    rows::{Row, append},
    schema::{Column, Schema, TableName},
};
use diesel::{QueryResult, QueryableByName, sql_types::BigInt};
use std::{collections::BTreeSet, time::Duration};

/// An open database.
pub(crate) trait Driver {
    /// Runs the statements of a script.
    fn script(&mut self, sql: &str) -> QueryResult<()>;

    /// Runs one statement of a script, as it is.
    fn batch(&mut self, sql: &str) -> QueryResult<()>;

    /// Runs one statement.
    fn execute(&mut self, statement: Statement) -> QueryResult<usize>;

    /// The column `count` of the one row of a query.
    fn count(&mut self, query: Statement) -> QueryResult<u64>;

    /// The columns `place` and `count` of the rows of a query.
    fn counts(&mut self, query: Statement) -> QueryResult<Vec<(usize, u64)>>;

    /// The rows of a version table.
    fn applied(&mut self, query: Statement) -> QueryResult<Vec<AppliedRow>>;

    /// The rows of a query, whatever its columns are.
    fn rows(&mut self, query: Statement) -> QueryResult<Vec<Row>>;

    /// The rows of a query as the database finds them, in memory one at a time where it can.
    fn stream(&mut self, query: Statement) -> QueryResult<RowStream<'_>> {
        Ok(Box::new(self.rows(query)?.into_iter().map(Ok)))
    }

    /// Appends rows of these columns to a table, as long as there are more, the fastest way that there is.
    fn append(
        &mut self,
        dialect: &Dialect,
        table: &TableName,
        columns: &[Column],
        more: &mut dyn FnMut() -> Option<Vec<Row>>,
    ) -> QueryResult<()> {
        append::insert_all(|it| self.execute(it), dialect, table, columns, None, more)
    }

    /// Has the database expect queries that join whole tables, or as it did before.
    fn expect_whole_tables(&mut self, _on: bool) -> QueryResult<()> {
        Ok(())
    }

    /// Keeps the rows of a query for the session, under a name that it has not used.
    fn keep(&mut self, name: &TableName, query: &Statement) -> QueryResult<()> {
        let mut keep = Statement::new("CREATE TEMPORARY TABLE ");
        keep.table(name).sql(" AS SELECT row_number() OVER () AS ").identifier(KEPT_ROW);
        keep.sql(", kept.* FROM (").append(query).sql(") AS kept");
        self.execute(keep).map(|_| ())
    }

    /// The next rows of those kept, at most so many; `after` are behind.
    fn kept(&mut self, name: &TableName, after: u64, count: usize) -> QueryResult<Vec<Row>> {
        self.rows(kept(name, after, count)).map(without_numbers)
    }

    /// Gives up rows that were kept.
    fn forget(&mut self, name: &TableName) -> QueryResult<()> {
        let mut drop = Statement::new("DROP TABLE ");
        drop.table(name);
        self.execute(drop).map(|_| ())
    }

    /// Makes the session one that resolves rows: hash functions that the database lacks, limits that it has.
    fn prepare_rows(&mut self) -> QueryResult<()>;

    /// Makes the session what migrations rely on; the statements that make it as it was.
    fn prepare_migrations(&mut self) -> QueryResult<String> {
        Ok(String::new())
    }

    /// Begins a transaction that may write, and waits for its turn where the database has one writer at a time.
    fn begin(&mut self) -> QueryResult<()>;

    /// Ends the transaction and keeps what it did.
    fn commit(&mut self) -> QueryResult<()>;

    /// Ends the transaction and undoes what it did.
    fn rollback(&mut self) -> QueryResult<()>;

    /// Whether there is such a table.
    fn has_table(&mut self, table: &TableName) -> QueryResult<bool>;

    /// The names of all tables, but for those that the database or its extensions keep: of all namespaces, those of the
    /// default one without it.
    fn tables(&mut self) -> QueryResult<BTreeSet<TableName>>;

    /// The tables of these names that are there.
    fn inspect(&mut self, tables: &BTreeSet<TableName>) -> QueryResult<Schema>;

    /// The names of a table's columns in lower case; none: there is no such table.
    fn columns(&mut self, table: &TableName) -> QueryResult<BTreeSet<String>> {
        let found = self.inspect(&BTreeSet::from([table.clone()]))?;
        let columns = found.tables.into_values().flat_map(|it| it.columns);
        Ok(columns.map(|it| it.name.to_ascii_lowercase()).collect())
    }

    /// All [`tables`](Self::tables) that `keep` takes.
    fn inspect_all(&mut self, keep: &dyn Fn(&TableName) -> bool) -> QueryResult<Schema> {
        let mut tables = self.tables()?;
        tables.retain(keep);
        self.inspect(&tables)
    }

    /// What the database makes of tables that this script creates, in a place that goes with the call. They are in these
    /// namespaces besides the default one.
    fn scratch(
        &mut self,
        script: &str,
        tables: &BTreeSet<TableName>,
        namespaces: &BTreeSet<String>,
    ) -> QueryResult<Schema>;

    /// Makes the namespace that the connection is to, where that is one that is not there.
    fn make_namespace(&mut self) -> QueryResult<()> {
        Ok(())
    }

    /// How long [`begin`](Self::begin) waits where the database has one writer at a time.
    fn set_write_timeout(&mut self, timeout: Duration) -> QueryResult<()>;

    /// Takes a lock that lasts until it is released or the process ends. `None`: another connection has it.
    fn try_lock(&mut self, key: i64) -> QueryResult<Option<Lock>>;

    /// Who has the lock, in words; `None` where nobody knows.
    fn lock_holder(&mut self, key: i64) -> QueryResult<Option<String>>;

    /// Releases the lock.
    fn unlock(&mut self, lock: Lock) -> QueryResult<()>;

    /// Turns the checks and actions of foreign keys on or off, outside of any transaction, where the database builds tables
    /// anew.
    fn set_foreign_keys(&mut self, on: bool) -> QueryResult<()>;

    /// Drops the triggers of these tables and returns their definitions, where the database builds tables anew.
    fn take_triggers(&mut self, tables: &[TableName]) -> QueryResult<Vec<String>>;

    /// The number of the error that the last statement ended with, where the database tells: Diesel passes on none.
    fn error_number(&mut self) -> QueryResult<Option<i64>> {
        Ok(None)
    }

    /// Whether there is an index of this name, where a statement may make one without a transaction.
    fn has_index(&mut self, _name: &str) -> QueryResult<Option<bool>> {
        Ok(None)
    }

    /// An index that was begun and not finished, where the database leaves such behind.
    fn unfinished_index(&mut self) -> QueryResult<Option<String>> {
        Ok(None)
    }

    /// The first row that refers to one that is not there, in words, where the database builds tables anew.
    fn dangling_row(&mut self) -> QueryResult<Option<String>>;
}

/// Rows as the database finds them.
pub(crate) type RowStream<'c> = Box<dyn Iterator<Item = QueryResult<Row>> + 'c>;

/// The next rows of a table of kept ones.
pub(crate) fn kept(name: &TableName, after: u64, count: usize) -> Statement {
    let mut rows = Statement::new("SELECT * FROM ");
    rows.table(name).sql(" WHERE ").identifier(KEPT_ROW).sql(" > ").sql(&after.to_string());
    rows.sql(" AND ").identifier(KEPT_ROW).sql(" <= ").sql(&(after + count as u64).to_string());
    rows.sql(" ORDER BY ").identifier(KEPT_ROW);
    rows
}

/// Rows that were kept, as they were.
pub(crate) fn without_numbers(mut rows: Vec<Row>) -> Vec<Row> {
    rows.iter_mut().for_each(|row| _ = row.remove(KEPT_ROW));
    rows
}

/// The column that numbers rows that are kept, from 1.
pub(crate) const KEPT_ROW: &str = "metaxy__row";

/// A lock that is held.
#[derive(Debug)]
#[allow(dead_code, reason = "the databases that are there decide which of them are made")]
pub(crate) enum Lock {
    /// By the connection, under a key.
    Session(i64),
    /// By an open file.
    #[cfg(feature = "sqlite")]
    File(super::sqlite::LockFile),
    /// By this process, for a file that it alone has open.
    #[cfg(feature = "duckdb")]
    Process(super::duckdb::FileLock),
    /// By nobody else ever: the database is in the memory of this process.
    None,
}

/// The methods of [`Driver`] that are Diesel's own, and the same on each of its connections.
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql", feature = "duckdb"))]
macro_rules! through_diesel {
    () => {
        fn script(&mut self, sql: &str) -> diesel::QueryResult<()> {
            $crate::backend::script::run(&DIALECT, sql, |it| self.batch(it))
        }

        fn batch(&mut self, sql: &str) -> diesel::QueryResult<()> {
            diesel::connection::SimpleConnection::batch_execute(self, sql)
        }

        fn execute(
            &mut self,
            statement: $crate::backend::statement::Statement,
        ) -> diesel::QueryResult<usize> {
            diesel::RunQueryDsl::execute(statement, self)
        }

        fn count(
            &mut self,
            query: $crate::backend::statement::Statement,
        ) -> diesel::QueryResult<u64> {
            use $crate::backend::driver::Count;

            diesel::RunQueryDsl::get_result::<Count>(query, self).map(Count::get)
        }

        fn counts(
            &mut self,
            query: $crate::backend::statement::Statement,
        ) -> diesel::QueryResult<Vec<(usize, u64)>> {
            use $crate::backend::driver::PlaceCount;

            let rows = diesel::RunQueryDsl::load::<PlaceCount>(query, self)?;
            Ok(rows.into_iter().map(PlaceCount::get).collect())
        }

        fn applied(
            &mut self,
            query: $crate::backend::statement::Statement,
        ) -> diesel::QueryResult<Vec<$crate::history::AppliedRow>> {
            diesel::RunQueryDsl::load(query, self)
        }

        fn rows(
            &mut self,
            query: $crate::backend::statement::Statement,
        ) -> diesel::QueryResult<Vec<$crate::rows::Row>> {
            diesel::RunQueryDsl::load(query, self)
        }

        fn commit(&mut self) -> diesel::QueryResult<()> {
            use diesel::connection::{Connection, TransactionManager};

            <Self as Connection>::TransactionManager::commit_transaction(self)
        }

        fn rollback(&mut self) -> diesel::QueryResult<()> {
            use diesel::connection::{Connection, TransactionManager};

            <Self as Connection>::TransactionManager::rollback_transaction(self)
        }
    };
}
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql", feature = "duckdb"))]
pub(super) use through_diesel;

/// The row of a query that counts.
#[derive(QueryableByName)]
pub(super) struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[cfg_attr(
    not(any(feature = "sqlite", feature = "postgres", feature = "mysql", feature = "duckdb")),
    expect(dead_code, reason = "only databases count")
)]
impl Count {
    pub(super) fn get(self) -> u64 {
        self.count.unsigned_abs()
    }
}

/// A row of a query that counts at several places.
#[derive(QueryableByName)]
pub(super) struct PlaceCount {
    #[diesel(sql_type = BigInt)]
    place: i64,
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[cfg_attr(
    not(any(feature = "sqlite", feature = "postgres", feature = "mysql", feature = "duckdb")),
    expect(dead_code, reason = "only databases count")
)]
impl PlaceCount {
    pub(super) fn get(self) -> (usize, u64) {
        (usize::try_from(self.place).unwrap_or_default(), self.count.unsigned_abs())
    }
}
