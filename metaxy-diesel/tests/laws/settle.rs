//! [`settle`]: makes a schema one that databases take.

use crate::edit::{checks, columns::defaults, enums, generated, identity, indexes};
use metaxy_diesel::{
    Dialect, Schema,
    schema::{Action, Column, Deferrable, ForeignKey, IndexKey, SqlType, Table, Unique},
    support::Support,
};
use std::collections::BTreeSet;

/// Drops, or changes, what makes no sense: keys of columns that are gone, and the like.
pub fn settle(schema: &mut Schema, dialect: &Dialect) {
    enums::settle(schema);
    for table in schema.tables.values_mut() {
        settle_columns(table);
        generated::settle(table, dialect);
        settle_keys(table, dialect);
        identity::settle(table, dialect);
        let whole = table.clone();
        table.checks.retain(|it| checks::fits(it, &whole, dialect));
    }
    settle_foreign_keys(schema, dialect);
    settle_names(schema);
}

fn settle_columns(table: &mut Table) {
    let is_enum = |it: &Column| matches!(it.sql_type, SqlType::Enum(_));
    for column in table.columns.iter_mut().filter(|it| !is_enum(it)) {
        let fits = |it: &_| defaults(&column.sql_type).contains(it);
        column.default = column.default.take().filter(fits);
    }
}

fn settle_keys(table: &mut Table, dialect: &Dialect) {
    let columns = table.columns.clone();
    let is_key = |names: &[String], of: fn(&SqlType) -> bool| {
        let is = |name: &String| columns.iter().any(|it| it.name == *name && of(&it.sql_type));
        !names.is_empty() && names.iter().all(is)
    };
    let set = |names: &[String]| names.iter().cloned().collect::<BTreeSet<_>>();
    // Few databases take a generated column in it.
    let is_generated =
        |name: &String| columns.iter().any(|it| it.name == *name && it.generated.is_some());
    table
        .primary_key
        .take_if(|it| !is_key(&it.columns, is_unique) || it.columns.iter().any(is_generated));
    let mut seen = BTreeSet::new();
    if let Some(key) = &table.primary_key {
        for column in table.columns.iter_mut().filter(|it| key.columns.contains(&it.name)) {
            column.nullable = false;
        }
        seen.insert(set(&key.columns));
    }
    // What is unique already is no constraint of its own to every database.
    table.uniques.retain(|it| is_key(&it.columns, is_unique) && seen.insert(set(&it.columns)));
    table.uniques.iter_mut().for_each(|it| settle_unique(it, &columns, dialect));
    let whole = table.clone();
    table.indexes.retain_mut(|it| {
        let keys = it.keys.iter().filter_map(IndexKey::column).map(str::to_owned).collect();
        let keys: Vec<String> = keys;
        let has_others = keys.len() < it.keys.len();
        indexes::settle(it, &whole, dialect)
            && (keys.is_empty() && has_others
                || is_key(&keys, if it.unique { is_unique } else { is_ordered }))
    });
}

/// Takes from a constraint what the database does not have.
fn settle_unique(unique: &mut Unique, columns: &[Column], dialect: &Dialect) {
    if dialect.constraints.deferrable_uniques != Support::Yes {
        unique.deferrable = Deferrable::No;
    }
    let has_include = dialect.indexes.include == Support::Yes;
    let Unique { columns: own, include, .. } = unique;
    let is_there = |name: &String| columns.iter().any(|it| it.name == *name);
    include.retain(|it| has_include && is_there(it) && !own.contains(it));
    unique.nulls_not_distinct &= dialect.indexes.nulls_not_distinct == Support::Yes;
}

/// Types of which there are indexes everywhere.
pub fn is_ordered(sql_type: &SqlType) -> bool {
    !matches!(
        sql_type,
        SqlType::Json
            | SqlType::Jsonb
            | SqlType::FieldVersions
            | SqlType::Binary
            | SqlType::Array(_)
    )
}

/// Types whose values are told apart everywhere.
fn is_unique(sql_type: &SqlType) -> bool {
    is_ordered(sql_type) && !matches!(sql_type, SqlType::Bool | SqlType::Float | SqlType::Double)
}

fn settle_foreign_keys(schema: &mut Schema, dialect: &Dialect) {
    let whole = schema.clone();
    for table in schema.tables.values_mut() {
        let columns = &table.columns;
        table.foreign_keys.retain(|key| {
            let Some(target) = whole.tables.get(&key.references) else { return false };
            let tied = key.columns.iter().zip(&key.referenced_columns);
            let alike = tied.filter(|(here, there)| {
                let here = columns.iter().find(|it| it.name == **here);
                let there = target.columns.iter().find(|it| it.name == **there);
                here.is_some() && here.map(|it| &it.sql_type) == there.map(|it| &it.sql_type)
            });
            // A row that refers to itself by its own key says nothing.
            (target.name != table.name || key.columns != key.referenced_columns)
                && alike.count() == key.columns.len()
                && crate::edit::foreign_keys::keys(target, dialect)
                    .contains(&key.referenced_columns)
        });
        let nullable = |key: &ForeignKey| {
            let mut own = columns.iter().filter(|it| key.columns.contains(&it.name));
            own.all(|it| it.nullable)
        };
        for key in &mut table.foreign_keys {
            if dialect.constraints.deferrable_foreign_keys != Support::Yes {
                key.deferrable = Deferrable::No;
            }
            key.match_full &= dialect.constraints.match_full == Support::Yes;
            let nullable = nullable(key);
            let acts = dialect.constraints.foreign_key_actions == Support::Yes;
            for action in [&mut key.on_delete, &mut key.on_update] {
                if !acts
                    || *action == Action::SetNull && !nullable
                    || *action == Action::SetDefault
                        && dialect.constraints.set_default != Support::Yes
                {
                    *action = Action::NoAction;
                }
            }
        }
        let mut seen = BTreeSet::new();
        table.foreign_keys.retain(|it| seen.insert(it.columns.clone()));
    }
}

/// Some databases keep the names of indexes, and of constraints, in one place for all tables.
fn settle_names(schema: &mut Schema) {
    let mut seen = BTreeSet::new();
    for table in schema.tables.values_mut() {
        let namespace = table.name.schema.clone();
        let key = table.primary_key.iter_mut().filter_map(|it| it.name.as_mut());
        let names = key
            .chain(table.uniques.iter_mut().map(|it| &mut it.name))
            .chain(table.foreign_keys.iter_mut().map(|it| &mut it.name))
            .chain(table.checks.iter_mut().map(|it| &mut it.name))
            .chain(table.indexes.iter_mut().map(|it| &mut it.name));
        for name in names {
            while name.len() > 60 {
                name.pop();
            }
            while !seen.insert((namespace.clone(), name.to_lowercase())) {
                name.push('2');
            }
        }
    }
}
