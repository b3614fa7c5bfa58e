//! Many rows at once, past `INSERT … VALUES`.

use diesel::QueryResult;
use diesel::connection::{Connection, StrQueryHelper};
use diesel::insertable::{InsertValues, Insertable};
use diesel::query_builder::{QueryFragment, QueryId, ValuesClause};
use diesel::query_source::{QuerySource, Table};
use diesel::result::Error;
use duckdb::arrow::array::RecordBatch;

use super::DuckDbConnection;
use super::statement::sql;
use crate::bind::{Appended, DuckDbBindCollector};
use crate::error::query_error;
use crate::{DuckDb, DuckDbBindValue};

impl DuckDbConnection {
    /// Appends rows to a table, many times faster than `insert_into`, and gives their number.
    ///
    /// Columns that the rows do not have get their defaults. It is one transaction, or part of the one that is open.
    /// Constraints hold as ever; there is no `ON CONFLICT`, and no `RETURNING`.
    ///
    /// ```
    /// # use diesel::prelude::*;
    /// # use diesel_duckdb::DuckDbConnection;
    /// # diesel::table! { users { id -> Integer, name -> Nullable<Text>, } }
    /// #[derive(Insertable)]
    /// #[diesel(table_name = users, treat_none_as_default_value = false)]
    /// struct User<'a> {
    ///     id: i32,
    ///     name: Option<&'a str>,
    /// }
    ///
    /// # let mut connection = DuckDbConnection::establish(":memory:")?;
    /// # diesel::sql_query("CREATE TABLE users (id INTEGER, name VARCHAR)").execute(&mut connection)?;
    /// let rows = (0..10_000).map(|id| User { id, name: None });
    /// assert_eq!(connection.append(users::table, rows)?, 10_000);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Where a row has anything but values, all for the same columns. `#[derive(Insertable)]` makes `None` the keyword
    /// `DEFAULT`, unless the struct says `treat_none_as_default_value = false`. Where a row breaks a constraint, none
    /// of the rows is there.
    pub fn append<Tab, Row, Values>(
        &mut self,
        table: Tab,
        rows: impl IntoIterator<Item = Row>,
    ) -> QueryResult<usize>
    where
        Tab: Table + QuerySource<FromClause: QueryFragment<DuckDb>>,
        Row: Insertable<Tab, Values = ValuesClause<Values, Tab>>,
        Values: InsertValues<DuckDb, Tab> + QueryId,
    {
        let table = sql(&table.from_clause())?;
        let label = format!("-- append to {table}");
        self.whole(|connection| {
            connection.run(&StrQueryHelper::new(&label), |parts| {
                let mut rows = rows.into_iter().map(Insertable::values);
                let Some(first) = rows.next() else { return Ok(0) };
                let shape = sql(&first)?;
                let columns = columns(&shape)?;
                // Where the type tells the SQL, all rows are of one shape.
                let may_differ = Values::query_id().is_none();
                let mut appender = appender(parts.raw, &identifiers(&table), &columns)?;
                let mut count = 0;
                for row in std::iter::once(first).chain(rows) {
                    if may_differ && count > 0 && sql(&row)? != shape {
                        return Err(unfit(format!(
                            "row {count} is not of the shape of the first, {shape}"
                        )));
                    }
                    let mut collector =
                        DuckDbBindCollector { binds: Vec::with_capacity(columns.len()) };
                    // Of the clause around them, each row would ask for the names of the columns.
                    row.values.collect_binds(&mut collector, &mut (), &DuckDb)?;
                    append_row(&mut appender, &collector.binds)?;
                    count += 1;
                }
                appender.flush().map_err(query_error)?;
                Ok(count)
            })
        })
    }

