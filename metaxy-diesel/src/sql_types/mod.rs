//! SQL types of our own that work on every database, and what the derive knows of all SQL types.

use crate::schema::SqlType;

/// A moment in UTC: `timestamptz` on PostgreSQL, ISO-8601 text on SQLite.
#[derive(
    Debug, Clone, Copy, Default, diesel::sql_types::SqlType, diesel::query_builder::QueryId,
)]
pub struct UtcTimestamp;

/// Field versions by struct key: `jsonb` on PostgreSQL, JSON text on SQLite.
#[derive(
    Debug, Clone, Copy, Default, diesel::sql_types::SqlType, diesel::query_builder::QueryId,
)]
pub struct FieldVersionsMap;

/// A Diesel SQL type that migrations can write.
pub trait SqlTypeInfo {
    /// Its name, the same for the same type: what the derive compares id columns by.
    const NAME: &'static str;

    /// The type as schemas have it.
    fn sql_type() -> SqlType;
}

/// A Rust type with one SQL type that is meant when a column names none.
pub trait ColumnType {
    /// The SQL type.
    type SqlType;
}
