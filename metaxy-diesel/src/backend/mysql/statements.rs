//! Cuts a script into its statements.
//!
//! Source: <https://dev.mysql.com/doc/refman/8.0/en/comments.html>,
//! <https://dev.mysql.com/doc/refman/8.0/en/string-literals.html>.

/// The statements of a script, without the comments before them, with their positions in bytes. What follows the beginning
/// of a stored program, whose body has statements of its own, is one statement.
pub(super) fn statements(script: &str) -> Vec<(usize, &str)> {
    let mut statements = Vec::new();
    let (mut start, mut at) = (None, 0);
    while let Some(first) = script[at..].chars().next() {
        let length = token_length(&script[at..]);
        let token = &script[at..at + length];
        match (start, first) {
            (_, ';') => {
                let begin: Option<usize> = start.take();
                statements.extend(begin.map(|begin| (begin, script[begin..at].trim_end())));
            }
            (None, _) if is_comment(token) || first.is_whitespace() => {}
            (None, _) if is_program(&script[at..]) => {
                statements.push((at, script[at..].trim_end()));
                return statements;
            }
            (None, _) => start = Some(at),
            (Some(_), _) => {}
        }
        at += length;
    }
    statements.extend(start.map(|begin| (begin, script[begin..].trim_end())));
    statements
}

/// `/*! … */` is no comment: the server runs it.
fn is_comment(token: &str) -> bool {
    token.starts_with('#')
        || token.starts_with("--") && token.len() > 1
        || token.starts_with("/*") && !token.starts_with("/*!") && !token.starts_with("/*M!")
}

/// Whether a procedure, function, trigger or event is created, or a block begins.
fn is_program(text: &str) -> bool {
    let words: Vec<String> =
        text.split_whitespace().take(12).map(str::to_ascii_uppercase).collect();
    let programs = ["PROCEDURE", "FUNCTION", "TRIGGER", "EVENT", "PACKAGE"];
    match words.first().map(String::as_str) {
        Some("CREATE") => words
            .iter()
            .skip(1)
            .take_while(|it| !["TABLE", "INDEX", "VIEW", "DATABASE"].contains(&it.as_str()))
            .any(|it| programs.contains(&it.as_str())),
        Some("BEGIN") => words.get(1).is_some_and(|it| it == "NOT"),
        _ => false,
    }
}

/// The length of the token that text begins with: a comment, a quoted name or text, or a character.
fn token_length(text: &str) -> usize {
    let until = |end: &str, from: usize| {
        text[from..].find(end).map_or(text.len(), |at| from + at + end.len())
    };
    let mut characters = text.chars();
    match characters.next() {
        Some(quote @ ('\'' | '"' | '`')) => quoted_length(text, quote),
        Some('#') => until("\n", 1),
        Some('-')
            if text.starts_with("--")
                && text[2..].chars().next().is_none_or(|it| it.is_whitespace()) =>
        {
            until("\n", 2)
        }
        Some('/') if text.starts_with("/*") => until("*/", 2),
        Some(first) => first.len_utf8(),
        None => 0,
    }
}

/// The length of a quoted name or text. In a text a backslash keeps the quote from ending it; a doubled quote begins anew
/// where it ended.
pub(super) fn quoted_length(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' if quote != '`' => escaped = true,
            _ if character == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_cut() {
        let check = |script: &str, expected: &[&str]| {
            let found = statements(script);
            let texts: Vec<_> = found.iter().map(|(_, statement)| *statement).collect();
            assert_eq!(texts, expected, "{script}");
            assert!(found.iter().all(|(at, statement)| script[*at..].starts_with(statement)));
        };
        check("", &[]);
        check("-- nothing;\n# nothing;\n/* no; */ ;;", &[]);
        check("SELECT 1;\n\nSELECT 2", &["SELECT 1", "SELECT 2"]);
        check(
            "a ';' \";\" `;` 'it\\';' 'it''s;' -- ;\nb; c",
            &["a ';' \";\" `;` 'it\\';' 'it''s;' -- ;\nb", "c"],
        );
        check("SELECT 5--1; x", &["SELECT 5--1", "x"]);
        check("/*! SET x = 1 */; y", &["/*! SET x = 1 */", "y"]);
        check("SELECT `\\`; z", &["SELECT `\\`", "z"]);
        check("SELECT 'open; x", &["SELECT 'open; x"]);
        check("CREATE TABLE event (a INT); b", &["CREATE TABLE event (a INT)", "b"]);
        let trigger =
            "CREATE OR REPLACE TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN SET @a = 1; END; x";
        check(&format!("SELECT 1; {trigger}"), &["SELECT 1", trigger]);
        assert_eq!(statements("-- a\n b; c")[1].0, 9);
    }
}
