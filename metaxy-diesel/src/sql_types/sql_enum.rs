//! [`SqlEnum`]: a Rust enum that is an enumerated type of the database.

use crate::{
    schema::{EnumType, TableName},
    table::EnumDef,
};
use std::fmt;

/// An enum without fields that a column holds: what `#[derive(metaxy::SqlEnum)]` implements.
///
/// The enum is its own Diesel SQL type: a column names it, `#[metaxy(sql_type = Mood)]`, and so may any `table!`.
pub trait SqlEnum: fmt::Debug + Sized + 'static {
    /// The type in the database.
    const TYPE: EnumDef;

    /// The value, as the database has it.
    fn value(&self) -> &'static str;

    /// The variant of a value; `None`: it is none of the type.
    fn of_value(value: &str) -> Option<Self>;
}

/// The enumerated type that a definition describes.
pub(crate) fn enum_type(definition: &EnumDef) -> EnumType {
    let renamed = definition.renamed_values.iter();
    let renamed_from = definition.renamed_from;
    EnumType {
        renamed_from: renamed_from
            .map(|name| TableName { name: name.to_owned(), ..name_of(definition) }),
        renamed_values: renamed.map(|(new, old)| ((*new).to_owned(), (*old).to_owned())).collect(),
        ..EnumType::new(
            name_of(definition),
            definition.values.iter().map(|it| (*it).to_owned()).collect(),
        )
    }
}

/// The name of the type that a definition describes, without a store's prefix.
#[doc(hidden)]
pub fn name_of(definition: &EnumDef) -> TableName {
    TableName { schema: definition.schema.map(str::to_owned), name: definition.name.to_owned() }
}

/// What the derive calls: a type that is a [`SqlEnum`] as a SQL type, an expression and a value of every database.
#[doc(hidden)]
#[macro_export]
macro_rules! __sql_enum {
    ($ty:ident, $name:literal) => {
        impl ::diesel::sql_types::SqlType for $ty {
            type IsNull = ::diesel::sql_types::is_nullable::NotNull;
        }

        impl ::diesel::sql_types::SingleValue for $ty {}

        impl ::diesel::query_builder::QueryId for $ty {
            type QueryId = Self;

            const HAS_STATIC_QUERY_ID: bool = true;
        }

        impl $crate::sql_types::ColumnType for $ty {
            type SqlType = Self;
        }

        impl $crate::sql_types::SqlTypeInfo for $ty {
            const NAME: &'static str = $name;
            const VALUES: &'static [&'static str] =
                <Self as $crate::sql_types::SqlEnum>::TYPE.values;

            fn sql_type() -> $crate::schema::SqlType {
                $crate::schema::SqlType::Enum(::std::boxed::Box::new(
                    $crate::sql_types::name_of(&<Self as $crate::sql_types::SqlEnum>::TYPE),
                ))
            }

            fn enum_type() -> ::core::option::Option<&'static $crate::table::EnumDef> {
                ::core::option::Option::Some(&<Self as $crate::sql_types::SqlEnum>::TYPE)
            }
        }

        $crate::__sql_enum!(@expression $ty, $ty, $ty);
        $crate::__sql_enum!(@expression $ty, ::diesel::sql_types::Nullable<$ty>, $ty);
        $crate::__sql_enum!(@expression $ty, $ty, &$ty);
        $crate::__sql_enum!(@expression $ty, ::diesel::sql_types::Nullable<$ty>, &$ty);

        impl<DB> ::diesel::serialize::ToSql<$ty, DB> for $ty
        where
            DB: ::diesel::backend::Backend,
            str: ::diesel::serialize::ToSql<::diesel::sql_types::Text, DB>,
        {
            fn to_sql<'b>(
                &'b self,
                out: &mut ::diesel::serialize::Output<'b, '_, DB>,
            ) -> ::diesel::serialize::Result {
                let value: &'static str = $crate::sql_types::SqlEnum::value(self);
                <str as ::diesel::serialize::ToSql<::diesel::sql_types::Text, DB>>::to_sql(value, out)
            }
        }

        impl<DB> ::diesel::serialize::ToSql<::diesel::sql_types::Nullable<$ty>, DB> for $ty
        where
            DB: ::diesel::backend::Backend,
            Self: ::diesel::serialize::ToSql<$ty, DB>,
        {
            fn to_sql<'b>(
                &'b self,
                out: &mut ::diesel::serialize::Output<'b, '_, DB>,
            ) -> ::diesel::serialize::Result {
                ::diesel::serialize::ToSql::<$ty, DB>::to_sql(self, out)
            }
        }

        impl<DB> ::diesel::deserialize::FromSql<$ty, DB> for $ty
        where
            DB: ::diesel::backend::Backend,
            ::std::string::String: ::diesel::deserialize::FromSql<::diesel::sql_types::Text, DB>,
        {
            fn from_sql(value: DB::RawValue<'_>) -> ::diesel::deserialize::Result<Self> {
                let value = <::std::string::String as ::diesel::deserialize::FromSql<
                    ::diesel::sql_types::Text,
                    DB,
                >>::from_sql(value)?;
                <Self as $crate::sql_types::SqlEnum>::of_value(&value).ok_or_else(|| {
                    ::std::format!("`{value}` is no value of the type `{}`", $name).into()
                })
            }
        }

        impl<DB, ST> ::diesel::deserialize::Queryable<ST, DB> for $ty
        where
            DB: ::diesel::backend::Backend,
            ST: ::diesel::sql_types::SingleValue,
            Self: ::diesel::deserialize::FromSql<ST, DB>,
        {
            type Row = Self;

            fn build(row: Self) -> ::diesel::deserialize::Result<Self> {
                ::core::result::Result::Ok(row)
            }
        }

        impl $crate::rows::ToValue for $ty {
            fn to_value(&self) -> $crate::rows::Value {
                $crate::sql_types::SqlEnum::value(self).into()
            }
        }

        impl $crate::rows::FromValue for $ty {
            fn from_value(value: &$crate::rows::Value) -> ::core::option::Option<Self> {
                match value {
                    $crate::rows::Value::Text(value) => $crate::sql_types::SqlEnum::of_value(value),
                    _ => ::core::option::Option::None,
                }
            }
        }

        $crate::__sql_enum_sqlite!($ty);
        $crate::__sql_enum_postgres!($ty, $name);
        $crate::__sql_enum_mysql!($ty);
        $crate::__sql_enum_duckdb!($ty);
    };
    (@expression $ty:ident, $sql_type:ty, $value:ty) => {
        impl ::diesel::expression::AsExpression<$sql_type> for $value {
            type Expression =
                ::diesel::internal::derives::as_expression::Bound<$sql_type, Self>;

            fn as_expression(self) -> Self::Expression {
                ::diesel::internal::derives::as_expression::Bound::new(self)
            }
        }
    };
}

