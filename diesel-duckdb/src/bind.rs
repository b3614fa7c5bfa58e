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

#[derive(Debug, Clone)]
pub(crate) enum Bound<'a> {
    /// Scalars, and texts and bytes that live elsewhere.
    Borrowed(ValueRef<'a>),
    Text(String),
    Binary(Vec<u8>),
    /// A text that is not in quotes within a LIST, which statements read as JSON then.
    Json(String),
    /// A LIST of JSON, for statements, and for the appender, which reads no JSON.
    JsonList {
        statement: String,
        appender: String,
    },
    /// A moment, which the appender takes as it is, and statements as a text: see [`utc_text`].
    Utc(DateTime<Utc>),
}

impl Bound<'_> {
    /// The value as the appender takes it.
    pub(crate) fn as_ref(&self) -> ValueRef<'_> {
        match self {
            Self::Borrowed(value) => *value,
            Self::Text(text) | Self::Json(text) | Self::JsonList { appender: text, .. } => {
                ValueRef::Text(text.as_bytes())
            }
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
            Bound::JsonList { statement, .. } => {
                ToSqlOutput::Borrowed(ValueRef::Text(statement.as_bytes()))
            }
            value => ToSqlOutput::Borrowed(value.as_ref()),
        })
    }
}

/// A value on its way to the appender.
pub(crate) struct Appended<'a>(pub(crate) DuckDbBindValue<'a>);

impl duckdb::ToSql for Appended<'_> {
    fn to_sql(&self) -> duckdb::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(self.0.0.as_ref()))
    }
}

impl<'a> From<&'a str> for DuckDbBindValue<'a> {
    fn from(text: &'a str) -> Self {
        Self(Bound::Borrowed(ValueRef::Text(text.as_bytes())))
    }
}

impl From<String> for DuckDbBindValue<'_> {
    fn from(text: String) -> Self {
        Self(Bound::Text(text))
    }
}

impl<'a> From<&'a [u8]> for DuckDbBindValue<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self(Bound::Borrowed(ValueRef::Blob(bytes)))
    }
}

impl From<Vec<u8>> for DuckDbBindValue<'_> {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Bound::Binary(bytes))
    }
}

impl From<DateTime<Utc>> for DuckDbBindValue<'_> {
    fn from(moment: DateTime<Utc>) -> Self {
        Self(Bound::Utc(moment))
    }
}

/// None is NULL.
impl<'a, T: Into<DuckDbBindValue<'a>>> From<Option<T>> for DuckDbBindValue<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(NULL, Into::into)
    }
}

macro_rules! from_scalars {
    ($($ty:ty => $variant:ident),+ $(,)?) => {
        $(impl From<$ty> for DuckDbBindValue<'_> {
            fn from(value: $ty) -> Self {
                Self(Bound::Borrowed(ValueRef::$variant(value)))
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
    i128 => HugeInt,
    u8 => UTinyInt,
    u16 => USmallInt,
    u32 => UInt,
    u64 => UBigInt,
    u128 => UHugeInt,
    f32 => Float,
    f64 => Double,
    duckdb::types::Decimal => Decimal,
);

/// The values bound to a statement, in order.
#[derive(Debug, Default)]
pub struct DuckDbBindCollector<'a> {
    pub(crate) binds: Vec<DuckDbBindValue<'a>>,
}

impl<'a> BindCollector<'a, DuckDb> for DuckDbBindCollector<'a> {
    type Buffer = DuckDbBindValue<'a>;

    fn push_bound_value<T, U>(&mut self, bind: &'a U, lookup: &mut ()) -> QueryResult<()>
    where
        DuckDb: HasSqlType<T>,
        U: ToSql<T, DuckDb> + ?Sized + 'a,
    {
        self.binds.push(bound_value::<T, U>(bind, lookup).map_err(SerializationError)?);
        Ok(())
    }

    fn push_null_value(&mut self, (): ()) -> QueryResult<()> {
        self.binds.push(NULL);
        Ok(())
    }
}

const NULL: DuckDbBindValue<'static> = DuckDbBindValue(Bound::Borrowed(ValueRef::Null));

/// What a value is bound as.
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
