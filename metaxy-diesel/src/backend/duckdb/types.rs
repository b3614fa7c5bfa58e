//! The types of DuckDB. Source: <https://duckdb.org/docs/stable/sql/data_types/overview>.

use super::DIALECT;
#[cfg(feature = "duckdb")]
use crate::system::system_columns;
use crate::{
    dialect::{UnsupportedType, numeric, split_type},
    schema::{Moment, SqlType},
    tokens::tokens,
};

/// How many decimals the seconds of a time have at most.
const DECIMALS: u32 = 6;

/// What versions by field are kept in: their fields change without the type. Metaxy for Python, which makes a `STRUCT`,
/// writes and reads it alike.
const FIELD_VERSIONS: &str = "MAP(VARCHAR, VARCHAR)";

pub(super) fn type_name(sql_type: &SqlType) -> Result<String, UnsupportedType> {
    let name = match sql_type {
        SqlType::TinyInt => "TINYINT",
        SqlType::SmallInt => "SMALLINT",
        SqlType::Integer => "INTEGER",
        SqlType::BigInt => "BIGINT",
        SqlType::Unsigned(integer) => return Ok(format!("U{}", type_name(integer)?)),
        SqlType::Float => "FLOAT",
        SqlType::Double => "DOUBLE",
        SqlType::Numeric { precision: Some(precision), scale } => {
            return Ok(format!("DECIMAL({precision}, {})", scale.unwrap_or(0)));
        }
        // As many digits as there are, half of them after the point: `DECIMAL` alone has 18 and 3.
        SqlType::Numeric { precision: None, .. } => "DECIMAL(38, 19)",
        SqlType::Bool => "BOOLEAN",
        SqlType::Text | SqlType::String | SqlType::Varchar(_) | SqlType::Char(_) => "VARCHAR",
        SqlType::Binary => "BLOB",
        SqlType::Date => "DATE",
        SqlType::Time | SqlType::Precise(Moment::Time, _) => "TIME",
        SqlType::Timestamp => "TIMESTAMP",
        SqlType::Precise(Moment::Timestamp, digits) => match digits {
            0 => "TIMESTAMP_S",
            1..=3 => "TIMESTAMP_MS",
            4..=DECIMALS => "TIMESTAMP",
            _ => "TIMESTAMP_NS",
        },
        SqlType::Timestamptz | SqlType::UtcTimestamp | SqlType::Precise(Moment::Timestamptz, _) => {
            "TIMESTAMPTZ"
        }
        SqlType::FieldVersions => FIELD_VERSIONS,
        SqlType::Uuid => "UUID",
        SqlType::Json | SqlType::Jsonb => "JSON",
        SqlType::Array(element) => return Ok(format!("{}[]", type_name(element)?)),
        SqlType::Values(values) => {
            let values: Vec<_> = values.iter().map(|it| DIALECT.quote_text(it)).collect();
            return Ok(format!("ENUM({})", values.join(", ")));
        }
        SqlType::Other(name) => name,
        SqlType::Enum(_) => {
            return Err(UnsupportedType {
                database: DIALECT.title,
                sql_type: sql_type.clone(),
                instead: "a type whose values are in the schema",
            });
        }
    };
    Ok(name.to_owned())
}

/// Texts have no length here, and moments no more decimals than their type has.
pub(super) fn stored_type(sql_type: &SqlType) -> SqlType {
    match sql_type {
        SqlType::Values(_) => sql_type.clone(),
        SqlType::Array(element) => SqlType::Array(Box::new(stored_type(element))),
        sql_type => type_name(sql_type).map_or_else(|_| sql_type.clone(), |name| parse_type(&name)),
    }
}

