use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel::query_builder::BindCollector;
use diesel::result::Error::SerializationError;
use diesel::serialize::{IsNull, Output, ToSql};
use diesel::sql_types::HasSqlType;
use duckdb::types::{TimeUnit, ToSqlOutput, Value, ValueRef};

use crate::DuckDb;
use crate::types::literal;

/// A value bound to a statement: what implementations of [`ToSql`] set.
///
/// ```
/// use diesel::expression::AsExpression;
/// use diesel::serialize::{self, IsNull, Output, ToSql};
/// use diesel::sql_types::Text;
/// use diesel_duckdb::DuckDb;
///
/// /// An `ENUM ('sad', 'ok')`, which is a `Text` to Diesel.
/// #[derive(Debug, AsExpression)]
/// #[diesel(sql_type = Text)]
/// enum Mood {
///     Sad,
///     Ok,
/// }
///
/// impl ToSql<Text, DuckDb> for Mood {
///     fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DuckDb>) -> serialize::Result {
///         out.set_value(match self {
///             Mood::Sad => "sad",
///             Mood::Ok => "ok",
///         });
///         Ok(IsNull::No)
///     }
/// }
/// ```
#[derive(Debug, Clone)]
pub struct DuckDbBindValue<'a>(pub(crate) Bound<'a>);

/// As small as can be: each value of each row is moved some times.
#[derive(Debug, Clone)]
pub(crate) enum Bound<'a> {
    Null,
    Boolean(bool),
    TinyInt(i8),
    SmallInt(i16),
    Int(i32),
    BigInt(i64),
    UTinyInt(u8),
    USmallInt(u16),
    UInt(u32),
    UBigInt(u64),
    Float(f32),
    Double(f64),
    /// A scalar that takes more space.
    Wide(Box<ValueRef<'static>>),
    /// A text that lives elsewhere.
    Str(&'a str),
    /// Bytes that live elsewhere.
    Bytes(&'a [u8]),
    Date(i32),
    /// In microseconds, as a timestamp.
    Time(i64),
    Timestamp(i64),
    Text(String),
    Binary(Vec<u8>),
    /// A text that is not in quotes within a LIST, which statements read as JSON then.
    #[cfg_attr(
        not(feature = "serde_json"),
        expect(dead_code, reason = "only values of serde_json are such")
    )]
    Json(String),
    /// A LIST of JSON, for statements, and for the appender, which reads no JSON.
    JsonList(Box<JsonList>),
    /// A moment, which the appender takes as it is, and statements as a text: see [`utc_text`].
    Utc(DateTime<Utc>),
}

#[derive(Debug, Clone)]
pub(crate) struct JsonList {
    pub(crate) statement: String,
    pub(crate) appender: String,
}

impl Bound<'_> {
    /// The value as the appender takes it.
    pub(crate) fn as_ref(&self) -> ValueRef<'_> {
        match self {
            Self::Null => ValueRef::Null,
            Self::Boolean(value) => ValueRef::Boolean(*value),
            Self::TinyInt(value) => ValueRef::TinyInt(*value),
            Self::SmallInt(value) => ValueRef::SmallInt(*value),
            Self::Int(value) => ValueRef::Int(*value),
            Self::BigInt(value) => ValueRef::BigInt(*value),
            Self::UTinyInt(value) => ValueRef::UTinyInt(*value),
            Self::USmallInt(value) => ValueRef::USmallInt(*value),
            Self::UInt(value) => ValueRef::UInt(*value),
            Self::UBigInt(value) => ValueRef::UBigInt(*value),
            Self::Float(value) => ValueRef::Float(*value),
            Self::Double(value) => ValueRef::Double(*value),
            Self::Wide(value) => **value,
            Self::Str(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
            Self::Date(days) => ValueRef::Date32(*days),
            Self::Time(micros) => ValueRef::Time64(TimeUnit::Microsecond, *micros),
            Self::Timestamp(micros) => ValueRef::Timestamp(TimeUnit::Microsecond, *micros),
            Self::Text(text) | Self::Json(text) => ValueRef::Text(text.as_bytes()),
            Self::JsonList(list) => ValueRef::Text(list.appender.as_bytes()),
            Self::Binary(bytes) => ValueRef::Blob(bytes),
            Self::Utc(moment) => {
                ValueRef::Timestamp(TimeUnit::Microsecond, moment.timestamp_micros())
            }
        }
    }
}

/// A moment with its offset: DuckDB reads what is bound as a timestamp in the time zone of the session.
pub(crate) fn utc_text(moment: &DateTime<Utc>) -> String {
    literal::date_time(moment.naive_utc()) + "+00"
}

