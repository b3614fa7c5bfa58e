//! The constraints of a table: [`PrimaryKey`], [`Unique`], [`ForeignKey`], [`Check`].

use super::{Index, TableName};
use crate::naming::{self, Named};
use serde::{Deserialize, Serialize};

/// A primary key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrimaryKey {
    /// The constraint's name; `None` where the database keeps none (SQLite may).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The key's columns, in order.
    pub columns: Vec<String>,
}

/// A unique constraint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unique {
    /// The constraint's name.
    pub name: String,
    /// Its columns, in order.
    pub columns: Vec<String>,
    /// Columns whose values its index holds besides these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<String>,
    /// Whether it takes NULLs for the same value.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub nulls_not_distinct: bool,
    /// Whether it may be violated until the end of a transaction.
    #[serde(default, skip_serializing_if = "Deferrable::is_default")]
    pub deferrable: Deferrable,
}

/// A foreign key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForeignKey {
    /// The constraint's name.
    pub name: String,
    /// The columns here, in order.
    pub columns: Vec<String>,
    /// The table that they refer to.
    pub references: TableName,
    /// The columns there, in the same order.
    pub referenced_columns: Vec<String>,
    /// What happens here when the row there is deleted.
    #[serde(default, skip_serializing_if = "Action::is_default")]
    pub on_delete: Action,
    /// What happens here when the key there is updated.
    #[serde(default, skip_serializing_if = "Action::is_default")]
    pub on_update: Action,
    /// Whether of several columns all are NULL or none (`MATCH FULL`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub match_full: bool,
    /// Whether it may be violated until the end of a transaction.
    #[serde(default, skip_serializing_if = "Deferrable::is_default")]
    pub deferrable: Deferrable,
}

/// Whether a constraint may be violated until the end of a transaction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deferrable {
    /// Never.
    #[default]
    No,
    /// Where the transaction asks for it: `DEFERRABLE INITIALLY IMMEDIATE`.
    Immediate,
    /// Unless the transaction asks for the opposite: `DEFERRABLE INITIALLY DEFERRED`.
    Deferred,
}

/// What a foreign key does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Refuse, at the end of the statement or transaction.
    #[default]
    NoAction,
    /// Refuse at once.
    Restrict,
    /// Delete or update the row here too.
    Cascade,
    /// Set the columns here to NULL.
    SetNull,
    /// Set the columns here to their defaults.
    SetDefault,
}

impl PrimaryKey {
    /// The constraint's name, or the one that the naming convention gives it.
    pub fn name_or_default(&self, table: &TableName) -> String {
        let default = || naming::name(Named::PrimaryKey, &table.name, &[], None);
        self.name.clone().unwrap_or_else(default)
    }
}

impl Unique {
    /// A constraint that holds at all times.
    pub fn new(name: impl Into<String>, columns: Vec<String>) -> Self {
        Self {
            name: name.into(),
            columns,
            include: Vec::new(),
            nulls_not_distinct: false,
            deferrable: Deferrable::No,
        }
    }

    /// The index that is the same where a database makes no difference.
    pub(crate) fn into_index(self) -> Index {
        let Self { include, nulls_not_distinct, .. } = self;
        Index { include, nulls_not_distinct, ..Index::new(self.name, self.columns, true) }
    }
}

impl ForeignKey {
    /// A reference that refuses what would violate it.
    pub fn new(
        name: impl Into<String>,
        columns: Vec<String>,
        references: TableName,
        referenced_columns: Vec<String>,
    ) -> Self {
        Self {
            name: name.into(),
            columns,
            references,
            referenced_columns,
            on_delete: Action::NoAction,
            on_update: Action::NoAction,
            match_full: false,
            deferrable: Deferrable::No,
        }
    }
}

impl ForeignKey {
    /// Whether two foreign keys only are checked at other times.
    pub(crate) fn differs_in_deferrable(&self, other: &Self) -> bool {
        self.deferrable != other.deferrable
            && *self == Self { deferrable: self.deferrable, ..other.clone() }
    }
}

impl Deferrable {
    /// What SQL says after the constraint.
    pub(crate) const fn sql(self) -> &'static str {
        match self {
            Self::No => "",
            Self::Immediate => " DEFERRABLE INITIALLY IMMEDIATE",
            Self::Deferred => " DEFERRABLE INITIALLY DEFERRED",
        }
    }

    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl Action {
    /// The action as SQL has it.
    pub const fn sql(self) -> &'static str {
        match self {
            Self::NoAction => "NO ACTION",
            Self::Restrict => "RESTRICT",
            Self::Cascade => "CASCADE",
            Self::SetNull => "SET NULL",
            Self::SetDefault => "SET DEFAULT",
        }
    }

    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// A check constraint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// The constraint's name.
    pub name: String,
    /// The condition, as written.
    pub expression: String,
}
