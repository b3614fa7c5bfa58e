//! The types of columns, and what else MySQL and MariaDB have alike.

use crate::{
    columns::Comments,
    dialect::{UnsupportedType, numeric, precise, split_type},
    keys::KeyLimits,
    schema::{Moment, SqlType},
    tokens::tokens,
};

/// The most decimals that seconds have.
const DECIMALS: u32 = 6;

/// The bytes of a character in `utf8mb4`.
const CHARACTER_BYTES: usize = 4;

/// Source: <https://dev.mysql.com/doc/refman/8.0/en/create-table.html>.
pub(super) const COMMENTS: Comments = Comments::Inline { table: 2048, column: 1024 };

/// What an index of InnoDB takes, with pages of 16 KiB.
///
/// Source: <https://dev.mysql.com/doc/refman/8.0/en/innodb-limits.html>. Three texts of 255 characters and a moment fit.
pub(super) const KEY_LIMITS: KeyLimits = KeyLimits { text_length: 255, max_bytes: 3072, bytes };

/// The most digits of a decimal, in all and after the point: what stands for a decimal of any precision.
const DECIMAL: &str = "DECIMAL(65, 30)";

/// `TEXT` and `BLOB` end at 64 KiB, `DATETIME` and `TIME` have no decimals unless told, and `TIMESTAMP` ends in 2038.
pub(super) fn type_name(
    sql_type: &SqlType,
    database: &'static str,
) -> Result<String, UnsupportedType> {
    let instead = match sql_type {
        SqlType::TinyInt => return Ok("TINYINT".to_owned()),
        SqlType::SmallInt => return Ok("SMALLINT".to_owned()),
        SqlType::Integer => return Ok("INTEGER".to_owned()),
        SqlType::BigInt => return Ok("BIGINT".to_owned()),
        SqlType::Unsigned(integer) => {
            return Ok(format!("{} UNSIGNED", type_name(integer, database)?));
        }
        SqlType::Float => return Ok("FLOAT".to_owned()),
        SqlType::Double => return Ok("DOUBLE".to_owned()),
        SqlType::Numeric { precision: Some(precision), scale: Some(scale) } => {
            return Ok(format!("DECIMAL({precision}, {scale})"));
        }
        SqlType::Numeric { precision: Some(precision), scale: None } => {
            return Ok(format!("DECIMAL({precision})"));
        }
        SqlType::Numeric { precision: None, .. } => return Ok(DECIMAL.to_owned()),
        SqlType::Bool => return Ok("BOOLEAN".to_owned()),
        SqlType::Text | SqlType::String => return Ok("LONGTEXT".to_owned()),
        SqlType::Varchar(length) => return Ok(format!("VARCHAR({length})")),
        SqlType::Char(length) => return Ok(format!("CHAR({length})")),
        SqlType::Binary => return Ok("LONGBLOB".to_owned()),
        SqlType::Date => return Ok("DATE".to_owned()),
        SqlType::Time => return Ok("TIME(6)".to_owned()),
        SqlType::Timestamp | SqlType::UtcTimestamp => return Ok("DATETIME(6)".to_owned()),
        SqlType::Precise(Moment::Time, digits) => return Ok(format!("TIME({digits})")),
        SqlType::Precise(Moment::Timestamp, digits) => return Ok(format!("DATETIME({digits})")),
        SqlType::FieldVersions | SqlType::Json => return Ok("JSON".to_owned()),
        SqlType::Other(name) => return Ok(name.clone()),
        SqlType::Timestamptz | SqlType::Precise(Moment::Timestamptz, _) => {
            "a moment in UTC (`UtcDateTime`)"
        }
        SqlType::Jsonb => "`Json`",
        SqlType::Uuid => "text or bytes (a `String`, or a type of yours with `sql_type = Binary`)",
        SqlType::Array(_) => "JSON, or a table of its own",
        SqlType::Values(values) => {
            let values: Vec<_> = values.iter().map(|it| super::DIALECT.quote_text(it)).collect();
            return Ok(format!("ENUM({})", values.join(", ")));
        }
        SqlType::Enum(_) => "a type whose values are in the schema",
    };
    Err(UnsupportedType { database, sql_type: sql_type.clone(), instead })
}

/// `BOOLEAN` is `tinyint(1)`, and `DECIMAL(p)` is `DECIMAL(p, 0)`.
pub(super) fn stored_type(sql_type: &SqlType, database: &'static str) -> SqlType {
    if let SqlType::Values(_) = sql_type {
        return sql_type.clone();
    }
    type_name(sql_type, database).map_or_else(|_| sql_type.clone(), |name| parse_type(&name))
}

