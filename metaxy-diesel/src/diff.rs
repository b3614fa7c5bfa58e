//! [`diff`]: what has to change so that one schema becomes another.

use crate::{
    change::{self, Change, RenameColumn, RenameTable},
    dialect::Dialect,
    matching::{Matched, Part, match_parts},
    order::creation_order,
    renames::{self, Renames},
    schema::{Check, Column, ForeignKey, Index, Schema, Table, TableName, Unique},
    unwritable,
};
use std::{collections::BTreeMap, fmt};

/// What has to change so that `current` becomes `desired`, in an order in which it can be done.
///
/// Both are normalised for the dialect. A rename is one only where `desired` says so (`renamed_from`), and where it
/// was not done yet. The order of columns is no difference, since no database changes it in place.
///
/// The order of the changes is the same on every run, and the time grows with the size of the schemas.
///
/// # Errors
///
/// [`DiffError`], which lists all that differs and cannot be written: nothing is left out in silence.
pub fn diff(
    current: &Schema,
    desired: &Schema,
    dialect: &Dialect,
) -> Result<Vec<Change>, DiffError> {
    let renames = renames::resolve(&dialect.normalise(current), desired)?;
    let desired = dialect.normalise(desired);
    let comparison = Comparison::new(&renames, &desired, dialect)?;
    let mut problems = unwritable::detect(&comparison);
    problems.extend(dialect.key_limits.iter().flat_map(|it| it.problems(&desired)));
    match problems.is_empty() {
        true => Ok(change::detect(&comparison)),
        false => Err(DiffError { problems }),
    }
}

/// All that differs between two schemas, in words: also what [`diff`] refuses. Nothing differs where it is empty.
pub fn differences(current: &Schema, desired: &Schema, dialect: &Dialect) -> Vec<String> {
    let words = |error: DiffError| error.problems.iter().map(ToString::to_string).collect();
    let renames = match renames::resolve(&dialect.normalise(current), desired) {
        Ok(renames) => renames,
        Err(error) => return words(error),
    };
    let desired = dialect.normalise(desired);
    match Comparison::new(&renames, &desired, dialect) {
        Ok(comparison) => change::detect(&comparison)
            .iter()
            .map(Change::reason)
            .chain(unwritable::detect(&comparison).iter().map(ToString::to_string))
            .collect(),
        Err(error) => words(error),
    }
}

/// All that keeps a difference from being written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct DiffError {
    /// What differs, sorted by table.
    pub problems: Vec<Problem>,
}

/// One thing that keeps a difference from being written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// A difference that this version sees, and does not write.
    Unwritable {
        /// The table, or `table.column`.
        object: String,
        /// What differs: `type`, `primary key`, ….
        what: &'static str,
        /// What it is now; `None`: nothing.
        before: Option<String>,
        /// What it should be; `None`: nothing.
        after: Option<String>,
    },
    /// Several tables or columns say that they were renamed from one.
    AmbiguousRename {
        /// The former name.
        from: String,
        /// The tables or columns that say so.
        to: Vec<String>,
    },
    /// A column that the database takes in no key is part of one.
    KeyType {
        /// `table.column`.
        object: String,
        /// The key or index.
        key: String,
    },
    /// A key or index has more bytes than the database takes.
    KeyTooLong {
        /// The table.
        object: String,
        /// The key or index.
        key: String,
        /// What it has.
        bytes: usize,
        /// What the database takes.
        max: usize,
    },
    /// New tables refer to each other in a circle.
    ForeignKeyCycle {
        /// The tables.
        tables: Vec<TableName>,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unwritable { object, what, before, after } => match (before, after) {
                (None, Some(after)) => write!(out, "`{object}`: {what} is added: {after}"),
                (Some(before), None) => write!(out, "`{object}`: {what} is dropped: {before}"),
                (before, after) => write!(
                    out,
                    "`{object}`: {what} changes from {} to {}",
                    before.as_deref().unwrap_or("none"),
                    after.as_deref().unwrap_or("none")
                ),
            },
            Self::AmbiguousRename { from, to } => {
                let to = to.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(" and ");
                write!(out, "{to} all say `renamed_from` of `{from}`: keep one of them")
            }
            Self::KeyType { object, key } => write!(
                out,
                "`{object}` cannot be part of {key}: a key takes numbers, moments and texts"
            ),
            Self::KeyTooLong { object, key, bytes, max } => write!(
                out,
                "`{object}`: {key} takes {bytes} bytes of the {max} that a key has: \
                 give its texts a length (`#[metaxy(length = 64)]`)"
            ),
            Self::ForeignKeyCycle { tables } => {
                let tables: Vec<_> = tables.iter().map(|it| format!("`{it}`")).collect();
                write!(
                    out,
                    "new tables {} refer to each other in a circle: add one of the foreign keys by hand",
                    tables.join(", ")
                )
            }
        }
    }
}

