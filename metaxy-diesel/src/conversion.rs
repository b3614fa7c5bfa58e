//! Which conversions of a column's values lose nothing.

use crate::{
    dialect::Dialect,
    schema::{Moment, SqlType},
};
use std::ops::RangeInclusive;

/// Whether every value of one type is one of another, and comes back the same.
///
/// A list of what is known to be so. A moment with time zone and one without are both in UTC. Numbers with fractions are
/// no texts, since not every database writes all their digits.
pub(crate) fn is_lossless(from: &SqlType, to: &SqlType) -> bool {
    use SqlType::{
        Bool, Char, Date, Double, Float, Json, Numeric, Precise, String, Text, Time, Timestamp,
        Timestamptz, UtcTimestamp, Uuid, Varchar,
    };
    if let (Some(from), Some(to)) = (integers(from), integers(to).or_else(|| whole_numbers(to))) {
        return to.contains(from.start()) && to.contains(from.end());
    }
    match (from, to) {
        _ if from == to => true,
        (SqlType::Values(from), SqlType::Values(to)) => from.iter().all(|it| to.contains(it)),
        (SqlType::Values(from), Varchar(length)) => {
            from.iter().all(|it| it.chars().count() <= *length as usize)
        }
        (SqlType::Values(_) | SqlType::Enum(_), Text | String) => true,
        (Float, Double) => true,
        (Bool, _) if integers(to).is_some() => true,
        (_, Numeric { precision: None, .. }) => digits(from).is_some(),
        (_, Numeric { precision: Some(precision), scale }) => {
            let places = i64::from(scale.unwrap_or(0));
            digits(from).is_some_and(|(whole, fraction)| {
                fraction <= places && whole <= i64::from(*precision) - places
            })
        }
        (Varchar(short) | Char(short), Varchar(long)) | (Char(short), Char(long)) => short <= long,
        (
            Varchar(_) | Char(_) | String | Text | Bool | Date | Time | Timestamp | Timestamptz
            | Precise(..) | UtcTimestamp | Uuid | Json,
            Text | String,
        ) => true,
        (_, Text | String) => integers(from).is_some(),
        (Date, Timestamp | Precise(Moment::Timestamp, _)) => true,
        _ => match (decimals(from), decimals(to)) {
            (Some((from_time, from)), Some((to_time, to))) => from_time == to_time && from <= to,
            _ => false,
        },
    }
}

/// The values of a type of whole numbers.
fn integers(sql_type: &SqlType) -> Option<RangeInclusive<i128>> {
    let bits = |sql_type: &SqlType| match sql_type {
        SqlType::TinyInt => Some(8),
        SqlType::SmallInt => Some(16),
        SqlType::Integer => Some(32),
        SqlType::BigInt => Some(64),
        _ => None,
    };
    Some(match sql_type {
        SqlType::Unsigned(integer) => 0..=(1 << bits(integer)?) - 1,
        integer => {
            let half = 1 << (bits(integer)? - 1);
            -half..=half - 1
        }
    })
}

/// The whole numbers that a float tells apart, up to one that it does not.
fn whole_numbers(sql_type: &SqlType) -> Option<RangeInclusive<i128>> {
    let most = match sql_type {
        SqlType::Float => 1 << 24,
        SqlType::Double => 1 << 53,
        _ => return None,
    };
    Some(-most..=most)
}

/// Whether a type of times has no date, and how many decimals its seconds have at most.
fn decimals(sql_type: &SqlType) -> Option<(bool, u32)> {
    Some(match sql_type {
        SqlType::Time => (true, u32::MAX),
        SqlType::Timestamp | SqlType::Timestamptz | SqlType::UtcTimestamp => (false, u32::MAX),
        SqlType::Precise(moment, decimals) => (*moment == Moment::Time, *decimals),
        _ => return None,
    })
}

