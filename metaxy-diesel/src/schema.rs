//! [`Schema`]: the one description of tables that features, databases and snapshot files are compared by.
//!
//! Independent of any database: a dialect renders it and an inspection reads it.

mod index;

pub use index::{Index, IndexKey, KeyPart, Nulls};

use crate::naming::{self, Named};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt};

/// A set of tables.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Schema {
    /// The tables, by name.
    pub tables: BTreeMap<TableName, Table>,
}

/// The name of a table, with its schema (namespace) where that is not the connection's default.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TableName {
    /// The namespace; `None`: the default one of the connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// The table.
    pub name: String,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// Its name.
    #[serde(flatten)]
    pub name: TableName,
    /// Its former name: what a rename starts from. Without effect once applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<TableName>,
    /// Its columns, in order.
    pub columns: Vec<Column>,
    /// Its primary key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary_key: Option<PrimaryKey>,
    /// Its unique constraints, sorted by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uniques: Vec<Unique>,
    /// Its foreign keys, sorted by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub foreign_keys: Vec<ForeignKey>,
    /// Its check constraints, sorted by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Check>,
    /// Its indexes, sorted by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<Index>,
    /// Its comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub sql_type: SqlType,
    /// Whether it may be NULL.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub nullable: bool,
    /// Its default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<DefaultValue>,
    /// Its former name: what a rename starts from. Without effect once applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<String>,
    /// Its comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// The type of a column. A dialect says how it is written, and which of them are one and the same there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SqlType {
    /// 16-bit integer.
    SmallInt,
    /// 32-bit integer.
    Integer,
    /// 64-bit integer.
    BigInt,
    /// 32-bit float.
    Float,
    /// 64-bit float.
    Double,
    /// Decimal number; both `None`: of any precision.
    Numeric {
        /// Digits in all.
        precision: Option<u32>,
        /// Digits after the point.
        scale: Option<i32>,
    },
    /// Boolean.
    Bool,
    /// Text of any length.
    Text,
    /// Text of any length too, but written `VARCHAR`, as Metaxy for Python has it in its system tables.
    String,
    /// Text of at most so many characters.
    Varchar(u32),
    /// Bytes.
    Binary,
    /// Date without time.
    Date,
    /// Time without date.
    Time,
    /// Date and time without time zone.
    Timestamp,
    /// Date and time with time zone (PostgreSQL's `timestamptz`).
    Timestamptz,
    /// A moment, portable: `timestamptz` where there is one, ISO-8601 text in UTC elsewhere.
    UtcTimestamp,
    /// Field versions by struct key, portable: `jsonb` on PostgreSQL, JSON text on SQLite.
    FieldVersions,
    /// UUID.
    Uuid,
    /// JSON as it was written.
    Json,
    /// JSON, decomposed.
    Jsonb,
    /// Array (PostgreSQL).
    Array(Box<SqlType>),
    /// Any other type, as the database writes it.
    Other(String),
}

/// A column's default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DefaultValue {
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number.
    Float(f64),
    /// A text.
    Text(String),
    /// A SQL expression, as written.
    Expression(String),
}

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

impl Deferrable {
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

impl Table {
    /// A table without keys, constraints and indexes.
    pub fn new(name: TableName, columns: Vec<Column>) -> Self {
        Self {
            name,
            renamed_from: None,
            columns,
            primary_key: None,
            uniques: Vec::new(),
            foreign_keys: Vec::new(),
            checks: Vec::new(),
            indexes: Vec::new(),
            comment: None,
        }
    }
}

impl Column {
    /// A column that is not nullable and has no default.
    pub fn new(name: impl Into<String>, sql_type: SqlType) -> Self {
        Self {
            name: name.into(),
            sql_type,
            nullable: false,
            default: None,
            renamed_from: None,
            comment: None,
        }
    }
}

impl TableName {
    /// A table of the connection's default namespace.
    pub fn new(name: impl Into<String>) -> Self {
        Self { schema: None, name: name.into() }
    }
}

impl fmt::Display for TableName {
    /// The name for people, unquoted: never for SQL.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.schema {
            Some(schema) => write!(out, "{schema}.{}", self.name),
            None => out.write_str(&self.name),
        }
    }
}

impl FromIterator<Table> for Schema {
    fn from_iter<T: IntoIterator<Item = Table>>(tables: T) -> Self {
        Self { tables: tables.into_iter().map(|table| (table.name.clone(), table)).collect() }
    }
}

impl Serialize for Schema {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Wire<'a> {
            tables: Vec<&'a Table>,
        }
        Wire { tables: self.tables.values().collect() }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Schema {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Wire {
            tables: Vec<Table>,
        }
        Ok(Wire::deserialize(deserializer)?.tables.into_iter().collect())
    }
}