    /// Appends rows to a table that is known at run time only, and gives their number: see [`append`](Self::append).
    ///
    /// The table is named by itself, with its schema before it, or with its database before that. A row has a value for
    /// each of the columns, in their order.
    ///
    /// ```
    /// # use diesel::prelude::*;
    /// # use diesel_duckdb::{DuckDbBindValue, DuckDbConnection};
    /// # let mut connection = DuckDbConnection::establish(":memory:")?;
    /// # diesel::sql_query("CREATE TABLE users (id INTEGER, name VARCHAR, size DOUBLE)").execute(&mut connection)?;
    /// let rows = (0..10_000).map(|id: i32| Ok([DuckDbBindValue::from(id), None::<&str>.into()]));
    /// assert_eq!(connection.append_values(&["users"], &["id", "name"], rows)?, 10_000);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Where a row is an error, does not fit the columns, or breaks a constraint: then none of the rows is there.
    pub fn append_values<'a, Row>(
        &mut self,
        table: &[&str],
        columns: &[&str],
        rows: impl IntoIterator<Item = QueryResult<Row>>,
    ) -> QueryResult<usize>
    where
        Row: AsRef<[DuckDbBindValue<'a>]>,
    {
        let label = format!("-- append to {}", table.join("."));
        self.whole(|connection| {
            connection.run(&StrQueryHelper::new(&label), |parts| {
                let mut appender = appender(parts.raw, table, columns)?;
                let mut count = 0;
                for row in rows {
                    append_row(&mut appender, row?.as_ref())?;
                    count += 1;
                }
                appender.flush().map_err(query_error)?;
                Ok(count)
            })
        })
    }

    /// Appends Arrow record batches to a table, and gives the number of their rows.
    ///
    /// Their columns are matched by name; those that they do not have get their defaults.
    ///
    /// # Errors
    ///
    /// Where the batches do not fit the table, or a row breaks a constraint: then none of the rows is there.
    #[cfg(feature = "arrow")]
    pub fn append_arrow<Tab>(
        &mut self,
        table: Tab,
        batches: impl IntoIterator<Item = RecordBatch>,
    ) -> QueryResult<usize>
    where
        Tab: Table + QuerySource<FromClause: QueryFragment<DuckDb>>,
    {
        let table = sql(&table.from_clause())?;
        let label = format!("-- append record batches to {table}");
        self.whole(|connection| {
            connection.run(&StrQueryHelper::new(&label), |parts| {
                let mut batches = batches.into_iter().peekable();
                let Some(schema) = batches.peek().map(RecordBatch::schema) else { return Ok(0) };
                let columns: Vec<_> =
                    schema.fields().iter().map(|field| field.name().clone()).collect();
                let mut appender = appender(parts.raw, &identifiers(&table), &columns)?;
                let mut count = 0;
                for batch in batches {
                    if batch.schema().fields() != schema.fields() {
                        return Err(unfit("the record batches are not of one schema".to_owned()));
                    }
                    count += batch.num_rows();
                    appender.append_record_batch(batch).map_err(query_error)?;
                }
                appender.flush().map_err(query_error)?;
                Ok(count)
            })
        })
    }

    /// Loads the result of a query as Arrow record batches, as DuckDB has them: nothing is converted by row. There is at
    /// least one, which has no rows where the result has none, and its schema.
    ///
    /// ```
    /// # use diesel::prelude::*;
    /// # use diesel_duckdb::DuckDbConnection;
    /// # let mut connection = DuckDbConnection::establish(":memory:")?;
    /// let query = diesel::sql_query("SELECT range AS n FROM range(5000)");
    /// let batches = connection.load_arrow(&query)?;
    /// assert_eq!(batches.iter().map(|batch| batch.num_rows()).sum::<usize>(), 5000);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Where the query fails.
    pub fn load_arrow<T>(&mut self, query: &T) -> QueryResult<Vec<RecordBatch>>
    where
        T: QueryFragment<DuckDb> + QueryId,
    {
        self.run(&diesel::debug_query(query), |parts| {
            let (statement, _) = parts.execute(query)?;
            let mut batches = Vec::new();
            while let Some(batch) = statement.step().map_err(query_error)? {
                batches.push(RecordBatch::from(batch));
            }
            if batches.is_empty() {
                batches.push(RecordBatch::new_empty(statement.schema()));
            }
            Ok(batches)
        })
    }

    /// The appender writes in pieces, some of which may be there after an error: no transaction commits them.
    fn whole<R>(&mut self, task: impl FnOnce(&mut Self) -> QueryResult<R>) -> QueryResult<R> {
        if !self.transaction.is_open() {
            return self.transaction(task);
        }
        let result = task(self);
        if result.is_err() {
            self.transaction.abort("rows could not be appended");
        }
        result
    }
}

fn appender<'a>(
    raw: &'a duckdb::Connection,
    table: &[impl AsRef<str>],
    columns: &[impl AsRef<str>],
) -> QueryResult<duckdb::Appender<'a>> {
    let table: Vec<&str> = table.iter().map(AsRef::as_ref).collect();
    let columns: Vec<&str> = columns.iter().map(AsRef::as_ref).collect();
    match *table {
        [table] => raw.appender_with_columns(table, &columns),
        [schema, table] => raw.appender_with_columns_to_db(table, schema, &columns),
        [catalog, schema, table] => {
            raw.appender_with_columns_to_catalog_and_db(table, catalog, schema, &columns)
        }
        _ => return Err(unfit(format!("{} is not the name of a table", table.join(".")))),
    }
    .map_err(query_error)
}

fn append_row(
    appender: &mut duckdb::Appender<'_>,
    values: &[DuckDbBindValue<'_>],
) -> QueryResult<()> {
    let values = values.iter().map(Appended);
    appender.append_row(duckdb::appender_params_from_iter(values)).map_err(query_error)
}

/// The columns of `("a", "b") VALUES ($1, $2)`, where there are only values.
fn columns(shape: &str) -> QueryResult<Vec<String>> {
    let columns =
        shape.split_once(") VALUES (").map(|(columns, _)| identifiers(columns)).unwrap_or_default();
    let names: Vec<_> =
        columns.iter().map(|name| format!("\"{}\"", name.replace('"', "\"\""))).collect();
    let values: Vec<_> = (1..=columns.len()).map(|index| format!("${index}")).collect();
    if shape == format!("({}) VALUES ({})", names.join(", "), values.join(", ")) {
        Ok(columns)
    } else {
        Err(unfit(format!(
            "{shape} is more than values; where `DEFAULT` is for a None of a struct, the struct says \
             `#[diesel(treat_none_as_default_value = false)]`"
        )))
    }
}

/// The identifiers of a text that our query builder quoted.
fn identifiers(sql: &str) -> Vec<String> {
    sql.replace("\"\"", "\0")
        .split('"')
        .skip(1)
        .step_by(2)
        .map(|name| name.replace('\0', "\""))
        .collect()
}

fn unfit(reason: String) -> Error {
    Error::QueryBuilderError(format!("rows cannot be appended: {reason}").into())
}
