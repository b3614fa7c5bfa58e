//! [`Migration`] and [`MigrationDirectory`]: a history's files, in the layout of Diesel.
//!
//! ```text
//! 2026-11-23-001530_initialize/{up.sql, down.sql, metadata.toml, tables.json}
//! snapshot.json
//! metaxy.sum
//! ```
//!
//! Diesel's own tools pass over plain files beside the directories, and over directories that begin with a dot.

use crate::{ddl, hash::text_hash};
use std::{collections::BTreeMap, fs, path::Path};

mod branches;
mod delta;
mod directory;
mod error;
mod metadata;

pub use delta::{DELTA_FILE, Delta};
pub(crate) use delta::{Replayed, forget_hints, replay};
pub use directory::MigrationDirectory;
pub(crate) use directory::{position, read_all, replace, sum, whole};
pub use error::MigrationError;
pub use metadata::{Backfilled, Former, Metadata, Origin, RevertDrop};

/// The files of a migration. Others in its directory are their owner's.
pub(crate) const MIGRATION_FILES: [&str; 4] = ["up.sql", "down.sql", "metadata.toml", DELTA_FILE];

/// One migration, as it stands on disk.
#[derive(Debug, Clone, PartialEq)]
pub struct Migration {
    /// The digits before the first `_`, without `-`: what the version table keeps, as Diesel does.
    pub version: String,
    /// The name of its directory.
    pub name: String,
    /// `up.sql`.
    pub up: String,
    /// `down.sql`; `None`: it cannot be reverted.
    pub down: Option<String>,
    /// `metadata.toml`.
    pub metadata: Metadata,
    /// The text of `metadata.toml`, where there is one.
    metadata_text: Option<String>,
    /// The text of `tables.json`, where there is one.
    delta_text: Option<String>,
}

/// Which of its scripts a migration runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// `up.sql`.
    Up,
    /// `down.sql`.
    Down,
}

/// A place in a script where the user has to write a value, and did not yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingBackfill<'a> {
    /// The column.
    pub column: &'a Backfilled,
    /// The line, from 1.
    pub line: usize,
}

/// The places in a script of a migration where the user did not write the value of a column yet.
pub fn missing_backfills<'a>(
    migration: &'a Migration,
    script: &'a str,
) -> impl Iterator<Item = MissingBackfill<'a>> {
    let columns = migration.metadata.metaxy.iter().flat_map(|it| &it.backfills);
    columns.filter_map(|column| {
        let place = ddl::place(&column.table, &column.column);
        let line = script.lines().position(|line| line.contains(&place))? + 1;
        Some(MissingBackfill { column, line })
    })
}

impl Direction {
    /// The script's file.
    pub const fn file(self) -> &'static str {
        match self {
            Self::Up => "up.sql",
            Self::Down => "down.sql",
        }
    }
}

impl Migration {
    /// The text of a script; that of one that is not there is empty.
    pub fn script(&self, direction: Direction) -> &str {
        match direction {
            Direction::Up => &self.up,
            Direction::Down => self.down.as_deref().unwrap_or_default(),
        }
    }

    /// A migration that is in no directory yet, and says nothing of tables.
    pub fn new(name: &str, up: String, down: Option<String>, metadata: Metadata) -> Self {
        let (version, name) = (version_of(name).unwrap_or_default(), name.to_owned());
        let metadata_text = Some(metadata.to_toml());
        Self { version, name, up, down, metadata, metadata_text, delta_text: None }
    }

    /// Reads the texts of a migration's files, which are taken out.
    fn parse(path: &Path, texts: &mut BTreeMap<String, String>) -> Result<Self, MigrationError> {
        let name = path.file_name().and_then(|it| it.to_str()).unwrap_or_default().to_owned();
        let version =
            version_of(&name).ok_or_else(|| MigrationError::Name { path: path.to_owned() })?;
        let up =
            texts.remove("up.sql").ok_or_else(|| MigrationError::NoUp { path: path.to_owned() })?;
        let metadata_text = texts.remove("metadata.toml");
        let metadata = match &metadata_text {
            // As Diesel takes a migration without the file.
            None => Metadata { run_in_transaction: true, metaxy: None },
            Some(text) => toml::from_str(text).map_err(|source| MigrationError::Metadata {
                path: path.join("metadata.toml"),
                source: Box::new(source),
            })?,
        };
        let (down, delta_text) = (texts.remove("down.sql"), texts.remove(DELTA_FILE));
        Ok(Self { version, name, up, down, metadata, metadata_text, delta_text })
    }

