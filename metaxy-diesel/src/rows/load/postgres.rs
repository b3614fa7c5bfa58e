use super::{
    super::{Row, Value},
    read_row,
};
use crate::sql_types::{UtcDateTime, UtcTimestamp};
use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use diesel::{
    deserialize::{self, FromSql, FromSqlRow},
    pg::{Pg, PgValue},
    sql_types::{
        BigInt, Bool, Date, Double, Float, Integer, Json, Jsonb, SmallInt, Text, Time, Timestamp,
        Untyped,
    },
};

impl FromSqlRow<Untyped, Pg> for Row {
    fn build_from_row<'a>(row: &impl diesel::row::Row<'a, Pg>) -> deserialize::Result<Self> {
        read_row(row, value)
    }
}

/// Reads a value by its type: <https://github.com/postgres/postgres/blob/master/src/include/catalog/pg_type.dat>.
fn value(column: &str, value: PgValue<'_>) -> deserialize::Result<Value> {
    fn read<T: FromSql<ST, Pg>, ST>(value: PgValue<'_>) -> deserialize::Result<T> {
        T::from_sql(value)
    }
    Ok(match value.get_oid().get() {
        16 => read::<bool, Bool>(value)?.into(),
        21 => read::<i16, SmallInt>(value)?.into(),
        23 => read::<i32, Integer>(value)?.into(),
        20 => read::<i64, BigInt>(value)?.into(),
        700 => read::<f32, Float>(value)?.into(),
        701 => read::<f64, Double>(value)?.into(),
        // `text`, `varchar`, `char(n)`, `name`, a literal without type, `xml`.
        25 | 1043 | 1042 | 19 | 705 | 142 => read::<String, Text>(value)?.into(),
        17 => value.as_bytes().to_vec().into(),
        114 => Value::Json(read::<serde_json::Value, Json>(value)?),
        3802 => Value::Json(read::<serde_json::Value, Jsonb>(value)?),
        1184 => Value::Moment(read::<UtcDateTime, UtcTimestamp>(value)?),
        1114 if column.starts_with("metaxy_") => {
            Value::Moment(read::<UtcDateTime, UtcTimestamp>(value)?)
        }
        1114 => read::<NaiveDateTime, Timestamp>(value)?.to_string().into(),
        1082 => read::<NaiveDate, Date>(value)?.to_string().into(),
        1083 => read::<NaiveTime, Time>(value)?.to_string().into(),
        2950 => uuid(value.as_bytes())?.into(),
        oid => match std::str::from_utf8(value.as_bytes()) {
            // Types of the database's own begin there. An enumerated one is a text, others are bytes.
            Ok(text) if oid >= 16_384 && !text.contains('\0') => text.into(),
            _ => return Err(format!(
                "column `{column}` has the type number {oid}, which a row of any columns cannot hold: \
                 load the rows into a struct"
            )
            .into()),
        },
    })
}

fn uuid(bytes: &[u8]) -> deserialize::Result<String> {
    let number = u128::from_be_bytes(bytes.try_into()?);
    let hex = format!("{number:032x}");
    Ok([&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-"))
}
