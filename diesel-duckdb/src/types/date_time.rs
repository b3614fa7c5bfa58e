use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Timelike, Utc};
use diesel::deserialize::{self, FromSql};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{Date, Time, Timestamp, Timestamptz};
use duckdb::arrow::datatypes::{
    DataType, Date32Type, Time64MicrosecondType, TimeUnit, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
};

use super::literal;
use crate::bind::{Bound, DuckDbBindValue};
use crate::sql_types::TimestampNs;
use crate::{DuckDb, DuckDbValue};

impl ToSql<Date, DuckDb> for NaiveDate {
    #[inline]
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DuckDb>) -> serialize::Result {
        out.set_value(DuckDbBindValue(Bound::Date(self.to_epoch_days())));
        Ok(IsNull::No)
    }
}

impl FromSql<Date, DuckDb> for NaiveDate {
    fn from_sql(value: DuckDbValue<'_>) -> deserialize::Result<Self> {
        let days = value.primitive::<Date32Type>()?;
        NaiveDate::from_epoch_days(days).ok_or_else(|| out_of_range(days.into(), "days"))
    }
}

impl ToSql<Time, DuckDb> for NaiveTime {
    /// A leap second, which DuckDB has none of, is the last microsecond before the next.
    #[inline]
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DuckDb>) -> serialize::Result {
        let micros = i64::from(self.num_seconds_from_midnight()) * 1_000_000
            + i64::from(self.nanosecond() / 1000).min(999_999);
        out.set_value(DuckDbBindValue(Bound::Time(micros)));
        Ok(IsNull::No)
    }
}

impl FromSql<Time, DuckDb> for NaiveTime {
    /// DuckDB has `24:00:00`, which chrono has not.
    fn from_sql(value: DuckDbValue<'_>) -> deserialize::Result<Self> {
        let micros = value.primitive::<Time64MicrosecondType>()?;
        let out_of_range = || out_of_range(micros, "microseconds");
        let seconds = u32::try_from(micros / 1_000_000).map_err(|_| out_of_range())?;
        let nanos = u32::try_from(micros % 1_000_000 * 1000).map_err(|_| out_of_range())?;
        NaiveTime::from_num_seconds_from_midnight_opt(seconds, nanos).ok_or_else(out_of_range)
    }
}

impl ToSql<Timestamp, DuckDb> for NaiveDateTime {
    #[inline]
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DuckDb>) -> serialize::Result {
        let micros = self.and_utc().timestamp_micros();
        out.set_value(DuckDbBindValue(Bound::Timestamp(micros)));
        Ok(IsNull::No)
    }
}

/// Of all units: DuckDB's functions change them.
impl FromSql<Timestamp, DuckDb> for NaiveDateTime {
    fn from_sql(value: DuckDbValue<'_>) -> deserialize::Result<Self> {
        utc(value).map(|moment| moment.naive_utc())
    }
}

/// As text, since the C API binds microseconds only.
impl ToSql<TimestampNs, DuckDb> for NaiveDateTime {
    #[inline]
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DuckDb>) -> serialize::Result {
        out.set_value(literal::date_time(*self));
        Ok(IsNull::No)
    }
}

impl FromSql<TimestampNs, DuckDb> for NaiveDateTime {
    fn from_sql(value: DuckDbValue<'_>) -> deserialize::Result<Self> {
        utc(value).map(|moment| moment.naive_utc())
    }
}

impl<Tz: TimeZone> ToSql<Timestamptz, DuckDb> for DateTime<Tz> {
    #[inline]
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DuckDb>) -> serialize::Result {
        out.set_value(self.to_utc());
        Ok(IsNull::No)
    }
}

impl FromSql<Timestamptz, DuckDb> for DateTime<Utc> {
    fn from_sql(value: DuckDbValue<'_>) -> deserialize::Result<Self> {
        utc(value)
    }
}

/// A moment in UTC.
impl ToSql<Timestamptz, DuckDb> for NaiveDateTime {
    #[inline]
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DuckDb>) -> serialize::Result {
        out.set_value(self.and_utc());
        Ok(IsNull::No)
    }
}

/// A moment in UTC.
impl FromSql<Timestamptz, DuckDb> for NaiveDateTime {
    fn from_sql(value: DuckDbValue<'_>) -> deserialize::Result<Self> {
        utc(value).map(|moment| moment.naive_utc())
    }
}

fn utc(value: DuckDbValue<'_>) -> deserialize::Result<DateTime<Utc>> {
    let (moment, count, unit) = match value.data_type() {
        DataType::Timestamp(TimeUnit::Second, _) => {
            let count = value.primitive_as::<TimestampSecondType>();
            (DateTime::from_timestamp(count, 0), count, "seconds")
        }
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            let count = value.primitive_as::<TimestampMillisecondType>();
            (DateTime::from_timestamp_millis(count), count, "milliseconds")
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            let count = value.primitive_as::<TimestampMicrosecondType>();
            (DateTime::from_timestamp_micros(count), count, "microseconds")
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            let count = value.primitive_as::<TimestampNanosecondType>();
            (Some(DateTime::from_timestamp_nanos(count)), count, "nanoseconds")
        }
        _ => return Err(value.is_not("a timestamp")),
    };
    moment.ok_or_else(|| out_of_range(count, unit))
}

fn out_of_range(count: i64, unit: &str) -> Box<dyn std::error::Error + Send + Sync> {
    format!("{count} {unit} are out of chrono's range; DuckDB's infinity and 24:00:00 are, too")
        .into()
}