/// Reads `COLUMN_TYPE` of `information_schema`, and the short names. MariaDB shows widths of integers, which mean nothing.
pub(super) fn parse_type(text: &str) -> SqlType {
    if let Some(values) = enum_values(text) {
        return SqlType::Values(values);
    }
    let (name, arguments) = split_type(text);
    let unsigned = |integer| SqlType::Unsigned(Box::new(integer));
    match (name.as_str(), arguments.as_slice()) {
        ("tinyint", [1]) | ("boolean" | "bool", []) => SqlType::Bool,
        ("tinyint unsigned", [] | [_]) => unsigned(SqlType::TinyInt),
        ("smallint unsigned", [] | [_]) => unsigned(SqlType::SmallInt),
        ("integer unsigned" | "int unsigned", [] | [_]) => unsigned(SqlType::Integer),
        ("bigint unsigned", [] | [_]) => unsigned(SqlType::BigInt),
        ("tinyint", [] | [_]) => SqlType::TinyInt,
        ("smallint", [] | [_]) => SqlType::SmallInt,
        ("mediumint" | "mediumint unsigned", [_]) => SqlType::Other(name),
        ("integer" | "int", [] | [_]) => SqlType::Integer,
        ("bigint", [] | [_]) => SqlType::BigInt,
        ("float", []) => SqlType::Float,
        ("double" | "double precision", []) => SqlType::Double,
        ("decimal" | "numeric", arguments @ [_, ..]) => numeric(arguments, Some(0)),
        ("longtext", []) => SqlType::Text,
        ("varchar", &[length]) => SqlType::Varchar(length.unsigned_abs()),
        ("char" | "character", []) => SqlType::Char(1),
        ("char" | "character", &[length]) => SqlType::Char(length.unsigned_abs()),
        ("longblob", []) => SqlType::Binary,
        ("date", []) => SqlType::Date,
        // They have no decimals where none are named.
        ("time", digits) => precise(Moment::Time, first(digits), DECIMALS),
        ("datetime", digits) => precise(Moment::Timestamp, first(digits), DECIMALS),
        ("json", []) => SqlType::Json,
        _ => SqlType::Other(text.trim().to_lowercase()),
    }
}

fn first(arguments: &[i32]) -> i32 {
    arguments.first().copied().unwrap_or(0)
}

/// The values of `enum('a','b')`, as `information_schema` shows it: quotes are doubled, and what has an escape by a
/// backslash is escaped.
fn enum_values(text: &str) -> Option<Vec<String>> {
    let text = text.trim();
    let inner = text.get(..5).filter(|it| it.eq_ignore_ascii_case("enum(")).map(|_| &text[5..])?;
    let tokens = tokens(inner.strip_suffix(')')?).map(|(_, token)| token);
    let values = tokens.filter(|token| *token != ",").map(|token| {
        let inner = token.strip_prefix('\'')?.strip_suffix('\'')?;
        Some(unescaped(inner))
    });
    values.collect()
}

fn unescaped(text: &str) -> String {
    let (mut plain, mut characters) = (String::with_capacity(text.len()), text.chars());
    while let Some(character) = characters.next() {
        let escaped = match character {
            '\'' | '\\' => characters.next(),
            _ => None,
        };
        plain.push(match (character, escaped) {
            ('\\', Some('n')) => '\n',
            ('\\', Some('r')) => '\r',
            ('\\', Some('0')) => '\0',
            (character, escaped) => escaped.unwrap_or(character),
        });
    }
    plain
}

/// The names that Diesel's CLI gives what it finds: others would be a change to it. `json` is that of JSON.
pub(super) fn diesel_type(
    sql_type: &SqlType,
    database: &'static str,
    json: &str,
) -> Result<String, UnsupportedType> {
    let name = match stored_type(sql_type, database) {
        SqlType::TinyInt => "Tinyint",
        SqlType::Unsigned(integer) => {
            return Ok(format!("Unsigned<{}>", diesel_type(&integer, database, json)?));
        }
        SqlType::SmallInt => "Smallint",
        SqlType::Integer => "Integer",
        SqlType::BigInt => "Bigint",
        SqlType::Float => "Float",
        SqlType::Double => "Double",
        SqlType::Numeric { .. } => "Decimal",
        SqlType::Bool => "Bool",
        SqlType::Text | SqlType::String => "Longtext",
        SqlType::Varchar(_) => "Varchar",
        SqlType::Char(_) => "Char",
        SqlType::Binary => "Longblob",
        SqlType::Date => "Date",
        SqlType::Time | SqlType::Precise(Moment::Time, _) => "Time",
        SqlType::Timestamp | SqlType::Precise(Moment::Timestamp, _) => "Datetime",
        SqlType::Json => json,
        sql_type => {
            let instead = "a type that Diesel has for it";
            return Err(UnsupportedType { database, sql_type, instead });
        }
    };
    Ok(name.to_owned())
}

