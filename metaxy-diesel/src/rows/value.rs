//! [`Row`]: a row whose columns are known at run time only, made of [`Value`]s.

use crate::sql_types::UtcDateTime;
use indexmap::IndexMap;
use serde_json::Value as JsonValue;

/// A row, by column, in the order of the columns.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Row(IndexMap<String, Value>);

/// What a column of a [`Row`] holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// NULL
    Null,
    /// A boolean. SQLite and MySQL have none, and return a number.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Another number.
    Float(f64),
    /// A text, or what a database shows as one.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// JSON, such as versions by field.
    Json(JsonValue),
    /// A moment in UTC.
    Moment(UtcDateTime),
}

impl Row {
    /// What a column holds; `None` where the row does not have it.
    pub fn get(&self, column: &str) -> Option<&Value> {
        self.0.get(column)
    }

    /// Sets a column, and returns what it held.
    pub fn insert(&mut self, column: impl Into<String>, value: impl Into<Value>) -> Option<Value> {
        self.0.insert(column.into(), value.into())
    }

    /// Takes a column out.
    pub fn remove(&mut self, column: &str) -> Option<Value> {
        self.0.shift_remove(column)
    }

    /// The columns, in their order.
    pub fn columns(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The columns with what they hold.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> {
        self.0.iter().map(|(column, value)| (column.as_str(), value))
    }

    /// The text of a column; `None` where it holds something else.
    pub fn text(&self, column: &str) -> Option<&str> {
        match self.get(column)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl IntoIterator for Row {
    type Item = (String, Value);
    type IntoIter = indexmap::map::IntoIter<String, Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<C: Into<String>, V: Into<Value>> FromIterator<(C, V)> for Row {
    fn from_iter<I: IntoIterator<Item = (C, V)>>(columns: I) -> Self {
        Self(columns.into_iter().map(|(column, value)| (column.into(), value.into())).collect())
    }
}

impl<C: Into<String>, V: Into<Value>, const N: usize> From<[(C, V); N]> for Row {
    fn from(columns: [(C, V); N]) -> Self {
        columns.into_iter().collect()
    }
}

impl Value {
    /// Whether it is NULL.
    pub fn is_null(&self) -> bool {
        *self == Self::Null
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

macro_rules! from {
    ($($type:ty => $variant:ident;)*) => {$(
        impl From<$type> for Value {
            fn from(value: $type) -> Self {
                Self::$variant(value.into())
            }
        }
    )*};
}

from! {
    bool => Bool;
    i16 => Int;
    i32 => Int;
    i64 => Int;
    f32 => Float;
    f64 => Float;
    String => Text;
    &str => Text;
    Vec<u8> => Bytes;
    JsonValue => Json;
    UtcDateTime => Moment;
}
