//! Which conversions of a column's values lose nothing.

use crate::schema::SqlType;

/// Whether every value of one type is one of another, and comes back the same.
///
/// A list of what is known to be so. A moment with time zone and one without are both in UTC. Numbers with fractions are
/// no texts, since not every database writes all their digits.
pub(crate) fn is_lossless(from: &SqlType, to: &SqlType) -> bool {
    use SqlType::{
        BigInt, Bool, Date, Double, Float, Integer, Json, Numeric, SmallInt, String, Text, Time,
        Timestamp, Timestamptz, UtcTimestamp, Uuid, Varchar,
    };
    match (from, to) {
        _ if from == to => true,
        (SmallInt, Integer | BigInt | Float | Double) | (Integer, BigInt | Double) => true,
        (Float, Double) => true,
        (Bool, SmallInt | Integer | BigInt) => true,
        (_, Numeric { precision: None, .. }) => digits(from).is_some(),
        (_, Numeric { precision: Some(precision), scale }) => {
            let places = i64::from(scale.unwrap_or(0));
            digits(from).is_some_and(|(whole, fraction)| {
                fraction <= places && whole <= i64::from(*precision) - places
            })
        }
        (Varchar(short), Varchar(long)) => short <= long,
        (
            Varchar(_) | String | Text | SmallInt | Integer | BigInt | Bool | Date | Time
            | Timestamp | Timestamptz | UtcTimestamp | Uuid | Json,
            Text | String,
        ) => true,
        (Timestamp, Timestamptz | UtcTimestamp) | (Timestamptz | UtcTimestamp, Timestamp) => true,
        (Date, Timestamp) => true,
        _ => false,
    }
}

/// The most digits before and after the point; `None`: no decimal number, or one of any length.
fn digits(sql_type: &SqlType) -> Option<(i64, i64)> {
    match sql_type {
        SqlType::SmallInt => Some((5, 0)),
        SqlType::Integer => Some((10, 0)),
        SqlType::BigInt => Some((19, 0)),
        SqlType::Numeric { precision: Some(precision), scale } => {
            let fraction = i64::from(scale.unwrap_or(0));
            Some((i64::from(*precision) - fraction, fraction))
        }
        _ => None,
    }
}

/// The condition under which a value may be lost where it becomes one of another type: what stands before and after
/// the column's name.
pub(crate) fn loss_condition(from: &SqlType, to: &SqlType) -> (&'static str, String) {
    use SqlType::{BigInt, Integer, SmallInt, String, Text, Varchar};
    match (from, to) {
        (Integer | BigInt, SmallInt) => ("", " NOT BETWEEN -32768 AND 32767".to_owned()),
        (BigInt, Integer) => ("", " NOT BETWEEN -2147483648 AND 2147483647".to_owned()),
        (Text | String | Varchar(_), Varchar(length)) => ("length(", format!(") > {length}")),
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
            assert_eq!(is_lossless(from, to), there, "{from:?} to {to:?}");
            assert_eq!(is_lossless(to, from), back, "{to:?} to {from:?}");
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
    }
}
