//! [`ColumnType`]: the SQL type that a Rust type means.

use super::{ChronoUtc, FieldVersions, FieldVersionsMap, UtcDateTime, UtcTimestamp};
use diesel::sql_types;

/// A Rust type with one SQL type that is meant when a column names none.
///
/// A type of your own (an enum, a newtype) names its SQL type in the column, `#[metaxy(sql_type = …)]`, or once and
/// for all by an implementation of this trait.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no SQL type of its own",
    label = "no SQL type is known for this type",
    note = "name one: `#[metaxy(sql_type = diesel::sql_types::Text)]`, or implement `metaxy::sql_types::ColumnType` for `{Self}`",
    note = "`uuid::Uuid` needs the cargo features `uuid` and `postgres`, `BigDecimal` needs `bigdecimal`, `Vec<T>` (an array) needs `postgres`"
)]
pub trait ColumnType {
    /// The SQL type.
    type SqlType;
}

/// NULL is `None`.
impl<T> ColumnType for Option<T>
where
    T: ColumnType,
    T::SqlType: diesel::sql_types::SqlType,
{
    type SqlType = sql_types::Nullable<T::SqlType>;
}

/// An array; `Vec<u8>` is no array but bytes, which is why `u8` has no SQL type of its own.
#[cfg(any(feature = "postgres", feature = "duckdb"))]
impl<T> ColumnType for Vec<T>
where
    T: ColumnType,
    T::SqlType: 'static,
{
    type SqlType = sql_types::Array<T::SqlType>;
}

macro_rules! column_types {
    ($($rust:ty => $sql_type:ty;)*) => {$(
        impl ColumnType for $rust {
            type SqlType = $sql_type;
        }
    )*};
}

column_types! {
    i16 => sql_types::SmallInt;
    i32 => sql_types::Integer;
    i64 => sql_types::BigInt;
    f32 => sql_types::Float;
    f64 => sql_types::Double;
    bool => sql_types::Bool;
    String => sql_types::Text;
    Vec<u8> => sql_types::Binary;
    chrono::NaiveDate => sql_types::Date;
    chrono::NaiveTime => sql_types::Time;
    chrono::NaiveDateTime => sql_types::Timestamp;
    UtcDateTime => UtcTimestamp;
    chrono::DateTime<chrono::Utc> => ChronoUtc;
    chrono::TimeDelta => sql_types::Interval;
    serde_json::Value => sql_types::Json;
    FieldVersions => FieldVersionsMap;
}

#[cfg(all(feature = "uuid", any(feature = "postgres", feature = "duckdb")))]
column_types! {
    uuid::Uuid => sql_types::Uuid;
}

#[cfg(feature = "bigdecimal")]
column_types! {
    bigdecimal::BigDecimal => sql_types::Numeric;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{schema::SqlType, sql_types::SqlTypeInfo};

    fn check<T: ColumnType<SqlType: SqlTypeInfo>>(expected: SqlType) {
        assert_eq!(T::SqlType::sql_type(), expected);
    }

    #[test]
    fn bytes_are_no_array_and_options_no_type() {
        check::<Vec<u8>>(SqlType::Binary);
        check::<Option<Vec<u8>>>(SqlType::Binary);
        check::<Option<UtcDateTime>>(SqlType::UtcTimestamp);
    }

    #[cfg(feature = "postgres")]
    #[test]
    fn vectors_are_arrays() {
        check::<Vec<i32>>(SqlType::Array(Box::new(SqlType::Integer)));
        check::<Option<Vec<Option<String>>>>(SqlType::Array(Box::new(SqlType::Text)));
        check::<Vec<Vec<u8>>>(SqlType::Array(Box::new(SqlType::Binary)));
    }
}
