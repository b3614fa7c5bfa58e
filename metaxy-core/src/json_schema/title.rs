//! [`title`]: titles of properties.

/// The title of a property: Python's `name.title().replace("_", " ").strip()`.
///
/// Source: `get_title_from_name`.
pub(super) fn title(name: &str) -> String {
    let mut title = String::with_capacity(name.len());
    let mut in_word = false;
    for character in name.chars() {
        match in_word {
            true => title.extend(character.to_lowercase()),
            false => push_titlecase(&mut title, character),
        }
        in_word = is_cased(character);
    }
    title.replace('_', " ").trim().to_owned()
}

/// Appends a letter as it starts a word, which is not always a capital: `ß` is `Ss`, `ǆ` is `ǅ`.
fn push_titlecase(title: &mut String, character: char) {
    let code = u32::from(character);
    let single = match code {
        // Two letters in one (DŽ, LJ, NJ; DZ): the middle one of three forms.
        0x1c4..=0x1cc => Some(0x1c5 + (code - 0x1c4) / 3 * 3),
        0x1f1..=0x1f3 => Some(0x1f2),
        // Georgian has capitals for whole words only.
        0x10d0..=0x10ff => Some(code),
        // Greek letters with a iota below keep it.
        0x1f80..=0x1faf => Some(code | 8),
        0x1fb3 | 0x1fc3 | 0x1ff3 => Some(code + 9),
        0x1fbc | 0x1fcc | 0x1ffc => Some(code),
        _ => None,
    };
    if let Some(single) = single.and_then(char::from_u32) {
        return title.push(single);
    }
    let mut capitals = character.to_uppercase();
    title.extend(capitals.next());
    match code {
        0x149 => title.extend(capitals),
        0x1fb2 | 0x1fb4 | 0x1fc2 | 0x1fc4 | 0x1ff2 | 0x1ff4 => title.push('\u{345}'),
        0x1fb7 | 0x1fc7 | 0x1ff7 => title.push_str("\u{342}\u{345}"),
        _ => title.extend(capitals.flat_map(char::to_lowercase)),
    }
}

/// Whether a letter has a case: lower, upper, or that of a title.
fn is_cased(character: char) -> bool {
    character.is_lowercase()
        || character.is_uppercase()
        || matches!(
            character,
            '\u{1c5}' | '\u{1c8}' | '\u{1cb}' | '\u{1f2}' | '\u{1f88}'..='\u{1f8f}'
                | '\u{1f98}'..='\u{1f9f}' | '\u{1fa8}'..='\u{1faf}' | '\u{1fbc}' | '\u{1fcc}' | '\u{1ffc}'
        )
}

#[cfg(test)]
mod tests {
    use super::title;

    fn check(name: &str, expected: &str) {
        assert_eq!(title(name), expected);
    }

    /// Each as pydantic 2.12.5 titles it.
    #[test]
    fn titles_are_those_of_pydantic() {
        check("int_default", "Int Default");
        check("x1", "X1");
        check("abc_1d", "Abc 1D");
        check("a1b2", "A1B2");
        check("aB", "Ab");
        check("HTTPCode", "Httpcode");
        check("a__b", "A  B");
        check("_hidden_", "Hidden");
        check("o'neill", "O'Neill");
        check("ünder", "Ünder");
        check("ßa", "Ssa");
        check("ǆx", "ǅx");
        check("ŉa", "ʼNa");
        check("aŉa", "Aŉa");
        check("ﬁx", "Fix");
        check("ქართული", "ქართული");
        check("ᾳ_ᾀa", "ᾼ ᾈa");
        check("iı", "Iı");
        check("列_a", "列 A");
        check("__", "");
    }
}
