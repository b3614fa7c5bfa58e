//! Reads what a database tells only in the text of an index's definition: its expressions, collations and condition.

use crate::tokens::{tokens, without_parentheses, without_quotes};

/// What the text of a `CREATE INDEX` says.
#[derive(Debug, Default, PartialEq)]
pub(super) struct IndexDefinition {
    /// Its keys, in order.
    pub(super) keys: Vec<KeyDefinition>,
    /// Its condition, as written.
    pub(super) predicate: Option<String>,
}

/// A key of an index.
#[derive(Debug, PartialEq)]
pub(super) struct KeyDefinition {
    /// The expression or column, as written.
    pub(super) expression: String,
    /// Whether that stands in parentheses, as DuckDB shows whatever is no column.
    pub(super) in_parentheses: bool,
    /// Its collation.
    pub(super) collation: Option<String>,
}

/// Reads a `CREATE INDEX`.
pub(super) fn index_definition(text: &str) -> IndexDefinition {
    let mut definition = IndexDefinition::default();
    // Where the key begins that is being read.
    let (mut depth, mut start) = (0_usize, 0);
    for (at, token) in tokens(text) {
        match token {
            "(" => {
                depth += 1;
                if depth == 1 {
                    start = at + 1;
                }
            }
            "," if depth == 1 => {
                definition.keys.push(key(&text[start..at]));
                start = at + 1;
            }
            ")" => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    definition.keys.push(key(&text[start..at]));
                }
            }
            _ if depth == 0 && token.eq_ignore_ascii_case("where") => {
                definition.predicate = Some(text[at + token.len()..].trim().to_owned());
                break;
            }
            _ => {}
        }
    }
    definition
}

/// `expression COLLATE name DESC`. That it descends SQLite tells otherwise.
fn key(text: &str) -> KeyDefinition {
    let mut tokens: Vec<_> = tokens(text).collect();
    let is = |token: Option<&(usize, &str)>, words: &[&str]| {
        token.is_some_and(|(_, token)| words.iter().any(|it| token.eq_ignore_ascii_case(it)))
    };
    let mut end = text.len();
    if is(tokens.last(), &["asc", "desc"])
        && let Some((at, _)) = tokens.pop()
    {
        end = at;
    }
    let collation = match tokens.as_slice() {
        [.., collate @ (at, _), (_, name)] if is(Some(collate), &["collate"]) => {
            end = *at;
            Some(without_quotes(name))
        }
        _ => None,
    };
    KeyDefinition {
        expression: without_parentheses(&text[..end]).to_owned(),
        in_parentheses: text.trim_start().starts_with('('),
        collation,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_are_read() {
        let check = |text: &str, keys: &[(&str, Option<&str>)], predicate: Option<&str>| {
            let found = index_definition(text);
            let found_keys: Vec<_> =
                found.keys.iter().map(|it| (&*it.expression, it.collation.as_deref())).collect();
            assert_eq!(found_keys, keys, "{text}");
            assert_eq!(found.predicate.as_deref(), predicate, "{text}");
        };
        check("CREATE INDEX i ON t (a, \"b (\" DESC)", &[("a", None), ("\"b (\"", None)], None);
        check(
            "CREATE UNIQUE INDEX \"where (x)\" ON t ((lower(a)) COLLATE \"NOCASE\" desc, coalesce(b, ','))
                WHERE a > 0 -- all",
            &[("lower(a)", Some("NOCASE")), ("coalesce(b, ',')", None)],
            Some("a > 0 -- all"),
        );
        check("CREATE INDEX i ON t ((a COLLATE nocase) ASC)", &[("a COLLATE nocase", None)], None);
    }
}
