//! The system columns of feature tables, and the system tables of a store.

mod columns;
mod tables;

pub use columns::{HasSystemColumns, RowVersions, SystemColumn, SystemColumns};
pub use metaxy_core::definition::SYSTEM_COLUMNS;
pub use tables::{events, feature_versions, system_tables};
pub(crate) use tables::{events_name, feature_versions_name};

use crate::schema::{Column, SqlType};

/// The type of each of the [`SYSTEM_COLUMNS`], and whether it may be NULL.
const TYPES: [(SqlType, bool); 10] = [
    (SqlType::Text, false),
    (SqlType::FieldVersions, false),
    (SqlType::Text, false),
    (SqlType::Text, false),
    (SqlType::Text, false),
    (SqlType::FieldVersions, false),
    (SqlType::UtcTimestamp, false),
    (SqlType::UtcTimestamp, false),
    (SqlType::UtcTimestamp, true),
    (SqlType::Text, true),
];

/// The system columns as schemas have them, in order.
pub fn system_columns() -> impl Iterator<Item = Column> {
    SYSTEM_COLUMNS
        .into_iter()
        .zip(TYPES)
        .map(|(name, (sql_type, nullable))| Column { nullable, ..Column::new(name, sql_type) })
}
