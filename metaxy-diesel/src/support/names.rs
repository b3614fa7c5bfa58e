//! Names that a database keeps in one place for several tables.

use crate::{
    dialect::Dialect,
    diff::Problem,
    schema::{Schema, Table},
};
use std::collections::BTreeSet;

/// The second ones of those that have one name where the database takes it once.
pub(super) fn problems(dialect: &Dialect, schema: &Schema) -> Vec<Problem> {
    let mut seen = BTreeSet::new();
    let named = schema.tables.values().flat_map(|table| {
        let namespace = table.name.schema.as_ref();
        shared(dialect, table).map(move |name| (table, (namespace, name)))
    });
    let again = named.filter(|(_, place)| !seen.insert(*place));
    let problems = again.map(|(table, (_, name))| Problem::Unsupported {
        object: format!("{}.{name}", table.name),
        database: dialect.title,
        what: "second index or constraint of this name".to_owned(),
        instead: "give it another one",
    });
    problems.collect()
}

/// The names of a table that no other may have: those of indexes, and of the indexes behind constraints, or of foreign keys.
fn shared<'a>(dialect: &Dialect, table: &'a Table) -> impl Iterator<Item = &'a String> {
    let apart = dialect.table_owns_indexes;
    let indexes = index_names(table, dialect.constraint_names).filter(move |_| !apart);
    indexes.chain(table.foreign_keys.iter().map(|it| &it.name).filter(move |_| apart))
}

/// The names of indexes, and of those behind constraints where these have names.
pub(crate) fn index_names(table: &Table, constraints: bool) -> impl Iterator<Item = &String> {
    let key = table.primary_key.iter().filter_map(|it| it.name.as_ref());
    let uniques = key.chain(table.uniques.iter().map(|it| &it.name));
    uniques.filter(move |_| constraints).chain(table.indexes.iter().map(|it| &it.name))
}
