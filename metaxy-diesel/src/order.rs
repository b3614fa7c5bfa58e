//! The order in which tables can be created: each after those that its foreign keys refer to.

use crate::{
    diff::{DiffError, Problem},
    schema::{Table, TableName},
};
use std::collections::{BTreeMap, BTreeSet};

/// Sorts tables so that each comes after those that it refers to, and by name where that leaves a choice.
///
/// Tables that refer to each other in a circle come last, by name, where the database takes references to tables that
/// are not there yet.
///
/// # Errors
///
/// Where it does not, the tables of the circle.
pub(crate) fn creation_order(
    tables: Vec<&Table>,
    forward_references: bool,
) -> Result<Vec<&Table>, DiffError> {
    let mut waiting: BTreeMap<&TableName, &Table> =
        tables.into_iter().map(|table| (&table.name, table)).collect();
    let mut missing: BTreeMap<&TableName, usize> = BTreeMap::new();
    let mut referring: BTreeMap<&TableName, Vec<&TableName>> = BTreeMap::new();
    for (name, table) in &waiting {
        let targets: BTreeSet<&TableName> =
            table.foreign_keys.iter().map(|key| &key.references).collect();
        let targets = targets.into_iter().filter(|it| it != name && waiting.contains_key(it));
        let mut count = 0;
        for target in targets {
            referring.entry(target).or_default().push(name);
            count += 1;
        }
        missing.insert(name, count);
    }
    let mut ready: BTreeSet<&TableName> =
        missing.iter().filter(|(_, count)| **count == 0).map(|(name, _)| *name).collect();
    let mut ordered = Vec::with_capacity(waiting.len());
    while let Some(name) = ready.pop_first() {
        ordered.extend(waiting.remove(name));
        for name in referring.remove(name).unwrap_or_default() {
            let count = missing.get_mut(name).expect("every table was counted");
            *count -= 1;
            if *count == 0 {
                ready.insert(name);
            }
        }
    }
    if !waiting.is_empty() && !forward_references {
        let tables = waiting.into_keys().cloned().collect();
        return Err(DiffError { problems: vec![Problem::ForeignKeyCycle { tables }] });
    }
    ordered.extend(waiting.into_values());
    Ok(ordered)
}
