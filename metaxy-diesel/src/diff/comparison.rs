//! [`Comparison`]: two schemas side by side, matched part by part.

use super::room::Room;
use crate::{
    change::{RenameColumn, RenameEnum, RenameEnumValue, RenameTable},
    columns::{Fate, IdentityKey, KeptColumn, keep, leading},
    dialect::Dialect,
    enums::enum_of,
    matching::{Matched, Part, match_parts},
    order::creation_order,
    renames::Renames,
    schema::{
        Action, Check, Column, DefaultValue, EnumType, ForeignKey, Index, PrimaryKey, Schema,
        SqlType, Table, TableName, Unique,
    },
    tokens::{tokens, unquoted},
};
use std::collections::{BTreeMap, BTreeSet};

/// Enumerated types whose values differ, by name: as they are and as they should be.
pub(crate) type AlteredEnums<'a> = BTreeMap<&'a TableName, (&'a EnumType, &'a EnumType)>;

/// Two schemas side by side, renames done: what the kinds of change are detected in.
pub(crate) struct Comparison<'a> {
    pub(crate) dialect: &'a Dialect,
    /// The namespaces that the schema is in as it is.
    pub(crate) namespaces: &'a BTreeSet<String>,
    pub(crate) renamed_tables: &'a [RenameTable],
    pub(crate) renamed_columns: &'a [RenameColumn],
    pub(crate) renamed_enums: &'a [RenameEnum],
    pub(crate) renamed_enum_values: &'a [RenameEnumValue],
    /// Values of columns that have another name, where types have none: by table and column, former name and new name.
    pub(crate) renamed_values: &'a BTreeMap<(TableName, String), Vec<(String, String)>>,
    /// The schema as it is.
    pub(crate) current: &'a Schema,
    /// The schema as it should be.
    pub(crate) desired: &'a Schema,
    /// Enumerated types whose values differ, as they are and as they should be.
    pub(crate) altered_enums: AlteredEnums<'a>,
    /// New tables, each after those that it refers to.
    pub(crate) created: Parts<'a>,
    /// Tables that are gone, each before those that it refers to.
    pub(crate) dropped: Parts<'a>,
    /// The names that these give up before they go.
    pub(crate) room: Room,
    /// Tables that stay, by name.
    pub(crate) kept: Vec<Pair<'a>>,
}

/// Tables as they can be created, or dropped.
pub(crate) struct Parts<'a> {
    /// The tables, without the foreign keys that stand apart.
    pub(crate) tables: Vec<Table>,
    /// Foreign keys that are added after, or dropped before, what they need: each with its table.
    pub(crate) foreign_keys: Vec<(&'a TableName, &'a ForeignKey)>,
}

/// A table that stays, as it is and as it should be.
pub(crate) struct Pair<'a> {
    pub(crate) current: &'a Table,
    pub(crate) desired: &'a Table,
    /// In the order of the new table.
    pub(crate) added_columns: Vec<&'a Column>,
    /// In the order of the old table.
    pub(crate) removed_columns: Vec<&'a Column>,
    /// In the order of the new table.
    pub(crate) kept_columns: Vec<KeptColumn<'a>>,
    /// The kept columns that are not there for a while: what is made of them goes before, and comes again.
    anew: BTreeSet<&'a str>,
    /// The columns of enumerated types whose values differ.
    of_altered_enums: BTreeSet<&'a str>,
    pub(crate) indexes: Matched<'a, Index>,
    pub(crate) uniques: Matched<'a, Unique>,
    pub(crate) foreign_keys: Matched<'a, ForeignKey>,
    /// Those that only are checked at another time, where the database changes that in place: as they are and should be.
    pub(crate) altered_foreign_keys: Vec<(&'a ForeignKey, &'a ForeignKey)>,
    pub(crate) checks: Matched<'a, Check>,
}

