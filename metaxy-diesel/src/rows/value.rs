//! [`Row`]: a row whose columns are known at run time only, made of [`Value`]s.

use crate::sql_types::UtcDateTime;
use serde_json::Value as JsonValue;
use std::borrow::Cow;

/// A row, by column, in the order of the columns. Rows are equal whatever their orders are.
///
/// Names that the program has as `&'static str` cost nothing; a row has some dozen columns, so they are looked for one by one.
#[derive(Debug, Clone, Default)]
pub struct Row(Vec<(Cow<'static, str>, Value)>);

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
        self.0.iter().find(|(name, _)| name == column).map(|(_, value)| value)
    }

    /// Sets a column, and returns what it held.
    pub fn insert(
        &mut self,
        column: impl Into<Cow<'static, str>>,
        value: impl Into<Value>,
    ) -> Option<Value> {
        let (column, value) = (column.into(), value.into());
        match self.0.iter_mut().find(|(name, _)| *name == column) {
            Some((_, held)) => Some(std::mem::replace(held, value)),
            None => {
                self.0.push((column, value));
                None
            }
        }
    }

    /// Takes a column out.
    pub fn remove(&mut self, column: &str) -> Option<Value> {
        let at = self.0.iter().position(|(name, _)| name == column)?;
        Some(self.0.remove(at).1)
    }

    /// Takes out what a column holds: NULL is left.
    pub(crate) fn take(&mut self, column: &str) -> Option<Value> {
        let held = self.0.iter_mut().find(|(name, _)| name == column)?;
        Some(std::mem::replace(&mut held.1, Value::Null))
    }

    /// The columns, in their order.
    pub fn columns(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.iter().map(|(column, _)| &**column)
    }

    /// The columns with what they hold.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> {
        self.0.iter().map(|(column, value)| (&**column, value))
    }

    /// The text of a column; `None` where it holds something else.
    pub fn text(&self, column: &str) -> Option<&str> {
        match self.get(column)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// About how many bytes it takes in memory.
    pub(super) fn size(&self) -> usize {
        self.0.iter().map(|(_, value)| 64 + value.size()).sum()
    }
}

impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        self.0.len() == other.0.len()
            && self.iter().all(|(column, value)| other.get(column) == Some(value))
    }
}

impl IntoIterator for Row {
    type Item = (Cow<'static, str>, Value);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<C: Into<Cow<'static, str>>, V: Into<Value>> FromIterator<(C, V)> for Row {
    fn from_iter<I: IntoIterator<Item = (C, V)>>(columns: I) -> Self {
        let columns = columns.into_iter();
        let mut row = Self(Vec::with_capacity(columns.size_hint().0));
        columns.for_each(|(column, value)| _ = row.insert(column, value));
        row
    }
}

impl<C: Into<Cow<'static, str>>, V: Into<Value>, const N: usize> From<[(C, V); N]> for Row {
    fn from(columns: [(C, V); N]) -> Self {
        columns.into_iter().collect()
    }
}

impl Value {
    /// Whether it is NULL.
    pub fn is_null(&self) -> bool {
        *self == Self::Null
    }

    /// About how many bytes it has besides its own.
    fn size(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
            Self::Json(json) => json_size(json),
            _ => 0,
        }
    }
}

/// About how many bytes JSON has besides its own.
fn json_size(json: &JsonValue) -> usize {
    match json {
        JsonValue::Object(entries) => {
            entries.iter().map(|(name, it)| 64 + name.len() + json_size(it)).sum()
        }
        JsonValue::Array(items) => items.iter().map(|it| 32 + json_size(it)).sum(),
        JsonValue::String(text) => text.len(),
        _ => 0,
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
