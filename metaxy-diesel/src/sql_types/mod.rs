//! SQL types of our own that work on every database, and what the derive knows of all SQL types.
//!
//! One file per SQL type of our own, each with one module per backend; a further backend adds its module to both.

mod column_type;
mod field_versions;
mod info;
mod sql_enum;
mod utc_timestamp;

pub use column_type::ColumnType;
pub use field_versions::{FieldVersions, FieldVersionsMap};
pub use info::SqlTypeInfo;
pub(crate) use sql_enum::enum_type;
pub use sql_enum::{SqlEnum, name_of};
pub use utc_timestamp::{ChronoUtc, UtcDateTime, UtcTimestamp};
