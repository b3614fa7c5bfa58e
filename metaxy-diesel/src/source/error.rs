//! Why a source was not read.

use super::SOURCES;
use crate::{
    backend::{Backend, ConnectError, InspectError, ScratchError, ScriptError},
    migration::MigrationError,
    snapshot::SnapshotError,
};
use std::{error::Error, io, path::PathBuf};

/// Why a text is no [`Source`](super::Source). What follows the first `:` may hold a password, and is never printed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseSourceError {
    /// There is no such kind of source.
    #[error("`{kind}` is no source: {}", advice(kind))]
    Unknown {
        /// What was written before the first `:`.
        kind: String,
    },
    /// A file, directory or URL is missing.
    #[error("`{kind}` says nothing of where: write `{kind}:{}`", place(kind))]
    NoPlace {
        /// The kind of source.
        kind: String,
    },
    /// There is one too many.
    #[error("`{kind}` is all that can be said of them: leave out what follows it")]
    Place {
        /// The kind of source.
        kind: String,
    },
}

/// Why a source was not read. No variant ever holds a password.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// A file cannot be read.
    #[error("cannot read `{}`: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is no such directory.
    #[error("there is no directory `{}`", path.display())]
    NoDirectory {
        /// The directory.
        path: PathBuf,
    },
    /// The file is no snapshot.
    #[error("`{}` is no snapshot: {source}", path.display())]
    Snapshot {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: SnapshotError,
    },
    /// It is of another kind of database.
    #[error(
        "`{what}` is of {found}, and {wanted} was asked for: add `--backend {}`", found.name()
    )]
    OtherBackend {
        /// The snapshot or migration.
        what: String,
        /// What it is of.
        found: Backend,
        /// What was asked for.
        wanted: Backend,
    },
    /// No store was given whose database is meant.
    #[error("`database` means that of a store, and none is configured: write `database:URL`")]
    NoStore,
    /// The database is not reached.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The database is not read.
    #[error(transparent)]
    Inspect(#[from] InspectError),
    /// There is no place to run it in.
    #[error(transparent)]
    Scratch(#[from] ScratchError),
    /// The migrations cannot be read.
    #[error(transparent)]
    Migrations(#[from] MigrationError),
    /// A script failed.
    #[error(
        "`{}`{}: {}", path.display(),
        error.line.map_or_else(String::new, |line| format!(", line {line}")), error.message
    )]
    Script {
        /// The file.
        path: PathBuf,
        /// What the database said of it.
        error: ScriptError,
    },
    /// The file is no `schema.rs`.
    #[error("`{}`{}: {message}", path.display(), line.map_or_else(String::new, |it| format!(", line {it}")))]
    SchemaRs {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: Option<usize>,
        /// What is wrong.
        message: String,
    },
    /// This build does not read `schema.rs` files.
    #[error(
        "this build of metaxy does not read `schema.rs` files: add the feature \"cli\" to `metaxy` in Cargo.toml"
    )]
    NoSchemaRs,
    /// The features make no schema.
    #[error("{0}")]
    Features(Box<dyn Error + Send + Sync>),
}

fn advice(kind: &str) -> String {
    match kind.parse::<Backend>().is_ok() || kind == "file" {
        true => "write `database:URL`".to_owned(),
        false => format!("write one of {SOURCES}"),
    }
}

fn place(kind: &str) -> &'static str {
    match kind {
        "database" => "URL",
        "migrations" => "DIR",
        _ => "FILE",
    }
}
