//! [`Secret`], [`Settings`] and [`redact`]: what may hold a password, and is never printed with it.

use indexmap::IndexMap;
use serde_json::Value;
use std::{fmt, ops::Deref};

/// What stands where something was left out.
pub(super) const MASK: &str = "***";

/// A database URL, path or `key=value` connection string, whose password is never printed.
///
/// ```
/// use metaxy_core::config::Secret;
///
/// let url = Secret::new("postgres://ann:hunter2@db.example/videos");
/// assert_eq!(url.to_string(), "postgres://ann:***@db.example/videos");
/// assert_eq!(url.expose(), "postgres://ann:hunter2@db.example/videos");
/// ```
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret(String);

impl Secret {
    /// Hides `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text as it is, password and all: for the database, never for a log.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&redact(&self.0))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:?}", redact(&self.0))
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

/// Settings that are kept as they were written, in that order. `Debug` prints the values of those only
/// that are known to be harmless, such as `host` and `port`.
#[derive(Clone, PartialEq, Default)]
pub struct Settings(IndexMap<String, Value>);

/// Settings whose values may be printed.
const HARMLESS: &[&str] = &[
    "application_name",
    "charset",
    "connect_timeout",
    "database",
    "dbname",
    "enable",
    "host",
    "hostname",
    "port",
    "schema",
    "sslmode",
    "user",
    "username",
];

impl Deref for Settings {
    type Target = IndexMap<String, Value>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl FromIterator<(String, Value)> for Settings {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(settings: I) -> Self {
        Self(settings.into_iter().collect())
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |name: &str, value: &Value| match value {
            Value::String(text) if HARMLESS.contains(&name) => redact(text),
            Value::Number(_) | Value::Bool(_) if HARMLESS.contains(&name) => value.to_string(),
            _ => MASK.to_owned(),
        };
        out.debug_map()
            .entries(self.0.iter().map(|(name, value)| (name, shown(name, value))))
            .finish()
    }
}

/// `text` without its password: the one of a URL's `user:password@`, and the values of parameters such
/// as `password`, `sslpassword` or `motherduck_token`, in a URL's query and in `key=value` connection
/// strings. Where a password is not escaped as it should be, rather more is left out than less: all
/// from the first `:` to the last `@`, and all that follows a parameter that is secret.
///
/// ```
/// use metaxy_core::config::redact;
///
/// assert_eq!(redact("mysql://ann:p@ss/w?rd@db/videos"), "mysql://ann:***@db/videos");
/// assert_eq!(redact("host=db password=hunter2 dbname=videos"), "host=db password=***");
/// assert_eq!(redact("videos.sqlite"), "videos.sqlite");
/// ```
pub fn redact(text: &str) -> String {
    redact_parameters(&redact_user(text))
}

fn redact_user(text: &str) -> String {
    let scheme = text.find("://").map(|at| at + "://".len());
    let (head, rest) = text.split_at(scheme.unwrap_or(0));
    let secret = match rest.rfind('@') {
        Some(end) => rest[..end].find(':').map(|colon| colon + 1..end),
        // `scheme://user:password`, without a host: what follows the colon is no port.
        None if scheme.is_some() => {
            let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
            let is_ip = authority.starts_with('[');
            let after_ip = if is_ip { authority.find(']').unwrap_or(0) } else { 0 };
            authority[after_ip..].find(':').map(|colon| after_ip + colon + 1).and_then(|port| {
                let digits = &authority[port..];
                let is_port =
                    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
                (!is_port).then_some(port..rest.len())
            })
        }
        None => None,
    };
    match secret {
        Some(range) => format!("{head}{}{MASK}{}", &rest[..range.start], &rest[range.end..]),
        None => text.to_owned(),
    }
}

fn redact_parameters(text: &str) -> String {
    let secret = text.match_indices('=').map(|(at, _)| at).find(|&at| {
        let name = text[..at].trim_end();
        let start = name.rfind(|c: char| c.is_whitespace() || "?&;#,{".contains(c));
        is_secret_name(&percent_decode(&name[start.map_or(0, |at| at + 1)..]))
    });
    match secret {
        Some(at) if text.len() > at + 1 => format!("{}={MASK}", &text[..at]),
        _ => text.to_owned(),
    }
}

/// Whether a setting of this name is one to hide.
pub(super) fn is_secret_name(name: &str) -> bool {
    let name = name.to_lowercase();
    ["pass", "pwd", "secret", "token", "credential", "key"].iter().any(|word| name.contains(word))
}

/// Undoes `%xx`. What is beyond ASCII is not told apart: no secret name has it.
fn percent_decode(text: &str) -> String {
    let mut decoded = String::new();
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let escaped = rest
            .strip_prefix('%')
            .and_then(|code| code.get(..2))
            .and_then(|code| u8::from_str_radix(code, 16).ok());
        decoded.push(escaped.map_or(next, char::from));
        rest = &rest[escaped.map_or(next.len_utf8(), |_| 3)..];
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn passwords_are_left_out_and_the_rest_stays() {
        for (text, expected) in [
            ("", ""),
            ("videos.sqlite", "videos.sqlite"),
            (":memory:", ":memory:"),
            ("sqlite:///var/videos.db", "sqlite:///var/videos.db"),
            ("postgres://localhost", "postgres://localhost"),
            ("postgres://localhost:5432/db", "postgres://localhost:5432/db"),
            ("postgres://[::1]:5432/db", "postgres://[::1]:5432/db"),
            ("postgres://ann@db:5432/videos", "postgres://ann@db:5432/videos"),
            ("postgres://ann:pw@db:5432/videos", "postgres://ann:***@db:5432/videos"),
            ("postgres://ann:@db/videos", "postgres://ann:***@db/videos"),
            ("postgres://ann:p:w@db", "postgres://ann:***@db"),
            ("postgres://ann:p@w@db", "postgres://ann:***@db"),
            ("postgres://ann:p/w?x#y@db/z", "postgres://ann:***@db/z"),
            ("postgres://ann:pw@h1:1,h2:2/db", "postgres://ann:***@h1:1,h2:2/db"),
            ("postgres://ann:pw", "postgres://ann:***"),
            ("postgres://ann:pw/db", "postgres://ann:***"),
            ("postgres://ann:]pw", "postgres://ann:***"),
            ("postgres://ann:/pw", "postgres://ann:***"),
            ("postgres://[::1]:pw", "postgres://[::1]:***"),
            ("ann:pw@db", "ann:***@db"),
            (
                "postgres://db/v?sslmode=require&password=pw",
                "postgres://db/v?sslmode=require&password=***",
            ),
            ("postgres://db/v?p%61ssword=pw&x=1", "postgres://db/v?p%61ssword=***"),
            ("postgres:///v?SSLPassword=pw", "postgres:///v?SSLPassword=***"),
            ("postgres://db/v?password=", "postgres://db/v?password="),
            (
                "postgres://db/v?options=-c%20search_path%3Dx",
                "postgres://db/v?options=-c%20search_path%3Dx",
            ),
            ("md:videos?motherduck_token=abc", "md:videos?motherduck_token=***"),
            ("host=db user=ann password=pw", "host=db user=ann password=***"),
            ("host=db password = 'it\\'s' user=ann", "host=db password =***"),
            ("Server=db;Pwd=pw;", "Server=db;Pwd=***"),
        ] {
            assert_eq!(redact(text), expected, "of {text}");
            assert_eq!(redact(&redact(text)), expected, "again, of {text}");
        }
    }

    #[test]
    fn settings_show_what_is_harmless() {
        let settings: Settings = [
            ("host", "db".into()),
            ("port", 5432.into()),
            ("password", "hunter2".into()),
            ("pin", 1234.into()),
            ("options", serde_json::json!({"host": "hunter2"})),
        ]
        .map(|(name, value): (&str, Value)| (name.to_owned(), value))
        .into_iter()
        .collect();
        assert_eq!(
            format!("{settings:?}"),
            r#"{"host": "db", "port": "5432", "password": "***", "pin": "***", "options": "***"}"#
        );
    }

    proptest! {
        #[test]
        fn no_password_is_printed(password in "[ -~]{0,12}~[ -~]{1,12}|[^\\p{C}]{6,20}") {
            for text in [
                format!("postgres://ann:{password}@db.example/videos"),
                format!("postgres://db.example/videos?user=ann&password={password}"),
                format!("host=db user=ann password={password}"),
                format!("host=db password='{password}' user=ann"),
            ] {
                let secret = Secret::new(&*text);
                prop_assert!(!secret.to_string().contains(&password), "{secret}");
                prop_assert!(!format!("{secret:?}").contains(&password), "{secret:?}");
                prop_assert_eq!(secret.expose(), text);
            }
        }
    }
}
