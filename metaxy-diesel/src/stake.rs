//! [`Stake`]: what reverting a migration would lose.

use crate::{
    backend::{Connection, statement::Statement},
    conversion::loss_condition,
    ddl::default_value,
    migration::RevertDrop,
    schema::{DefaultValue, Schema, SqlType, TableName},
};
use diesel::QueryResult;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// A table with rows, or a column with values, that would be dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stake {
    /// `table` or `table.column`.
    pub object: String,
    /// The number of rows: those with a value other than the default, if it is a column.
    pub rows: u64,
    /// Whether it is a column.
    pub is_column: bool,
}

impl fmt::Display for Stake {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, unit) = match self.is_column {
            true => ("column", "value"),
            false => ("table", "row"),
        };
        let plural = if self.rows == 1 { "" } else { "s" };
        write!(out, "{kind} `{}` with {} {unit}{plural}", self.object, self.rows)
    }
}

/// What these drops would lose as the database is now: tables with rows, columns with values other than NULL and the
/// default. What is not there loses nothing.
pub(crate) fn stakes(
    connection: &mut Connection,
    drops: &[&RevertDrop],
) -> QueryResult<Vec<Stake>> {
    if drops.is_empty() {
        return Ok(Vec::new());
    }
    let tables: BTreeSet<TableName> = drops.iter().map(|it| it.table.clone()).collect();
    let schema = connection.driver().inspect(&tables)?;
    let whole: BTreeSet<&TableName> =
        drops.iter().filter(|it| it.column.is_none()).map(|it| &it.table).collect();
    let mut found = BTreeMap::new();
    for drop in drops {
        let rows = match &drop.column {
            None if schema.tables.contains_key(&drop.table) => {
                connection.count_rows(&drop.table)?
            }
            // Counted with its table.
            Some(_) if whole.contains(&drop.table) => 0,
            Some(column) => match column_type(&schema, &drop.table, column) {
                Some(sql_type) => count_values(connection, drop, column, sql_type)?,
                None => 0,
            },
            None => 0,
        };
        if rows > 0 {
            let stake = Stake { object: drop.object(), rows, is_column: drop.column.is_some() };
            found.insert(drop.object(), stake);
        }
    }
    Ok(found.into_values().collect())
}

fn column_type<'a>(schema: &'a Schema, table: &TableName, column: &str) -> Option<&'a SqlType> {
    let columns = &schema.tables.get(table)?.columns;
    columns.iter().find(|it| it.name == column).map(|it| &it.sql_type)
}

fn count_values(
    connection: &mut Connection,
    drop: &RevertDrop,
    column: &str,
    sql_type: &SqlType,
) -> QueryResult<u64> {
    let mut select = Statement::new("SELECT count(*) AS count FROM ");
    select.table(&drop.table).sql(" WHERE ");
    if let Some(becomes) = &drop.becomes {
        let (before, after) = loss_condition(sql_type, becomes, connection.backend().dialect());
        select.sql(before).identifier(column).sql(&after);
        return connection.driver().count(select);
    }
    select.identifier(column).sql(" IS NOT NULL");
    match (&drop.default, sql_type) {
        // What an expression gave to a row is not known any more, and PostgreSQL compares no `json`.
        (None | Some(DefaultValue::Expression(_)), _) | (_, SqlType::Json) => {}
        (Some(default), _) => {
            select
                .sql(" AND NOT ")
                .identifier(column)
                .sql(" = ")
                .sql(&default_value(connection.backend().dialect(), default));
        }
    }
    connection.driver().count(select)
}
