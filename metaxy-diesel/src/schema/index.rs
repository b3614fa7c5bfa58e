//! [`Index`] and its keys.

use serde::{Deserialize, Serialize};

/// An index.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "StoredIndex")]
pub struct Index {
    /// Its name.
    pub name: String,
    /// What it sorts rows by, in order. A plain column is stored as its name alone.
    #[serde(rename = "columns")]
    pub keys: Vec<IndexKey>,
    /// Whether it allows each combination of values once.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unique: bool,
    /// The rows that it has, as a SQL condition; `None`: all of them.
    #[serde(rename = "where", skip_serializing_if = "Option::is_none")]
    pub predicate: Option<String>,
    /// How it is built (`hash`, `gin`, `fulltext`); `None`: as a B-tree.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Columns whose values it holds besides its keys.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<String>,
    /// Whether it takes NULLs for the same value, where it is unique.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub nulls_not_distinct: bool,
}

/// One key of an index.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "StoredKey", into = "StoredKey")]
pub struct IndexKey {
    /// What is indexed.
    pub part: KeyPart,
    /// Whether the largest comes first.
    pub descending: bool,
    /// Where NULLs are; `None`: where the database puts them in this order.
    pub nulls: Option<Nulls>,
    /// How many characters are indexed, from the beginning; `None`: all.
    pub prefix: Option<u32>,
    /// What texts are compared by; `None`: as the column says.
    pub collation: Option<String>,
    /// The operator class; `None`: the default one of the type.
    pub operator_class: Option<String>,
}

/// What a key of an index is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyPart<Text = String> {
    /// A column.
    Column(Text),
    /// A SQL expression, as written, without parentheses around it.
    Expression(Text),
}

/// Where NULLs are in an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Nulls {
    /// Before all values.
    First,
    /// After all values.
    Last,
}

impl Index {
    /// An index on whole columns.
    pub fn new(name: impl Into<String>, columns: Vec<String>, unique: bool) -> Self {
        Self {
            name: name.into(),
            keys: columns.into_iter().map(IndexKey::from).collect(),
            unique,
            predicate: None,
            method: None,
            include: Vec::new(),
            nulls_not_distinct: false,
        }
    }

    /// The columns that it names, those that it only includes too. What its expressions name is not among them.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        let keys = self.keys.iter().filter_map(IndexKey::column);
        keys.chain(self.include.iter().map(String::as_str))
    }

    pub(crate) fn columns_mut(&mut self) -> impl Iterator<Item = &mut String> {
        let keys = self.keys.iter_mut().filter_map(|key| match &mut key.part {
            KeyPart::Column(name) => Some(name),
            KeyPart::Expression(_) => None,
        });
        keys.chain(&mut self.include)
    }

    /// The SQL in it: its expressions, and its condition.
    pub(crate) fn expressions(&self) -> impl Iterator<Item = &str> {
        let keys = self.keys.iter().filter_map(|key| match &key.part {
            KeyPart::Column(_) => None,
            KeyPart::Expression(expression) => Some(expression.as_str()),
        });
        keys.chain(self.predicate.as_deref())
    }

    pub(crate) fn expressions_mut(&mut self) -> impl Iterator<Item = &mut String> {
        let keys = self.keys.iter_mut().filter_map(|key| match &mut key.part {
            KeyPart::Column(_) => None,
            KeyPart::Expression(expression) => Some(expression),
        });
        keys.chain(&mut self.predicate)
    }

    /// Its keys, and the rows that it has: `lower(path), size where size > 0`.
    pub(crate) fn in_words(&self) -> String {
        let keys = self.keys.iter().map(|key| match &key.part {
            KeyPart::Column(text) | KeyPart::Expression(text) => text.as_str(),
        });
        let keys = keys.collect::<Vec<_>>().join(", ");
        match &self.predicate {
            Some(predicate) => format!("{keys} where {predicate}"),
            None => keys,
        }
    }

    /// The columns that it finds rows by, of all rows and by whole values; `None`: it has expressions, beginnings or
    /// only some rows. Foreign keys can make use of no other.
    pub fn key_columns(&self) -> Option<Vec<&str>> {
        let whole = |key: &IndexKey| key.prefix.is_none();
        match self.predicate.is_none() && self.method.is_none() && self.keys.iter().all(whole) {
            true => self.keys.iter().map(IndexKey::column).collect(),
            false => None,
        }
    }
}

impl IndexKey {
    /// The column, where it is one.
    pub fn column(&self) -> Option<&str> {
        match &self.part {
            KeyPart::Column(name) => Some(name),
            KeyPart::Expression(_) => None,
        }
    }
}

