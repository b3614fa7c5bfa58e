//! Values of Rust as values of DuckDB, and back.

use diesel::deserialize::{self, FromSql, Queryable};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{BigInt, Bool, Double, Float, Integer, SmallInt, TinyInt, Unsigned};
use duckdb::arrow::datatypes::{DataType, Decimal128Type};

use crate::sql_types::{HugeInt, UHugeInt};
use crate::{DuckDb, DuckDbValue};

mod as_type;
mod date_time;
mod interval;
#[cfg(feature = "serde_json")]
mod json;
pub(crate) mod literal;
mod nested;
#[cfg(feature = "numeric")]
mod numeric;
mod text;
#[cfg(feature = "uuid")]
mod uuid;

pub use self::as_type::As;

macro_rules! integers {
    ($($rust:ty: $sql:ty),+ $(,)?) => {
        $(
            impl ToSql<$sql, DuckDb> for $rust {
                #[inline]
                fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DuckDb>) -> serialize::Result {
                    out.set_value(*self);
                    Ok(IsNull::No)
                }
            }

            impl FromSql<$sql, DuckDb> for $rust {
                fn from_sql(value: DuckDbValue<'_>) -> deserialize::Result<Self> {
                    let integer = value.integer()?;
                    integer.try_into().map_err(|_| format!("{integer} does not fit {}", stringify!($rust)).into())
                }
            }
        )+
    };
}

integers!(
    i8: TinyInt,
    i16: SmallInt,
    i32: Integer,
    i64: BigInt,
    i128: HugeInt,
    u8: Unsigned<TinyInt>,
    u16: Unsigned<SmallInt>,
    u32: Unsigned<Integer>,
    u64: Unsigned<BigInt>,
);

impl Queryable<HugeInt, DuckDb> for i128 {
    type Row = Self;

    fn build(row: Self) -> deserialize::Result<Self> {
        Ok(row)
    }
}

impl Queryable<UHugeInt, DuckDb> for u128 {
    type Row = Self;

    fn build(row: Self) -> deserialize::Result<Self> {
        Ok(row)
    }
}

impl ToSql<UHugeInt, DuckDb> for u128 {
    #[inline]
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DuckDb>) -> serialize::Result {
        out.set_value(*self);
        Ok(IsNull::No)
    }
}

impl FromSql<UHugeInt, DuckDb> for u128 {
    /// Arrow has no integer of 128 bits: DuckDB gives the bits of a `UHUGEINT` as a signed decimal.
    fn from_sql(value: DuckDbValue<'_>) -> deserialize::Result<Self> {
        match value.data_type() {
            DataType::Decimal128(_, 0) => {
                Ok(value.primitive_as::<Decimal128Type>().cast_unsigned())
            }
            _ => Ok(value.integer()?.try_into()?),
        }
    }
}

impl ToSql<Float, DuckDb> for f32 {
    #[inline]
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DuckDb>) -> serialize::Result {
        out.set_value(*self);
        Ok(IsNull::No)
    }
}

impl FromSql<Float, DuckDb> for f32 {
    /// Of a `DOUBLE` too: `sum` of a `FLOAT` is one, which Diesel does not know.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "Diesel has this type for sums, and digits are all it loses"
    )]
    fn from_sql(value: DuckDbValue<'_>) -> deserialize::Result<Self> {
        Ok(value.float()? as f32)
    }
}

impl ToSql<Double, DuckDb> for f64 {
    #[inline]
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DuckDb>) -> serialize::Result {
        out.set_value(*self);
        Ok(IsNull::No)
    }
}

impl FromSql<Double, DuckDb> for f64 {
    fn from_sql(value: DuckDbValue<'_>) -> deserialize::Result<Self> {
        value.float()
    }
}

impl ToSql<Bool, DuckDb> for bool {
    #[inline]
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DuckDb>) -> serialize::Result {
        out.set_value(*self);
        Ok(IsNull::No)
    }
}

impl FromSql<Bool, DuckDb> for bool {
    fn from_sql(value: DuckDbValue<'_>) -> deserialize::Result<Self> {
        value.boolean()
    }
}
