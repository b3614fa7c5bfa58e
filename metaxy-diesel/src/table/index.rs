//! [`IndexDef`]: an index as the struct of a feature declares it.

use crate::schema::{Deferrable, KeyPart, Nulls};

/// An index of a feature's table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexDef {
    /// What it sorts rows by, in order.
    pub keys: &'static [IndexKeyDef],
    /// Whether each combination of values occurs once.
    pub unique: bool,
    /// Its name, behind the store's prefix; `None`: one of the table and the keys.
    pub name: Option<&'static str>,
    /// The rows that it has, as SQL; `None`: all.
    pub predicate: Option<&'static str>,
    /// How it is built; `None`: as a B-tree.
    pub method: Option<&'static str>,
    /// Columns whose values it holds besides its keys.
    pub include: &'static [&'static str],
    /// Whether it takes NULLs for one value, where it is unique.
    pub nulls_not_distinct: bool,
    /// Whether the end of a transaction checks it, where it is unique: then it is a constraint.
    pub deferrable: Deferrable,
    /// The names of the databases that have it; `None`: all.
    pub databases: Option<&'static [&'static str]>,
}

/// One key of an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexKeyDef {
    /// What is indexed.
    pub part: KeyPart<&'static str>,
    /// Whether the largest comes first.
    pub descending: bool,
    /// Where NULLs are; `None`: where the database puts them.
    pub nulls: Option<Nulls>,
    /// How many characters are indexed; `None`: all.
    pub prefix: Option<u32>,
    /// What texts are compared by; `None`: as the column says.
    pub collation: Option<&'static str>,
    /// The operator class; `None`: the default one.
    pub operator_class: Option<&'static str>,
}

impl IndexDef {
    /// An index of all rows, on all databases.
    pub const fn new(keys: &'static [IndexKeyDef]) -> Self {
        Self {
            keys,
            unique: false,
            name: None,
            predicate: None,
            method: None,
            include: &[],
            nulls_not_distinct: false,
            deferrable: Deferrable::No,
            databases: None,
        }
    }
}

impl IndexKeyDef {
    /// A whole column, which may be a system column.
    pub const fn column(name: &'static str) -> Self {
        Self::new(KeyPart::Column(name))
    }

    /// A SQL expression.
    pub const fn expression(sql: &'static str) -> Self {
        Self::new(KeyPart::Expression(sql))
    }

    const fn new(part: KeyPart<&'static str>) -> Self {
        Self {
            part,
            descending: false,
            nulls: None,
            prefix: None,
            collation: None,
            operator_class: None,
        }
    }
}
