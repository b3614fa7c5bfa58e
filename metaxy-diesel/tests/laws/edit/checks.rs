use super::{table, table_with};
use crate::dice::Dice;
use metaxy_diesel::{
    Dialect, Schema,
    naming::{Named, name},
    schema::{Check, Column, SqlType, Table},
};

pub fn add(schema: &mut Schema, dice: &mut Dice<'_>) {
    let dialect = dice.dialect;
    let Some(table) = table(schema, dice) else { return };
    let Some(column) = dice.one(&table.columns) else { return };
    if let Some(expression) = dice.one(&conditions(dialect, &column)) {
        let name = name(Named::Check, &table.name.name, &[&column.name], None);
        // One by the same name is another one now.
        table.checks.retain(|it| it.name != name);
        table.checks.push(Check { name, expression });
    }
}

pub fn drop(schema: &mut Schema, dice: &mut Dice<'_>) {
    let Some(table) = table_with(schema, dice, |it| !it.checks.is_empty()) else { return };
    if !table.checks.is_empty() {
        table.checks.remove(dice.below(table.checks.len()));
    }
}

/// Conditions that all values and defaults meet.
pub fn conditions(dialect: &Dialect, column: &Column) -> Vec<String> {
    let name = quoted(dialect, &column.name);
    match column.sql_type {
        SqlType::SmallInt | SqlType::Integer | SqlType::BigInt | SqlType::Double => {
            vec![format!("{name} >= -1"), format!("{name} IS NULL OR ({name} < 100)")]
        }
        SqlType::Text | SqlType::Varchar(_) => {
            vec![format!("{name} <> 'it''s {}'", column.name.replace('\'', "''"))]
        }
        SqlType::Enum(_) => vec![format!("{name} = {name} OR {name} IS NULL")],
        _ => Vec::new(),
    }
}

/// Whether a condition is one of a column that is there, and has such a type.
pub fn fits(check: &Check, table: &Table, dialect: &Dialect) -> bool {
    let operator = |text: &str| text.split_whitespace().next().map(str::to_owned);
    table.columns.iter().any(|column| {
        let name = quoted(dialect, &column.name);
        check.expression.strip_prefix(&name).is_some_and(|rest| {
            let mut known = conditions(dialect, column).into_iter();
            known.any(|it| operator(&it[name.len()..]) == operator(rest))
        })
    })
}

/// The condition once a column has another name. The text in it stays.
pub fn rename(check: &mut Check, dialect: &Dialect, old: &str, new: &str) {
    check.expression = check.expression.replace(&quoted(dialect, old), &quoted(dialect, new));
}

fn quoted(dialect: &Dialect, name: &str) -> String {
    dialect.quote_identifier(name).expect("the names are short")
}
