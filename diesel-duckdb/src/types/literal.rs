//! The texts that DuckDB casts to values within a LIST, STRUCT or MAP.
//!
//! <https://duckdb.org/docs/stable/sql/data_types/typecasting> has the rules: quoted texts escape with a backslash. What
//! is nested deeper is a quoted text as well, since DuckDB 1.5.6 otherwise takes a bracket in a text within it for its end.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike};
use duckdb::types::ValueRef;

use crate::bind::{Bound, DuckDbBindValue, utc_text};

/// Writes a value as part of another one.
pub(super) fn write(
    value: &DuckDbBindValue<'_>,
    out: &mut String,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    if let Bound::Utc(moment) = &value.0 {
        quote(&utc_text(moment), out);
        return Ok(());
    }
    match value.0.as_ref() {
        // In small letters, as JSON has it.
        ValueRef::Null => out.push_str("null"),
        ValueRef::Boolean(value) => out.push_str(if value { "true" } else { "false" }),
        ValueRef::TinyInt(value) => out.push_str(&value.to_string()),
        ValueRef::SmallInt(value) => out.push_str(&value.to_string()),
        ValueRef::Int(value) => out.push_str(&value.to_string()),
        ValueRef::BigInt(value) => out.push_str(&value.to_string()),
        ValueRef::HugeInt(value) => out.push_str(&value.to_string()),
        ValueRef::UTinyInt(value) => out.push_str(&value.to_string()),
        ValueRef::USmallInt(value) => out.push_str(&value.to_string()),
        ValueRef::UInt(value) => out.push_str(&value.to_string()),
        ValueRef::UBigInt(value) => out.push_str(&value.to_string()),
        ValueRef::UHugeInt(value) => out.push_str(&value.to_string()),
        // The shortest digits that are read as the same number.
        ValueRef::Float(value) => out.push_str(&format!("{value:?}")),
        ValueRef::Double(value) => out.push_str(&format!("{value:?}")),
        ValueRef::Decimal(value) => out.push_str(&value.to_string()),
        ValueRef::Text(text) => quote(std::str::from_utf8(text)?, out),
        ValueRef::Blob(bytes) => {
            quote(&bytes.iter().map(|byte| format!("\\x{byte:02X}")).collect::<String>(), out)
        }
        ValueRef::Date32(days) => {
            quote(&date(NaiveDate::from_epoch_days(days).ok_or("the date is out of range")?), out)
        }
        ValueRef::Time64(unit, count) => {
            quote(&time(NaiveTime::MIN + TimeDelta::microseconds(unit.to_micros(count))), out)
        }
        ValueRef::Timestamp(unit, count) => {
            let moment = DateTime::from_timestamp_micros(unit.to_micros(count))
                .ok_or("the timestamp is out of range")?;
            quote(&date_time(moment.naive_utc()), out);
        }
        ValueRef::Interval { months, days, nanos } => {
            quote(&format!("{months} months {days} days {} microseconds", nanos / 1000), out);
        }
        value => {
            return Err(format!(
                "a value of type {} cannot be part of another one",
                value.data_type()
            )
            .into());
        }
    }
    Ok(())
}

/// Writes a text in quotes.
pub(super) fn quote(text: &str, out: &mut String) {
    out.push('\'');
    for character in text.chars() {
        if matches!(character, '\'' | '\\') {
            out.push('\\');
        }
        out.push(character);
    }
    out.push('\'');
}

/// The text of a moment, with the digits of nanoseconds that it has.
pub(crate) fn date_time(moment: NaiveDateTime) -> String {
    format!("{} {}", date(moment.date()), time(moment.time()))
}

/// DuckDB has no year 0: it is the first before Christ.
fn date(date: NaiveDate) -> String {
    let (year, era) = if date.year() > 0 { (date.year(), "") } else { (1 - date.year(), " (BC)") };
    format!("{year:04}-{:02}-{:02}{era}", date.month(), date.day())
}

fn time(time: NaiveTime) -> String {
    let mut text = format!("{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second());
    match time.nanosecond().min(999_999_999) {
        0 => {}
        nanos if nanos % 1000 == 0 => text.push_str(&format!(".{:06}", nanos / 1000)),
        nanos => text.push_str(&format!(".{nanos:09}")),
    }
    text
}
