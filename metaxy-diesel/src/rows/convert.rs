//! Between [`Row`]s and structs: [`ToRow`] and [`FromRow`], which derives implement, of [`ToValue`] and [`FromValue`].

use super::{Row, Value};
use crate::sql_types::{FieldVersions, UtcDateTime};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use serde_json::Value as JsonValue;

/// What can be written as a row. `#[derive(metaxy::ToRow)]` implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be written as a row",
    note = "derive it, `#[derive(metaxy::ToRow)]`, or insert through Diesel with `metaxy::system::SystemColumns`"
)]
pub trait ToRow {
    /// The row, with the user's columns.
    fn to_row(&self) -> Row;
}

/// What can be read of a row. `#[derive(metaxy::FromRow)]` implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read of a row",
    note = "derive it, `#[derive(metaxy::FromRow)]`"
)]
pub trait FromRow: Sized {
    /// Reads a row.
    ///
    /// # Errors
    ///
    /// [`RowError`] where it lacks a column, or where a column holds something else.
    fn from_row(row: &Row) -> Result<Self, RowError>;
}

/// What can be a value of a row.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no value in a row",
    note = "implement `metaxy::rows::ToValue` for `{Self}`; arrays and intervals are inserted through Diesel only"
)]
pub trait ToValue {
    /// The value.
    fn to_value(&self) -> Value;
}

/// What can be read of a value of a row.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read of a value",
    note = "implement `metaxy::rows::FromValue` for `{Self}`"
)]
pub trait FromValue: Sized {
    /// Reads a value; `None` where it is something else.
    fn from_value(value: &Value) -> Option<Self>;
}

/// Why a row was not read.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RowError {
    /// It lacks a column.
    #[error("the row has no column `{column}`")]
    Missing {
        /// The column.
        column: String,
    },
    /// A column holds something else.
    #[error("column `{column}` holds {value:?}, which is no `{wanted}`")]
    Other {
        /// The column.
        column: String,
        /// What it holds.
        value: Value,
        /// The type that was asked for.
        wanted: &'static str,
    },
}

impl Row {
    /// The row as a struct.
    ///
    /// # Errors
    ///
    /// As [`FromRow::from_row`].
    pub fn to<T: FromRow>(&self) -> Result<T, RowError> {
        T::from_row(self)
    }

    /// What a column holds, as a type.
    ///
    /// # Errors
    ///
    /// As [`FromRow::from_row`].
    pub fn read<T: FromValue>(&self, column: &str) -> Result<T, RowError> {
        let value = self.get(column);
        let value = value.ok_or_else(|| RowError::Missing { column: column.to_owned() })?;
        T::from_value(value).ok_or_else(|| RowError::Other {
            column: column.to_owned(),
            value: value.clone(),
            wanted: std::any::type_name::<T>(),
        })
    }
}

impl FromRow for Row {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        Ok(row.clone())
    }
}

impl ToRow for Row {
    fn to_row(&self) -> Row {
        self.clone()
    }
}

impl<T: ToValue> ToValue for Option<T> {
    fn to_value(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::to_value)
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value => T::from_value(value).map(Some),
        }
    }
}

macro_rules! values {
    ($($type:ty: |$own:ident| $value:expr, $($pattern:pat => $read:expr),+;)*) => {$(
        impl ToValue for $type {
            fn to_value(&self) -> Value {
                let $own = self;
                $value
            }
        }

        impl FromValue for $type {
            fn from_value(value: &Value) -> Option<Self> {
                match value {
                    $($pattern => $read,)+
                    _ => None,
                }
            }
        }
    )*};
}

values! {
    i16: |it| Value::Int((*it).into()), Value::Int(it) => (*it).try_into().ok();
    i32: |it| Value::Int((*it).into()), Value::Int(it) => (*it).try_into().ok();
    i64: |it| Value::Int(*it), Value::Int(it) => Some(*it);
    f32: |it| Value::Float((*it).into()), Value::Float(it) => Some(*it as Self), Value::Int(it) => Some(*it as Self);
    f64: |it| Value::Float(*it), Value::Float(it) => Some(*it), Value::Int(it) => Some(*it as Self);
    bool: |it| Value::Bool(*it), Value::Bool(it) => Some(*it), Value::Int(it @ (0 | 1)) => Some(*it == 1);
    String: |it| Value::Text(it.clone()), Value::Text(it) => Some(it.clone());
    Vec<u8>: |it| Value::Bytes(it.clone()), Value::Bytes(it) => Some(it.clone()),
        // What MySQL does not tell from bytes.
        Value::Text(it) => Some(it.clone().into_bytes());
    JsonValue: |it| Value::Json(it.clone()), Value::Json(it) => Some(it.clone()),
        Value::Text(it) => serde_json::from_str(it).ok();
    FieldVersions: |it| Value::Json(serde_json::json!(it)),
        Value::Json(it) => serde_json::from_value(it.clone()).ok(),
        Value::Text(it) => serde_json::from_str(it).ok();
    UtcDateTime: |it| Value::Moment(*it), Value::Moment(it) => Some(*it),
        Value::Text(it) => moment(it).map(Self::from);
    // As Diesel writes them on SQLite, where they are texts. PostgreSQL takes these, too.
    DateTime<Utc>: |it| Value::Text(it.format("%F %T%.f%:z").to_string()),
        Value::Moment(it) => Some(**it), Value::Text(it) => moment(it);
    NaiveDateTime: |it| Value::Text(it.format("%F %T%.f").to_string()),
        Value::Text(it) => date_time(it), Value::Moment(it) => Some(it.naive_utc());
    NaiveDate: |it| Value::Text(it.format("%F").to_string()), Value::Text(it) => it.parse().ok();
    NaiveTime: |it| Value::Text(it.format("%T%.f").to_string()), Value::Text(it) => it.parse().ok();
}

#[cfg(feature = "uuid")]
values! {
    uuid::Uuid: |it| Value::Text(it.to_string()), Value::Text(it) => it.parse().ok();
}

#[cfg(feature = "bigdecimal")]
values! {
    bigdecimal::BigDecimal: |it| Value::Text(it.to_string()), Value::Text(it) => it.parse().ok();
}

fn moment(text: &str) -> Option<DateTime<Utc>> {
    let parsed = ["%FT%T%.f%#z", "%F %T%.f%#z"]
        .into_iter()
        .find_map(|format| DateTime::parse_from_str(text, format).ok());
    parsed.map(|it| it.to_utc()).or_else(|| date_time(text).map(|it| it.and_utc()))
}

fn date_time(text: &str) -> Option<NaiveDateTime> {
    ["%F %T%.f", "%FT%T%.f"]
        .into_iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
}