impl<'a> Comparison<'a> {
    pub(super) fn new(renames: &'a Renames, desired: &'a Schema, dialect: &'a Dialect) -> Self {
        let schemas = (&renames.current, desired);
        let altered_enums = altered_enums(&renames.current.enums, &desired.enums);
        let (current, desired) = (&renames.current.tables, &desired.tables);
        let pair = |table: &'a Table| {
            Some(Pair::new(current.get(&table.name)?, table, &altered_enums, dialect))
        };
        let mut kept: Vec<Pair<'_>> = desired.values().filter_map(pair).collect();
        let pairs: BTreeMap<_, _> = kept.iter().map(|pair| (&pair.desired.name, pair)).collect();
        let only = |these: &'a BTreeMap<TableName, Table>,
                    those: &BTreeMap<TableName, Table>,
                    changes: &dyn Fn(&Table, &ForeignKey) -> bool| {
            let tables = these.values().filter(|it| !those.contains_key(&it.name)).collect();
            Parts::new(tables, changes, dialect)
        };
        let gains = |_: &Table, key: &ForeignKey| {
            let columns = &key.referenced_columns;
            let target = pairs.get(&key.references);
            target.is_some_and(|it| it.gains_key(columns) || it.retypes(columns) || it.moves())
        };
        let loses = |table: &Table, key: &ForeignKey| {
            let columns = &key.referenced_columns;
            let target = pairs.get(&key.references);
            target.is_some_and(|it| it.loses_key(columns) || it.retypes(columns) || it.moves())
                || has_altered_enum(table, &key.columns, &altered_enums)
        };
        let created = only(desired, current, &gains);
        let mut dropped = only(current, desired, &loses);
        dropped.tables.reverse();
        for column in dropped.tables.iter_mut().flat_map(|it| &mut it.columns) {
            column.sql_type = meanwhile(&column.sql_type, &altered_enums);
        }
        let room = Room::make(&mut dropped.tables, desired, dialect);
        if !dialect.forward_references {
            let stuck = kept.iter().map(|pair| {
                let keys = pair.current.foreign_keys.iter();
                let keys = keys.filter(|it| {
                    loses(pair.current, it)
                        || pair.moves()
                        || pair.retypes(&it.columns)
                        || dialect.constraints.actions_fit && pair.changes_nulls_with(it, &pairs)
                        || dialect.foreign_key_indexes && pair.loses_index(&it.columns)
                });
                keys.map(|it| it.name.as_str()).collect()
            });
            let stuck: Vec<BTreeSet<&str>> = stuck.collect();
            for (pair, names) in kept.iter_mut().zip(stuck) {
                let (current, desired) = (&pair.current.foreign_keys, &pair.desired.foreign_keys);
                pair.foreign_keys.step_aside(current, desired, &names);
                if dialect.constraints.alter_deferrable {
                    pair.altered_foreign_keys = pair.foreign_keys.take_pairs(|from, to| {
                        from.differs_in_deferrable(to) && !names.contains(from.name.as_str())
                    });
                }
            }
        }
        if dialect.expressions_keep_types {
            kept.iter_mut().for_each(|pair| pair.write_expressions_anew(dialect));
        }
        let (current, desired) = schemas;
        Self {
            dialect,
            namespaces: &renames.namespaces,
            renamed_tables: &renames.tables,
            renamed_columns: &renames.columns,
            renamed_enums: &renames.enums,
            renamed_enum_values: &renames.enum_values,
            renamed_values: &renames.values,
            current,
            desired,
            altered_enums,
            created,
            dropped,
            room,
            kept,
        }
    }

    /// A column that goes, as it is until then.
    pub(crate) fn leaving(&self, column: &Column) -> Column {
        let sql_type = meanwhile(&column.sql_type, &self.altered_enums);
        Column { sql_type, ..column.clone() }
    }

    /// Whether a column that stays leaves its enumerated type, which loses values, for another type: its values must not go by
    /// the type that has lost them.
    pub(crate) fn leaves_enum(&self, kept: &KeptColumn<'_>) -> bool {
        let altered = |it: &Column| enum_of(&it.sql_type).and_then(|it| self.altered_enums.get(it));
        kept.fate == Fate::Altered
            && kept.before.sql_type != kept.after.sql_type
            && altered(kept.before).is_some_and(|(from, to)| !from.is_extended_by(to))
            && altered(kept.after).is_none()
    }

    /// Whether the default of a column changes from a value that goes, or to one that comes, with its enumerated type.
    pub(crate) fn enum_sets_default(&self, before: &Column, after: &Column) -> bool {
        let altered = match &after.sql_type {
            SqlType::Enum(name) if before.sql_type == after.sql_type => {
                self.altered_enums.get(&**name)
            }
            _ => None,
        };
        let lacks = |of: &EnumType, default: &Option<DefaultValue>| match default {
            Some(DefaultValue::Text(text)) => !of.values.contains(text),
            _ => false,
        };
        altered.is_some_and(|(from, to)| lacks(to, &before.default) || lacks(from, &after.default))
    }
}

