//! [`Metadata`]: what `metadata.toml` says of a migration.

use crate::{
    backend::Backend,
    change::Risk,
    schema::{DefaultValue, SqlType, TableName},
};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A migration's `metadata.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metadata {
    /// Whether it runs in a transaction. Diesel's key; Diesel takes a file without it for `false`.
    #[serde(default)]
    pub run_in_transaction: bool,
    /// What metaxy wrote of it; `None`: not written by metaxy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metaxy: Option<Origin>,
}

/// What metaxy knows of a migration that it wrote.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Origin {
    /// The version of metaxy.
    pub version: String,
    /// The database that the SQL is for.
    pub backend: Backend,
    /// What the history is of: `features`, `system`.
    pub scope: String,
    /// The migration before it, by the name of its directory; `None`: it is the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<String>,
    /// The versions of those before it that a database may have gotten after it: it was on another branch.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub over: Vec<String>,
    /// What it takes the place of: a database that has all migrations of one of these lists has it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub formerly: Vec<Vec<Former>>,
    /// What `up.sql` puts at risk, by the names that tables and columns have before it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub risks: Vec<Risk>,
    /// What `down.sql` drops.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub revert_drops: Vec<RevertDrop>,
    /// The tables that both scripts build anew: the checks of foreign keys are off meanwhile, and done in the end, and
    /// triggers are put back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rebuilds: Vec<TableName>,
    /// The columns whose value in rows that are there the user has to write into a script.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub backfills: Vec<Backfilled>,
}

/// A migration that another one takes the place of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Former {
    /// Its version.
    pub version: String,
    /// Its name: two branches may have written one version.
    pub name: String,
    /// The hash of its `up.sql`.
    pub checksum: String,
}

/// A table or column that reverting a migration drops or narrows, with what it holds by then.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RevertDrop {
    /// The table.
    #[serde(flatten)]
    pub table: TableName,
    /// The column; `None`: the whole table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// The column's default: rows that hold it lose nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<DefaultValue>,
    /// The type that the column gets, where it is not dropped: values that fit are not lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub becomes: Option<SqlType>,
}

/// A column whose value in rows that are there the user has to write into a script.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backfilled {
    /// The table.
    #[serde(flatten)]
    pub table: TableName,
    /// The column.
    pub column: String,
}

impl Metadata {
    pub(super) fn to_toml(&self) -> String {
        toml::to_string(self).expect("metadata is plain tables and strings")
    }
}

impl fmt::Display for Backfilled {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}", self.table, self.column)
    }
}

impl RevertDrop {
    /// `table` or `table.column`: what `--allow-destructive` has to name.
    pub fn object(&self) -> String {
        match &self.column {
            None => self.table.to_string(),
            Some(column) => format!("{}.{column}", self.table),
        }
    }
}
