use super::{checks, column, generated, indexes, names, table};
use crate::dice::Dice;
use metaxy_diesel::{
    Dialect, Schema,
    schema::{Column, DefaultValue, SqlType, Table, TableName},
};
use std::collections::BTreeSet;

/// Names that have to be quoted, and some that need not.
const NAMES: [&str; 7] = ["id", "a", "select", "b's \"b\"", "Größe `g`", "Mixed", "c"];

/// A new column for a table; `None`: it has all.
pub fn new_column(table: &Table, dice: &mut Dice<'_>) -> Option<Column> {
    let taken = names(&table.columns);
    let free: Vec<_> = NAMES.iter().filter(|it| !taken.iter().any(|taken| taken == *it)).collect();
    // Few names, so that what was dropped comes back in another shape.
    let name = free.get(dice.below(free.len().min(2)))?;
    let mut column = Column::new(**name, dice.one(&types(dice.dialect))?);
    column.nullable = dice.once_in(2);
    column.default = dice.once_in(3).then(|| default_of(&column.sql_type, dice)).flatten();
    Some(column)
}

/// The types that a database has.
pub fn types(dialect: &Dialect) -> Vec<SqlType> {
    let numeric = |precision, scale| SqlType::Numeric { precision, scale };
    let types = [
        SqlType::Integer,
        SqlType::Text,
        SqlType::BigInt,
        SqlType::SmallInt,
        SqlType::Varchar(40),
        SqlType::Varchar(9),
        SqlType::Double,
        SqlType::Float,
        numeric(Some(10), Some(2)),
        numeric(Some(12), Some(3)),
        numeric(None, None),
        SqlType::Bool,
        SqlType::Date,
        SqlType::Time,
        SqlType::Timestamp,
        SqlType::Timestamptz,
        SqlType::UtcTimestamp,
        SqlType::FieldVersions,
        SqlType::Binary,
        SqlType::Json,
        SqlType::Jsonb,
        SqlType::Uuid,
        SqlType::Array(Box::new(SqlType::Integer)),
    ];
    types.into_iter().filter(|it| (dialect.type_name)(it).is_ok()).collect()
}

fn default_of(sql_type: &SqlType, dice: &mut Dice<'_>) -> Option<DefaultValue> {
    dice.one(&defaults(sql_type))
}