/// Texts, bytes and JSON of any length take expressions only, and a literal in parentheses is one.
///
/// Source: <https://dev.mysql.com/doc/refman/8.0/en/data-type-defaults.html>. MariaDB takes both.
pub(super) fn literal_default(sql_type: &SqlType) -> bool {
    !matches!(
        sql_type,
        SqlType::Text
            | SqlType::String
            | SqlType::Binary
            | SqlType::FieldVersions
            | SqlType::Json
            | SqlType::Other(_)
    )
}

/// Names of collations know no case.
pub(super) fn stored_collation(name: &str, default: &str) -> Option<String> {
    Some(name.to_ascii_lowercase()).filter(|it| it != default)
}

/// Source: <https://dev.mysql.com/doc/refman/8.0/en/storage-requirements.html>.
fn bytes(sql_type: &SqlType) -> Option<usize> {
    Some(match sql_type {
        SqlType::Bool | SqlType::TinyInt => 1,
        SqlType::Values(_) => 2,
        SqlType::Unsigned(integer) => return bytes(integer),
        SqlType::SmallInt => 2,
        SqlType::Date => 3,
        SqlType::Integer | SqlType::Float => 4,
        SqlType::Time | SqlType::Precise(Moment::Time, _) => 6,
        SqlType::BigInt
        | SqlType::Double
        | SqlType::Timestamp
        | SqlType::Precise(..)
        | SqlType::UtcTimestamp => 8,
        // Nine digits take four bytes, on each side of the point.
        SqlType::Numeric { precision, .. } => precision.unwrap_or(65) as usize / 9 * 4 + 8,
        SqlType::Varchar(length) | SqlType::Char(length) => *length as usize * CHARACTER_BYTES,
        // What it takes, the database says.
        SqlType::Other(_) => 0,
        SqlType::Text
        | SqlType::String
        | SqlType::Binary
        | SqlType::FieldVersions
        | SqlType::Json
        | SqlType::Jsonb
        | SqlType::Timestamptz
        | SqlType::Uuid
        | SqlType::Array(_)
        | SqlType::Enum(_) => return None,
    })
}

/// A message may have 128 characters.
///
/// Source: <https://dev.mysql.com/doc/refman/8.0/en/signal.html>.
pub(super) fn fail(message: &str) -> String {
    let message: String = message.chars().take(128).collect();
    let text = super::DIALECT.quote_text(&message);
    format!("SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = {text};")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read_as_the_databases_show_them() {
        let numeric =
            |precision, scale| SqlType::Numeric { precision: Some(precision), scale: Some(scale) };
        let unsigned = |integer| SqlType::Unsigned(Box::new(integer));
        let other = |name: &str| SqlType::Other(name.to_owned());
        for (text, expected) in [
            ("tinyint(1)", SqlType::Bool),
            ("tinyint(4)", SqlType::TinyInt),
            ("tinyint(3) unsigned", unsigned(SqlType::TinyInt)),
            ("int(11)", SqlType::Integer),
            ("int", SqlType::Integer),
            ("int(10) unsigned", unsigned(SqlType::Integer)),
            ("mediumint(9)", other("mediumint")),
            ("mediumint(8) unsigned", other("mediumint unsigned")),
            ("bigint(20)", SqlType::BigInt),
            ("decimal(10,2)", numeric(10, 2)),
            ("decimal(10)", numeric(10, 0)),
            ("varchar(255)", SqlType::Varchar(255)),
            ("longtext", SqlType::Text),
            ("text", other("text")),
            ("datetime(6)", SqlType::Timestamp),
            ("datetime", SqlType::Precise(Moment::Timestamp, 0)),
            ("time(3)", SqlType::Precise(Moment::Time, 3)),
            ("char(8)", SqlType::Char(8)),
            ("json", SqlType::Json),
            ("enum('a','B,''c')", SqlType::Values(vec!["a".to_owned(), "B,'c".to_owned()])),
            (r"enum('\\n\n')", SqlType::Values(vec!["\\n\n".to_owned()])),
        ] {
            assert_eq!(parse_type(text), expected, "{text}");
        }
    }

    #[test]
    fn failures_stay_within_the_limit() {
        assert_eq!(fail("it's gone"), "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'it''s gone';");
        assert!(fail(&"x".repeat(500)).len() < 200);
    }
}