/// Reads what `duckdb_columns()` shows, and the short names.
pub(super) fn parse_type(text: &str) -> SqlType {
    let text = text.trim();
    if let Some(element) = text.strip_suffix("[]") {
        return SqlType::Array(Box::new(parse_type(element)));
    }
    if let Some(values) = enum_values(text) {
        return SqlType::Values(values);
    }
    let (name, arguments) = split_type(text);
    let unsigned = |integer| SqlType::Unsigned(Box::new(integer));
    match (name.as_str(), arguments.as_slice()) {
        ("tinyint" | "int1", []) => SqlType::TinyInt,
        ("smallint" | "int2", []) => SqlType::SmallInt,
        ("integer" | "int" | "int4", []) => SqlType::Integer,
        ("bigint" | "int8" | "long", []) => SqlType::BigInt,
        ("utinyint", []) => unsigned(SqlType::TinyInt),
        ("usmallint", []) => unsigned(SqlType::SmallInt),
        ("uinteger", []) => unsigned(SqlType::Integer),
        ("ubigint", []) => unsigned(SqlType::BigInt),
        ("float" | "real" | "float4", []) => SqlType::Float,
        ("double" | "double precision" | "float8", []) => SqlType::Double,
        ("decimal" | "numeric", []) => numeric(&[18, 3], None),
        ("decimal" | "numeric", arguments) => numeric(arguments, Some(0)),
        ("boolean" | "bool", []) => SqlType::Bool,
        ("varchar" | "text" | "string" | "char" | "bpchar", [] | [_]) => SqlType::Text,
        ("blob" | "bytea" | "varbinary", []) => SqlType::Binary,
        ("date", []) => SqlType::Date,
        ("time" | "time without time zone", []) => SqlType::Time,
        ("timestamp" | "datetime" | "timestamp without time zone", []) => SqlType::Timestamp,
        ("timestamp_s", []) => SqlType::Precise(Moment::Timestamp, 0),
        ("timestamp_ms", []) => SqlType::Precise(Moment::Timestamp, 3),
        ("timestamp_ns", []) => SqlType::Precise(Moment::Timestamp, 9),
        ("timestamptz" | "timestamp with time zone", []) => SqlType::Timestamptz,
        ("uuid", []) => SqlType::Uuid,
        ("json", []) => SqlType::Json,
        // Names of fields keep their case.
        _ if text.contains(['(', '[']) => SqlType::Other(text.to_owned()),
        _ => SqlType::Other(text.to_uppercase()),
    }
}

/// Whether a column holds versions by field, in one of the forms that Metaxy for Python makes: as it writes them (`STRUCT`),
/// with `enable_map_datatype` (`MAP`), or by SQLModel (`JSON`).
#[cfg(feature = "duckdb")]
pub(super) fn is_field_versions(column: &str, sql_type: &str) -> bool {
    let is_form = ["STRUCT(", "MAP(", "JSON"].iter().any(|it| sql_type.starts_with(it));
    let by_field = system_columns().filter(|it| it.sql_type == SqlType::FieldVersions);
    is_form && by_field.map(|it| it.name).any(|it| it == column)
}

/// The values of `ENUM('a', 'b')`.
fn enum_values(text: &str) -> Option<Vec<String>> {
    let inner = text.get(..5).filter(|it| it.eq_ignore_ascii_case("enum(")).map(|_| &text[5..])?;
    let tokens = tokens(inner.strip_suffix(')')?).map(|(_, token)| token);
    let values = tokens.filter(|token| *token != ",").map(|token| {
        let inner = token.strip_prefix('\'')?.strip_suffix('\'')?;
        Some(inner.replace("''", "'"))
    });
    values.collect()
}

