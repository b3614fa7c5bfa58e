use std::marker::PhantomData;
use std::ops::Deref;

use diesel::deserialize::{self, FromSql, Queryable};
use diesel::expression::{AsExpression, TypedExpressionType};
use diesel::internal::derives::as_expression::Bound;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::{Nullable, SingleValue, is_nullable};

use crate::{DuckDb, DuckDbValue};

/// A value for one of the [SQL types of this crate](crate::sql_types).
///
/// Rust lets only Diesel say that an [`i128`] can be written where an expression is wanted. `As<HugeInt, i128>` can,
/// in queries and in the fields of structs that are inserted. To read, the bare type will do.
///
/// ```
/// use diesel::prelude::*;
/// use diesel_duckdb::sql_types::HugeInt;
/// use diesel_duckdb::{As, DuckDbConnection};
///
/// diesel::table! {
///     use diesel::sql_types::*;
///     use diesel_duckdb::sql_types::HugeInt;
///     counts {
///         id -> Integer,
///         count -> HugeInt,
///     }
/// }
///
/// #[derive(Insertable)]
/// #[diesel(table_name = counts)]
/// struct Count {
///     id: i32,
///     count: As<HugeInt, i128>,
/// }
///
/// # let connection = &mut DuckDbConnection::establish(":memory:")?;
/// # diesel::sql_query("CREATE TABLE counts (id INTEGER PRIMARY KEY, count HUGEINT)").execute(connection)?;
/// diesel::insert_into(counts::table).values(Count { id: 1, count: As::new(i128::MAX) }).execute(connection)?;
/// let read: i128 = counts::table.filter(counts::count.eq(As::new(i128::MAX))).select(counts::count).first(connection)?;
/// assert_eq!(read, i128::MAX);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct As<ST, T> {
    value: T,
    sql_type: PhantomData<ST>,
}

impl<ST, T> As<ST, T> {
    /// The value for the SQL type.
    pub fn new(value: T) -> Self {
        Self { value, sql_type: PhantomData }
    }

    /// The value alone.
    pub fn into_inner(self) -> T {
        self.value
    }
}

impl<ST, T> From<T> for As<ST, T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<ST, T> Deref for As<ST, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<ST, T> ToSql<ST, DuckDb> for As<ST, T>
where
    T: ToSql<ST, DuckDb>,
    ST: std::fmt::Debug,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DuckDb>) -> serialize::Result {
        self.value.to_sql(out)
    }
}

impl<ST, T> FromSql<ST, DuckDb> for As<ST, T>
where
    T: FromSql<ST, DuckDb>,
{
    fn from_sql(value: DuckDbValue<'_>) -> deserialize::Result<Self> {
        T::from_sql(value).map(Self::new)
    }
}

impl<ST, T> Queryable<ST, DuckDb> for As<ST, T>
where
    T: FromSql<ST, DuckDb>,
    ST: SingleValue,
{
    type Row = Self;

    fn build(row: Self) -> deserialize::Result<Self> {
        Ok(row)
    }
}

macro_rules! as_expression {
    ($($as_type:ty, $value:ty);+) => {
        $(
            impl<ST, T> AsExpression<$as_type> for $value
            where
                ST: SingleValue<IsNull = is_nullable::NotNull> + TypedExpressionType,
            {
                type Expression = Bound<$as_type, Self>;

                fn as_expression(self) -> Self::Expression {
                    Bound::new(self)
                }
            }
        )+
    };
}

as_expression!(ST, As<ST, T>; ST, &As<ST, T>; Nullable<ST>, As<ST, T>; Nullable<ST>, &As<ST, T>);
