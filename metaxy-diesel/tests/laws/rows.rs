//! Rows that fit a schema, and what a migration leaves of them.

use crate::{
    lines::lines,
    values::{fits, literal, stays_distinct},
};
use metaxy_diesel::{
    Backend, Schema,
    backend::Connection,
    change::Change,
    diff::Difference,
    schema::{Column, ForeignKey, SqlType, Table, TableName},
};
use std::collections::{BTreeMap, BTreeSet};

/// How many rows a table has. The last has NULL wherever that is allowed.
pub const ROWS: usize = 3;

/// A table with rows.
pub struct Filled<'a> {
    /// By the names that it has before the migration.
    pub was: &'a Table,
    /// The same, by the names that it will have.
    before: &'a Table,
    /// What becomes of it; `None`: it is dropped.
    pub after: Option<&'a Table>,
    /// Where NULL may stand: all columns that may be NULL and that nothing refers to.
    nulls: BTreeSet<&'a str>,
}

/// The tables that can have rows, parents first: those whose rows meet all constraints, after the migration and on the
/// way back.
pub fn filled<'a>(a: &'a Schema, difference: &'a Difference) -> Vec<Filled<'a>> {
    let (before, after) = (&difference.before, &difference.after);
    let renames = difference.changes.iter().filter_map(|change| match change {
        Change::RenameTable(it) => Some((&it.to, &it.from)),
        _ => None,
    });
    let former: BTreeMap<&TableName, &TableName> = renames.collect();
    let foreign_keys = before.tables.values().chain(after.tables.values());
    let foreign_keys = foreign_keys.flat_map(|it| &it.foreign_keys);
    let referred: BTreeSet<_> = foreign_keys
        .flat_map(|key| key.referenced_columns.iter().map(|it| (&key.references, it.as_str())))
        .collect();
    let fill = |name: TableName| {
        let before = &before.tables[&name];
        let nullable = before.columns.iter().filter(|it| it.nullable).map(|it| it.name.as_str());
        Filled {
            was: &a.tables[*former.get(&name).unwrap_or(&&name)],
            before,
            after: after.tables.get(&name),
            nulls: nullable.filter(|it| !referred.contains(&(&before.name, *it))).collect(),
        }
    };
    names(difference).into_iter().map(fill).collect()
}

fn names(difference: &Difference) -> Vec<TableName> {
    let (before, after) = (&difference.before.tables, &difference.after.tables);
    let mut all: Vec<TableName> = before.keys().cloned().collect();
    loop {
        let filled: BTreeSet<&TableName> = all.iter().collect();
        let holds = |name: &TableName| match after.get(name) {
            None => true,
            Some(next) => {
                let table = &before[name];
                keeps_constraints(table, next, difference, &filled)
                    && keeps_constraints(next, table, difference, &filled)
            }
        };
        let still: Vec<&TableName> = filled.iter().copied().filter(|it| holds(it)).collect();
        let ordered = parents_first(&still, before);
        if ordered == all {
            return all;
        }
        all = ordered;
    }
}

/// In the order of their foreign keys, without those that refer to others in a circle.
fn parents_first(names: &[&TableName], tables: &BTreeMap<TableName, Table>) -> Vec<TableName> {
    let mut ordered: Vec<TableName> = Vec::new();
    loop {
        let next = names.iter().find(|name| {
            let mut keys = tables[**name].foreign_keys.iter();
            !ordered.contains(name)
                && keys.all(|it| it.references == ***name || ordered.contains(&it.references))
        });
        match next {
            Some(name) => ordered.push((*name).clone()),
            None => return ordered,
        }
    }
}

