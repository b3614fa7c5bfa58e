//! [`Schema`]: the one description of tables that features, databases and snapshot files are compared by.
//!
//! Independent of any database: a dialect renders it and an inspection reads it.

mod constraints;
mod enum_type;
mod identity;
mod index;
mod words;

pub use constraints::{Action, Check, Deferrable, ForeignKey, PrimaryKey, Unique};
pub use enum_type::EnumType;
pub(crate) use enum_type::rename_values;
pub use identity::{Identity, Numbering};
pub use index::{Index, IndexKey, KeyPart, Nulls};

use crate::enums::{enum_of, enum_of_mut};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// A set of tables, with the types that they use.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Schema {
    /// The tables, by name.
    pub tables: BTreeMap<TableName, Table>,
    /// The enumerated types, by name.
    pub enums: BTreeMap<TableName, EnumType>,
}

/// The name of a table or type, with its schema (namespace) where that is not the connection's default.
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
    /// The column that its rows are spread over the nodes of a cluster by; `None`: they are all in one place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distributed_by: Option<String>,
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
    /// What its values are computed from: nobody writes them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generated: Option<Generated>,
    /// How the database numbers rows in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    /// How its texts compare, as the database calls it; `None`: as all texts do that say nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collation: Option<String>,
    /// Its former name: what a rename starts from. Without effect once applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<String>,
    /// Its comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// How a generated column comes to its values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Generated {
    /// The expression, of other columns of the row.
    pub expression: String,
    /// Whether it is kept.
    #[serde(default)]
    pub storage: Storage,
}

/// Whether the value of a generated column is kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Storage {
    /// Computed when a row is written.
    #[default]
    Stored,
    /// Computed when a row is read.
    Virtual,
}

/// The type of a column. A dialect says how it is written, and which of them are one and the same there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SqlType {
    /// 8-bit integer (MySQL).
    TinyInt,
    /// 16-bit integer.
    SmallInt,
    /// 32-bit integer.
    Integer,
    /// 64-bit integer.
    BigInt,
    /// An integer of that many bits without sign (MySQL).
    Unsigned(Box<SqlType>),
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
    /// Text of so many characters, filled up with blanks.
    Char(u32),
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
    /// One of these three, its seconds with so many decimals; without that they have as many as the database keeps.
    Precise(Moment, u32),
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
    /// One of the schema's enumerated types, by its name.
    Enum(Box<TableName>),
    /// One of these texts, in this order: what an enumerated type is where types have no names.
    Values(Vec<String>),
    /// Any other type, as the database writes it.
    Other(String),
}

/// A type of times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// Time without date.
    Time,
    /// Date and time without time zone.
    Timestamp,
    /// Date and time with time zone.
    Timestamptz,
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
            distributed_by: None,
            comment: None,
        }
    }
}

impl Column {
    /// A column that is not nullable, and has no default or anything else.
    pub fn new(name: impl Into<String>, sql_type: SqlType) -> Self {
        Self {
            name: name.into(),
            sql_type,
            nullable: false,
            default: None,
            generated: None,
            identity: None,
            collation: None,
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

impl Schema {
    /// The namespaces that its tables and types name.
    pub fn namespaces(&self) -> BTreeSet<String> {
        let names = self.tables.keys().chain(self.enums.keys());
        names.filter_map(|it| it.schema.clone()).collect()
    }

    /// The schema with these enumerated types besides.
    pub fn with_enums(mut self, enums: impl IntoIterator<Item = EnumType>) -> Self {
        self.enums.extend(enums.into_iter().map(|it| (it.name.clone(), it)));
        self
    }

    /// The schema by names as the connection to this namespace has them: what is there needs none.
    pub(crate) fn seen_from(self, namespace: &str) -> Self {
        let name = |mut name: TableName| {
            name.schema.take_if(|it| it == namespace);
            name
        };
        let tables = self.tables.into_values().map(|mut table| {
            table.name = name(table.name);
            table.renamed_from = table.renamed_from.map(name);
            for column in &mut table.columns {
                if let Some(of) = enum_of_mut(&mut column.sql_type) {
                    of.schema.take_if(|it| it == namespace);
                }
            }
            for key in &mut table.foreign_keys {
                key.references.schema.take_if(|it| it == namespace);
            }
            table
        });
        let enums = self.enums.into_values().map(|of| EnumType {
            name: name(of.name),
            renamed_from: of.renamed_from.map(name),
            ..of
        });
        tables.collect::<Self>().with_enums(enums)
    }

    /// Takes enumerated types for what they are where nobody owns them: names of types.
    pub(crate) fn forget_enums(&mut self, keep: impl Fn(&TableName) -> bool) {
        self.enums.retain(|name, _| keep(name));
        for column in self.tables.values_mut().flat_map(|it| &mut it.columns) {
            if let Some(name) = enum_of(&column.sql_type).filter(|it| !keep(it)) {
                let other = SqlType::Other(name.to_string().to_lowercase());
                column.sql_type = match column.sql_type {
                    SqlType::Array(_) => SqlType::Array(Box::new(other)),
                    _ => other,
                };
            }
        }
    }
}

impl FromIterator<Table> for Schema {
    fn from_iter<T: IntoIterator<Item = Table>>(tables: T) -> Self {
        let tables = tables.into_iter().map(|table| (table.name.clone(), table)).collect();
        Self { tables, enums: BTreeMap::new() }
    }
}

impl Serialize for Schema {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Wire<'a> {
            #[serde(skip_serializing_if = "Vec::is_empty")]
            enums: Vec<&'a EnumType>,
            tables: Vec<&'a Table>,
        }
        let (enums, tables) = (self.enums.values().collect(), self.tables.values().collect());
        Wire { enums, tables }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Schema {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Wire {
            #[serde(default)]
            enums: Vec<EnumType>,
            tables: Vec<Table>,
        }
        let Wire { enums, tables } = Wire::deserialize(deserializer)?;
        Ok(tables.into_iter().collect::<Self>().with_enums(enums))
    }
}
