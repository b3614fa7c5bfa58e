//! Cuts a script into its statements.
//!
//! Source: <https://www.postgresql.org/docs/current/sql-syntax-lexical.html>, and the rules by which psql ends a statement.

/// The statements of a script, without the comments before them and the `;` behind them, with their positions in bytes.
///
/// A `;` ends a statement, but for one in parentheses (rules) and one in the body of a function (`BEGIN ATOMIC … END`).
pub(in crate::backend) fn statements(script: &str) -> Vec<(usize, &str)> {
    let mut statements = Vec::new();
    let mut statement: Option<Open<'_>> = None;
    let mut at = 0;
    while at < script.len() {
        let token = &script[at..at + token_length(&script[at..])];
        let is_comment = token.starts_with("--") || token.starts_with("/*");
        let is_blank = is_comment || token.starts_with(char::is_whitespace);
        match (&mut statement, token) {
            _ if is_blank => {}
            (Some(open), ";") if open.is_complete() => {
                let begin = open.begin;
                statements.push((begin, script[begin..at].trim_end()));
                statement = None;
            }
            (None, ";") => {}
            (open, token) => open.get_or_insert_with(|| Open::new(at)).add(token),
        }
        at += token.len();
    }
    statements.extend(statement.map(|open| (open.begin, script[open.begin..].trim_end())));
    statements
}

/// A statement that did not end yet.
struct Open<'a> {
    begin: usize,
    parentheses: usize,
    /// The `BEGIN` and `CASE` in the body of a function that lack their `END`.
    blocks: usize,
    /// The first words, which tell whether it makes a function.
    head: Vec<&'a str>,
}

impl<'a> Open<'a> {
    fn new(begin: usize) -> Self {
        Self { begin, parentheses: 0, blocks: 0, head: Vec::new() }
    }

    fn add(&mut self, token: &'a str) {
        let is = |word: &str| token.eq_ignore_ascii_case(word);
        match token {
            "(" => self.parentheses += 1,
            ")" => self.parentheses = self.parentheses.saturating_sub(1),
            _ if is("BEGIN") && self.makes_function() => self.blocks += 1,
            _ if is("CASE") && self.blocks > 0 => self.blocks += 1,
            _ if is("END") => self.blocks = self.blocks.saturating_sub(1),
            _ => {}
        }
        if self.head.len() < 4 {
            self.head.push(token);
        }
    }

    fn makes_function(&self) -> bool {
        let is = |word: &str| self.head.iter().any(|it| it.eq_ignore_ascii_case(word));
        let creates = self.head.first().is_some_and(|it| it.eq_ignore_ascii_case("CREATE"));
        creates && (is("FUNCTION") || is("PROCEDURE"))
    }

    fn is_complete(&self) -> bool {
        self.parentheses == 0 && self.blocks == 0
    }
}

/// The length of the token that text begins with: a comment, a quoted name or text, a word, a blank, or a character.
fn token_length(text: &str) -> usize {
    let is_word = |it: char| it.is_alphanumeric() || it == '_' || it == '$';
    let until = |end: &str, from: usize| {
        text[from..].find(end).map_or(text.len(), |at| from + at + end.len())
    };
    match text.chars().next() {
        Some('E' | 'e') if text[1..].starts_with('\'') => 1 + quoted_length(&text[1..], true),
        Some('\'' | '"') => quoted_length(text, false),
        Some('-') if text.starts_with("--") => until("\n", 2),
        Some('/') if text.starts_with("/*") => comment_length(text),
        Some('$') => dollar_tag(text).map_or(1, |tag| until(tag, tag.len())),
        Some(first) if is_word(first) => text.find(|it| !is_word(it)).unwrap_or(text.len()),
        Some(first) => first.len_utf8(),
        None => 0,
    }
}

/// A doubled quote begins anew where it ended.
fn quoted_length(text: &str, backslash: bool) -> usize {
    let quote = text.chars().next();
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' if backslash => escaped = true,
            _ if Some(character) == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Comments nest.
fn comment_length(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < text.len() {
        let rest = &text[at..];
        match rest {
            _ if rest.starts_with("/*") => (depth, at) = (depth + 1, at + 2),
            _ if rest.starts_with("*/") => (depth, at) = (depth - 1, at + 2),
            _ => at += rest.chars().next().map_or(1, char::len_utf8),
        }
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

/// `$tag$`, with which a text begins and ends.
fn dollar_tag(text: &str) -> Option<&str> {
    let end = text[1..].find('$')? + 2;
    let name = &text[1..end - 1];
    let is_name = name.chars().all(|it| it.is_alphanumeric() || it == '_')
        && !name.starts_with(|it: char| it.is_ascii_digit());
    is_name.then(|| &text[..end])
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
        check("-- nothing; /* not */\n;;", &[]);
        check("A;B ; ;C", &["A", "B", "C"]);
        check("-- a\nA ';' \";\"; /* ; /* ; */ ; */ B c;", &["A ';' \";\"", "B c"]);
        check(r"A E'\';' ; B '\'; C", &[r"A E'\';'", r"B '\'", "C"]);
        check(
            "DO $$ BEGIN a; END $$; DO $x$ $$;$$ $x$;B$1;C",
            &["DO $$ BEGIN a; END $$", "DO $x$ $$;$$ $x$", "B$1", "C"],
        );
        check(
            "CREATE RULE r AS ON DELETE TO a DO (B; C); D",
            &["CREATE RULE r AS ON DELETE TO a DO (B; C)", "D"],
        );
        check("SELECT $1; a$b$; DO $$ open; b", &["SELECT $1", "a$b$", "DO $$ open; b"]);
        let function = "create or replace function f() returns int\n\
                        begin atomic select case when true then 1 end; select 2; end";
        check(&format!("{function};BEGIN; A; END;"), &[function, "BEGIN", "A", "END"]);
    }
}