    /// What it makes of the tables. One that metaxy did not write changes none that metaxy knows.
    ///
    /// # Errors
    ///
    /// Where its file is missing, though metaxy wrote it, or malformed.
    pub fn delta(&self) -> Result<Delta, MigrationError> {
        let file = || format!("{}/{DELTA_FILE}", self.name);
        match &self.delta_text {
            Some(text) => serde_json::from_str(text)
                .map_err(|source| MigrationError::Delta { file: file(), source }),
            None if self.metadata.metaxy.is_some() => Err(MigrationError::NoDelta { file: file() }),
            None => Ok(Delta::default()),
        }
    }

    /// Writes its directory into that of a history, whole or not at all.
    pub(crate) fn write(&self, directory: &Path) -> Result<(), MigrationError> {
        // Diesel passes over names that begin with a dot.
        let scratch = directory.join(format!(".{}.tmp", self.version));
        let path = directory.join(&self.name);
        let failed = |source| MigrationError::Io { action: "write", path: path.clone(), source };
        fs::create_dir_all(&scratch).map_err(failed)?;
        let written = self.texts().try_for_each(|(file, text)| fs::write(scratch.join(file), text));
        written.and_then(|()| fs::rename(&scratch, &path)).map_err(|error| {
            // Whatever fails here too is passed over.
            _ = fs::remove_dir_all(&scratch);
            failed(error)
        })
    }

    /// The migration with another name.
    pub(crate) fn renamed(&self, name: String) -> Self {
        Self { version: version_of(&name).unwrap_or_default(), name, ..self.clone() }
    }

    /// The migration with another origin; one that metaxy did not write stays as it is.
    pub(crate) fn with_origin(&self, change: impl FnOnce(&mut Origin)) -> Self {
        let mut migration = self.clone();
        if let Some(origin) = &mut migration.metadata.metaxy {
            change(origin);
            migration.metadata_text = Some(migration.metadata.to_toml());
        }
        migration
    }

    /// The migration with other scripts.
    pub(crate) fn with_scripts(&self, up: String, down: Option<String>) -> Self {
        Self { up, down, ..self.clone() }
    }

    /// The migration, within a transaction or not.
    pub(crate) fn with_transaction(&self, run_in_transaction: bool) -> Self {
        let metadata = Metadata { run_in_transaction, ..self.metadata.clone() };
        Self { metadata_text: Some(metadata.to_toml()), metadata, ..self.clone() }
    }

    /// Writes those of its files that are not so in its directory.
    pub(crate) fn write_changed(&self, directory: &Path) -> Result<(), MigrationError> {
        for (file, text) in self.texts() {
            let file = directory.join(file);
            if fs::read_to_string(&file).ok().as_deref() != Some(text) {
                replace(&file, text)?;
            }
        }
        Ok(())
    }

    /// The migration with another delta.
    pub(crate) fn with_delta(&self, delta: &Delta) -> Self {
        Self { delta_text: Some(delta.to_json()), ..self.clone() }
    }

    /// Itself, as one that another takes the place of.
    pub(crate) fn former(&self) -> Former {
        let (version, name) = (self.version.clone(), self.name.clone());
        Former { version, name, checksum: text_hash(&self.up) }
    }

    /// Its files with their texts.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let texts = [
            Some(self.up.as_str()),
            self.down.as_deref(),
            self.metadata_text.as_deref(),
            self.delta_text.as_deref(),
        ];
        MIGRATION_FILES.into_iter().zip(texts).filter_map(|(file, text)| Some((file, text?)))
    }
}

/// The version that a directory's name begins with, as Diesel takes it: `20261123001530` of `2026-11-23-001530_x`.
pub(crate) fn version_of(name: &str) -> Option<String> {
    let version = name.split('_').next()?.replace('-', "");
    (!version.is_empty() && version.bytes().all(|it| it.is_ascii_digit())).then_some(version)
}
