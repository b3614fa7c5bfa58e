//! Where the program finds the libduckdb that it was linked with: what a build knows, the system's loader does not.

use std::{env, ffi::OsString, path::PathBuf};

/// The variable by which the system's loader is told of directories.
const LOADER: &str =
    if cfg!(target_os = "macos") { "DYLD_LIBRARY_PATH" } else { "LD_LIBRARY_PATH" };

/// What a loader ends with that does not find a library: <https://tldp.org/LDP/abs/html/exitcodes.html>.
const NOT_LOADED: i32 = 127;

/// The loader's directories, with that of libduckdb where the user names one.
pub fn search_path() -> Option<(&'static str, OsString)> {
    let directory = PathBuf::from(env::var_os("DUCKDB_LIB_DIR")?);
    Some((LOADER, joined(directory, env::var_os(LOADER))?))
}

fn joined(first: PathBuf, others: Option<OsString>) -> Option<OsString> {
    let others = others.unwrap_or_default();
    let others = env::split_paths(&others).filter(|it| !it.as_os_str().is_empty());
    env::join_paths([first].into_iter().chain(others)).ok()
}

/// What to say of a program that the loader could not begin, which has said itself what was missing.
pub fn hint(code: Option<i32>) -> Option<String> {
    (code == Some(NOT_LOADED)).then(|| {
        format!(
            "error: the program was built, but a library that it needs was not found. Where that is libduckdb, set \
             DUCKDB_LIB_DIR to its directory, for `cargo metaxy` and when the program is built; or {LOADER}, for whatever \
             runs it; or put the library into a directory of the system, and run `ldconfig`"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_is_looked_for_where_the_user_says() {
        let joined =
            |others: Option<&str>| joined("/opt/duckdb".into(), others.map(OsString::from));
        assert_eq!(joined(None), Some("/opt/duckdb".into()));
        assert_eq!(joined(Some("")), Some("/opt/duckdb".into()));
        assert_eq!(joined(Some("/a:/b")), Some("/opt/duckdb:/a:/b".into()));
    }

    #[test]
    fn only_what_was_not_loaded_gets_a_hint() {
        assert!(hint(Some(NOT_LOADED)).is_some_and(|it| it.contains("DUCKDB_LIB_DIR")));
        for code in [Some(0), Some(3), Some(101), None] {
            assert_eq!(hint(code), None);
        }
    }
}