impl<'a> Parts<'a> {
    /// `changes`: whether what a foreign key needs comes or goes in the same migration.
    fn new(
        tables: Vec<&'a Table>,
        changes: &dyn Fn(&Table, &ForeignKey) -> bool,
        dialect: &Dialect,
    ) -> Self {
        let ordered = creation_order(tables, dialect.forward_references);
        let mut apart = ordered.later;
        if !dialect.forward_references {
            let keys = ordered.tables.iter().flat_map(|table| {
                let early = |key: &&ForeignKey| {
                    changes(table, key)
                        || table.distributed_by.is_some()
                        || !dialect.table_owns_indexes && needs_own_index(table, key)
                };
                table.foreign_keys.iter().filter(early).map(|key| (&table.name, key))
            });
            apart.extend(keys);
            apart.sort_by_key(|(table, key)| (*table, key.name.as_str()));
        }
        let names: BTreeSet<_> = apart.iter().map(|(table, key)| (*table, &key.name)).collect();
        let without = |table: &Table| {
            let mut table = table.clone();
            table.foreign_keys.retain(|key| !names.contains(&(&table.name, &key.name)));
            table
        };
        Self { tables: ordered.tables.into_iter().map(without).collect(), foreign_keys: apart }
    }
}

impl<'a> Pair<'a> {
    fn new(
        current: &'a Table,
        desired: &'a Table,
        altered_enums: &AlteredEnums<'_>,
        dialect: &Dialect,
    ) -> Self {
        let by_name = |table: &'a Table| -> BTreeMap<&'a str, &'a Column> {
            table.columns.iter().map(|it| (it.name.as_str(), it)).collect()
        };
        let (was, wanted) = (by_name(current), by_name(desired));
        let mut added_columns = Vec::new();
        let mut kept_columns = Vec::new();
        for column in &desired.columns {
            match was.get(column.name.as_str()) {
                Some(before) => kept_columns.push((*before, column)),
                None => added_columns.push(column),
            }
        }
        let kept_columns = keep(kept_columns, |it| altered_enums.contains_key(it));
        let anew = kept_columns.iter().filter(|it| it.fate != Fate::Altered);
        let anew: BTreeSet<&str> = anew.map(KeptColumn::name).collect();
        let removed = current.columns.iter().filter(|it| !wanted.contains_key(it.name.as_str()));
        Self {
            current,
            desired,
            added_columns,
            removed_columns: removed.collect(),
            kept_columns,
            indexes: match_parts(&current.indexes, &desired.indexes, &anew),
            uniques: match_constraints(&current.uniques, &desired.uniques, &anew, dialect),
            foreign_keys: match_constraints(
                &current.foreign_keys,
                &desired.foreign_keys,
                &anew,
                dialect,
            ),
            altered_foreign_keys: Vec::new(),
            checks: match_constraints(&current.checks, &desired.checks, &anew, dialect),
            anew,
            of_altered_enums: of_altered_enums(current, altered_enums).collect(),
        }
    }

    /// The checks that stay, by their new names.
    pub(crate) fn kept_checks(&self) -> impl Iterator<Item = &'a Check> {
        kept(&self.desired.checks, &self.checks.added)
    }

    /// The indexes that stay, by their new names.
    pub(crate) fn kept_indexes(&self) -> impl Iterator<Item = &'a Index> {
        kept(&self.desired.indexes, &self.indexes.added)
    }

    /// Whether these columns become unique: foreign keys can refer to them only then.
    fn gains_key(&self, columns: &[String]) -> bool {
        let key = self.desired.primary_key.as_ref().filter(|_| self.primary_key_changes());
        is_key(columns, key, &self.uniques.added, &self.indexes.added)
    }

    /// Whether something that made these columns unique goes away: a foreign key may depend on it.
    fn loses_key(&self, columns: &[String]) -> bool {
        let key = self.current.primary_key.as_ref().filter(|_| self.primary_key_changes());
        is_key(columns, key, &self.uniques.removed, &self.indexes.removed)
    }

    /// Whether no key or index on just these columns stays. One that comes does so later.
    fn loses_index(&self, columns: &[String]) -> bool {
        let primary = self.current.primary_key.as_ref().filter(|_| !self.primary_key_changes());
        let mut indexes = kept(&self.current.indexes, &self.indexes.removed);
        primary.is_none_or(|it| it.columns != columns)
            && !indexes.any(|it| it.key_columns().is_some_and(|it| it == columns))
    }

    /// Checks and indexes with SQL that mentions a column of another type step aside until it has that.
    fn write_expressions_anew(&mut self, dialect: &Dialect) {
        let retyped = self.kept_columns.iter().filter(|it| it.before.sql_type != it.after.sql_type);
        let retyped: BTreeSet<&str> = retyped.map(KeptColumn::name).collect();
        let mentions = |expression: &str| {
            let mut names =
                tokens(expression).map(|(_, it)| unquoted(it, dialect.identifier_quote));
            names.any(|it| retyped.contains(&*it))
        };
        let (current, desired) = (self.current, self.desired);
        let checks = current.checks.iter().filter(|it| mentions(&it.expression));
        let checks = checks.map(|it| it.name.as_str()).collect();
        self.checks.step_aside(&current.checks, &desired.checks, &checks);
        let indexes = current.indexes.iter().filter(|it| it.expressions().any(mentions));
        let indexes = indexes.map(|it| it.name.as_str()).collect();
        self.indexes.step_aside(&current.indexes, &desired.indexes, &indexes);
    }

    /// Whether one of these columns gets another type: foreign keys tie only columns of types that compare.
    fn retypes(&self, columns: &[String]) -> bool {
        self.kept_columns.iter().any(|it| it.is_retyped() && columns.contains(&it.after.name))
            || columns.iter().any(|it| self.of_altered_enums.contains(it.as_str()))
    }

    /// Whether its rows are to be spread over a cluster in another way: foreign keys tie only rows that are on one node.
    fn moves(&self) -> bool {
        self.current.distributed_by != self.desired.distributed_by
    }

    /// Whether columns of a foreign key that cascades are to take NULLs, or no longer, both here and there: one after the other.
    fn changes_nulls_with(
        &self,
        key: &ForeignKey,
        pairs: &BTreeMap<&TableName, &Pair<'_>>,
    ) -> bool {
        let changes = |pair: &Pair<'_>, names: &[String]| {
            let mut kept = pair.kept_columns.iter().filter(|it| names.contains(&it.after.name));
            kept.any(|it| it.before.nullable != it.after.nullable)
        };
        key.on_update == Action::Cascade
            && changes(self, &key.columns)
            && pairs.get(&key.references).is_some_and(|it| changes(it, &key.referenced_columns))
    }

    /// Whether the key's columns differ. Its name alone is a rename.
    pub(crate) fn primary_key_changes(&self) -> bool {
        let columns = |table: &'a Table| table.primary_key.as_ref().map(|it| &it.columns);
        columns(self.current) != columns(self.desired)
            || columns(self.current)
                .is_some_and(|it| it.iter().any(|it| self.anew.contains(it.as_str())))
    }

    /// Whether a column is numbered in one way or another from before to after: a key that it needs stays, too.
    pub(crate) fn stays_numbered(&self, column: &KeptColumn<'_>, dialect: &Dialect) -> bool {
        let is_numbered = column.before.identity.is_some() && column.after.identity.is_some();
        is_numbered
            && (dialect.columns.identity.key != IdentityKey::Leading || {
                let current = self.current;
                let key = current.primary_key.clone().filter(|_| !self.primary_key_changes());
                let uniques =
                    current.uniques.iter().filter(|it| !self.uniques.removed.contains(it));
                let indexes =
                    current.indexes.iter().filter(|it| !self.indexes.removed.contains(it));
                let stays = Table {
                    primary_key: key,
                    uniques: uniques.cloned().collect(),
                    indexes: indexes.cloned().collect(),
                    ..Table::new(current.name.clone(), Vec::new())
                };
                leading(&stays).any(|it| it == column.name())
            })
    }

    /// The names of constraints that differ in nothing else: before, after.
    pub(crate) fn renamed_constraints(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let name = |table: &'a Table| table.primary_key.as_ref()?.name.as_deref();
        let key = name(self.current)
            .zip(name(self.desired))
            .filter(|(before, after)| before != after && !self.primary_key_changes());
        key.into_iter()
            .chain(self.uniques.renamed_names())
            .chain(self.foreign_keys.renamed_names())
            .chain(self.checks.renamed_names())
    }
}

