//! [`SqlTypeInfo`]: how migrations write a Diesel SQL type.

use super::{FieldVersionsMap, UtcTimestamp};
use crate::{schema::SqlType, table::EnumDef};
use diesel::sql_types;

/// A Diesel SQL type that migrations can write.
///
/// Implemented for Diesel's own, and by `#[derive(metaxy::SqlEnum)]`. For another type of your own:
///
/// ```
/// use metaxy_diesel::{schema::SqlType, sql_types::SqlTypeInfo};
///
/// #[derive(diesel::sql_types::SqlType)]
/// #[diesel(postgres_type(name = "tsvector"))]
/// pub struct TsVector;
///
/// impl SqlTypeInfo for TsVector {
///     const NAME: &'static str = "tsvector";
///
///     fn sql_type() -> SqlType {
///         SqlType::Other("tsvector".to_owned())
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "migrations do not know how to write the SQL type `{Self}`",
    label = "not a SQL type with a `SqlTypeInfo`",
    note = "name one of `diesel::sql_types` in `#[metaxy(sql_type = …)]`, or implement `metaxy::sql_types::SqlTypeInfo` for `{Self}`",
    note = "PostgreSQL's own types (`Timestamptz`, `Uuid`, `Array`, …) need the cargo feature `postgres` or `duckdb`"
)]
pub trait SqlTypeInfo {
    /// Its name, the same for the same type: what the derive compares id columns by. All arrays share one.
    const NAME: &'static str;

    /// The values of the enumerated type that it is, or that its items are.
    const VALUES: &'static [&'static str] = &[];

    /// The type as schemas have it.
    fn sql_type() -> SqlType;

    /// The definition of the enumerated type that it is, or that its items are.
    fn enum_type() -> Option<&'static EnumDef> {
        None
    }
}

/// A nullable type is written as the type itself: whether it may be NULL is the column's.
impl<ST: SqlTypeInfo> SqlTypeInfo for sql_types::Nullable<ST> {
    const NAME: &'static str = ST::NAME;
    const VALUES: &'static [&'static str] = ST::VALUES;

    fn sql_type() -> SqlType {
        ST::sql_type()
    }

    fn enum_type() -> Option<&'static EnumDef> {
        ST::enum_type()
    }
}

#[cfg(any(feature = "postgres", feature = "duckdb"))]
impl<ST: SqlTypeInfo + 'static> SqlTypeInfo for sql_types::Array<ST> {
    const NAME: &'static str = "Array";
    const VALUES: &'static [&'static str] = ST::VALUES;

    fn sql_type() -> SqlType {
        SqlType::Array(Box::new(ST::sql_type()))
    }

    fn enum_type() -> Option<&'static EnumDef> {
        ST::enum_type()
    }
}

macro_rules! sql_type_info {
    ($($type:ty, $name:literal => $sql_type:expr;)*) => {$(
        impl SqlTypeInfo for $type {
            const NAME: &'static str = $name;

            fn sql_type() -> SqlType {
                $sql_type
            }
        }
    )*};
}

sql_type_info! {
    sql_types::SmallInt, "SmallInt" => SqlType::SmallInt;
    sql_types::Integer, "Integer" => SqlType::Integer;
    sql_types::BigInt, "BigInt" => SqlType::BigInt;
    sql_types::Float, "Float" => SqlType::Float;
    sql_types::Double, "Double" => SqlType::Double;
    sql_types::Numeric, "Numeric" => SqlType::Numeric { precision: None, scale: None };
    sql_types::Bool, "Bool" => SqlType::Bool;
    sql_types::Text, "Text" => SqlType::Text;
    sql_types::Binary, "Binary" => SqlType::Binary;
    sql_types::Date, "Date" => SqlType::Date;
    sql_types::Time, "Time" => SqlType::Time;
    sql_types::Timestamp, "Timestamp" => SqlType::Timestamp;
    sql_types::Interval, "Interval" => SqlType::Other("interval".to_owned());
    sql_types::Json, "Json" => SqlType::Json;
    UtcTimestamp, "UtcTimestamp" => SqlType::UtcTimestamp;
    FieldVersionsMap, "FieldVersionsMap" => SqlType::FieldVersions;
}

#[cfg(any(feature = "sqlite", feature = "postgres", feature = "duckdb"))]
sql_type_info! {
    sql_types::Jsonb, "Jsonb" => SqlType::Jsonb;
}

#[cfg(feature = "mysql")]
sql_type_info! {
    sql_types::Datetime, "Datetime" => SqlType::Timestamp;
    sql_types::TinyInt, "TinyInt" => SqlType::TinyInt;
}

#[cfg(feature = "sqlite")]
sql_type_info! {
    sql_types::TimestamptzSqlite, "TimestamptzSqlite" => SqlType::Timestamptz;
}

#[cfg(any(feature = "postgres", feature = "duckdb"))]
sql_type_info! {
    sql_types::Timestamptz, "Timestamptz" => SqlType::Timestamptz;
    sql_types::Uuid, "Uuid" => SqlType::Uuid;
}

#[cfg(feature = "postgres")]
sql_type_info! {
    sql_types::Oid, "Oid" => SqlType::Other("oid".to_owned());
    sql_types::Money, "Money" => SqlType::Other("money".to_owned());
    sql_types::MacAddr, "MacAddr" => SqlType::Other("macaddr".to_owned());
    sql_types::MacAddr8, "MacAddr8" => SqlType::Other("macaddr8".to_owned());
    sql_types::Inet, "Inet" => SqlType::Other("inet".to_owned());
    sql_types::Cidr, "Cidr" => SqlType::Other("cidr".to_owned());
    sql_types::CChar, "CChar" => SqlType::Other("\"char\"".to_owned());
    sql_types::Citext, "Citext" => SqlType::Other("citext".to_owned());
    sql_types::PgLsn, "PgLsn" => SqlType::Other("pg_lsn".to_owned());
    sql_types::Int4range, "Int4range" => SqlType::Other("int4range".to_owned());
    sql_types::Int8range, "Int8range" => SqlType::Other("int8range".to_owned());
    sql_types::Numrange, "Numrange" => SqlType::Other("numrange".to_owned());
    sql_types::Tsrange, "Tsrange" => SqlType::Other("tsrange".to_owned());
    sql_types::Tstzrange, "Tstzrange" => SqlType::Other("tstzrange".to_owned());
    sql_types::Daterange, "Daterange" => SqlType::Other("daterange".to_owned());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<ST: SqlTypeInfo>(name: &str, sql_type: SqlType) {
        assert_eq!((ST::NAME, ST::sql_type()), (name, sql_type));
    }

    #[test]
    fn nullable_types_are_written_as_the_type_itself() {
        check::<sql_types::Nullable<sql_types::BigInt>>("BigInt", SqlType::BigInt);
        check::<sql_types::Nullable<UtcTimestamp>>("UtcTimestamp", SqlType::UtcTimestamp);
    }

    #[cfg(feature = "postgres")]
    #[test]
    fn arrays_keep_the_type_of_their_items() {
        check::<sql_types::Array<sql_types::Nullable<sql_types::Text>>>(
            "Array",
            SqlType::Array(Box::new(SqlType::Text)),
        );
    }
}
