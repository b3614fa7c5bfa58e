//! SQL types of DuckDB that Diesel has no name for.
//!
//! All others are Diesel's own, so that a `table!` can be shared with other backends: see the table in the
//! [crate's documentation](crate#types). Values of the types of this module are written as [`As`](crate::As).

use std::marker::PhantomData;

use diesel::query_builder::QueryId;
use diesel::sql_types::{Double, Foldable, Nullable, SqlOrd, SqlType, ops};

/// `HUGEINT`, 128 bits, signed: an [`i128`].
#[derive(Debug, Clone, Copy, Default, QueryId, SqlType)]
pub struct HugeInt;

/// `UHUGEINT`, 128 bits, unsigned: an [`u128`].
#[derive(Debug, Clone, Copy, Default, QueryId, SqlType)]
pub struct UHugeInt;

/// `TIMESTAMP_NS`, a moment without time zone in nanoseconds, from 1677 to 2262.
///
/// For `TIMESTAMP_S` and `TIMESTAMP_MS`, and where microseconds will do, there is Diesel's
/// [`Timestamp`](diesel::sql_types::Timestamp).
#[derive(Debug, Clone, Copy, Default, QueryId, SqlType)]
pub struct TimestampNs;

/// `MAP(K, V)`: a [`BTreeMap`](std::collections::BTreeMap), or a `Vec` of pairs where the order counts.
///
/// A `STRUCT` whose fields are all of type `V` can be read as a `Map<Text, V>` too.
#[derive(Debug, Clone, Copy, Default, QueryId, SqlType)]
pub struct Map<K: 'static, V: 'static>(PhantomData<(K, V)>);

/// `STRUCT(…)`: a tuple with the fields in their order, such as `Struct<(Integer, Nullable<Text>)>`.
#[derive(Debug, Clone, Copy, Default, QueryId, SqlType)]
pub struct Struct<Fields: 'static>(PhantomData<Fields>);

macro_rules! ordered {
    ($($ty:ty),+) => { $(impl SqlOrd for $ty {})+ };
}

ordered!(HugeInt, UHugeInt, TimestampNs);

macro_rules! numeric {
    ($($ty:ty),+) => {
        $(
            impl ops::Add for $ty {
                type Rhs = $ty;
                type Output = $ty;
            }
            impl ops::Sub for $ty {
                type Rhs = $ty;
                type Output = $ty;
            }
            impl ops::Mul for $ty {
                type Rhs = $ty;
                type Output = $ty;
            }
        )+
    };
}

numeric!(HugeInt, UHugeInt);

/// `sum` of a `HUGEINT` is one, and `avg` of all numbers is a `DOUBLE`.
impl Foldable for HugeInt {
    type Sum = Nullable<HugeInt>;
    type Avg = Nullable<Double>;
}