/// Whether rows of one form of a table meet the constraints of another.
fn keeps_constraints(
    from: &Table,
    to: &Table,
    difference: &Difference,
    filled: &BTreeSet<&TableName>,
) -> bool {
    let kept = |name: &str| Some((&column(from, name)?.sql_type, &column(to, name)?.sql_type));
    let converted = to.columns.iter().filter_map(|it| kept(&it.name));
    if !converted.into_iter().all(|(was, is)| fits(was, is)) {
        return false;
    }
    let distinct = |name: &String| kept(name).is_some_and(|(was, is)| stays_distinct(was, is));
    // A new column that is NULL everywhere is no obstacle, but to a primary key.
    let all_null = |name: &String| {
        let new = column(to, name).filter(|_| column(from, name).is_none());
        new.is_some_and(|it| it.nullable && it.default.is_none())
    };
    let uniques = to.uniques.iter().map(|it| it.columns.clone());
    let indexes = to.indexes.iter().filter(|it| it.unique);
    let indexes = indexes.map(|it| it.columns().map(str::to_owned).collect::<Vec<_>>());
    let mut primary = to.primary_key.iter();
    let mut foreign = to.foreign_keys.iter();
    primary.all(|it| it.columns.iter().any(distinct))
        && uniques.chain(indexes).all(|it| it.iter().any(|it| distinct(it) || all_null(it)))
        && foreign.all(|key| {
            key.columns.iter().any(all_null)
                || filled.contains(&key.references) && refers_to_rows(key, from, to, difference)
        })
}

/// Whether the columns of a foreign key, here and there, are kept as they are.
fn refers_to_rows(key: &ForeignKey, from: &Table, to: &Table, difference: &Difference) -> bool {
    let same = |from: &Table, to: &Table, name: &String| {
        let types = column(from, name).zip(column(to, name));
        types.is_some_and(|(from, to)| from.sql_type == to.sql_type)
    };
    let target = |it: &'static str| match it {
        "before" => difference.before.tables.get(&key.references),
        _ => difference.after.tables.get(&key.references),
    };
    let Some((before, after)) = target("before").zip(target("after")) else { return false };
    key.columns.iter().all(|it| same(from, to, it))
        && key.referenced_columns.iter().all(|it| same(before, after, it))
}

fn column<'a>(table: &'a Table, name: &str) -> Option<&'a Column> {
    table.columns.iter().find(|it| it.name == name)
}

impl<'a> Filled<'a> {
    /// The rows, as a script.
    pub fn insert(&self, backend: Backend) -> String {
        let dialect = backend.dialect();
        let quote = |name: &str| dialect.quote_identifier(name).expect("the names are short");
        let columns: Vec<_> = self.was.columns.iter().map(|it| quote(&it.name)).collect();
        let (table, columns) = (quote(&self.was.name.name), columns.join(", "));
        let insert = |row| {
            let value = |it: &Column| match row == ROWS && self.nulls.contains(it.name.as_str()) {
                true => "NULL".to_owned(),
                false => literal(backend, &it.sql_type, row),
            };
            let values: Vec<_> = self.before.columns.iter().map(value).collect();
            format!("INSERT INTO {table} ({columns}) VALUES ({});\n", values.join(", "))
        };
        (1..=ROWS).map(insert).collect()
    }

    /// The columns that `keeps` says of that they keep their values, by their names before and after.
    pub fn kept(&self, keeps: impl Fn(&Column, &Column) -> bool) -> Vec<(&'a Column, &'a Column)> {
        let Some(after) = self.after else { return Vec::new() };
        let pairs = self.was.columns.iter().zip(&self.before.columns);
        let kept = pairs.filter_map(|(was, before)| Some((was, column(after, &before.name)?)));
        kept.filter(|(was, is)| keeps(was, is)).collect()
    }
}

/// The values of columns, a line per row. SQLite keeps rows in their order.
pub fn values(connection: &mut Connection, table: &TableName, columns: &[&Column]) -> Vec<String> {
    let backend = connection.backend();
    let dialect = backend.dialect();
    let quote = |name: &str| dialect.quote_identifier(name).expect("the names are short");
    let shown = columns.iter().map(|column| {
        let name = quote(&column.name);
        let text = match (backend, &column.sql_type) {
            (Backend::Sqlite, _) => format!("quote({name})"),
            (Backend::Postgres, _) => format!("{name}::text"),
            (_, SqlType::Binary) => format!("hex({name})"),
            _ => format!("CAST({name} AS CHAR)"),
        };
        format!("coalesce({text}, 'NULL')")
    });
    let shown: Vec<String> = shown.collect();
    let order = if backend == Backend::Sqlite { " ORDER BY rowid" } else { "" };
    let table = quote(&table.name);
    let shown = [vec!["''".to_owned()], shown].concat().join(", ");
    let query = format!("SELECT concat_ws('|', '', {shown}) AS line FROM {table}{order}");
    let mut lines = lines(connection, &query).unwrap_or_else(|error| panic!("{error}\n{query}"));
    if order.is_empty() {
        lines.sort();
    }
    lines
}
