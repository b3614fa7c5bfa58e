//! `rename_all`, as serde has it.

/// The name under a rule such as `snake_case`; `None`: there is no such rule.
///
/// Variants are written `LikeThis` and fields `like_this`; words begin at capitals and behind `_`.
pub fn renamed(name: &str, rule: &str) -> Option<String> {
    let words = words(name);
    let lower = || words.iter().map(|it| it.to_lowercase());
    let joined = |by: &str| lower().collect::<Vec<_>>().join(by);
    let capitalised = |word: String| {
        let mut characters = word.chars();
        let first = characters.next().map(|it| it.to_uppercase().to_string());
        first.unwrap_or_default() + characters.as_str()
    };
    Some(match rule {
        "lowercase" => name.to_lowercase(),
        "UPPERCASE" => name.to_uppercase(),
        "PascalCase" => lower().map(capitalised).collect(),
        "camelCase" => {
            let word = |(at, word)| if at == 0 { word } else { capitalised(word) };
            lower().enumerate().map(word).collect()
        }
        "snake_case" => joined("_"),
        "SCREAMING_SNAKE_CASE" => joined("_").to_uppercase(),
        "kebab-case" => joined("-"),
        "SCREAMING-KEBAB-CASE" => joined("-").to_uppercase(),
        _ => return None,
    })
}

fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for character in name.chars() {
        let begins = character == '_' || character.is_uppercase();
        if begins && words.last().is_some_and(|it| !it.is_empty()) {
            words.push(String::new());
        }
        if character != '_'
            && let Some(word) = words.last_mut()
        {
            word.push(character);
        }
    }
    words
}

#[cfg(test)]
mod tests {
    fn check(name: &str, rule: &str, expected: &str) {
        assert_eq!(super::renamed(name, rule).as_deref(), Some(expected));
    }

    #[test]
    fn rules_are_serdes() {
        check("DarkRed", "lowercase", "darkred");
        check("DarkRed", "snake_case", "dark_red");
        check("DarkRed", "SCREAMING-KEBAB-CASE", "DARK-RED");
        check("DarkRed", "camelCase", "darkRed");
        check("dark_red", "PascalCase", "DarkRed");
        check("dark_red", "kebab-case", "dark-red");
        check("red", "UPPERCASE", "RED");
        assert_eq!(super::renamed("red", "loud"), None);
    }
}