/// How SQL types are bound there, where the Cargo feature is on.
#[cfg(feature = "sqlite")]
#[doc(hidden)]
#[macro_export]
macro_rules! __sql_enum_sqlite {
    ($ty:ident) => {
        impl ::diesel::sql_types::HasSqlType<$ty> for ::diesel::sqlite::Sqlite {
            fn metadata(_: &mut ()) -> ::diesel::sqlite::SqliteType {
                ::diesel::sqlite::SqliteType::Text
            }
        }
    };
}

/// Nothing, where the Cargo feature is off.
#[cfg(not(feature = "sqlite"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __sql_enum_sqlite {
    ($($any:tt)*) => {};
}

/// How SQL types are bound there, where the Cargo feature is on.
#[cfg(feature = "mysql")]
#[doc(hidden)]
#[macro_export]
macro_rules! __sql_enum_mysql {
    ($ty:ident) => {
        impl ::diesel::sql_types::HasSqlType<$ty> for ::diesel::mysql::Mysql {
            fn metadata(_: &mut ()) -> ::diesel::mysql::MysqlType {
                ::diesel::mysql::MysqlType::Enum
            }
        }
    };
}

/// Nothing, where the Cargo feature is off.
#[cfg(not(feature = "mysql"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __sql_enum_mysql {
    ($($any:tt)*) => {};
}

/// How SQL types are bound there, where the Cargo feature is on.
#[cfg(feature = "duckdb")]
#[doc(hidden)]
#[macro_export]
macro_rules! __sql_enum_duckdb {
    ($ty:ident) => {
        impl ::diesel::sql_types::HasSqlType<$ty> for $crate::diesel_duckdb::DuckDb {
            fn metadata((): &mut ()) {}
        }
    };
}

/// Nothing, where the Cargo feature is off.
#[cfg(not(feature = "duckdb"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __sql_enum_duckdb {
    ($($any:tt)*) => {};
}

/// How SQL types are bound there, where the Cargo feature is on.
#[cfg(feature = "postgres")]
#[doc(hidden)]
#[macro_export]
macro_rules! __sql_enum_postgres {
    ($ty:ident, $name:literal) => {
        impl ::diesel::sql_types::HasSqlType<$ty> for ::diesel::pg::Pg {
            fn metadata(lookup: &mut Self::MetadataLookup) -> ::diesel::pg::PgTypeMetadata {
                ::diesel::pg::PgMetadataLookup::lookup_type(
                    lookup,
                    $name,
                    <$ty as $crate::sql_types::SqlEnum>::TYPE.schema,
                )
            }
        }
    };
}

/// Nothing, where the Cargo feature is off.
#[cfg(not(feature = "postgres"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __sql_enum_postgres {
    ($($any:tt)*) => {};
}
