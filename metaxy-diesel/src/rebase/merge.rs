//! [`merge`]: what a migration does, done to another schema than the one that it was written for.

use crate::{
    migration::Delta,
    schema::{Column, EnumType, Index, Schema, Table, TableName},
    tokens::mentions,
};
use std::collections::{BTreeMap, BTreeSet};

/// The schema after a migration that was written for another one, with the names that it renames. What both changed, each its
/// own way, is an error in words.
pub(super) fn merge(current: &Schema, delta: &Delta) -> Result<Schema, Vec<String>> {
    let mut merger = Merger::default();
    let tables = pairs(&delta.before.tables, &delta.after.tables, |it| it.renamed_from.as_ref());
    let mut merged = current.clone();
    merged.tables.retain(|name, _| !tables.iter().any(|it| it.former == Some(name)));
    for Pair { former, base, theirs, .. } in &tables {
        let name = former.or(theirs.map(|it| &it.name));
        let ours = name.and_then(|it| current.tables.get(it));
        let table = match (base, ours, theirs) {
            (Some(base), Some(ours), Some(theirs)) => Some(merger.table(base, ours, theirs)),
            (base, ours, theirs) => {
                let object = || name.map(ToString::to_string).unwrap_or_default();
                merger.three(*base, ours, *theirs, object)
            }
        };
        merged.tables.extend(table.map(|it| (it.name.clone(), it)));
    }
    let enums = pairs(&delta.before.enums, &delta.after.enums, |it| it.renamed_from.as_ref());
    merged.enums.retain(|name, _| !enums.iter().any(|it| it.former == Some(name)));
    for Pair { former, base, theirs, .. } in &enums {
        let name = former.or(theirs.map(|it| &it.name));
        let ours = name.and_then(|it| current.enums.get(it));
        let of = match (base, ours, theirs) {
            (Some(base), Some(ours), Some(theirs)) => Some(merger.enum_type(base, ours, theirs)),
            (base, ours, theirs) => {
                let object = || name.map(ToString::to_string).unwrap_or_default();
                merger.three(*base, ours, *theirs, object)
            }
        };
        merged.enums.extend(of.map(|it| (it.name.clone(), it)));
    }
    merger.check_references(current, &merged);
    match merger.problems.is_empty() {
        true => Ok(merged),
        false => Err(merger.problems),
    }
}

/// What is there before a migration, and what it makes of it.
struct Pair<'a, T> {
    /// Its name before, where it was there.
    former: Option<&'a TableName>,
    base: Option<&'a T>,
    theirs: Option<&'a T>,
}

fn pairs<'a, T>(
    before: &'a BTreeMap<TableName, T>,
    after: &'a BTreeMap<TableName, T>,
    renamed_from: impl Fn(&'a T) -> Option<&'a TableName>,
) -> Vec<Pair<'a, T>> {
    let mut left: BTreeMap<&TableName, &T> = before.iter().collect();
    let mut pairs: Vec<_> = after
        .iter()
        .map(|(name, theirs)| {
            let (former, base) = left.remove_entry(renamed_from(theirs).unwrap_or(name)).unzip();
            Pair { former, base, theirs: Some(theirs) }
        })
        .collect();
    let gone = |(name, base)| Pair { former: Some(name), base: Some(base), theirs: None };
    pairs.extend(left.into_iter().map(gone));
    pairs
}

/// Merges, and keeps what cannot be.
#[derive(Default)]
struct Merger {
    problems: Vec<String>,
}

impl Merger {
    /// What one of two changed, or both alike; `ours` where both did, each its own way.
    fn three<T: PartialEq + Clone>(
        &mut self,
        base: Option<&T>,
        ours: Option<&T>,
        theirs: Option<&T>,
        object: impl FnOnce() -> String,
    ) -> Option<T> {
        if base == ours {
            return theirs.cloned();
        }
        if base != theirs && ours != theirs {
            self.problems.push(format!("`{}` is changed by both, each its own way", object()));
        }
        ours.cloned()
    }

    fn table(&mut self, base: &Table, ours: &Table, theirs: &Table) -> Table {
        let name = &theirs.name;
        let within = |what: &str| format!("{name}.{what}");
        Table {
            name: name.clone(),
            renamed_from: theirs.renamed_from.clone(),
            columns: self.columns(base, ours, theirs),
            primary_key: self.three(
                base.primary_key.as_ref(),
                ours.primary_key.as_ref(),
                theirs.primary_key.as_ref(),
                || format!("the primary key of {name}"),
            ),
            uniques: self.named(
                &base.uniques,
                &ours.uniques,
                &theirs.uniques,
                |it| &it.name,
                within,
            ),
            foreign_keys: self.named(
                &base.foreign_keys,
                &ours.foreign_keys,
                &theirs.foreign_keys,
                |it| &it.name,
                within,
            ),
            checks: self.named(&base.checks, &ours.checks, &theirs.checks, |it| &it.name, within),
            indexes: self.named(
                &base.indexes,
                &ours.indexes,
                &theirs.indexes,
                |it| &it.name,
                within,
            ),
            distributed_by: self.three(
                base.distributed_by.as_ref(),
                ours.distributed_by.as_ref(),
                theirs.distributed_by.as_ref(),
                || format!("what {name} is distributed by"),
            ),
            comment: self.three(
                base.comment.as_ref(),
                ours.comment.as_ref(),
                theirs.comment.as_ref(),
                || format!("the comment of {name}"),
            ),
        }
    }

