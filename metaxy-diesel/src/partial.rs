//! [`complete`]: fills in what a source cannot say.

use crate::{
    dialect::Dialect,
    schema::{Column, Schema, SqlType, Table},
    tokens::mentions,
};
use std::collections::{BTreeMap, BTreeSet};

/// Gives a schema that only knows what a `schema.rs` says the rest of what another one has: for the tables and columns that
/// both have, exact types, defaults, what columns are computed from, how they are numbered and compared, comments, the names of keys, constraints and indexes.
pub(crate) fn complete(partial: &mut Schema, whole: &Schema, dialect: &Dialect) {
    for (name, table) in &mut partial.tables {
        if let Some(whole) = whole.tables.get(name) {
            complete_table(table, whole, dialect);
        }
    }
    partial.enums.clone_from(&whole.enums);
}

fn complete_table(table: &mut Table, whole: &Table, dialect: &Dialect) {
    let others: BTreeMap<&str, &Column> =
        whole.columns.iter().map(|it| (it.name.as_str(), it)).collect();
    for column in &mut table.columns {
        if let Some(other) = others.get(column.name.as_str()) {
            complete_column(column, other, dialect);
        }
    }
    // Diesel keeps the columns of a key, in an order of its own.
    let sorted = |columns: &[String]| columns.iter().cloned().collect::<BTreeSet<_>>();
    if let (Some(key), Some(other)) = (&mut table.primary_key, &whole.primary_key)
        && sorted(&key.columns) == sorted(&other.columns)
    {
        key.clone_from(other);
    }
    let here: BTreeSet<&str> = table.columns.iter().map(|it| it.name.as_str()).collect();
    let has = |columns: &[String]| columns.iter().all(|it| here.contains(it.as_str()));
    table.uniques = whole.uniques.iter().filter(|it| has(&it.columns)).cloned().collect();
    table.foreign_keys = whole.foreign_keys.iter().filter(|it| has(&it.columns)).cloned().collect();
    let missing: BTreeSet<&str> = others.keys().copied().filter(|it| !here.contains(it)).collect();
    let mentions_missing = |expression: &str| mentions(expression, &missing);
    let indexes = whole.indexes.iter().filter(|it| {
        it.columns().all(|it| here.contains(it)) && !it.expressions().any(&mentions_missing)
    });
    table.indexes = indexes.cloned().collect();
    let checks = whole.checks.iter().filter(|it| !mentions_missing(&it.expression));
    table.checks = checks.cloned().collect();
    table.distributed_by.clone_from(&whole.distributed_by);
    table.comment.clone_from(&whole.comment);
}

fn complete_column(column: &mut Column, other: &Column, dialect: &Dialect) {
    let shown = |column: &Column| (dialect.diesel_type)(&column.sql_type).ok();
    // The values of a column's own type are not said.
    let has_values = matches!(&column.sql_type, SqlType::Other(name) if name == "enum")
        && matches!(other.sql_type, SqlType::Values(_));
    if has_values || shown(column).is_some() && shown(column) == shown(other) {
        column.sql_type = other.sql_type.clone();
    }
    column.default.clone_from(&other.default);
    column.generated.clone_from(&other.generated);
    column.identity = other.identity;
    column.collation.clone_from(&other.collation);
    column.comment.clone_from(&other.comment);
}
