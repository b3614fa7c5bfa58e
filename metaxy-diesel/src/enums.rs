//! Enumerated types in databases whose types have no names.

use crate::{
    dialect::Enums,
    schema::{EnumType, SqlType, Table, TableName},
    tokens::tokens,
};
use std::collections::BTreeMap;

/// Puts the values of enumerated types into the columns of a table, where types have no names, and reads checks back that
/// hold a text to a list of values.
pub(crate) fn write_out(table: &mut Table, enums: &BTreeMap<TableName, EnumType>, database: Enums) {
    if database == Enums::Named {
        return;
    }
    for column in &mut table.columns {
        if let SqlType::Enum(name) = &column.sql_type
            && let Some(found) = enums.get(name)
        {
            column.sql_type = SqlType::Values(found.values.clone());
        }
    }
    if database == Enums::Checked {
        table.checks.retain(|check| {
            let Some((name, values)) = listed_values(&check.expression) else { return true };
            let column = table.columns.iter_mut().find(|it| it.name == name);
            let Some(column) = column.filter(|it| it.sql_type == SqlType::Text) else {
                return true;
            };
            column.sql_type = SqlType::Values(values);
            false
        });
    }
}

/// The column and the texts of `"column" IN ('a', 'b')`, where a condition is just that.
fn listed_values(condition: &str) -> Option<(String, Vec<String>)> {
    let mut tokens = tokens(condition).map(|(_, token)| token);
    let name = unquote(tokens.next()?, &['"', '`'])?;
    if !tokens.next()?.eq_ignore_ascii_case("in") || tokens.next()? != "(" {
        return None;
    }
    let mut values = Vec::new();
    loop {
        let token = tokens.next()?;
        values.push(unquote(token, &['\'']).filter(|_| token.starts_with('\''))?);
        match tokens.next()? {
            "," => {}
            ")" => return tokens.next().is_none().then_some((name, values)),
            _ => return None,
        }
    }
}

/// The text of a token without one of these quotes; as it is where it has none and is a word.
fn unquote(token: &str, quotes: &[char]) -> Option<String> {
    let first = token.chars().next()?;
    if quotes.contains(&first) {
        let inner = token.get(1..token.len() - 1)?;
        return Some(inner.replace(&format!("{first}{first}"), &first.to_string()));
    }
    token.chars().all(|it| it.is_alphanumeric() || it == '_').then(|| token.to_owned())
}

/// The enumerated type of a column, or of the items of its arrays.
pub(crate) fn enum_of(sql_type: &SqlType) -> Option<&TableName> {
    match sql_type {
        SqlType::Enum(name) => Some(name),
        SqlType::Array(element) => enum_of(element),
        _ => None,
    }
}

/// As [`enum_of`], to change it.
pub(crate) fn enum_of_mut(sql_type: &mut SqlType) -> Option<&mut TableName> {
    match sql_type {
        SqlType::Enum(name) => Some(name),
        SqlType::Array(element) => enum_of_mut(element),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_values_are_read() {
        let check = |condition: &str, expected: Option<(&str, &[&str])>| {
            let found = listed_values(condition);
            let found = found.as_ref().map(|(name, values)| {
                (name.as_str(), values.iter().map(String::as_str).collect::<Vec<_>>())
            });
            let expected = expected.map(|(name, values)| (name, values.to_vec()));
            assert_eq!(found, expected, "{condition}");
        };
        check(r#""mo""od" IN ('a', 'it''s')"#, Some((r#"mo"od"#, &["a", "it's"])));
        check("mood in('')", Some(("mood", &[""])));
        check("mood IN ('a') OR x", None);
        check("mood IN ('a', 1)", None);
        check("mood NOT IN ('a')", None);
        check("'mood' IN ('a')", None);
        check("mood IN (SELECT 'a')", None);
        check("mood IN ('a',", None);
    }
}
