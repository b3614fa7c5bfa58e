//! From rows to a record batch.

use super::{
    super::{FromValue, Row, RowError, RowsError, Value},
    broken,
};
use crate::{
    schema::{Column, Moment, SqlType},
    sql_types::UtcDateTime,
    system::system_columns,
};
use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Float32Array, Float64Array, Int16Array,
    Int32Array, Int64Array, RecordBatch, StringArray, Time64MicrosecondArray,
    TimestampMicrosecondArray,
    builder::{MapBuilder, StringBuilder},
    types::Date32Type,
};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use chrono::{NaiveDate, NaiveDateTime, NaiveTime, Timelike};
use metaxy_core::FeatureKey;
use serde_json::Value as JsonValue;
use std::{collections::BTreeMap, sync::Arc};

/// How a column is written in Arrow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bool,
    Int16,
    Int32,
    Int64,
    Float32,
    Float64,
    Text,
    Bytes,
    Date,
    Time,
    DateTime,
    Moment,
    /// Versions by field.
    Versions,
}

/// The schema of batches with these columns.
pub(super) fn schema(columns: &[Column]) -> SchemaRef {
    let fields = columns.iter().map(|column| {
        let data_type = match Kind::of(column) {
            Kind::Bool => DataType::Boolean,
            Kind::Int16 => DataType::Int16,
            Kind::Int32 => DataType::Int32,
            Kind::Int64 => DataType::Int64,
            Kind::Float32 => DataType::Float32,
            Kind::Float64 => DataType::Float64,
            Kind::Text => DataType::Utf8,
            Kind::Bytes => DataType::Binary,
            Kind::Date => DataType::Date32,
            Kind::Time => DataType::Time64(TimeUnit::Microsecond),
            Kind::DateTime => DataType::Timestamp(TimeUnit::Microsecond, None),
            Kind::Moment => DataType::Timestamp(TimeUnit::Microsecond, Some(UTC.into())),
            Kind::Versions => versions(std::iter::empty()).expect("nothing is amiss").0,
        };
        Field::new(&column.name, data_type, true)
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

const UTC: &str = "UTC";

/// A batch of rows with these columns.
pub(super) fn batch_of(
    mut rows: Vec<Row>,
    columns: &[Column],
    schema: &SchemaRef,
    feature: &FeatureKey,
) -> Result<RecordBatch, RowsError> {
    let arrays: Result<Vec<ArrayRef>, RowsError> = columns
        .iter()
        .map(|column| {
            let values = rows.iter_mut().map(|row| row.take(&column.name).unwrap_or(Value::Null));
            Ok(array(column, values.collect())?)
        })
        .collect();
    RecordBatch::try_new(schema.clone(), arrays?).map_err(|error| broken(feature, error))
}

fn array(column: &Column, values: Vec<Value>) -> Result<ArrayRef, RowError> {
    Ok(match Kind::of(column) {
        Kind::Bool => Arc::new(BooleanArray::from(read::<bool>(column, values)?)),
        Kind::Int16 => Arc::new(Int16Array::from(read::<i16>(column, values)?)),
        Kind::Int32 => Arc::new(Int32Array::from(read::<i32>(column, values)?)),
        Kind::Int64 => Arc::new(Int64Array::from(read::<i64>(column, values)?)),
        Kind::Float32 => Arc::new(Float32Array::from(read::<f32>(column, values)?)),
        Kind::Float64 => Arc::new(Float64Array::from(read::<f64>(column, values)?)),
        Kind::Text => {
            let texts = values.into_iter().map(|value| match value {
                Value::Json(json) => Value::Text(json.to_string()),
                value => value,
            });
            Arc::new(StringArray::from(read::<String>(column, texts.collect())?))
        }
        Kind::Bytes => {
            let bytes = read::<Vec<u8>>(column, values)?;
            Arc::new(bytes.into_iter().collect::<BinaryArray>())
        }
        Kind::Date => {
            let days = read::<NaiveDate>(column, values)?.into_iter();
            let days = days.map(|it| it.map(Date32Type::from_naive_date));
            Arc::new(days.collect::<Date32Array>())
        }
        Kind::Time => {
            let times = read::<NaiveTime>(column, values)?.into_iter();
            let micros = |it: NaiveTime| {
                i64::from(it.num_seconds_from_midnight()) * 1_000_000
                    + i64::from(it.nanosecond() / 1_000)
            };
            Arc::new(times.map(|it| it.map(micros)).collect::<Time64MicrosecondArray>())
        }
        Kind::DateTime => {
            let moments = read::<NaiveDateTime>(column, values)?.into_iter();
            let moments = moments.map(|it| it.map(|it| it.and_utc().timestamp_micros()));
            Arc::new(moments.collect::<TimestampMicrosecondArray>())
        }
        Kind::Moment => {
            let moments = read::<UtcDateTime>(column, values)?.into_iter();
            let moments = moments.map(|it| it.map(|it| it.timestamp_micros()));
            Arc::new(moments.collect::<TimestampMicrosecondArray>().with_timezone(UTC))
        }
        Kind::Versions => {
            let maps = read::<JsonValue>(column, values)?.into_iter();
            let maps = maps.map(|it| it.map(serde_json::from_value).transpose());
            let maps: Result<Vec<Option<Versions>>, _> = maps.collect();
            let maps = maps.map_err(|_| RowError::Other {
                column: column.name.clone(),
                value: Value::Null,
                wanted: "map of versions",
            })?;
            versions(maps.into_iter()).expect("keys and values are as many").1
        }
    })
}

/// A map of versions.
type Versions = BTreeMap<String, Option<String>>;

/// Maps of versions, and their type.
fn versions(
    maps: impl Iterator<Item = Option<Versions>>,
) -> Result<(DataType, ArrayRef), arrow_schema::ArrowError> {
    let mut builder = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
    for map in maps {
        let is_there = map.is_some();
        for (field, version) in map.into_iter().flatten() {
            builder.keys().append_value(field);
            builder.values().append_option(version);
        }
        builder.append(is_there)?;
    }
    let array = builder.finish();
    Ok((arrow_array::Array::data_type(&array).clone(), Arc::new(array)))
}

/// Values as a type; `None` where they are NULL.
fn read<T: FromValue>(column: &Column, values: Vec<Value>) -> Result<Vec<Option<T>>, RowError> {
    let read = |value: Value| match value.is_null() {
        true => Ok(None),
        false => T::from_value(&value).map(Some).ok_or_else(|| RowError::Other {
            column: column.name.clone(),
            wanted: std::any::type_name::<T>(),
            value,
        }),
    };
    values.into_iter().map(read).collect()
}

impl Kind {
    fn of(column: &Column) -> Self {
        // Databases keep metaxy's own columns as what they have.
        let own = system_columns().find(|it| it.name == column.name);
        match own.as_ref().map_or(&column.sql_type, |it| &it.sql_type) {
            SqlType::Bool => Self::Bool,
            SqlType::TinyInt | SqlType::SmallInt => Self::Int16,
            SqlType::Integer => Self::Int32,
            SqlType::BigInt | SqlType::Unsigned(_) => Self::Int64,
            SqlType::Float => Self::Float32,
            SqlType::Double => Self::Float64,
            SqlType::Binary => Self::Bytes,
            SqlType::Date => Self::Date,
            SqlType::Time | SqlType::Precise(Moment::Time, _) => Self::Time,
            SqlType::Timestamp | SqlType::Precise(Moment::Timestamp, _) => Self::DateTime,
            SqlType::Timestamptz
            | SqlType::UtcTimestamp
            | SqlType::Precise(Moment::Timestamptz, _) => Self::Moment,
            SqlType::FieldVersions => Self::Versions,
            _ => Self::Text,
        }
    }
}
