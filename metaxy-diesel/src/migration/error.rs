use crate::{
    snapshot::SnapshotError,
    sum::{Finding, ParseSumError},
};
use std::{io, path::PathBuf};

/// Why the files of a history were not read.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// A file or directory could not be read or written.
    #[error("cannot {action} `{}`: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The name of a directory is no migration's.
    #[error(
        "`{}` is not named as a migration: write `VERSION_name` with a version of digits and `-`, \
         such as `2026-11-23-001530_initialize`", path.display()
    )]
    Name {
        /// The directory.
        path: PathBuf,
    },
    /// Two migrations have one version: Diesel would skip one of them.
    #[error(
        "migrations `{first}` and `{second}` have the same version {version}: run `metaxy migration rebase`, or rename \
         one of them"
    )]
    Duplicate {
        /// The version.
        version: String,
        /// The one.
        first: String,
        /// The other.
        second: String,
    },
    /// There is no such migration.
    #[error("there is no migration `{name}` in `{}`", path.display())]
    NoSuchMigration {
        /// What was asked for.
        name: String,
        /// The directory.
        path: PathBuf,
    },
    /// A migration has no `up.sql`.
    #[error("`{}` has no `up.sql`: write one, or remove the directory", path.display())]
    NoUp {
        /// The directory.
        path: PathBuf,
    },
    /// `metadata.toml` is malformed.
    #[error("cannot read `{}`: {source}", path.display())]
    Metadata {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: Box<toml::de::Error>,
    },
    /// The file that says what a migration makes of the tables is malformed.
    #[error("cannot read `{file}`: {source}; restore it from version control")]
    Delta {
        /// The file.
        file: String,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// The file that says what a migration makes of the tables is not there.
    #[error("`{file}` is missing: restore it from version control")]
    NoDelta {
        /// The file.
        file: String,
    },
    /// Two branches were merged that each wrote migrations.
    #[error("two branches were merged: {}; run `metaxy migration rebase`", branches.join(", "))]
    Branches {
        /// In words, which migrations were written after the same one.
        branches: Vec<String>,
    },
    /// The snapshot is malformed.
    #[error("cannot read `{}`: {source}", path.display())]
    Snapshot {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: SnapshotError,
    },
    /// The sums are malformed.
    #[error("cannot read `{}`: {source}", path.display())]
    Sum {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: ParseSumError,
    },
    /// The files are not those that were written.
    #[error(
        "the migrations in `{}` are not as they were written:\n  {}\nundo it, or run `metaxy migration repair` where it is meant",
        path.display(),
        findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n  ")
    )]
    Changed {
        /// The directory.
        path: PathBuf,
        /// All that is wrong.
        findings: Vec<Finding>,
    },
}

impl MigrationError {
    /// Whether the files could be read, and are not in order.
    pub fn is_found(&self) -> bool {
        match self {
            Self::Changed { .. }
            | Self::Branches { .. }
            | Self::Duplicate { .. }
            | Self::Sum { .. } => true,
            Self::Snapshot { source, .. } => matches!(source, SnapshotError::Conflict),
            _ => false,
        }
    }
}
