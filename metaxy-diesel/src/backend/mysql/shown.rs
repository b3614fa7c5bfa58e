//! Reads defaults as MySQL and MariaDB show them in `information_schema`.

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
        true => expression(&without_introducers(text), sql_type),
        false => {
            let standard: &Dialect = crate::backend::Backend::Sqlite.dialect();
            read_default(&standard.quote_text(text), sql_type)
        }
    }
}

/// An expression as MySQL shows it in an index.
pub(super) fn mysql_expression(text: &str) -> String {
    without_escapes(&without_introducers(text))
}

/// What a column is computed from. MariaDB shows it as SQL.
pub(super) fn expression_text(text: &str, is_mariadb: bool) -> String {
    let text = if is_mariadb { text.to_owned() } else { without_introducers(text) };
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

/// MySQL shows texts in expressions as `_utf8mb4\'text\'`, the quotes escaped.
fn without_introducers(text: &str) -> String {
    text.replace("_utf8mb4\\'", "'").replace("\\'", "'")
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
        ] {
            assert_eq!(mysql_default(shown, extra, &sql_type), expected, "{shown}");
        }
    }
}
