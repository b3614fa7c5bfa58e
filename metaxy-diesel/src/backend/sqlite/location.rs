//! Where a SQLite database is: what URLs of it mean.

use std::path::{Path, PathBuf};

/// Where a database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Location {
    /// In memory, for one connection.
    Memory,
    /// In a file, with the parameters of its `file:` URL.
    File {
        /// The file.
        path: PathBuf,
        /// `?mode=ro`, or nothing.
        query: String,
    },
}

/// The same URL with its path made absolute: relative ones are relative to `base`.
///
/// ```
/// use metaxy_diesel::backend::sqlite::resolve;
/// use std::path::Path;
///
/// assert_eq!(resolve("sqlite://videos.db", Path::new("/srv")), "/srv/videos.db");
/// assert_eq!(resolve("file:videos.db?mode=ro", Path::new("/srv")), "file:/srv/videos.db?mode=ro");
/// assert_eq!(resolve(":memory:", Path::new("/srv")), ":memory:");
/// ```
pub fn resolve(url: &str, base: &Path) -> String {
    match Location::parse(url) {
        Location::Memory => url.to_owned(),
        Location::File { path, query } => Location::File { path: base.join(path), query }.to_url(),
    }
}

impl Location {
    /// Reads `path`, `:memory:`, `sqlite:path`, `sqlite://path`, `file:path` and `file://host/path`.
    ///
    /// As Diesel has it, `sqlite://videos.db` is relative and `sqlite:///srv/videos.db` absolute.
    pub(super) fn parse(url: &str) -> Self {
        if let Some(rest) = url.strip_prefix("file:") {
            // What stands between `//` and the next slash is a host: SQLite takes none, or `localhost`.
            let rest = match rest.strip_prefix("//") {
                Some(rest) => rest.strip_prefix("localhost").unwrap_or(rest),
                None => rest,
            };
            return Self::uri(rest);
        }
        match url.strip_prefix("sqlite:") {
            Some(rest) => Self::uri(rest.strip_prefix("//").unwrap_or(rest)),
            None => Self::file(url.to_owned(), String::new()),
        }
    }

    fn uri(text: &str) -> Self {
        let text = text.split('#').next().unwrap_or_default();
        let (path, query) = text.split_at(text.find('?').unwrap_or(text.len()));
        if query[query.len().min(1)..].split('&').any(|it| it == "mode=memory") {
            return Self::Memory;
        }
        Self::file(percent_decode(path), query.to_owned())
    }

    fn file(path: String, query: String) -> Self {
        match path.as_str() {
            ":memory:" => Self::Memory,
            _ => Self::File { path: path.into(), query },
        }
    }

    /// The URL that Diesel opens.
    pub(super) fn to_url(&self) -> String {
        match self {
            Self::Memory => ":memory:".to_owned(),
            Self::File { path, query } => {
                let path = path.to_string_lossy();
                let is_url = ["file:", "sqlite:", ":"].iter().any(|it| path.starts_with(it));
                match query.as_str() {
                    "" if is_url => format!("./{path}"),
                    "" => path.into_owned(),
                    query => format!("file:{}{query}", percent_encode(&path)),
                }
            }
        }
    }
}

fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|it| std::str::from_utf8(it).ok());
        match code.and_then(|it| u8::from_str_radix(it, 16).ok()) {
            Some(decoded) if byte == b'%' => {
                bytes.push(decoded);
                rest = &after[2..];
            }
            _ => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn percent_encode(path: &str) -> String {
    path.replace('%', "%25").replace('?', "%3F").replace('#', "%23")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_told_apart() {
        let file =
            |path: &str, query: &str| Location::File { path: path.into(), query: query.to_owned() };
        for (url, expected) in [
            ("videos.db", file("videos.db", "")),
            ("a?b%20#c.db", file("a?b%20#c.db", "")),
            ("sqlite:videos.db", file("videos.db", "")),
            ("sqlite://videos.db", file("videos.db", "")),
            ("sqlite:///srv/videos.db", file("/srv/videos.db", "")),
            ("sqlite:/srv/my%20videos.db", file("/srv/my videos.db", "")),
            ("file:videos.db?mode=ro", file("videos.db", "?mode=ro")),
            ("file:///srv/videos.db", file("/srv/videos.db", "")),
            ("file://localhost/srv/videos.db", file("/srv/videos.db", "")),
            (":memory:", Location::Memory),
            ("sqlite::memory:", Location::Memory),
            ("sqlite://:memory:", Location::Memory),
            ("file::memory:", Location::Memory),
            ("file:x?cache=shared&mode=memory", Location::Memory),
        ] {
            let location = Location::parse(url);
            assert_eq!(location, expected, "{url}");
            assert_eq!(Location::parse(&location.to_url()), location, "{url}");
        }
    }
}