/// The names that `diesel_duckdb` reads, which are Diesel's own but for that of maps.
pub(super) fn diesel_type(sql_type: &SqlType) -> Result<String, UnsupportedType> {
    let name = match stored_type(sql_type) {
        SqlType::TinyInt => "TinyInt",
        SqlType::SmallInt => "SmallInt",
        SqlType::Integer => "Integer",
        SqlType::BigInt => "BigInt",
        SqlType::Unsigned(integer) => return Ok(format!("Unsigned<{}>", diesel_type(&integer)?)),
        SqlType::Float => "Float",
        SqlType::Double => "Double",
        SqlType::Numeric { .. } => "Numeric",
        SqlType::Bool => "Bool",
        SqlType::Text | SqlType::Values(_) => "Text",
        SqlType::Binary => "Binary",
        SqlType::Date => "Date",
        SqlType::Time => "Time",
        SqlType::Timestamp | SqlType::Precise(..) => "Timestamp",
        SqlType::Timestamptz => "Timestamptz",
        SqlType::Uuid => "Uuid",
        SqlType::Json => "Json",
        SqlType::Other(name) if name == FIELD_VERSIONS => "FieldVersionsMap",
        SqlType::Array(element) => {
            return Ok(format!("Array<Nullable<{}>>", diesel_type(&element)?));
        }
        sql_type => {
            return Err(UnsupportedType {
                database: DIALECT.title,
                sql_type,
                instead: "a type that Diesel has for it",
            });
        }
    };
    Ok(name.to_owned())
}

/// What has no cast of its own goes by its text.
pub(super) fn cast(expression: &str, from: &SqlType, to: &SqlType) -> String {
    let name = type_name(to).expect("the column was written with the type before");
    let (from, to) = (stored_type(from), stored_type(to));
    let is_versions = |it: &SqlType| *it == parse_type(FIELD_VERSIONS);
    match (&from, &to) {
        (from, to) if from == to => expression.to_owned(),
        // The text of versions by field is JSON, as on the other databases.
        (from, to) if is_versions(from) || is_versions(to) => {
            format!("CAST(CAST({expression} AS JSON) AS {name})")
        }
        // A moment without zone is one in UTC, whatever the zone of the session.
        _ if has_zone(&from).zip(has_zone(&to)).is_some_and(|(from, to)| from != to) => {
            format!("CAST({expression} AT TIME ZONE 'UTC' AS {name})")
        }
        (from, SqlType::Date | SqlType::Time) if has_zone(from) == Some(true) => {
            format!("CAST({expression} AT TIME ZONE 'UTC' AS {name})")
        }
        (SqlType::Date, to) if has_zone(to) == Some(true) => {
            format!("CAST({expression} AS TIMESTAMP) AT TIME ZONE 'UTC'")
        }
        (from, to) if has_cast(from, to) => format!("CAST({expression} AS {name})"),
        _ => format!("CAST(CAST({expression} AS VARCHAR) AS {name})"),
    }
}

/// Whether values of the type are moments with time zone, or without; `None`: they are no moments.
fn has_zone(sql_type: &SqlType) -> Option<bool> {
    match sql_type {
        SqlType::Timestamp | SqlType::Precise(Moment::Timestamp, _) => Some(false),
        SqlType::Timestamptz => Some(true),
        _ => None,
    }
}

/// Whether there is a cast that does not go by a text: between numbers, between moments, to text, and of what only DuckDB has.
fn has_cast(from: &SqlType, to: &SqlType) -> bool {
    let is_number = |it: &SqlType| {
        matches!(
            it,
            SqlType::TinyInt
                | SqlType::SmallInt
                | SqlType::Integer
                | SqlType::BigInt
                | SqlType::Unsigned(_)
                | SqlType::Float
                | SqlType::Double
                | SqlType::Numeric { .. }
                | SqlType::Bool
        )
    };
    let is_moment =
        |it: &SqlType| matches!(it, SqlType::Date | SqlType::Time) || has_zone(it).is_some();
    let is_own = |it: &SqlType| matches!(it, SqlType::Other(_) | SqlType::Array(_));
    is_number(from) && is_number(to)
        || is_moment(from) && is_moment(to) && *from != SqlType::Time
        || *from == SqlType::Text
        || *to == SqlType::Text
        || is_own(from)
        || is_own(to)
}
