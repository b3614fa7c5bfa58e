//! For build scripts: embeds the migrations of a project into its program, as `metaxy::embed_migrations!()`.
//!
//! ```no_run
//! // build.rs
//! fn main() -> Result<(), metaxy_build::BuildError> {
//!     metaxy_build::embed_migrations()
//! }
//! ```
//!
//! Cargo runs it again when the configuration changes, and when a migration is written, edited or removed. Files that the
//! configuration extends, and `METAXY_*` variables, are not watched.

use metaxy_core::config::{Config, ConfigError, SCOPES};
use std::{
    env,
    fmt::Write,
    fs, io,
    path::{Path, PathBuf},
};

/// Why nothing was embedded.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// No build script runs it.
    #[error("`{0}` is not set: call it from build.rs")]
    NotABuild(&'static str),
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A file cannot be read or written.
    #[error("cannot access `{}`: {source}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Embeds the histories of all stores that the `metaxy.toml` of the package, or of a directory above, has: those whose directory
/// is there.
///
/// # Errors
///
/// [`BuildError`].
pub fn embed_migrations() -> Result<(), BuildError> {
    let variable = |name| env::var_os(name).map(PathBuf::from).ok_or(BuildError::NotABuild(name));
    let (package, out) = (variable("CARGO_MANIFEST_DIR")?, variable("OUT_DIR")?);
    let config = Config::discover_for_build(&package)?;
    let Embedding { source, watched } = embedding(&config)?;
    for path in watched {
        println!("cargo:rerun-if-changed={}", path.display());
    }
    let path = out.join("metaxy_migrations.rs");
    fs::write(&path, source).map_err(|source| BuildError::Io { path, source })
}

/// What is embedded.
struct Embedding {
    /// An expression of Rust.
    source: String,
    /// What it depends on.
    watched: Vec<PathBuf>,
}

fn embedding(config: &Config) -> Result<Embedding, BuildError> {
    let mut watched: Vec<PathBuf> = config.file.iter().cloned().collect();
    let mut histories = String::new();
    for store in config.stores.keys() {
        for scope in SCOPES {
            let directory = config.migrations_dir(store, scope);
            watched.push(first_missing(&directory).unwrap_or(&directory).to_owned());
            if !directory.is_dir() {
                continue;
            }
            let version_table = config.migrations.version_table(store, scope);
            let files: String = files(&directory)?
                .into_iter()
                .map(|(name, path)| format!("({name:?}, include_str!({path:?})), "))
                .collect();
            let shown = config.migrations.directory(store, scope);
            let shown = shown.display().to_string();
            writeln!(
                histories,
                "::metaxy::embedded::EmbeddedHistory {{ store: {store:?}, scope: {scope:?}, directory: {shown:?}, \
                 version_table: {version_table:?}, files: &[{files}] }},"
            )
            .expect("writing to a string does not fail");
        }
    }
    let source =
        format!("::metaxy::embedded::EmbeddedMigrations {{ histories: &[\n{histories}] }}\n");
    Ok(Embedding { source, watched })
}

/// The part of a path that is not there: Cargo runs a build script again until it is.
fn first_missing(path: &Path) -> Option<&Path> {
    path.ancestors().filter(|it| !it.as_os_str().is_empty() && !it.exists()).last()
}

/// The files of a migration. Others beside them may be anything.
const OF_MIGRATIONS: [&str; 4] = ["up.sql", "down.sql", "metadata.toml", "tables.json"];

/// The files of a history beside its migrations.
const OF_HISTORY: [&str; 2] = ["snapshot.json", "metaxy.sum"];

/// The files of a history, by name within its directory, sorted. As Diesel does, it passes over what is hidden.
fn files(directory: &Path) -> Result<Vec<(String, PathBuf)>, BuildError> {
    let mut found = Vec::new();
    for (name, path) in entries(directory)? {
        if path.is_dir() {
            let files = entries(&path)?.into_iter();
            let files = files.filter(|(file, _)| OF_MIGRATIONS.contains(&file.as_str()));
            found.extend(files.map(|(file, path)| (format!("{name}/{file}"), path)));
        } else if OF_HISTORY.contains(&name.as_str()) {
            found.push((name, path));
        }
    }
    Ok(found)
}

fn entries(directory: &Path) -> Result<Vec<(String, PathBuf)>, BuildError> {
    let failed = |source| BuildError::Io { path: directory.to_owned(), source };
    let directory = directory.canonicalize().map_err(failed)?;
    let mut found = Vec::new();
    for entry in fs::read_dir(&directory).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !name.starts_with('.') {
            found.push((name, path));
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn histories_are_embedded_and_watched() {
        let folder = tempfile::tempdir().expect("a directory can be made");
        let root = folder.path();
        let toml =
            "[stores.dev]\ntype = \"sqlite\"\nconfig = { database = \"${NOT_SET_ANYWHERE}\" }\n";
        fs::write(root.join("metaxy.toml"), toml).expect("it can be written");
        let config = Config::discover_for_build(root).expect("no store is reached");
        let nothing = embedding(&config).expect("nothing is there");
        let missing = root.join("migrations");
        assert_eq!(nothing.watched, [root.join("metaxy.toml"), missing.clone(), missing.clone()]);
        assert_eq!(nothing.source, "::metaxy::embedded::EmbeddedMigrations { histories: &[\n] }\n");

        let history = root.join("migrations/dev/features");
        fs::create_dir_all(history.join("1_first")).expect("it can be made");
        for file in ["1_first/up.sql", "metaxy.sum", ".hidden", "1_first/hidden.png", "hidden.tmp"]
        {
            fs::write(history.join(file), "SELECT 1;").expect("it can be written");
        }
        let found = embedding(&config).expect("it can be read");
        assert_eq!(found.watched[1..], [root.join("migrations/dev/system"), history]);
        assert!(found.source.contains("(\"1_first/up.sql\", include_str!("), "{}", found.source);
        assert!(found.source.contains("(\"metaxy.sum\", "), "{}", found.source);
        assert!(found.source.contains("__diesel_schema_migrations_metaxy_features"));
        assert!(!found.source.contains("hidden"));
    }
}
