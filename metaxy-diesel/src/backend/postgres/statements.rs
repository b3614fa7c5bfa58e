//! Cuts a script into its statements.
//!
//! Source: <https://www.postgresql.org/docs/current/sql-syntax-lexical.html>.

use crate::tokens::token_length;

/// The statements of a script, without the comments before them and without their `;`, with their positions in bytes.
pub(super) fn statements(script: &str) -> Vec<(usize, &str)> {
    let mut statements = Vec::new();
    let (mut start, mut at) = (None, 0);
    while at < script.len() {
        let text = &script[at..];
        let length = dollar_quoted(text).or_else(|| escaped(text));
        let length = length.unwrap_or_else(|| token_length(text));
        let token = &text[..length];
        match start {
            _ if token == ";" => {
                let begin: Option<usize> = start.take();
                statements.extend(begin.map(|begin| (begin, script[begin..at].trim_end())));
            }
            None if !is_blank(token) => start = Some(at),
            _ => {}
        }
        at += length;
    }
    statements.extend(start.map(|begin| (begin, script[begin..].trim_end())));
    statements
}

fn is_blank(token: &str) -> bool {
    token.trim().is_empty() || token.starts_with("--") || token.starts_with("/*")
}

/// The length of the text `$tag$…$tag$` that this begins with.
fn dollar_quoted(text: &str) -> Option<usize> {
    let rest = text.strip_prefix('$')?;
    let tag = rest.find(|it: char| !it.is_alphanumeric() && it != '_')?;
    let quote = text.get(..tag + 2).filter(|it| it.ends_with('$'))?;
    // `$1` is a parameter, and no tag.
    if rest.starts_with(|it: char| it.is_ascii_digit()) {
        return None;
    }
    let end = text[quote.len()..].find(quote)?;
    Some(quote.len() + end + quote.len())
}

/// The length of the text `E'…'` that this begins with, in which a backslash keeps a quote from ending it.
fn escaped(text: &str) -> Option<usize> {
    let body = text.strip_prefix("E'").or_else(|| text.strip_prefix("e'"))?;
    let mut escaped = false;
    for (at, character) in body.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            // A doubled quote begins anew where it ended.
            '\'' => return Some(2 + at + 1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_cut() {
        let check = |script: &str, expected: &[&str]| {
            let found = statements(script);
            let texts: Vec<_> = found.iter().map(|(_, it)| *it).collect();
            assert_eq!(texts, expected, "{script}");
            assert!(found.iter().all(|(at, it)| script[*at..].starts_with(it)));
        };
        check("", &[]);
        check("-- nothing;\n/* no; */ ;;", &[]);
        check("A; B -- ;\n c", &["A", "B -- ;\n c"]);
        check("a ';' \";\"; b", &["a ';' \";\"", "b"]);
        check("DO $$BEGIN a; END$$; b", &["DO $$BEGIN a; END$$", "b"]);
        check("DO $x$ $$ ; $$ $x$; b", &["DO $x$ $$ ; $$ $x$", "b"]);
        check("SELECT $1; a$b$; c", &["SELECT $1", "a$b$", "c"]);
        check(r"SELECT E'\';'; b", &[r"SELECT E'\';'", "b"]);
        check("DO $$ open; b", &["DO $$ open", "b"]);
    }
}
