use super::{
    super::{Row, Value},
    text_value,
};
use crate::sql_types::{UtcDateTime, UtcTimestamp};
use diesel::{
    deserialize::{self, FromSql, FromSqlRow},
    row::Field,
    sql_types::Untyped,
    sqlite::{Sqlite, SqliteType},
};

impl FromSqlRow<Untyped, Sqlite> for Row {
    fn build_from_row<'a>(row: &impl diesel::row::Row<'a, Sqlite>) -> deserialize::Result<Self> {
        (0..row.field_count())
            .map(|at| {
                let field = row.get(at).ok_or("a row has fewer columns than it says")?;
                let column = field.field_name().unwrap_or_default().to_owned();
                let value = value(&column, field)?;
                Ok((column, value))
            })
            .collect()
    }
}

fn value<'a>(column: &str, field: impl Field<'a, Sqlite>) -> deserialize::Result<Value> {
    let Some(mut value) = field.value() else { return Ok(Value::Null) };
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
