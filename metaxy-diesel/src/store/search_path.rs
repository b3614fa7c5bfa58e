//! Where the URL of a store leads to within a database of PostgreSQL.

use url::Url;

/// The search path that a URL or connection string sets by its `options`, as libpq and the server read them.
///
/// Source: <https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNECT-OPTIONS>.
pub(super) fn search_path(url: &str) -> Option<String> {
    let options = match url.contains("://") {
        true => {
            let url = Url::parse(url).ok()?;
            let (_, options) = url.query_pairs().filter(|(name, _)| name == "options").last()?;
            options.into_owned()
        }
        false => value_of(url, "options")?,
    };
    let words = words(&options, ' ');
    let mut words = words.iter().map(String::as_str);
    let mut found = None;
    while let Some(word) = words.next() {
        let setting = match word {
            "-c" => words.next(),
            word => word.strip_prefix("-c").or_else(|| word.strip_prefix("--")),
        };
        // Of two, the later one counts.
        found = setting.and_then(|it| it.strip_prefix("search_path=")).or(found);
    }
    found.map(str::to_owned)
}

/// The value of a parameter of a connection string, without its quotes.
fn value_of(text: &str, name: &str) -> Option<String> {
    let start = text.find(&format!("{name}="))? + name.len() + 1;
    let rest = &text[start..];
    let (rest, end) = rest.strip_prefix('\'').map_or((rest, ' '), |it| (it, '\''));
    words(rest, end).into_iter().next()
}

/// The words of a text, which this separates, unless a backslash is before it.
fn words(text: &str, separator: char) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        let last = words.last_mut().expect("there is one");
        match character {
            '\\' => last.extend(characters.next()),
            it if it != separator => last.push(it),
            _ => words.push(String::new()),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn search_paths_are_found() {
        let check = |url: &str, expected: Option<&str>| {
            assert_eq!(search_path(url).as_deref(), expected, "{url}");
        };
        check("postgres://db/v", None);
        check("postgres://db/v?options=-csearch_path%3D%22My%5C%20media%22", Some("\"My media\""));
        check("postgres://db/v?options=-c%20search_path%3Dmedia,public&a=b", Some("media,public"));
        check("postgres://db/v?options=-c%20lock_timeout%3D5%20--search_path%3Da", Some("a"));
        check("host=db options='-csearch_path=\"a\\\\ b\"' dbname=v", Some("\"a b\""));
        check("options=-csearch_path=a host=db", Some("a"));
        check("host=db dbname=v", None);
    }
}
