//! Reading [`Row`](super::Row)s whose columns only the database knows: one module per backend.

#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

#[cfg(any(feature = "sqlite", feature = "mysql"))]
use super::Value;

/// A text of a column as what it means: a map of versions is JSON where a database keeps it as text.
#[cfg(any(feature = "sqlite", feature = "mysql"))]
fn text_value(column: &str, text: &str) -> Value {
    match column {
        "metaxy_provenance_by_field" | "metaxy_data_version_by_field" => {
            serde_json::from_str(text).map_or_else(|_| text.into(), Value::Json)
        }
        _ => text.into(),
    }
}
