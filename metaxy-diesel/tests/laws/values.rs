//! Values of rows: distinct from row to row, and the same for columns of one type, so that foreign keys hold by themselves.

use crate::{forms::Forms, rows::ROWS};
use metaxy_diesel::schema::{Moment, SqlType};

/// The value of a column of this type in a row, from 1 to 9, as SQL.
pub fn literal(forms: &Forms, sql_type: &SqlType, row: usize) -> String {
    match sql_type {
        SqlType::TinyInt | SqlType::SmallInt | SqlType::Integer | SqlType::BigInt => {
            row.to_string()
        }
        SqlType::Unsigned(signed) => literal(forms, signed, row),
        SqlType::Precise(Moment::Time, _) => literal(forms, &SqlType::Time, row),
        SqlType::Precise(Moment::Timestamp, _) => literal(forms, &SqlType::Timestamp, row),
        SqlType::Precise(Moment::Timestamptz, _) => literal(forms, &SqlType::Timestamptz, row),
        SqlType::Float | SqlType::Double | SqlType::Numeric { .. } => format!("{row}.0"),
        SqlType::Bool => ["FALSE", "TRUE"][row % 2].to_owned(),
        SqlType::Date => format!("'2026-01-0{row}'"),
        SqlType::Time => format!("'01:02:0{row}'"),
        SqlType::Timestamp => format!("'2026-01-02 03:04:0{row}'"),
        SqlType::Timestamptz => format!("'2026-01-02 03:04:0{row}{}'", forms.zones[1]),
        SqlType::UtcTimestamp => format!("'2026-01-02 03:04:0{row}{}'", forms.zones[0]),
        // Of the types that only one database has, the one that it keeps these in.
        SqlType::FieldVersions | SqlType::Other(_) => (forms.field_versions)(row),
        SqlType::Json | SqlType::Jsonb => format!("'{{\"a\": {row}}}'"),
        SqlType::Uuid => format!("'00000000-0000-0000-0000-00000000000{row}'"),
        SqlType::Array(_) => (forms.array)(row),
        SqlType::Binary => (forms.binary)(row),
        SqlType::Text | SqlType::String | SqlType::Varchar(_) | SqlType::Char(_) => {
            format!("'{row}'")
        }
        SqlType::Values(values) => {
            format!("'{}'", values[(row - 1) % values.len()].replace('\'', "''"))
        }
        SqlType::Enum(_) => unreachable!("its values were written out"),
    }
}

/// Whether each value becomes one of the other type, and that one of the first again, though not always the same.
pub fn fits(from: &SqlType, to: &SqlType) -> bool {
    let family = |it: &SqlType| match it {
        SqlType::SmallInt | SqlType::Integer | SqlType::BigInt => 0,
        SqlType::Float | SqlType::Double | SqlType::Numeric { .. } => 1,
        SqlType::Text | SqlType::String | SqlType::Varchar(30..) => 2,
        SqlType::Varchar(_) => 3,
        SqlType::Timestamp | SqlType::Timestamptz | SqlType::UtcTimestamp => 4,
        SqlType::Bool => 5,
        _ => 6,
    };
    let has_rows =
        |values: &[String]| ["1", "2", "3"].iter().all(|it| values.iter().any(|own| own == it));
    from == to
        || match (family(from), family(to)) {
            _ if let (SqlType::Values(from), SqlType::Values(to)) = (from, to) => {
                !shared(from, to).is_empty()
            }
            (2 | 3, _) if let SqlType::Values(to) = to => has_rows(to),
            (_, 2 | 3) if let SqlType::Values(_) = from => true,
            (6, _) | (_, 6) => false,
            (one, other) if one == other => true,
            (0, 1..=3) | (1..=3, 0) | (2, 3) | (3, 2) => true,
            // Text of a number may have many digits after the point.
            (5, 0) => true,
            _ => false,
        }
}

/// Whether values that are told apart are so after the conversion and back.
pub fn stays_distinct(from: &SqlType, to: &SqlType) -> bool {
    let few = |it: &SqlType| *it == SqlType::Bool;
    fits(from, to)
        && !few(from)
        && !few(to)
        && match (from, to) {
            (SqlType::Values(from), SqlType::Values(to)) => shared(from, to).len() >= ROWS,
            _ => true,
        }
}

/// The places of the values in the first list that the second has too.
pub fn shared(from: &[String], to: &[String]) -> Vec<usize> {
    (0..from.len()).filter(|at| to.contains(&from[*at])).collect()
}