/// The most digits before and after the point; `None`: no decimal number, or one of any length.
fn digits(sql_type: &SqlType) -> Option<(i64, i64)> {
    match sql_type {
        SqlType::Numeric { precision: Some(precision), scale } => {
            let fraction = i64::from(scale.unwrap_or(0));
            Some((i64::from(*precision) - fraction, fraction))
        }
        integer => Some((i64::from(integers(integer)?.end().ilog10()) + 1, 0)),
    }
}

/// The condition under which a value may be lost where it becomes one of another type: what stands before and after
/// the column's name.
pub(crate) fn loss_condition(
    from: &SqlType,
    to: &SqlType,
    dialect: &Dialect,
) -> (&'static str, String) {
    use SqlType::{Char, String, Text, Varchar};
    if let (Some(_), Some(to)) = (integers(from), integers(to)) {
        return ("", format!(" NOT BETWEEN {} AND {}", to.start(), to.end()));
    }
    match (from, to) {
        (Text | String | Varchar(_) | Char(_), Varchar(length) | Char(length)) => {
            ("length(", format!(") > {length}"))
        }
        (_, SqlType::Values(values)) => {
            let values: Vec<_> = values.iter().map(|it| dialect.quote_text(it)).collect();
            let values = format!("NOT IN ({})", values.join(", "));
            match from {
                // A text that is no value of the type is an error there, even to compare with.
                SqlType::Enum(_) => ("CAST(", format!(" AS TEXT) {values}")),
                _ => ("", format!(" {values}")),
            }
        }
        _ => ("", " IS NOT NULL".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_known_to_fit_is_lossless() {
        let numeric = |precision, scale| SqlType::Numeric { precision, scale };
        let check = |from: &SqlType, to: &SqlType, there: bool, back: bool| {
            assert_eq!(is_lossless(from, to), there, "{from} to {to}");
            assert_eq!(is_lossless(to, from), back, "{to} to {from}");
        };
        check(&SqlType::Integer, &SqlType::BigInt, true, false);
        check(&SqlType::SmallInt, &SqlType::Float, true, false);
        check(&SqlType::Integer, &SqlType::Float, false, false);
        check(&SqlType::BigInt, &SqlType::Double, false, false);
        check(&SqlType::Varchar(5), &SqlType::Varchar(9), true, false);
        check(&SqlType::Varchar(5), &SqlType::Text, true, false);
        check(&SqlType::Integer, &SqlType::Text, true, false);
        check(&SqlType::Double, &SqlType::Text, false, false);
        check(&SqlType::Timestamp, &SqlType::Timestamptz, true, true);
        check(&SqlType::Integer, &numeric(Some(10), Some(0)), true, false);
        check(&SqlType::Integer, &numeric(Some(10), Some(2)), false, false);
        check(&numeric(Some(6), Some(2)), &numeric(Some(8), Some(3)), true, false);
        check(&numeric(Some(6), Some(2)), &numeric(Some(6), Some(3)), false, false);
        check(&numeric(Some(6), Some(2)), &numeric(None, None), true, false);
        check(&SqlType::Json, &SqlType::Jsonb, false, false);
        let unsigned = |integer| SqlType::Unsigned(Box::new(integer));
        check(&SqlType::TinyInt, &SqlType::SmallInt, true, false);
        check(&unsigned(SqlType::Integer), &SqlType::BigInt, true, false);
        check(&unsigned(SqlType::Integer), &SqlType::Integer, false, false);
        check(&unsigned(SqlType::BigInt), &numeric(Some(20), Some(0)), true, false);
        check(&unsigned(SqlType::BigInt), &numeric(Some(19), Some(0)), false, false);
        check(&SqlType::Char(5), &SqlType::Varchar(5), true, false);
        let precise = |digits| SqlType::Precise(Moment::Timestamp, digits);
        check(&precise(0), &precise(3), true, false);
        check(&precise(3), &SqlType::Timestamptz, true, false);
        check(&SqlType::Precise(Moment::Time, 3), &SqlType::Timestamp, false, false);
    }
}
