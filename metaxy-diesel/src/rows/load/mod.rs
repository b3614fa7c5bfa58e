//! Reading [`Row`](super::Row)s whose columns only the database knows: one module per backend.

#[cfg(feature = "duckdb")]
mod duckdb;
#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql", feature = "duckdb"))]
use super::{Row, Value};
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql", feature = "duckdb"))]
use diesel::{backend::Backend, deserialize, row::Field};

/// A row of any columns, each read by `value` where it is not NULL.
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql", feature = "duckdb"))]
fn read_row<'a, DB: Backend>(
    row: &impl diesel::row::Row<'a, DB>,
    value: impl Fn(&str, DB::RawValue<'_>) -> deserialize::Result<Value>,
) -> deserialize::Result<Row> {
    (0..row.field_count())
        .map(|at| {
            let field = row.get(at).ok_or("a row has fewer columns than it says")?;
            let column = field.field_name().unwrap_or_default().to_owned();
            let value = field.value().map_or(Ok(Value::Null), |it| value(&column, it))?;
            Ok((column, value))
        })
        .collect()
}

/// A text of a column as what it means: a map of versions is JSON where a database keeps it as text.
#[cfg(any(feature = "sqlite", feature = "mysql", feature = "duckdb"))]
fn text_value(column: &str, text: &str) -> Value {
    match column {
        "metaxy_provenance_by_field" | "metaxy_data_version_by_field" => {
            serde_json::from_str(text).map_or_else(|_| text.into(), Value::Json)
        }
        _ => text.into(),
    }
}
