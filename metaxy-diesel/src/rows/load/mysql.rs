use super::{
    super::{Row, Value},
    read_row, text_value,
};
use crate::sql_types::{UtcDateTime, UtcTimestamp};
use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use diesel::{
    deserialize::{self, FromSql, FromSqlRow},
    mysql::{Mysql, MysqlType, MysqlValue},
    sql_types::{
        BigInt, Date, Datetime, Double, Float, Integer, SmallInt, Time, TinyInt, Unsigned, Untyped,
    },
};

impl FromSqlRow<Untyped, Mysql> for Row {
    fn build_from_row<'a>(row: &impl diesel::row::Row<'a, Mysql>) -> deserialize::Result<Self> {
        read_row(row, value)
    }
}

fn value(column: &str, value: MysqlValue<'_>) -> deserialize::Result<Value> {
    fn read<T: FromSql<ST, Mysql>, ST>(value: MysqlValue<'_>) -> deserialize::Result<T> {
        T::from_sql(value)
    }
    let moment = column.starts_with("metaxy_");
    Ok(match value.value_type() {
        MysqlType::Tiny => Value::Int(read::<i8, TinyInt>(value)?.into()),
        MysqlType::UnsignedTiny => Value::Int(read::<u8, Unsigned<TinyInt>>(value)?.into()),
        MysqlType::Short => read::<i16, SmallInt>(value)?.into(),
        MysqlType::UnsignedShort => Value::Int(read::<u16, Unsigned<SmallInt>>(value)?.into()),
        MysqlType::Long => read::<i32, Integer>(value)?.into(),
        MysqlType::UnsignedLong => Value::Int(read::<u32, Unsigned<Integer>>(value)?.into()),
        MysqlType::LongLong => read::<i64, BigInt>(value)?.into(),
        MysqlType::UnsignedLongLong => {
            Value::Int(read::<u64, Unsigned<BigInt>>(value)?.try_into()?)
        }
        MysqlType::Float => read::<f32, Float>(value)?.into(),
        MysqlType::Double => read::<f64, Double>(value)?.into(),
        MysqlType::DateTime | MysqlType::Timestamp if moment => {
            Value::Moment(read::<UtcDateTime, UtcTimestamp>(value)?)
        }
        MysqlType::DateTime | MysqlType::Timestamp => {
            read::<NaiveDateTime, Datetime>(value)?.to_string().into()
        }
        MysqlType::Date => read::<NaiveDate, Date>(value)?.to_string().into(),
        MysqlType::Time => read::<NaiveTime, Time>(value)?.to_string().into(),
        MysqlType::String | MysqlType::Enum | MysqlType::Set | MysqlType::Numeric => {
            text_value(column, std::str::from_utf8(value.as_bytes())?)
        }
        // Diesel has no other name for texts of any length than for bytes.
        _ => match std::str::from_utf8(value.as_bytes()) {
            Ok(text) => text_value(column, text),
            Err(_) => Value::Bytes(value.as_bytes().to_vec()),
        },
    })
}
