//! From a record batch to rows.

use super::super::{Row, RowsError, ToValue, Value};
use crate::sql_types::UtcDateTime;
use arrow_array::{
    Array, ArrowPrimitiveType, PrimitiveArray, RecordBatch,
    cast::AsArray,
    temporal_conversions::{as_date, as_datetime, as_time},
    types::{
        ArrowTimestampType, Date32Type, Date64Type, Decimal128Type, Decimal256Type, Float32Type,
        Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, Time32MillisecondType,
        Time32SecondType, Time64MicrosecondType, Time64NanosecondType, TimestampMicrosecondType,
        TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type,
        UInt16Type, UInt32Type, UInt64Type,
    },
};
use arrow_schema::{DataType, TimeUnit};
use chrono::NaiveDateTime;
use metaxy_core::FeatureKey;
use serde_json::{Map, Value as JsonValue};

/// The rows of a batch.
pub(super) fn rows_of(batch: &RecordBatch, feature: &FeatureKey) -> Result<Vec<Row>, RowsError> {
    let mut rows = vec![Row::default(); batch.num_rows()];
    for (field, array) in batch.schema_ref().fields().iter().zip(batch.columns()) {
        let moment = field.name().starts_with("metaxy_");
        let values = values(array, moment).ok_or_else(|| RowsError::ArrowType {
            feature: feature.clone(),
            column: field.name().clone(),
            data_type: array.data_type().to_string(),
        })?;
        for (row, value) in rows.iter_mut().zip(values) {
            row.insert(field.name().clone(), value);
        }
    }
    Ok(rows)
}

/// What an array holds; `None`: rows do not hold such. `moment`: times without zone are in UTC.
fn values(array: &dyn Array, moment: bool) -> Option<Vec<Value>> {
    use DataType as Type;
    Some(match array.data_type() {
        Type::Null => vec![Value::Null; array.len()],
        Type::Boolean => array.as_boolean().iter().map(Value::from).collect(),
        Type::Int8 => ints::<Int8Type>(array)?,
        Type::Int16 => ints::<Int16Type>(array)?,
        Type::Int32 => ints::<Int32Type>(array)?,
        Type::Int64 => ints::<Int64Type>(array)?,
        Type::UInt8 => ints::<UInt8Type>(array)?,
        Type::UInt16 => ints::<UInt16Type>(array)?,
        Type::UInt32 => ints::<UInt32Type>(array)?,
        Type::UInt64 => ints::<UInt64Type>(array)?,
        Type::Float32 => primitives::<Float32Type>(array, |it| Some(f64::from(it).into()))?,
        Type::Float64 => primitives::<Float64Type>(array, |it| Some(it.into()))?,
        Type::Utf8 => array.as_string::<i32>().iter().map(Value::from).collect(),
        Type::LargeUtf8 => array.as_string::<i64>().iter().map(Value::from).collect(),
        Type::Utf8View => array.as_string_view().iter().map(Value::from).collect(),
        Type::Binary => bytes(array.as_binary::<i32>()),
        Type::LargeBinary => bytes(array.as_binary::<i64>()),
        Type::BinaryView => bytes(array.as_binary_view()),
        Type::FixedSizeBinary(_) => bytes(array.as_fixed_size_binary()),
        Type::Decimal128(..) => {
            let array = array.as_primitive::<Decimal128Type>();
            each(array, |at| Value::Text(array.value_as_string(at)))
        }
        Type::Decimal256(..) => {
            let array = array.as_primitive::<Decimal256Type>();
            each(array, |at| Value::Text(array.value_as_string(at)))
        }
        Type::Date32 => dates::<Date32Type>(array)?,
        Type::Date64 => dates::<Date64Type>(array)?,
        Type::Time32(TimeUnit::Second) => times::<Time32SecondType>(array)?,
        Type::Time32(_) => times::<Time32MillisecondType>(array)?,
        Type::Time64(TimeUnit::Microsecond) => times::<Time64MicrosecondType>(array)?,
        Type::Time64(_) => times::<Time64NanosecondType>(array)?,
        Type::Timestamp(unit, zone) => {
            let moment = moment || zone.is_some();
            match unit {
                TimeUnit::Second => moments::<TimestampSecondType>(array, moment)?,
                TimeUnit::Millisecond => moments::<TimestampMillisecondType>(array, moment)?,
                TimeUnit::Microsecond => moments::<TimestampMicrosecondType>(array, moment)?,
                TimeUnit::Nanosecond => moments::<TimestampNanosecondType>(array, moment)?,
            }
        }
        Type::Dictionary(..) => {
            let array = array.as_any_dictionary();
            let items = values(array.values(), moment)?;
            let keys = array.normalized_keys();
            // Without items all are NULL.
            each(array, |at| items.get(keys[at]).cloned().unwrap_or(Value::Null))
        }
        Type::Struct(fields) => {
            let array = array.as_struct();
            let columns = array.columns().iter().map(|it| json(it));
            let columns: Vec<Vec<JsonValue>> = columns.collect::<Option<_>>()?;
            each(array, |at| {
                let names = fields.iter().map(|it| it.name().clone());
                let items = columns.iter().map(|it| it[at].clone());
                Value::Json(JsonValue::Object(names.zip(items).collect()))
            })
        }
        Type::Map(..) => {
            let array = array.as_map();
            let (keys, items) = (json(array.keys())?, json(array.values())?);
            each(array, |at| {
                let (from, to) = (array.value_offsets()[at], array.value_offsets()[at + 1]);
                let entries = (from..to).map(|it| it as usize);
                let entries = entries.map(|it| (text(&keys[it]), items[it].clone()));
                Value::Json(JsonValue::Object(entries.collect::<Map<_, _>>()))
            })
        }
        Type::List(_) => {
            let array = array.as_list::<i32>();
            lists(array, json(array.values())?, |at| {
                (array.value_offsets()[at] as usize, array.value_length(at) as usize)
            })
        }
        Type::LargeList(_) => {
            let array = array.as_list::<i64>();
            lists(array, json(array.values())?, |at| {
                (array.value_offsets()[at] as usize, array.value_length(at) as usize)
            })
        }
        Type::FixedSizeList(_, size) => {
            let array = array.as_fixed_size_list();
            let size = usize::try_from(*size).ok()?;
            lists(array, json(array.values())?, |at| (array.value_offset(at) as usize, size))
        }
        _ => return None,
    })
}

