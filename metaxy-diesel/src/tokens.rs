//! Cuts SQL into tokens, as far as every database agrees on them.

use std::{borrow::Cow, collections::BTreeSet};

/// The tokens of a text with their positions in bytes, without blanks and comments: names and texts with their quotes,
/// words, and single characters.
pub(crate) fn tokens(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        while !rest.is_empty() {
            let at = text.len() - rest.len();
            let (token, after) = rest.split_at(token_length(rest));
            rest = after;
            let is_comment = token.starts_with("--") || token.starts_with("/*");
            if !is_comment && !token.starts_with(char::is_whitespace) {
                return Some((at, token));
            }
        }
        None
    })
}

/// The name that a token is, without its quotes. Texts are none, but `quote` may be anything.
pub(crate) fn unquoted(token: &str, quote: char) -> Cow<'_, str> {
    match token.strip_prefix(quote).and_then(|it| it.strip_suffix(quote)) {
        Some(inner) => inner.replace(&format!("{quote}{quote}"), &quote.to_string()).into(),
        None => token.into(),
    }
}

/// An expression without parentheses around all of it.
pub(crate) fn without_parentheses(expression: &str) -> &str {
    let expression = expression.trim();
    let mut depth = 0_usize;
    for (at, token) in tokens(expression) {
        match token {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            // Where the first parenthesis closes, or the first token ends without one.
            let whole = token == ")" && at + 1 == expression.len();
            return if whole { without_parentheses(&expression[1..at]) } else { expression };
        }
    }
    expression
}

/// A name without its quotes, whichever they are.
pub(crate) fn without_quotes(name: &str) -> String {
    for (open, close) in [('"', '"'), ('`', '`'), ('\'', '\''), ('[', ']')] {
        if let Some(inner) = name.strip_prefix(open).and_then(|it| it.strip_suffix(close)) {
            return inner.replace(&format!("{close}{close}"), &close.to_string());
        }
    }
    name.to_owned()
}

/// Whether an expression names one of these columns, whatever quotes the database has.
pub(crate) fn mentions(expression: &str, columns: &BTreeSet<&str>) -> bool {
    let named = |token: &str| ['"', '`'].iter().any(|it| columns.contains(&*unquoted(token, *it)));
    !columns.is_empty() && tokens(expression).any(|(_, token)| named(token))
}

/// The length of the token that text begins with: a comment, a quoted name or text, a word, a blank, or a character.
fn token_length(text: &str) -> usize {
    let is_word = |it: char| it.is_alphanumeric() || it == '_' || it == '$';
    let until = |end: &str, from: usize| {
        text[from..].find(end).map_or(text.len(), |at| from + at + end.len())
    };
    match text.chars().next() {
        Some(quote @ ('\'' | '"' | '`')) => {
            let mut end = 1;
            // A doubled quote stands for itself.
            loop {
                end = text[end..].find(quote).map_or(text.len(), |at| end + at + 1);
                if !text[end..].starts_with(quote) {
                    return end;
                }
                end += 1;
            }
        }
        Some('[') => until("]", 1),
        Some('-') if text.starts_with("--") => until("\n", 2),
        Some('/') if text.starts_with("/*") => until("*/", 2),
        Some(first) if is_word(first) => text.find(|it| !is_word(it)).unwrap_or(text.len()),
        Some(first) => first.len_utf8(),
        None => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_found_in_expressions() {
        let columns = BTreeSet::from(["a", "b\"c"]);
        let check = |expression, found| assert_eq!(mentions(expression, &columns), found);
        check("x + a", true);
        check("x + `a`", true);
        check("\"b\"\"c\" > 0", true);
        check("aa || 'a' -- a", false);
        check("\"", false);
    }

    #[test]
    fn texts_are_cut() {
        let check = |text: &str, expected: &[&str]| {
            let found: Vec<_> = tokens(text).map(|(_, token)| token).collect();
            assert_eq!(found, expected, "{text}");
        };
        check("a1 >= (b$c)", &["a1", ">", "=", "(", "b$c", ")"]);
        check("'it''s'\"a\"\"b\"[c d]`e`", &["'it''s'", "\"a\"\"b\"", "[c d]", "`e`"]);
        check("a--b 'c\nd/* ' */-e", &["a", "d", "-", "e"]);
        check("größe 'open", &["größe", "'open"]);
        check("/* open", &[]);
        assert_eq!(tokens(" a b").last(), Some((3, "b")));
    }

    #[test]
    fn parentheses_are_cut() {
        for (text, expected) in [
            ("a", "a"),
            ("(a)", "a"),
            (" ( (a + 1) ) ", "a + 1"),
            ("(a) + (b)", "(a) + (b)"),
            ("(a, ')', \"(\") ", "a, ')', \"(\""),
            ("(a -- )", "(a -- )"),
        ] {
            assert_eq!(without_parentheses(text), expected, "{text}");
        }
    }

    #[test]
    fn quotes_are_cut() {
        for (text, expected) in [("a", "a"), ("\"a\"\"b\"", "a\"b"), ("[a b]", "a b"), ("`", "`")] {
            assert_eq!(without_quotes(text), expected, "{text}");
        }
    }
}