impl duckdb::ToSql for DuckDbBindValue<'_> {
    fn to_sql(&self) -> duckdb::Result<ToSqlOutput<'_>> {
        Ok(match &self.0 {
            Bound::Utc(moment) => ToSqlOutput::Owned(Value::Text(utc_text(moment))),
            Bound::JsonList(list) => {
                ToSqlOutput::Borrowed(ValueRef::Text(list.statement.as_bytes()))
            }
            value => ToSqlOutput::Borrowed(value.as_ref()),
        })
    }
}

/// A value on its way to the appender.
pub(crate) struct Appended<'v, 'a>(pub(crate) &'v DuckDbBindValue<'a>);

impl duckdb::ToSql for Appended<'_, '_> {
    fn to_sql(&self) -> duckdb::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(self.0.0.as_ref()))
    }
}

impl<'a> From<&'a str> for DuckDbBindValue<'a> {
    #[inline]
    fn from(text: &'a str) -> Self {
        Self(Bound::Str(text))
    }
}

impl From<String> for DuckDbBindValue<'_> {
    #[inline]
    fn from(text: String) -> Self {
        Self(Bound::Text(text))
    }
}

impl<'a> From<&'a [u8]> for DuckDbBindValue<'a> {
    #[inline]
    fn from(bytes: &'a [u8]) -> Self {
        Self(Bound::Bytes(bytes))
    }
}

impl From<Vec<u8>> for DuckDbBindValue<'_> {
    #[inline]
    fn from(bytes: Vec<u8>) -> Self {
        Self(Bound::Binary(bytes))
    }
}

impl From<DateTime<Utc>> for DuckDbBindValue<'_> {
    #[inline]
    fn from(moment: DateTime<Utc>) -> Self {
        Self(Bound::Utc(moment))
    }
}

/// None is NULL.
impl<'a, T: Into<DuckDbBindValue<'a>>> From<Option<T>> for DuckDbBindValue<'a> {
    #[inline]
    fn from(value: Option<T>) -> Self {
        value.map_or(NULL, Into::into)
    }
}

macro_rules! from_scalars {
    ($($ty:ty => $variant:ident),+ $(,)?) => {
        $(impl From<$ty> for DuckDbBindValue<'_> {
            #[inline]
            fn from(value: $ty) -> Self {
                Self(Bound::$variant(value))
            }
        })+
    };
}

from_scalars!(
    bool => Boolean,
    i8 => TinyInt,
    i16 => SmallInt,
    i32 => Int,
    i64 => BigInt,
    u8 => UTinyInt,
    u16 => USmallInt,
    u32 => UInt,
    u64 => UBigInt,
    f32 => Float,
    f64 => Double,
);

macro_rules! from_wide {
    ($($ty:ty => $variant:ident),+ $(,)?) => {
        $(impl From<$ty> for DuckDbBindValue<'_> {
            fn from(value: $ty) -> Self {
                Self(Bound::Wide(Box::new(ValueRef::$variant(value))))
            }
        })+
    };
}

from_wide!(i128 => HugeInt, u128 => UHugeInt, duckdb::types::Decimal => Decimal);

/// The values bound to a statement, in order.
#[derive(Debug, Default)]
pub struct DuckDbBindCollector<'a> {
    pub(crate) binds: Vec<DuckDbBindValue<'a>>,
}

impl<'a> BindCollector<'a, DuckDb> for DuckDbBindCollector<'a> {
    type Buffer = DuckDbBindValue<'a>;

    #[inline]
    fn push_bound_value<T, U>(&mut self, bind: &'a U, lookup: &mut ()) -> QueryResult<()>
    where
        DuckDb: HasSqlType<T>,
        U: ToSql<T, DuckDb> + ?Sized + 'a,
    {
        self.binds.push(bound_value::<T, U>(bind, lookup).map_err(SerializationError)?);
        Ok(())
    }

    #[inline]
    fn push_null_value(&mut self, (): ()) -> QueryResult<()> {
        self.binds.push(NULL);
        Ok(())
    }
}

const NULL: DuckDbBindValue<'static> = DuckDbBindValue(Bound::Null);

/// What a value is bound as.
#[inline]
pub(crate) fn bound_value<'b, T, U>(
    value: &'b U,
    lookup: &mut (),
) -> Result<DuckDbBindValue<'b>, Box<dyn std::error::Error + Send + Sync>>
where
    U: ToSql<T, DuckDb> + ?Sized,
{
    let mut out = Output::new(NULL, lookup);
    match value.to_sql(&mut out)? {
        IsNull::No => Ok(out.into_inner()),
        IsNull::Yes => Ok(NULL),
    }
}
