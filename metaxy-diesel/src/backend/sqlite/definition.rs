//! Reads what SQLite tells only in the text of a table's definition: its checks.

/// The conditions of all `CHECK (…)` of a `CREATE TABLE`, as written, in order.
pub(super) fn checks(definition: &str) -> Vec<String> {
    let mut checks = Vec::new();
    let mut depth = 0_usize;
    // Where the condition begins that is being read.
    let mut start = None;
    let mut after_check = false;
    let mut rest = definition;
    while !rest.is_empty() {
        let (token, after) = rest.split_at(token_length(rest));
        let at = definition.len() - rest.len();
        match token {
            "(" => {
                if after_check && depth == 1 {
                    start = Some(at + 1);
                }
                depth += 1;
            }
            ")" => {
                depth = depth.saturating_sub(1);
                if depth == 1
                    && let Some(start) = start.take()
                {
                    checks.push(definition[start..at].trim().to_owned());
                }
            }
            _ => {}
        }
        let is_blank =
            token.trim().is_empty() || token.starts_with("--") || token.starts_with("/*");
        if !is_blank {
            after_check = token.eq_ignore_ascii_case("check");
        }
        rest = after;
    }
    checks
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
                end = until(&quote.to_string(), end);
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
    fn checks_are_found() {
        let check = |definition: &str, expected: &[&str]| {
            assert_eq!(checks(definition), expected, "{definition}");
        };
        check("CREATE TABLE a (b INTEGER)", &[]);
        check("CREATE TABLE a (b INTEGER CHECK (b > (1 + 2)), c TEXT)", &["b > (1 + 2)"]);
        check(
            r#"CREATE TABLE "check (x)" ("check" TEXT, [check] TEXT, `check` INT /* check (1) */, -- check (2)
            d TEXT DEFAULT 'check (3)', CONSTRAINT e check ( d <> ')''(' ), CHECK ("check" IN ('a', 'b')))"#,
            &["d <> ')''('", r#""check" IN ('a', 'b')"#],
        );
        check("CREATE TABLE a (b TEXT DEFAULT (check_it(1)), c TEXT CHECK(c<>''))", &["c<>''"]);
        check("CREATE TABLE a (b TEXT DEFAULT 'open", &[]);
    }
}
