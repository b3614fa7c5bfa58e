//! Inserting rows where a database has nothing faster.

use super::{Row, Value};
use crate::{
    backend::{driver::Driver, statement::Statement},
    dialect::Dialect,
    schema::{Column, TableName},
};
use diesel::QueryResult;
use std::{iter, mem};

/// How many rows are inserted by one statement, at most.
const ROWS: usize = 1_000;

/// Inserts rows of these columns. Where they have a `key`, each takes the place of the row that has the same.
pub(crate) fn insert(
    driver: &mut dyn Driver,
    dialect: &Dialect,
    table: &TableName,
    columns: &[Column],
    rows: Vec<Row>,
    key: Option<&[&str]>,
) -> QueryResult<()> {
    let mut rows = Some(rows);
    insert_all(|it| driver.execute(it), dialect, table, columns, key, &mut || rows.take())
}

/// Inserts rows of these columns, as long as there are more.
pub(crate) fn insert_all(
    mut execute: impl FnMut(Statement) -> QueryResult<usize>,
    dialect: &Dialect,
    table: &TableName,
    columns: &[Column],
    key: Option<&[&str]>,
    more: &mut dyn FnMut() -> Option<Vec<Row>>,
) -> QueryResult<()> {
    let inserts = Inserts::new(dialect, table, columns, key);
    while let Some(rows) = more() {
        for insert in inserts.of(rows) {
            execute(insert)?;
        }
    }
    Ok(())
}

/// Statements that insert rows of the same columns, many by each. The connection keeps one prepared where it has the same text
/// for all values.
pub(crate) struct Inserts<'a> {
    dialect: &'a Dialect,
    columns: &'a [Column],
    /// What stands before and after the rows.
    before: Statement,
    after: Statement,
    at_once: usize,
}

impl<'a> Inserts<'a> {
    pub(crate) fn new(
        dialect: &'a Dialect,
        table: &TableName,
        columns: &'a [Column],
        key: Option<&[&str]>,
    ) -> Self {
        let mut before = Statement::new("INSERT INTO ");
        before.table(table).sql(" (");
        before.list(", ", columns, |out, it| _ = out.identifier(&it.name)).sql(") VALUES ");
        let mut after = Statement::default();
        if let Some(key) = key {
            let others = columns.iter().map(|it| it.name.as_str());
            let others: Vec<&str> = others.filter(|it| !key.contains(it)).collect();
            (dialect.rows.or_replace)(&mut after, key, &others);
        }
        let at_once = (dialect.rows.max_values / columns.len().max(1)).clamp(1, ROWS);
        Self { dialect, columns, before, after, at_once }
    }

    /// Those of these rows.
    pub(crate) fn of(&self, mut rows: Vec<Row>) -> impl Iterator<Item = Statement> {
        iter::from_fn(move || {
            let rest = rows.split_off(rows.len().min(self.at_once));
            let some = mem::replace(&mut rows, rest);
            (!some.is_empty()).then(|| self.insert(some))
        })
    }

    fn insert(&self, rows: Vec<Row>) -> Statement {
        // Where NULLs stand in the text, nearly each is another: kept, they would fill the memory.
        let is_kept = rows.len() == self.at_once && !self.dialect.rows.cast_texts;
        let mut insert = self.before.clone();
        insert.list(", ", rows, |out, mut row| {
            out.sql("(");
            out.list(", ", self.columns, |out, column| {
                let value = row.take(&column.name).unwrap_or(Value::Null);
                self.dialect.bind_value(value, &column.sql_type, out);
            });
            out.sql(")");
        });
        insert.append(&self.after);
        if is_kept { insert.kept() } else { insert }
    }
}
