use super::{
    super::{Row, Value},
    read_row, text_value,
};
use crate::sql_types::{UtcDateTime, UtcTimestamp};
use diesel::{
    deserialize::{self, FromSql, FromSqlRow},
    sql_types::Untyped,
    sqlite::{Sqlite, SqliteType, SqliteValue},
};

impl FromSqlRow<Untyped, Sqlite> for Row {
    fn build_from_row<'a>(row: &impl diesel::row::Row<'a, Sqlite>) -> deserialize::Result<Self> {
        read_row(row, value)
    }
}

fn value(column: &str, mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Value> {
    Ok(match (value.value_type(), column) {
        (None, _) => Value::Null,
        (
            Some(SqliteType::Text),
            "metaxy_created_at" | "metaxy_updated_at" | "metaxy_deleted_at",
        ) => Value::Moment(<UtcDateTime as FromSql<UtcTimestamp, Sqlite>>::from_sql(value)?),
        (Some(SqliteType::Text), _) => text_value(column, value.read_text()),
        (Some(SqliteType::Binary), _) => Value::Bytes(value.read_blob().to_vec()),
        (Some(SqliteType::Float | SqliteType::Double), _) => Value::Float(value.read_double()),
        (Some(SqliteType::SmallInt | SqliteType::Integer | SqliteType::Long), _) => {
            Value::Int(value.read_long())
        }
    })
}
