//! The order in which tables can be created: each after those that its foreign keys refer to.

use crate::schema::{ForeignKey, Table, TableName};
use std::collections::{BTreeMap, BTreeSet};

/// Tables in an order in which they can be created.
pub(crate) struct Ordered<'a> {
    pub(crate) tables: Vec<&'a Table>,
    /// Foreign keys that can only be added once all tables are there, each with its table.
    pub(crate) later: Vec<(&'a TableName, &'a ForeignKey)>,
}

/// Sorts tables so that each comes after those that it refers to, and by name where that leaves a choice.
///
/// Where tables refer to each other in a circle, and the database takes no references to tables that are not there
/// yet, the first of them by name comes first, and its foreign keys later.
pub(crate) fn creation_order<'a>(tables: Vec<&'a Table>, forward_references: bool) -> Ordered<'a> {
    let mut waiting: BTreeMap<&TableName, &Table> =
        tables.into_iter().map(|table| (&table.name, table)).collect();
    let mut missing: BTreeMap<&TableName, BTreeSet<&TableName>> = BTreeMap::new();
    let mut referring: BTreeMap<&TableName, Vec<&TableName>> = BTreeMap::new();
    for (&name, table) in &waiting {
        let targets = table.foreign_keys.iter().map(|key| &key.references);
        let targets: BTreeSet<&TableName> =
            targets.filter(|it| *it != name && waiting.contains_key(it)).collect();
        for target in &targets {
            referring.entry(target).or_default().push(name);
        }
        missing.insert(name, targets);
    }
    let mut ready: BTreeSet<&TableName> =
        missing.iter().filter(|(_, targets)| targets.is_empty()).map(|(name, _)| *name).collect();
    let mut ordered = Ordered { tables: Vec::with_capacity(waiting.len()), later: Vec::new() };
    loop {
        let name = match ready.pop_first() {
            Some(name) => name,
            None if waiting.is_empty() || forward_references => break,
            None => in_circle(&waiting, &missing),
        };
        let Some(table) = waiting.remove(name) else { continue };
        let keys = table.foreign_keys.iter().filter(|key| waiting.contains_key(&key.references));
        ordered.later.extend(keys.map(|key| (&table.name, key)));
        ordered.tables.push(table);
        for name in referring.remove(name).unwrap_or_default() {
            let targets = missing.get_mut(name).expect("every table is there");
            targets.remove(&table.name);
            if targets.is_empty() {
                ready.insert(name);
            }
        }
    }
    ordered.tables.extend(waiting.into_values());
    ordered
}

/// The first table, by name, of a circle: every table that waits refers to another that does.
fn in_circle<'a>(
    waiting: &BTreeMap<&'a TableName, &'a Table>,
    missing: &BTreeMap<&'a TableName, BTreeSet<&'a TableName>>,
) -> &'a TableName {
    let (mut name, mut path, mut seen) =
        (*waiting.keys().next().expect("a table waits"), Vec::new(), BTreeSet::new());
    while seen.insert(name) {
        path.push(name);
        name = missing[name].first().expect("what it waits for waits too");
    }
    path.into_iter().skip_while(|it| *it != name).min().expect("the circle has a table")
}