fn altered_enums<'a>(
    current: &'a BTreeMap<TableName, EnumType>,
    desired: &'a BTreeMap<TableName, EnumType>,
) -> AlteredEnums<'a> {
    let pairs = desired.iter().filter_map(|(name, to)| Some((name, (current.get(name)?, to))));
    pairs.filter(|(_, (from, to))| from.values != to.values).collect()
}

/// The columns of a table whose types are altered.
fn of_altered_enums<'a>(
    table: &'a Table,
    altered: &AlteredEnums<'_>,
) -> impl Iterator<Item = &'a str> {
    let is_altered =
        |it: &&Column| enum_of(&it.sql_type).is_some_and(|it| altered.contains_key(it));
    table.columns.iter().filter(is_altered).map(|it| it.name.as_str())
}

fn has_altered_enum(table: &Table, columns: &[String], altered: &AlteredEnums<'_>) -> bool {
    of_altered_enums(table, altered).any(|name| columns.iter().any(|it| it == name))
}

/// The type of a column that goes, until then: values that its own type loses stay as texts.
fn meanwhile(sql_type: &SqlType, altered: &AlteredEnums<'_>) -> SqlType {
    match enum_of(sql_type).and_then(|it| altered.get(it)) {
        Some((from, to)) if !from.is_extended_by(to) => match sql_type {
            SqlType::Array(_) => SqlType::Array(Box::new(SqlType::Text)),
            _ => SqlType::Text,
        },
        _ => sql_type.clone(),
    }
}

