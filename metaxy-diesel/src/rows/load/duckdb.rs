use super::{
    super::{Row, Value},
    read_row, text_value,
};
use crate::sql_types::{UtcDateTime, UtcTimestamp};
use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use diesel::{
    deserialize::{self, FromSql, FromSqlRow},
    sql_types::{BigInt, Binary, Bool, Date, Double, Nullable, Text, Time, Timestamp, Untyped},
};
use diesel_duckdb::{
    DuckDb, DuckDbValue,
    duckdb::arrow::datatypes::{DataType, TimeUnit},
    sql_types::Map,
};
use std::collections::BTreeMap;

impl FromSqlRow<Untyped, DuckDb> for Row {
    fn build_from_row<'a>(row: &impl diesel::row::Row<'a, DuckDb>) -> deserialize::Result<Self> {
        read_row(row, value)
    }
}

fn value(column: &str, value: DuckDbValue<'_>) -> deserialize::Result<Value> {
    fn read<T: FromSql<ST, DuckDb>, ST>(value: DuckDbValue<'_>) -> deserialize::Result<T> {
        T::from_sql(value)
    }
    Ok(match value.data_type() {
        DataType::Boolean => read::<bool, Bool>(value)?.into(),
        DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::UInt8
        | DataType::UInt16
        | DataType::UInt32
        | DataType::UInt64 => read::<i64, BigInt>(value)?.into(),
        // A `HUGEINT`, as sums are.
        DataType::Decimal128(_, 0) => read::<i64, BigInt>(value)?.into(),
        DataType::Float32 | DataType::Float64 => read::<f64, Double>(value)?.into(),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Dictionary(..) => {
            text_value(column, value.text()?)
        }
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => {
            read::<Vec<u8>, Binary>(value)?.into()
        }
        DataType::Date32 => read::<NaiveDate, Date>(value)?.to_string().into(),
        DataType::Time64(TimeUnit::Microsecond) => {
            read::<NaiveTime, Time>(value)?.to_string().into()
        }
        DataType::Timestamp(_, Some(_)) => Value::Moment(read::<UtcDateTime, UtcTimestamp>(value)?),
        DataType::Timestamp(_, None) if column.starts_with("metaxy_") => {
            Value::Moment(read::<UtcDateTime, UtcTimestamp>(value)?)
        }
        DataType::Timestamp(_, None) => read::<NaiveDateTime, Timestamp>(value)?.to_string().into(),
        // A version may be NULL.
        DataType::Map(..) | DataType::Struct(_) if column.ends_with("_by_field") => {
            let versions: BTreeMap<String, Option<String>> =
                read::<_, Map<Text, Nullable<Text>>>(value)?;
            Value::Json(serde_json::json!(versions))
        }
        other => {
            return Err(format!(
                "column `{column}` has the type {other} (in Arrow's words), which a row of any columns cannot hold: load \
                 the rows into a struct"
            )
            .into());
        }
    })
}