/// Defaults that columns of a type can have.
pub fn defaults(sql_type: &SqlType) -> Vec<DefaultValue> {
    let expression = |text: &str| DefaultValue::Expression(text.to_owned());
    match sql_type {
        SqlType::SmallInt | SqlType::Integer | SqlType::BigInt => {
            vec![DefaultValue::Int(7), DefaultValue::Int(-1), expression("1 + 1")]
        }
        SqlType::Float | SqlType::Double | SqlType::Numeric { .. } => {
            vec![DefaultValue::Float(7.0), DefaultValue::Float(2.5)]
        }
        SqlType::Bool => vec![DefaultValue::Bool(true), DefaultValue::Bool(false)],
        SqlType::Text | SqlType::String | SqlType::Varchar(_) => vec![
            DefaultValue::Text("7".to_owned()),
            DefaultValue::Text(r#"it's "\"#.to_owned()),
            DefaultValue::Text(String::new()),
        ],
        SqlType::Date => vec![DefaultValue::Text("2026-11-23".to_owned())],
        SqlType::Timestamp | SqlType::Timestamptz => vec![expression("CURRENT_TIMESTAMP")],
        SqlType::FieldVersions => vec![DefaultValue::Text("{}".to_owned())],
        _ => Vec::new(),
    }
}

pub fn add(schema: &mut Schema, dice: &mut Dice<'_>) {
    let Some(table) = table(schema, dice) else { return };
    let column = new_column(table, dice);
    let at = dice.below(table.columns.len() + 1);
    table.columns.splice(at..at, column);
}

/// Also of the keys and constraints that have it: `settle` drops these.
pub fn drop(schema: &mut Schema, dice: &mut Dice<'_>) {
    let Some(table) = table(schema, dice) else { return };
    if table.columns.len() > 1 {
        table.columns.remove(dice.below(table.columns.len()));
    }
}

pub fn rename(schema: &mut Schema, dice: &mut Dice<'_>) {
    let dialect = dice.dialect;
    let Some(table) = table(schema, dice) else { return };
    let Some(new) = new_column(table, dice).map(|it| it.name) else { return };
    let at = dice.below(table.columns.len());
    let old = std::mem::replace(&mut table.columns[at].name, new.clone());
    // Else it is new, by a name that a rename freed.
    if table.columns.iter().all(|it| it.renamed_from.as_ref() != Some(&old)) {
        table.columns[at].renamed_from.get_or_insert_with(|| old.clone());
    }
    let renamed = |name: &mut String| {
        if *name == old {
            name.clone_from(&new);
        }
    };
    table.primary_key.iter_mut().flat_map(|it| &mut it.columns).for_each(renamed);
    table.uniques.iter_mut().flat_map(|it| &mut it.columns).for_each(renamed);
    table.uniques.iter_mut().flat_map(|it| &mut it.include).for_each(renamed);
    table.indexes.iter_mut().for_each(|it| indexes::rename(it, dialect, &old, &new));
    table.columns.iter_mut().for_each(|it| generated::rename(it, dialect, &old, &new));
    table.checks.iter_mut().for_each(|it| checks::rename(it, dialect, &old, &new));
    let table = table.name.clone();
    for other in schema.tables.values_mut() {
        let own = other.name == table;
        for key in &mut other.foreign_keys {
            key.columns.iter_mut().filter(|_| own).for_each(renamed);
            let target = key.references == table;
            key.referenced_columns.iter_mut().filter(|_| target).for_each(renamed);
        }
    }
}

/// With all columns that foreign keys tie to it.
pub fn retype(schema: &mut Schema, dice: &mut Dice<'_>) {
    let names: Vec<TableName> = schema.tables.keys().cloned().collect();
    let Some(table) = dice.one(&names) else { return };
    let columns = &schema.tables[&table].columns;
    let at = dice.below(columns.len());
    let column = columns[at].name.clone();
    let Some(to) = dice.one(&types(dice.dialect)) else { return };
    retype_to(schema, table, column, &to);
}

pub fn retype_to(schema: &mut Schema, table: TableName, column: String, to: &SqlType) {
    for (table, column) in tied(schema, table, column) {
        let table = schema.tables.get_mut(&table).expect("foreign keys refer to tables");
        for column in table.columns.iter_mut().filter(|it| it.name == column) {
            column.sql_type = to.clone();
        }
    }
}

fn tied(schema: &Schema, table: TableName, column: String) -> BTreeSet<(TableName, String)> {
    let mut tied = BTreeSet::from([(table, column)]);
    loop {
        let mut more = tied.clone();
        for table in schema.tables.values() {
            for key in &table.foreign_keys {
                for (here, there) in key.columns.iter().zip(&key.referenced_columns) {
                    let here = (table.name.clone(), here.clone());
                    let there = (key.references.clone(), there.clone());
                    if tied.contains(&here) || tied.contains(&there) {
                        more.extend([here, there]);
                    }
                }
            }
        }
        if more == tied {
            return tied;
        }
        tied = more;
    }
}

pub fn allow_or_forbid_null(schema: &mut Schema, dice: &mut Dice<'_>) {
    if let Some(column) = column(schema, dice) {
        column.nullable = !column.nullable;
    }
}

pub fn default(schema: &mut Schema, dice: &mut Dice<'_>) {
    if let Some(column) = column(schema, dice) {
        let gone = column.default.is_some() && dice.once_in(2);
        column.default = if gone { None } else { default_of(&column.sql_type, dice) };
    }
}

/// No difference, since no database changes it in place.
pub fn reorder(schema: &mut Schema, dice: &mut Dice<'_>) {
    if let Some(table) = table(schema, dice) {
        let by = dice.below(table.columns.len());
        table.columns.rotate_left(by);
    }
}
