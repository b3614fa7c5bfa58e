//! Names of constraints and indexes, in PostgreSQL's own manner: `TABLE_pkey`, `TABLE_COLUMNS_idx`.
//!
//! They hold the table's name, because PostgreSQL keeps the names of indexes and of the indexes behind keys per
//! schema, and SQLite keeps those of indexes per database.

use crate::hash::short_hash;

/// What a name is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// A primary key: `TABLE_pkey`.
    PrimaryKey,
    /// An index: `TABLE_COLUMNS_idx`.
    Index,
    /// A unique index or constraint: `TABLE_COLUMNS_key`.
    Unique,
    /// A foreign key: `TABLE_COLUMNS_fkey`.
    ForeignKey,
    /// A check constraint: `TABLE_COLUMNS_check`.
    Check,
    /// The sequence of a numbered column: `TABLE_COLUMN_seq`.
    Sequence,
}

impl Named {
    const fn suffix(self) -> &'static str {
        match self {
            Self::PrimaryKey => "pkey",
            Self::Index => "idx",
            Self::Unique => "key",
            Self::ForeignKey => "fkey",
            Self::Check => "check",
            Self::Sequence => "seq",
        }
    }
}

/// The name of a constraint or index, at most `limit` bytes long.
///
/// A longer one is cut, and a hash of all of it keeps it apart from others that begin alike.
///
/// ```
/// use metaxy_diesel::naming::{Named, name};
///
/// assert_eq!(name(Named::Index, "video__raw", &["path"], Some(63)), "video__raw_path_idx");
/// assert_eq!(name(Named::PrimaryKey, "video__raw", &[], None), "video__raw_pkey");
/// assert_eq!(name(Named::Check, &"x".repeat(70), &["path"], Some(63)).len(), 63);
/// ```
pub fn name(kind: Named, table: &str, columns: &[&str], limit: Option<usize>) -> String {
    let parts: Vec<&str> = std::iter::once(table).chain(columns.iter().copied()).collect();
    let whole = format!("{}_{}", parts.join("_"), kind.suffix());
    match limit {
        Some(limit) if whole.len() > limit => hashed_name(kind, table, columns, "", Some(limit)),
        _ => whole,
    }
}

/// As [`name()`], with the hash even where it would fit: for the second of two that would be called the same. `more`
/// is what tells it apart besides, and only the hash says.
pub(crate) fn hashed_name(
    kind: Named,
    table: &str,
    columns: &[&str],
    more: &str,
    limit: Option<usize>,
) -> String {
    let parts: Vec<&str> = std::iter::once(table).chain(columns.iter().copied()).collect();
    // NUL stands in no name, so different parts never hash alike.
    let mut hashed = parts.clone();
    hashed.extend(Some(more).filter(|it| !it.is_empty()));
    let tail = format!("_{}_{}", short_hash(&hashed.join("\0")), kind.suffix());
    let stem = parts.join("_");
    let room = limit.map_or(stem.len(), |limit| limit.saturating_sub(tail.len()));
    format!("{}{tail}", &stem[..stem.floor_char_boundary(room)])
}

/// The name that something has while its own is another's.
pub(crate) fn aside(name: &str, limit: Option<usize>) -> String {
    let whole = format!("metaxy_old_{name}");
    match limit {
        Some(limit) if whole.len() > limit => format!("metaxy_old_{}", short_hash(name)),
        _ => whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut_and_stay_apart() {
        let cut = |table: &str| name(Named::Index, table, &["ä"], Some(63));
        let (one, other) = ("t".repeat(80) + "1", "t".repeat(80) + "2");
        assert!(cut(&one).len() <= 63 && cut(&one).ends_with("_idx"));
        assert_ne!(cut(&one), cut(&other));
        assert_eq!(cut(&one), cut(&one));
        // A character is never split.
        assert!(name(Named::Index, &"ä".repeat(60), &[], Some(63)).len() <= 63);
    }

    #[test]
    fn hashes_tell_parts_apart() {
        assert_eq!(
            name(Named::Index, "a", &["b", "c"], None),
            name(Named::Index, "a", &["b_c"], None)
        );
        assert_ne!(
            hashed_name(Named::Index, "a", &["b", "c"], "", None),
            hashed_name(Named::Index, "a", &["b_c"], "", None)
        );
    }
}