impl From<KeyPart> for IndexKey {
    /// A key in the default order.
    fn from(part: KeyPart) -> Self {
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

impl From<String> for IndexKey {
    /// A whole column.
    fn from(column: String) -> Self {
        KeyPart::Column(column).into()
    }
}

impl From<&str> for IndexKey {
    /// A whole column.
    fn from(column: &str) -> Self {
        column.to_owned().into()
    }
}

/// An index as snapshots have it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredIndex {
    name: String,
    columns: Vec<IndexKey>,
    #[serde(default)]
    unique: bool,
    /// How older snapshots say the prefixes of columns; 0: all of it.
    #[serde(default)]
    prefixes: Vec<u32>,
    #[serde(default, rename = "where")]
    predicate: Option<String>,
    #[serde(default)]
    method: Option<String>,
    #[serde(default)]
    include: Vec<String>,
    #[serde(default)]
    nulls_not_distinct: bool,
}

impl From<StoredIndex> for Index {
    fn from(stored: StoredIndex) -> Self {
        let StoredIndex { name, mut columns, unique, prefixes, .. } = stored;
        for (key, prefix) in columns.iter_mut().zip(prefixes) {
            key.prefix = Some(prefix).filter(|it| *it > 0);
        }
        Self {
            name,
            keys: columns,
            unique,
            predicate: stored.predicate,
            method: stored.method,
            include: stored.include,
            nulls_not_distinct: stored.nulls_not_distinct,
        }
    }
}

/// A key of an index as snapshots have it.
#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "expected a column's name, or a table with `column` or `expression`")]
enum StoredKey {
    /// A whole column, in the default order.
    Column(String),
    Key(KeyFields),
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct KeyFields {
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expression: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    descending: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    nulls: Option<Nulls>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prefix: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    collation: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    operator_class: Option<String>,
}

impl TryFrom<StoredKey> for IndexKey {
    type Error = &'static str;

    fn try_from(stored: StoredKey) -> Result<Self, Self::Error> {
        let fields = match stored {
            StoredKey::Column(column) => return Ok(column.into()),
            StoredKey::Key(fields) => fields,
        };
        let KeyFields { descending, nulls, prefix, collation, operator_class, .. } = fields;
        let part = match (fields.column, fields.expression) {
            (Some(column), None) => KeyPart::Column(column),
            (None, Some(expression)) => KeyPart::Expression(expression),
            _ => return Err("a key of an index is either a `column` or an `expression`"),
        };
        Ok(Self { part, descending, nulls, prefix, collation, operator_class })
    }
}

impl From<IndexKey> for StoredKey {
    fn from(key: IndexKey) -> Self {
        let IndexKey { part, descending, nulls, prefix, collation, operator_class } = key.clone();
        match part {
            KeyPart::Column(column) if key == column.as_str().into() => Self::Column(column),
            part => {
                let (column, expression) = match part {
                    KeyPart::Column(column) => (Some(column), None),
                    KeyPart::Expression(expression) => (None, Some(expression)),
                };
                Self::Key(KeyFields {
                    column,
                    expression,
                    descending,
                    nulls,
                    prefix,
                    collation,
                    operator_class,
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_stored_as_short_as_they_can_be() {
        let check = |stored: &str, again: &str| {
            let index: Index = serde_json::from_str(stored).expect("it is well-formed");
            assert_eq!(serde_json::to_string(&index).expect("it can be written"), again);
        };
        let plain = r#"{"name":"i","columns":["a","b"],"unique":true}"#;
        check(plain, plain);
        let keys = r#"{"name":"i","columns":["a",{"column":"b","descending":true,"nulls":"last"},{"expression":"lower(c)"}],"where":"d > 0","method":"gist","include":["e"]}"#;
        check(keys, keys);
        // As older versions wrote them.
        check(
            r#"{"name":"i","columns":["a","b"],"prefixes":[0,255]}"#,
            r#"{"name":"i","columns":["a",{"column":"b","prefix":255}]}"#,
        );
    }

    #[test]
    fn malformed_keys_are_refused() {
        let check = |key: &str, expected: &str| {
            let error = serde_json::from_str::<IndexKey>(key).unwrap_err().to_string();
            assert_eq!(error, expected, "{key}");
        };
        check("{}", "a key of an index is either a `column` or an `expression`");
        check(
            r#"{"column":"a","desc":true}"#,
            "expected a column's name, or a table with `column` or `expression`",
        );
    }
}