/// Two schemas side by side, renames done: what the kinds of change are detected in.
pub(crate) struct Comparison<'a> {
    pub(crate) dialect: &'a Dialect,
    pub(crate) renamed_tables: Vec<RenameTable>,
    pub(crate) renamed_columns: Vec<RenameColumn>,
    /// New tables, each after those that it refers to.
    pub(crate) created: Vec<&'a Table>,
    /// Tables that are gone, each before those that it refers to.
    pub(crate) dropped: Vec<&'a Table>,
    /// Tables that stay, by name.
    pub(crate) kept: Vec<Pair<'a>>,
}

/// A table that stays, as it is and as it should be.
pub(crate) struct Pair<'a> {
    pub(crate) current: &'a Table,
    pub(crate) desired: &'a Table,
    /// In the order of the new table.
    pub(crate) added_columns: Vec<&'a Column>,
    /// In the order of the old table.
    pub(crate) removed_columns: Vec<&'a Column>,
    /// In the order of the new table, each as it is and as it should be.
    pub(crate) kept_columns: Vec<(&'a Column, &'a Column)>,
    pub(crate) indexes: Matched<'a, Index>,
    pub(crate) uniques: Matched<'a, Unique>,
    pub(crate) foreign_keys: Matched<'a, ForeignKey>,
    pub(crate) checks: Matched<'a, Check>,
}

impl<'a> Comparison<'a> {
    fn new(
        renames: &'a Renames,
        desired: &'a Schema,
        dialect: &'a Dialect,
    ) -> Result<Self, DiffError> {
        let (current, desired) = (&renames.current.tables, &desired.tables);
        let only = |these: &'a BTreeMap<TableName, Table>, those: &BTreeMap<TableName, Table>| {
            let tables: Vec<_> =
                these.values().filter(|it| !those.contains_key(&it.name)).collect();
            creation_order(tables, dialect.forward_references)
        };
        let (created, mut dropped) = (only(desired, current)?, only(current, desired)?);
        dropped.reverse();
        let kept = desired
            .values()
            .filter_map(|table| Some(Pair::new(current.get(&table.name)?, table, dialect)))
            .collect();
        let (renamed_tables, renamed_columns) = (renames.tables.clone(), renames.columns.clone());
        Ok(Self { dialect, renamed_tables, renamed_columns, created, dropped, kept })
    }
}

impl<'a> Pair<'a> {
    fn new(current: &'a Table, desired: &'a Table, dialect: &Dialect) -> Self {
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
        let removed = current.columns.iter().filter(|it| !wanted.contains_key(it.name.as_str()));
        Self {
            current,
            desired,
            added_columns,
            removed_columns: removed.collect(),
            kept_columns,
            indexes: match_parts(&current.indexes, &desired.indexes),
            uniques: match_constraints(&current.uniques, &desired.uniques, dialect),
            foreign_keys: match_constraints(&current.foreign_keys, &desired.foreign_keys, dialect),
            checks: match_constraints(&current.checks, &desired.checks, dialect),
        }
    }

    /// Whether the key's columns differ. Its name alone is a rename.
    pub(crate) fn primary_key_changes(&self) -> bool {
        let columns = |table: &'a Table| table.primary_key.as_ref().map(|it| &it.columns);
        columns(self.current) != columns(self.desired)
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

fn match_constraints<'a, T: Part>(
    current: &'a [T],
    desired: &'a [T],
    dialect: &Dialect,
) -> Matched<'a, T> {
    let matched = match_parts(current, desired);
    match dialect.rename_constraint || !dialect.constraint_names {
        true => matched,
        false => matched.renames_apart(),
    }
}
