//! Actions of foreign keys that set columns, and what stands in their way.

use crate::{
    dialect::Dialect,
    diff::Problem,
    schema::{Action, Column, ForeignKey, Schema, Storage, Table},
    tokens::mentions,
};
use std::collections::BTreeSet;

/// The foreign keys of a normal schema whose actions the database refuses because of what else is there.
pub(super) fn problems(dialect: &Dialect, schema: &Schema) -> Vec<Problem> {
    let tables = schema.tables.values();
    let problems = tables.flat_map(|table| {
        table.foreign_keys.iter().filter_map(|key| {
            let (what, instead) = obstacle(dialect, schema, table, key)?;
            let object = format!("{}.{}", table.name, key.name);
            Some(Problem::Unsupported { object, database: dialect.title, what, instead })
        })
    });
    problems.collect()
}

/// What stands in the way of the first action of a foreign key that sets its columns, and what to do.
fn obstacle(
    dialect: &Dialect,
    schema: &Schema,
    table: &Table,
    key: &ForeignKey,
) -> Option<(String, &'static str)> {
    let (event, action) = setting(key)?;
    let refused =
        |of: &str, instead| Some((format!("`{event} {}` of {of}", action.sql()), instead));
    if columns(table, &key.columns).any(|it| it.generated.is_some()) {
        return refused("a generated column", "nothing but its expression sets it");
    }
    if !dialect.constraints.actions_fit {
        return None;
    }
    let sets_null = [key.on_delete, key.on_update].contains(&Action::SetNull);
    if sets_null && columns(table, &key.columns).any(|it| !it.nullable) {
        return refused(
            "a column that is not nullable",
            "make it nullable, or leave the action out",
        );
    }
    if key.on_update == Action::Cascade && passes_null(schema, table, key) {
        return refused(
            "a column that is not nullable to one that is",
            "make both nullable or none, or leave the action out",
        );
    }
    let own: BTreeSet<&str> = key.columns.iter().map(String::as_str).collect();
    if table.checks.iter().any(|it| mentions(&it.expression, &own)) {
        return refused("a column of a check", "leave the action or the check out");
    }
    let stored = table.columns.iter().filter_map(|it| it.generated.as_ref());
    let mut stored = stored.filter(|it| it.storage == Storage::Stored);
    if stored.any(|it| mentions(&it.expression, &own)) {
        return refused(
            "a column that a stored one is computed from",
            "leave the action out, or compute it when it is read (`generated(virtual = \"…\")`)",
        );
    }
    None
}

/// The event on which a foreign key sets its columns, and how.
fn setting(key: &ForeignKey) -> Option<(&'static str, Action)> {
    match (key.on_delete, key.on_update) {
        (action @ (Action::SetNull | Action::SetDefault), _) => Some(("ON DELETE", action)),
        (_, action @ (Action::Cascade | Action::SetNull | Action::SetDefault)) => {
            Some(("ON UPDATE", action))
        }
        _ => None,
    }
}

/// Whether a column that is not nullable refers to one that is.
fn passes_null(schema: &Schema, table: &Table, key: &ForeignKey) -> bool {
    let Some(target) = schema.tables.get(&key.references) else { return false };
    let mut pairs = key.columns.iter().zip(&key.referenced_columns);
    let is_nullable = |table: &Table, name: &String| {
        columns(table, std::slice::from_ref(name)).any(|it| it.nullable)
    };
    pairs.any(|(here, there)| !is_nullable(table, here) && is_nullable(target, there))
}

fn columns<'a>(table: &'a Table, names: &'a [String]) -> impl Iterator<Item = &'a Column> {
    table.columns.iter().filter(|it| names.contains(&it.name))
}