/// The parts but for those that changed.
fn kept<'a, T: Part>(parts: &'a [T], changed: &[&'a T]) -> impl Iterator<Item = &'a T> {
    let changed: BTreeSet<&str> = changed.iter().map(|it| it.name()).collect();
    parts.iter().filter(move |it| !changed.contains(it.name()))
}

fn match_constraints<'a, T: Part>(
    current: &'a [T],
    desired: &'a [T],
    anew: &BTreeSet<&str>,
    dialect: &Dialect,
) -> Matched<'a, T> {
    let matched = match_parts(current, desired, anew);
    match dialect.rename_constraint || !dialect.constraint_names {
        true => matched,
        false => matched.renames_apart(),
    }
}

/// Whether a table refers to itself by columns that only an index makes unique, which comes after the table.
fn needs_own_index(table: &Table, key: &ForeignKey) -> bool {
    let uniques: Vec<_> = table.uniques.iter().collect();
    key.references == table.name
        && !is_key(&key.referenced_columns, table.primary_key.as_ref(), &uniques, &[])
}

/// Whether one of these keys has just these columns, in any order.
fn is_key(
    columns: &[String],
    key: Option<&PrimaryKey>,
    uniques: &[&Unique],
    indexes: &[&Index],
) -> bool {
    let constraints = key.map(|it| &it.columns).into_iter();
    let constraints = constraints.chain(uniques.iter().map(|it| &it.columns));
    let constraints = constraints.map(|it| it.iter().map(String::as_str).collect::<Vec<_>>());
    let indexes = indexes.iter().filter(|it| it.unique).filter_map(|it| it.key_columns());
    constraints.chain(indexes).any(|key| {
        key.len() == columns.len() && columns.iter().all(|it| key.contains(&it.as_str()))
    })
}