    /// The columns: those that are there in their order, then new ones.
    fn columns(&mut self, base: &Table, ours: &Table, theirs: &Table) -> Vec<Column> {
        let find =
            |table: &Table, name: &str| table.columns.iter().find(|it| it.name == name).cloned();
        let former = |it: &Column| it.renamed_from.clone().unwrap_or_else(|| it.name.clone());
        let mut merged: BTreeMap<String, Column> = BTreeMap::new();
        let mut order: Vec<String> = ours.columns.iter().map(|it| it.name.clone()).collect();
        for column in &theirs.columns {
            let (old, new) = (former(column), column.name.clone());
            let as_before = Column { name: old.clone(), renamed_from: None, ..column.clone() };
            let found = self.three(
                find(base, &old).as_ref(),
                find(ours, &old).as_ref(),
                Some(&as_before),
                || format!("{}.{new}", theirs.name),
            );
            if !order.contains(&old) {
                order.push(old.clone());
            }
            let renamed_from = column.renamed_from.clone();
            merged.extend(found.map(|it| (old, Column { name: new, renamed_from, ..it })));
        }
        for column in &ours.columns {
            let dropped = base.columns.iter().any(|it| it.name == column.name)
                && !theirs.columns.iter().any(|it| former(it) == column.name);
            if dropped {
                let base = find(base, &column.name);
                let kept = self.three(base.as_ref(), Some(column), None, || {
                    format!("{}.{}", theirs.name, column.name)
                });
                merged.extend(kept.map(|it| (it.name.clone(), it)));
            } else {
                merged.entry(column.name.clone()).or_insert_with(|| column.clone());
            }
        }
        order.iter().filter_map(|it| merged.remove(it)).collect()
    }

    /// Things that have names, by these.
    fn named<'a, T: PartialEq + Clone>(
        &mut self,
        base: &'a [T],
        ours: &'a [T],
        theirs: &'a [T],
        name: fn(&T) -> &String,
        within: impl Fn(&str) -> String,
    ) -> Vec<T> {
        let names = [base, ours, theirs].into_iter().flatten().map(name);
        let names: BTreeSet<&String> = names.collect();
        let merged = names.into_iter().filter_map(|wanted| {
            let of = |items: &'a [T]| items.iter().find(|it| name(it) == wanted);
            self.three(of(base), of(ours), of(theirs), || within(wanted))
        });
        merged.collect()
    }

    /// A type that both gave values has those of both.
    fn enum_type(&mut self, base: &EnumType, ours: &EnumType, theirs: &EnumType) -> EnumType {
        let is_within = |values: &[String]| values.iter().all(|it| theirs.values.contains(it));
        let mut values = ours.values.clone();
        if is_within(&base.values) && theirs.renamed_values.is_empty() {
            let mut place = 0;
            for value in &theirs.values {
                match values.iter().position(|it| it == value) {
                    Some(at) => place = at + 1,
                    None if base.values.contains(value) => {}
                    None => {
                        values.insert(place, value.clone());
                        place += 1;
                    }
                }
            }
        } else {
            let object = || theirs.name.to_string();
            let merged =
                self.three(Some(&base.values), Some(&ours.values), Some(&theirs.values), object);
            values = merged.unwrap_or_default();
        }
        EnumType { values, ..theirs.clone() }
    }

    /// Finds what refers to something that the other side took away.
    fn check_references(&mut self, current: &Schema, merged: &Schema) {
        for table in merged.tables.values() {
            let columns: BTreeSet<&str> = table.columns.iter().map(|it| it.name.as_str()).collect();
            let former = current.tables.get(table.renamed_from.as_ref().unwrap_or(&table.name));
            let gone: BTreeSet<&str> = former
                .into_iter()
                .flat_map(|it| &it.columns)
                .map(|it| it.name.as_str())
                .filter(|it| !columns.contains(it))
                .collect();
            let mut missing = |what: &str, names: &mut dyn Iterator<Item = &str>| {
                for name in names.filter(|it| !columns.contains(it)) {
                    self.problems.push(format!(
                        "`{what}` of `{}` needs `{name}`, which is gone",
                        table.name
                    ));
                }
            };
            if let Some(key) = &table.primary_key {
                missing("the primary key", &mut key.columns.iter().map(String::as_str));
            }
            for it in &table.uniques {
                missing(&it.name, &mut it.columns.iter().map(String::as_str));
            }
            for it in &table.foreign_keys {
                missing(&it.name, &mut it.columns.iter().map(String::as_str));
            }
            for it in &table.indexes {
                missing(&it.name, &mut it.columns());
            }
            let of_indexes = table.indexes.iter().flat_map(Index::expressions);
            let of_checks = table.checks.iter().map(|it| it.expression.as_str());
            let of_columns = table.columns.iter().filter_map(|it| it.generated.as_ref());
            let expressions =
                of_indexes.chain(of_checks).chain(of_columns.map(|it| it.expression.as_str()));
            for expression in expressions.filter(|it| mentions(it, &gone)) {
                self.problems.push(format!(
                    "`{expression}` in `{}` names a column that is gone",
                    table.name
                ));
            }
            for key in &table.foreign_keys {
                let is_gone = current.tables.contains_key(&key.references)
                    && !merged.tables.contains_key(&key.references);
                let is_renamed = |it: &Table| it.renamed_from.as_ref() == Some(&key.references);
                if !is_gone || merged.tables.values().any(is_renamed) {
                    continue;
                }
                self.problems.push(format!(
                    "`{}` of `{}` refers to `{}`, which is gone",
                    key.name, table.name, key.references
                ));
            }
        }
    }
}
