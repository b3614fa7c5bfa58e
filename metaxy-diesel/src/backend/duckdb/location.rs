//! Where a DuckDB database is: what URLs of it mean.

use std::path::{Path, PathBuf};

/// The same URL with its path made absolute: relative ones are relative to `base`.
///
/// ```
/// use metaxy_diesel::backend::duckdb::resolve;
/// use std::path::Path;
///
/// assert_eq!(resolve("dev.duckdb", Path::new("/srv")), "/srv/dev.duckdb");
/// assert_eq!(resolve("duckdb:///dev.duckdb", Path::new("/srv")), "duckdb:///dev.duckdb");
/// assert_eq!(resolve("duckdb:dev.duckdb?threads=2", Path::new("/srv")), "duckdb:/srv/dev.duckdb?threads=2");
/// assert_eq!(resolve(":memory:", Path::new("/srv")), ":memory:");
/// ```
pub fn resolve(url: &str, base: &Path) -> String {
    let (before, path, after) = parts(url);
    match path {
        Some(path) if path.is_relative() => {
            format!("{}{}{after}", before.trim_end_matches('/'), base.join(path).display())
        }
        _ => url.to_owned(),
    }
}

/// The file of a database; `None`: it is in memory.
#[cfg(feature = "duckdb")]
pub(super) fn file(url: &str) -> Option<PathBuf> {
    parts(url).1
}

/// `duckdb:`, the path, and `?option=value`. Only with the scheme are there options: a path may have a question mark.
fn parts(url: &str) -> (&str, Option<PathBuf>, &str) {
    let scheme = ["duckdb://", "duckdb:"].into_iter().find(|it| url.starts_with(it)).unwrap_or("");
    let rest = &url[scheme.len()..];
    let end = if scheme.is_empty() { None } else { rest.find('?') };
    let (path, after) = rest.split_at(end.unwrap_or(rest.len()));
    (scheme, (!matches!(path, "" | ":memory:")).then(|| path.into()), after)
}
