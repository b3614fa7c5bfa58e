//! [`Delta`]: what a migration makes of tables, kept beside it as `tables.json`.
//!
//! By these files a history knows without a database what each of its migrations leads to: the snapshot can be checked, and
//! branches can be merged.

use super::{Migration, MigrationError};
use crate::{normal::keep_hints, schema::Schema};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The file that holds a delta, in the directory of its migration.
pub const DELTA_FILE: &str = "tables.json";

/// The tables and types that a migration changes, before and after it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delta {
    /// What the names of the store's tables start with from here on; `None`: it stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table_prefix: Option<String>,
    /// As they were.
    pub before: Schema,
    /// As they are then, with the names that were renamed by it.
    pub after: Schema,
}

/// What migrations lead to.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Replayed {
    pub(crate) schema: Schema,
    pub(crate) table_prefix: String,
}

impl Delta {
    /// What differs between two schemas in the normal form of the database; `hinted` says what has another name.
    pub(crate) fn of(before: &Schema, after: &Schema, hinted: &Schema) -> Self {
        let mut delta = Self {
            table_prefix: None,
            before: without(before, after),
            after: without(after, before),
        };
        keep_hints(&mut delta.after, hinted);
        forget_done(&mut delta.after, before);
        delta
    }

    /// What this migration and the next make together.
    pub fn then(mut self, next: &Self) -> Self {
        for (name, table) in &next.before.tables {
            if !self.after.tables.contains_key(name) {
                self.before.tables.insert(name.clone(), table.clone());
            }
        }
        for (name, of) in &next.before.enums {
            if !self.after.enums.contains_key(name) {
                self.before.enums.insert(name.clone(), of.clone());
            }
        }
        let mut after = next.after.clone();
        for table in after.tables.values_mut() {
            let former = table.renamed_from.as_ref().unwrap_or(&table.name);
            let Some(between) = self.after.tables.get(former) else { continue };
            for column in &mut table.columns {
                let former = column.renamed_from.as_ref().unwrap_or(&column.name);
                let between = between.columns.iter().find(|it| it.name == *former);
                // A column that is new in between is new in all.
                if let Some(between) = between {
                    column.renamed_from.clone_from(&between.renamed_from);
                }
            }
            table.renamed_from.clone_from(&between.renamed_from);
        }
        let mut joined = std::mem::take(&mut self.after);
        next.replace(&mut joined, after);
        let table_prefix = next.table_prefix.clone().or(self.table_prefix);
        Self { table_prefix, before: self.before, after: joined }
    }

    /// Does to a schema what the migration does.
    pub(crate) fn apply(&self, schema: &mut Schema) {
        let mut after = self.after.clone();
        forget_hints(&mut after);
        self.replace(schema, after);
    }

    /// The schema after the migration, with the names that it renames.
    pub(crate) fn done_to(&self, before: &Schema) -> Schema {
        let mut schema = before.clone();
        self.replace(&mut schema, self.after.clone());
        schema
    }

    fn replace(&self, schema: &mut Schema, after: Schema) {
        self.before.tables.keys().for_each(|it| _ = schema.tables.remove(it));
        self.before.enums.keys().for_each(|it| _ = schema.enums.remove(it));
        schema.tables.extend(after.tables);
        schema.enums.extend(after.enums);
    }

    /// Whether it changes no table.
    pub(crate) fn is_empty(&self) -> bool {
        self.before == Schema::default() && self.after == Schema::default()
    }

    pub(super) fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a schema has string keys only") + "\n"
    }
}

impl Replayed {
    /// Goes on with a migration.
    pub(crate) fn apply(&mut self, migration: &Migration) -> Result<(), MigrationError> {
        let delta = migration.delta()?;
        delta.apply(&mut self.schema);
        if let Some(prefix) = delta.table_prefix {
            self.table_prefix = prefix;
        }
        Ok(())
    }
}

/// What migrations lead to, in this order.
pub(crate) fn replay<'a>(
    migrations: impl IntoIterator<Item = &'a Migration>,
) -> Result<Replayed, MigrationError> {
    let mut replayed = Replayed::default();
    migrations.into_iter().try_for_each(|it| replayed.apply(it))?;
    Ok(replayed)
}

/// What a schema has and another has not, or not the same.
fn without(schema: &Schema, other: &Schema) -> Schema {
    let tables = schema.tables.iter().filter(|(name, it)| other.tables.get(name) != Some(it));
    let enums = schema.enums.values().filter(|it| other.enums.get(&it.name) != Some(it));
    tables.map(|(_, it)| it.clone()).collect::<Schema>().with_enums(enums.cloned())
}

/// Takes away what says how things were called.
pub(crate) fn forget_hints(schema: &mut Schema) {
    for table in schema.tables.values_mut() {
        table.renamed_from = None;
        table.columns.iter_mut().for_each(|it| it.renamed_from = None);
    }
    for of in schema.enums.values_mut() {
        of.renamed_from = None;
        of.renamed_values.clear();
    }
}

/// Takes away what says how things were called that had their new name before.
fn forget_done(after: &mut Schema, before: &Schema) {
    for table in after.tables.values_mut() {
        let is_open =
            |it: &_| !before.tables.contains_key(&table.name) && before.tables.contains_key(it);
        table.renamed_from = table.renamed_from.take().filter(is_open);
        let former = table.renamed_from.as_ref().unwrap_or(&table.name);
        let columns = before.tables.get(former).map(|it| &it.columns);
        let columns: BTreeSet<&str> =
            columns.into_iter().flatten().map(|it| it.name.as_str()).collect();
        for column in &mut table.columns {
            let is_open = |it: &String| {
                !columns.contains(column.name.as_str()) && columns.contains(it.as_str())
            };
            column.renamed_from = column.renamed_from.take().filter(is_open);
        }
    }
    for of in after.enums.values_mut() {
        let is_open =
            |it: &_| !before.enums.contains_key(&of.name) && before.enums.contains_key(it);
        of.renamed_from = of.renamed_from.take().filter(is_open);
        let former = before.enums.get(of.renamed_from.as_ref().unwrap_or(&of.name));
        let values = former.map(|it| it.values.as_slice()).unwrap_or_default();
        of.renamed_values.retain(|new, old| values.contains(old) && !values.contains(new));
    }
}