/// The value of each place; NULL where there is none.
fn each(array: &dyn Array, value: impl Fn(usize) -> Value) -> Vec<Value> {
    let value = |at| if array.is_null(at) { Value::Null } else { value(at) };
    (0..array.len()).map(value).collect()
}

fn primitives<T: ArrowPrimitiveType>(
    array: &dyn Array,
    value: impl Fn(T::Native) -> Option<Value>,
) -> Option<Vec<Value>> {
    let array: &PrimitiveArray<T> = array.as_primitive();
    array.iter().map(|it| it.map_or(Some(Value::Null), &value)).collect()
}

/// `None` where one is larger than databases' integers.
fn ints<T: ArrowPrimitiveType<Native: TryInto<i64>>>(array: &dyn Array) -> Option<Vec<Value>> {
    primitives::<T>(array, |it| it.try_into().ok().map(Value::Int))
}

fn bytes<'a>(array: impl IntoIterator<Item = Option<&'a [u8]>>) -> Vec<Value> {
    array.into_iter().map(|it| it.map(<[u8]>::to_vec).into()).collect()
}

fn dates<T: ArrowPrimitiveType<Native: Into<i64>>>(array: &dyn Array) -> Option<Vec<Value>> {
    primitives::<T>(array, |it| as_date::<T>(it.into()).map(|it| it.to_value()))
}

fn times<T: ArrowPrimitiveType<Native: Into<i64>>>(array: &dyn Array) -> Option<Vec<Value>> {
    primitives::<T>(array, |it| as_time::<T>(it.into()).map(|it| it.to_value()))
}

fn moments<T: ArrowTimestampType>(array: &dyn Array, moment: bool) -> Option<Vec<Value>> {
    primitives::<T>(array, |it| {
        let at: NaiveDateTime = as_datetime::<T>(it)?;
        Some(if moment { UtcDateTime::from(at.and_utc()).into() } else { at.to_value() })
    })
}

fn lists(
    array: &dyn Array,
    items: Vec<JsonValue>,
    place: impl Fn(usize) -> (usize, usize),
) -> Vec<Value> {
    each(array, |at| {
        let (from, count) = place(at);
        Value::Json(JsonValue::Array(items[from..from + count].to_vec()))
    })
}

/// What an array holds, as JSON.
fn json(array: &dyn Array) -> Option<Vec<JsonValue>> {
    let json = |value| {
        Some(match value {
            Value::Null => JsonValue::Null,
            Value::Bool(value) => value.into(),
            Value::Int(value) => value.into(),
            Value::Float(value) => value.into(),
            Value::Text(value) => value.into(),
            Value::Json(value) => value,
            Value::Moment(value) => value.to_rfc3339().into(),
            Value::Bytes(_) => return None,
        })
    };
    values(array, false)?.into_iter().map(json).collect()
}

fn text(json: &JsonValue) -> String {
    json.as_str().map_or_else(|| json.to_string(), str::to_owned)
}
