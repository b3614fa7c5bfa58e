//! What a URL of a database says.

use std::path::PathBuf;

/// A database to open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    /// The file, or none for a database in memory.
    pub(super) path: Option<PathBuf>,
    /// Options of DuckDB, by name.
    pub(super) options: Vec<(String, String)>,
}

impl Target {
    /// Reads `path`, `duckdb:path?option=value`, or `:memory:`. Only with the scheme are there options: a path may have
    /// a question mark.
    pub(super) fn parse(url: &str) -> Self {
        let (path, options) = match url.strip_prefix("duckdb:") {
            Some(rest) => {
                let rest = rest.strip_prefix("//").unwrap_or(rest);
                rest.split_once('?').unwrap_or((rest, ""))
            }
            None => (url, ""),
        };
        let mut options: Vec<_> = options
            .split('&')
            .filter(|option| !option.is_empty())
            .map(|option| option.split_once('=').unwrap_or((option, "true")))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        options.sort();
        Self { path: (!matches!(path, "" | ":memory:")).then(|| path.into()), options }
    }

    /// What errors call the database.
    pub(super) fn name(&self) -> String {
        self.path.as_ref().map_or_else(|| ":memory:".to_owned(), |path| path.display().to_string())
    }

    /// The options for DuckDB.
    pub(super) fn config(&self) -> duckdb::Result<duckdb::Config> {
        self.options
            .iter()
            .try_fold(duckdb::Config::default(), |config, (name, value)| config.with(name, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_read() {
        let check = |url: &str, path: Option<&str>, options: &[(&str, &str)]| {
            let options =
                options.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
            assert_eq!(
                Target::parse(url),
                Target { path: path.map(PathBuf::from), options },
                "{url}"
            );
        };
        check("", None, &[]);
        check(":memory:", None, &[]);
        check("duckdb::memory:?threads=1", None, &[("threads", "1")]);
        check("dev.duckdb", Some("dev.duckdb"), &[]);
        check("what?.duckdb", Some("what?.duckdb"), &[]);
        check("duckdb:dev.duckdb", Some("dev.duckdb"), &[]);
        check("duckdb:///data/dev.duckdb", Some("/data/dev.duckdb"), &[]);
        check(
            "duckdb:dev.duckdb?threads=2&access_mode=read_only",
            Some("dev.duckdb"),
            &[("access_mode", "read_only"), ("threads", "2")],
        );
    }
}
