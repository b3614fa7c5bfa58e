//! Reads defaults as MySQL and MariaDB show them in `information_schema`.

use super::statements::quoted_length;
use crate::{
    backend::default::read_default,
    dialect::Dialect,
    schema::{DefaultValue, SqlType},
    tokens::without_parentheses,
};

/// MariaDB shows SQL, and the word `NULL` where a column that may be NULL has no default.
///
/// Source: <https://mariadb.com/kb/en/information-schema-columns-table/>.
pub(super) fn mariadb_default(text: &str, sql_type: &SqlType) -> Option<DefaultValue> {
    (text != "NULL").then(|| expression(text, sql_type))
}

/// MySQL shows the bare value of a literal, and an expression where `extra` says so.
///
/// Source: <https://dev.mysql.com/doc/refman/8.0/en/information-schema-columns-table.html>.
pub(super) fn mysql_default(text: &str, extra: &str, sql_type: &SqlType) -> DefaultValue {
    match extra.contains("DEFAULT_GENERATED") {
        true => expression(&mysql_expression(text), sql_type),
        false => {
            let standard: &Dialect = crate::backend::Backend::Sqlite.dialect();
            read_default(&standard.quote_text(text), sql_type)
        }
    }
}

/// SQL of an expression as MySQL shows it: escaped as a whole, texts with their character set before them.
///
/// Source: <https://dev.mysql.com/doc/refman/8.0/en/charset-introducer.html>.
pub(super) fn mysql_expression(text: &str) -> String {
    let sql = unescaped(text);
    let mut plain = String::with_capacity(sql.len());
    let mut rest = sql.as_str();
    while let Some(at) = rest.find(['\'', '`']) {
        let quote = if rest[at..].starts_with('`') { '`' } else { '\'' };
        plain.push_str(without_introducer(&rest[..at]));
        let end = at + quoted_length(&rest[at..], quote);
        plain.push_str(&rest[at..end]);
        rest = &rest[end..];
    }
    plain + rest
}

/// What precedes a quoted text, without the name of its character set.
fn without_introducer(before: &str) -> &str {
    let is_name = |it: char| it.is_ascii_alphanumeric() || it == '_';
    let rest = before.trim_end_matches(is_name);
    if before[rest.len()..].starts_with('_') { rest } else { before }
}

/// What a column is computed from. MariaDB shows it as SQL.
pub(super) fn expression_text(text: &str, is_mariadb: bool) -> String {
    let text = if is_mariadb { text.to_owned() } else { mysql_expression(text) };
    without_parentheses(&text).to_owned()
}

fn expression(text: &str, sql_type: &SqlType) -> DefaultValue {
    match text.to_lowercase().as_str() {
        // MariaDB gives the moment the decimals of its column.
        "current_timestamp()" | "current_timestamp(6)" | "now()" | "now(6)" => {
            DefaultValue::Expression("CURRENT_TIMESTAMP".to_owned())
        }
        _ => read_default(&without_escapes(text), sql_type),
    }
}

/// Texts with quotes doubled, and nothing else escaped.
fn without_escapes(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match (character, character == '\\') {
            (_, false) => plain.push(character),
            (_, true) => match characters.next() {
                Some('\'') => plain.push_str("''"),
                Some('n') => plain.push('\n'),
                Some('r') => plain.push('\r'),
                Some('t') => plain.push('\t'),
                Some('0') => plain.push('\0'),
                Some(other) => plain.push(other),
                None => plain.push('\\'),
            },
        }
    }
    plain
}

/// A text whose quotes and backslashes have a backslash before them.
fn unescaped(text: &str) -> String {
    let mut characters = text.chars();
    let next = || match characters.next()? {
        '\\' => characters.next(),
        other => Some(other),
    };
    std::iter::from_fn(next).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_of_mariadb_are_read() {
        let text = |text: &str| Some(DefaultValue::Text(text.to_owned()));
        for (shown, sql_type, expected) in [
            ("NULL", SqlType::Text, None),
            ("'NULL'", SqlType::Text, text("NULL")),
            (r"'it\'s'", SqlType::Text, text("it's")),
            (r"'a\\b\nc'", SqlType::Varchar(9), text("a\\b\nc")),
            ("1", SqlType::Bool, Some(DefaultValue::Bool(true))),
            ("-7", SqlType::BigInt, Some(DefaultValue::Int(-7))),
            (
                "current_timestamp()",
                SqlType::Timestamp,
                Some(DefaultValue::Expression("CURRENT_TIMESTAMP".to_owned())),
            ),
        ] {
            assert_eq!(mariadb_default(shown, &sql_type), expected, "{shown}");
        }
    }

    #[test]
    fn defaults_of_mysql_are_read() {
        let text = |text: &str| DefaultValue::Text(text.to_owned());
        for (shown, extra, sql_type, expected) in [
            ("it's", "", SqlType::Varchar(9), text("it's")),
            (r"a\b", "", SqlType::Varchar(9), text(r"a\b")),
            ("7", "", SqlType::Integer, DefaultValue::Int(7)),
            (r"_utf8mb4\'abc\'", "DEFAULT_GENERATED", SqlType::Text, text("abc")),
            (r"_utf8mb3\'it\\\'s \\\\ x\'", "DEFAULT_GENERATED", SqlType::Text, text(r"it's \ x")),
        ] {
            assert_eq!(mysql_default(shown, extra, &sql_type), expected, "{shown}");
        }
    }

    #[test]
    fn expressions_of_mysql_are_read() {
        for (shown, expected) in [
            ("(`a_` + 1)", "(`a_` + 1)"),
            (r"concat(`s`,_utf8mb4\'x\\\'y\\\\\')", r"concat(`s`,'x\'y\\')"),
            (r"(`_a'b` <> _latin1\'_c\')", "(`_a'b` <> '_c')"),
        ] {
            assert_eq!(mysql_expression(shown), expected);
        }
    }
}
