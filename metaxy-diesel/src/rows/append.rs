//! Inserting rows where a database has nothing faster.

use super::{Row, Value};
use crate::{
    backend::{driver::Driver, statement::Statement},
    dialect::Dialect,
    schema::{Column, TableName},
};
use diesel::QueryResult;

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

/// Inserts rows of these columns, as long as there are more, many by each statement, which the connection keeps prepared
/// where it has the same text for all values.
pub(crate) fn insert_all(
    mut execute: impl FnMut(Statement) -> QueryResult<usize>,
    dialect: &Dialect,
    table: &TableName,
    columns: &[Column],
    key: Option<&[&str]>,
    more: &mut dyn FnMut() -> Option<Vec<Row>>,
) -> QueryResult<()> {
    let at_once = (dialect.rows.max_values / columns.len().max(1)).clamp(1, ROWS);
    let mut before = Statement::new("INSERT INTO ");
    before.table(table).sql(" (");
    before.list(", ", columns, |out, it| _ = out.identifier(&it.name)).sql(") VALUES ");
    let mut after = Statement::default();
    if let Some(key) = key {
        let others = columns.iter().map(|it| it.name.as_str());
        let others: Vec<&str> = others.filter(|it| !key.contains(it)).collect();
        (dialect.rows.or_replace)(&mut after, key, &others);
    }
    while let Some(mut rows) = more() {
        while !rows.is_empty() {
            let rest = rows.split_off(rows.len().min(at_once));
            // Where NULLs stand in the text, nearly each is another: kept, they would fill the memory.
            let is_kept = rows.len() == at_once && !dialect.rows.cast_texts;
            let mut insert = before.clone();
            insert.list(", ", rows, |out, mut row| {
                out.sql("(");
                out.list(", ", columns, |out, column| {
                    let value = row.take(&column.name).unwrap_or(Value::Null);
                    dialect.bind_value(value, &column.sql_type, out);
                });
                out.sql(")");
            });
            insert.append(&after);
            execute(if is_kept { insert.kept() } else { insert })?;
            rows = rest;
        }
    }
    Ok(())
}
