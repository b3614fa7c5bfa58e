//! [`diff`]: what has to change so that one schema becomes another.

mod comparison;
mod room;

pub(crate) use comparison::{Comparison, Pair};

use crate::{
    change::{self, Change, Risk},
    columns::IdentityKey,
    dialect::Dialect,
    distribution,
    hints::Rename,
    renames,
    schema::{Schema, Table, TableName},
};
use std::{collections::BTreeMap, fmt};

/// What has to change so that one schema becomes another.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The changes, in an order in which they can be made.
    pub changes: Vec<Change>,
    /// The schema as it is, normalised, with all renames done.
    pub before: Schema,
    /// The schema as it should be, normalised.
    pub after: Schema,
    /// Tables that are other ones before the renames are done, as they are then: by their new names.
    pub originals: BTreeMap<TableName, Table>,
}

impl Difference {
    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// What is put at risk, by the names that tables and columns have before.
    pub fn risks(&self) -> Vec<Risk> {
        let (mut tables, mut columns) = (BTreeMap::new(), BTreeMap::new());
        for change in &self.changes {
            match change {
                Change::RenameTable(it) => {
                    let from = tables.remove(&it.from).unwrap_or(&it.from);
                    tables.insert(&it.to, from);
                }
                Change::RenameColumn(it) => {
                    let from = columns.remove(&(&it.table, &it.from)).unwrap_or(&it.from);
                    columns.insert((&it.table, &it.to), from);
                }
                _ => {}
            }
        }
        let mut risks: Vec<_> = self.changes.iter().flat_map(Change::risks).collect();
        for (table, column) in risks.iter_mut().map(Risk::place_mut) {
            if let Some(column) = column
                && let Some(from) = columns.get(&(&*table, &*column))
            {
                column.clone_from(from);
            }
            if let Some(from) = tables.get(&*table) {
                table.clone_from(from);
            }
        }
        risks
    }
}

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
) -> Result<Difference, DiffError> {
    diff_with(current, desired, &[], dialect)
}

/// As [`diff`], with renames that a person says now: `desired` has them already
/// ([`with_renames`](crate::hints::with_renames)). Only they exchange names, which look the same before and after.
///
/// # Errors
///
/// As [`diff`].
pub fn diff_with(
    current: &Schema,
    desired: &Schema,
    said: &[Rename],
    dialect: &Dialect,
) -> Result<Difference, DiffError> {
    let renames = renames::resolve(dialect.normalise(current), desired, said, dialect)?;
    let after = dialect.normalise(desired);
    let mut problems = dialect.unsupported(&after);
    problems.extend(dialect.key_limits.iter().flat_map(|it| it.problems(&after)));
    problems.extend(dialect.columns.problems(&after, dialect.title));
    problems.extend(distribution::problems(&renames.current, &after, dialect));
    if !problems.is_empty() {
        return Err(DiffError { problems });
    }
    let changes = match renames.is_empty() && renames.current == after {
        true => Vec::new(),
        false => change::detect(&Comparison::new(&renames, &after, dialect)),
    };
    Ok(Difference { changes, before: renames.current, after, originals: renames.originals })
}

/// All that differs between two schemas, in words: also what [`diff`] refuses. Nothing differs where it is empty.
pub fn differences(current: &Schema, desired: &Schema, dialect: &Dialect) -> Vec<String> {
    match diff(current, desired, dialect) {
        Ok(difference) => difference.changes.iter().map(Change::reason).collect(),
        Err(error) => error.problems.iter().map(ToString::to_string).collect(),
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
    /// Several tables or columns say that they were renamed from one.
    AmbiguousRename {
        /// The former name.
        from: String,
        /// The tables or columns that say so.
        to: Vec<String>,
    },
    /// Tables or columns say that they exchanged their names, which look the same before and after.
    RenameCircle {
        /// The tables or columns.
        names: Vec<String>,
        /// What says it for once: `old:new`.
        flags: Vec<String>,
    },
    /// A table or column is to get a name that another one has and keeps.
    NameTaken {
        /// What says so: `old:new`.
        flag: String,
        /// The table or column that has the name.
        to: String,
    },
    /// An index or constraint is one that the database does not have.
    Unsupported {
        /// `table.index`, `table.constraint`.
        object: String,
        /// The database.
        database: &'static str,
        /// What it lacks.
        what: String,
        /// What to do in its place.
        instead: &'static str,
    },
    /// A column that the database takes in no key is part of one.
    KeyType {
        /// `table.column`.
        object: String,
        /// The key or index.
        key: String,
    },
    /// A numbered column lacks the key that the database wants for it.
    IdentityKey {
        /// `table.column`.
        object: String,
        /// The key.
        key: IdentityKey,
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
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AmbiguousRename { from, to } => {
                let to = to.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(" and ");
                write!(out, "{to} all say `renamed_from` of `{from}`: keep one of them")
            }
            Self::RenameCircle { names, flags } => {
                let names = names.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>();
                let flags = flags.iter().map(|it| format!("--rename '{it}'")).collect::<Vec<_>>();
                write!(
                    out,
                    "{} exchange their names by `renamed_from`, and nobody can see whether that was done: remove it, and \
                     where it was not done add {}",
                    names.join(" and "),
                    flags.join(" ")
                )
            }
            Self::NameTaken { flag, to } => write!(
                out,
                "`--rename '{flag}'`: `{to}` is there already, and keeps its name: rename that too, or leave the flag out"
            ),
            Self::Unsupported { object, database, what, instead } => {
                write!(out, "`{object}`: {database} has no {what}: {instead}")
            }
            Self::KeyType { object, key } => write!(
                out,
                "`{object}` cannot be part of {key}: a key takes numbers, moments and texts"
            ),
            Self::IdentityKey { object, key } => write!(
                out,
                "`{object}` can be numbered only as the one identity of its table that is {key}"
            ),
            Self::KeyTooLong { object, key, bytes, max } => write!(
                out,
                "`{object}`: {key} takes {bytes} bytes of the {max} that a key has: \
                 give its texts a length (`#[metaxy(length = 64)]`)"
            ),
        }
    }
}
