//! Reads a column's default as databases show it: SQL text, meant for the column's type.

use crate::{
    schema::{DefaultValue, SqlType},
    tokens::tokens,
};

/// The default that stands in a database as `text`, in the form that a definition of it has.
#[cfg_attr(
    not(any(feature = "sqlite", feature = "postgres", feature = "mysql", feature = "duckdb")),
    expect(dead_code, reason = "only inspections read defaults")
)]
pub(super) fn read_default(text: &str, sql_type: &SqlType) -> DefaultValue {
    let text = without_parentheses(text.trim());
    let literal = without_cast(text);
    let value = unquote(literal);
    let word = value.as_deref().unwrap_or(literal);
    let read = match sql_type {
        SqlType::Bool => match word.to_ascii_lowercase().as_str() {
            "true" | "t" | "1" => Some(DefaultValue::Bool(true)),
            "false" | "f" | "0" => Some(DefaultValue::Bool(false)),
            _ => None,
        },
        SqlType::TinyInt
        | SqlType::SmallInt
        | SqlType::Integer
        | SqlType::BigInt
        | SqlType::Unsigned(_) => word.parse().ok().map(DefaultValue::Int),
        SqlType::Float | SqlType::Double | SqlType::Numeric { .. } => number(word),
        _ => value.map(DefaultValue::Text),
    };
    read.unwrap_or_else(|| DefaultValue::Expression(text.to_owned()))
}

/// A number that begins as numbers do: `inf` and `nan` are words.
fn number(word: &str) -> Option<DefaultValue> {
    let digits = word.trim_start_matches(['-', '+', '.']);
    digits
        .starts_with(|it: char| it.is_ascii_digit())
        .then(|| word.parse().ok())
        .flatten()
        .map(DefaultValue::Float)
}

/// `'text'::type` without the type: PostgreSQL shows constants so.
fn without_cast(text: &str) -> &str {
    let end = match text.strip_prefix('\'') {
        Some(rest) => rest.len() - after_quote(rest).map_or(0, str::len) + 1,
        None => text.find("::").unwrap_or(text.len()),
    };
    let (literal, rest) = text.split_at(end);
    let is_word = |it: char| it.is_alphanumeric() || "_$().,[]:".contains(it);
    let is_type = |token: &str| token.starts_with('"') || token.chars().all(is_word);
    match rest.strip_prefix("::") {
        Some(cast) if tokens(cast).all(|(_, it)| is_type(it)) => without_parentheses(literal),
        _ => text,
    }
}

/// What follows a literal whose opening quote is gone.
fn after_quote(text: &str) -> Option<&str> {
    let mut rest = text;
    loop {
        rest = &rest[rest.find('\'')? + 1..];
        match rest.strip_prefix('\'') {
            Some(doubled) => rest = doubled,
            None => return Some(rest),
        }
    }
}

/// The value of a text literal.
fn unquote(text: &str) -> Option<String> {
    let rest = text.strip_prefix('\'')?;
    after_quote(rest)?.is_empty().then(|| rest[..rest.len() - 1].replace("''", "'"))
}

/// Without the parentheses that enclose all of it.
fn without_parentheses(text: &str) -> &str {
    let Some(inner) = text.strip_prefix('(').and_then(|it| it.strip_suffix(')')) else {
        return text;
    };
    let mut depth = 0_i32;
    let mut quoted = false;
    for character in inner.chars() {
        match character {
            '\'' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return text;
        }
    }
    without_parentheses(inner.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_read_as_they_are_written() {
        use DefaultValue::{Bool, Expression, Float, Int, Text};
        let expression = |text: &str| Expression(text.to_owned());
        for (text, sql_type, expected) in [
            ("true", SqlType::Bool, Bool(true)),
            ("FALSE", SqlType::Bool, Bool(false)),
            ("7", SqlType::Integer, Int(7)),
            ("'-7'::integer", SqlType::Integer, Int(-7)),
            ("('-9223372036854775808'::bigint)", SqlType::BigInt, Int(i64::MIN)),
            ("(-1)", SqlType::SmallInt, Int(-1)),
            ("1", SqlType::Double, Float(1.0)),
            ("'-1.5'::numeric", SqlType::Double, Float(-1.5)),
            ("1e+300", SqlType::Double, Float(1e300)),
            ("'Infinity'::float8", SqlType::Double, expression("'Infinity'::float8")),
            ("'it''s'::character varying", SqlType::Varchar(9), Text("it's".to_owned())),
            ("'a::b'", SqlType::Text, Text("a::b".to_owned())),
            ("''::text", SqlType::Text, Text(String::new())),
            ("'{}'::jsonb", SqlType::Jsonb, Text("{}".to_owned())),
            ("'a' || 'b'", SqlType::Text, expression("'a' || 'b'")),
            ("(('a'::text || 'b'::text))", SqlType::Text, expression("'a'::text || 'b'::text")),
            ("now()", SqlType::Timestamptz, expression("now()")),
            ("(1) + (2)", SqlType::Integer, expression("(1) + (2)")),
        ] {
            assert_eq!(read_default(text, &sql_type), expected, "{text}");
        }
    }
}
