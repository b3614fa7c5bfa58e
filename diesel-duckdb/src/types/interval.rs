use std::error::Error;

use chrono::TimeDelta;
use diesel::data_types::PgInterval;
use diesel::deserialize::{self, FromSql};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::Interval;
use duckdb::arrow::datatypes::{IntervalMonthDayNano, IntervalMonthDayNanoType};
use duckdb::types::ValueRef;

use crate::bind::{Bound, DuckDbBindValue};
use crate::{DuckDb, DuckDbValue};

/// DuckDB's intervals are PostgreSQL's: months, days and microseconds.
///
/// Arrow has nanoseconds in their place, so that there are 292 years at most, in microseconds.
impl ToSql<Interval, DuckDb> for PgInterval {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DuckDb>) -> serialize::Result {
        out.set_value(bound(self)?);
        Ok(IsNull::No)
    }
}

impl FromSql<Interval, DuckDb> for PgInterval {
    fn from_sql(value: DuckDbValue<'_>) -> deserialize::Result<Self> {
        read(value)
    }
}

/// A duration is all microseconds.
impl ToSql<Interval, DuckDb> for TimeDelta {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DuckDb>) -> serialize::Result {
        let microseconds =
            self.num_microseconds().ok_or("the duration is too long for an interval")?;
        out.set_value(bound(&PgInterval::from_microseconds(microseconds))?);
        Ok(IsNull::No)
    }
}

impl FromSql<Interval, DuckDb> for TimeDelta {
    /// A day is 24 hours. Months are of no length that is known.
    fn from_sql(value: DuckDbValue<'_>) -> deserialize::Result<Self> {
        let PgInterval { microseconds, days, months } = read(value)?;
        if months != 0 {
            return Err(format!("an interval of {months} months is no duration").into());
        }
        Ok(TimeDelta::days(days.into()) + TimeDelta::microseconds(microseconds))
    }
}

fn bound(interval: &PgInterval) -> Result<DuckDbBindValue<'static>, Box<dyn Error + Send + Sync>> {
    let &PgInterval { microseconds, days, months } = interval;
    let nanos = microseconds.checked_mul(1000).ok_or_else(|| {
        format!("{microseconds} microseconds are more than an interval takes beside its days")
    })?;
    Ok(DuckDbBindValue(Bound::Wide(Box::new(ValueRef::Interval { months, days, nanos }))))
}

fn read(value: DuckDbValue<'_>) -> deserialize::Result<PgInterval> {
    let IntervalMonthDayNano { months, days, nanoseconds } =
        value.primitive::<IntervalMonthDayNanoType>()?;
    Ok(PgInterval::new(nanoseconds / 1000, days, months))
}
