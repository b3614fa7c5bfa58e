//! [`clean_doc`]: doc comments as Python has docstrings.

/// A doc comment without its indentation, as Python's `inspect.cleandoc` has it.
///
/// ```
/// use metaxy_core::json_schema::clean_doc;
///
/// assert_eq!(clean_doc(" Raw videos.\n\n As:\n   ingested.\n"), "Raw videos.\n\nAs:\n  ingested.");
/// ```
pub fn clean_doc(doc: &str) -> String {
    let expanded = expand_tabs(doc);
    let (first, rest) = match expanded.split_once('\n') {
        Some((first, rest)) => (first, rest.split('\n').collect()),
        None => (&*expanded, Vec::new()),
    };
    let indent = |line: &&str| line.chars().take_while(|it| is_space(*it)).count();
    let margin = rest.iter().filter(|line| !line.chars().all(is_space)).map(indent).min();
    let margin = margin.unwrap_or(0);
    let without_margin = |line: &&'_ str| line.chars().skip(margin).collect::<String>();
    let lines: Vec<_> = std::iter::once(first.trim_start_matches(is_space).to_owned())
        .chain(rest.iter().map(without_margin))
        .collect();
    let start = lines.iter().position(|it| !it.is_empty()).unwrap_or(lines.len());
    let end = lines.iter().rposition(|it| !it.is_empty()).map_or(start, |last| last + 1);
    lines[start..end].join("\n")
}

/// What Python's `str.isspace` takes for blank: Unicode's white space, and four separators of ASCII.
fn is_space(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\u{1c}'..='\u{1f}')
}

/// Blanks instead of tabs, up to columns that 8 divides (`str.expandtabs`).
fn expand_tabs(text: &str) -> String {
    let mut expanded = String::with_capacity(text.len());
    let mut column = 0;
    for character in text.chars() {
        match character {
            '\t' => {
                let width = 8 - column % 8;
                expanded.extend(std::iter::repeat_n(' ', width));
                column += width;
            }
            '\n' | '\r' => {
                expanded.push(character);
                column = 0;
            }
            _ => {
                expanded.push(character);
                column += 1;
            }
        }
    }
    expanded
}

#[cfg(test)]
mod tests {
    use super::clean_doc;

    fn check(doc: &str, expected: &str) {
        assert_eq!(clean_doc(doc), expected, "{doc:?}");
    }

    /// Each as Python 3.11's `inspect.cleandoc` has it.
    #[test]
    fn docs_are_cleaned_as_python_does() {
        check("", "");
        check("   only   ", "only   ");
        check("\n\n", "");
        check(" First line.\n\n Second\n   more\n", "First line.\n\nSecond\n  more");
        check("  \n    a\n\n  b\n    ", "  a\n\nb\n  ");
        check("a\n\tb\n        c", "a\nb\nc");
        check("a\tb", "a       b");
        check("a\n  b\tc\n  d", "a\nb     c\nd");
        check("é\n  é\u{a0}\n \u{a0}ü", "é\né\u{a0}\nü");
    }
}
