//! [`Migration`] and [`MigrationDirectory`]: a history's files, in the layout of Diesel.
//!
//! ```text
//! 2026-11-23-001530_initialize/{up.sql, down.sql, metadata.toml}
//! snapshot.json
//! metaxy.sum
//! ```
//!
//! Diesel's own tools pass over plain files beside the directories, and over directories that begin with a dot.

use crate::{
    backend::Backend,
    change::Risk,
    ddl,
    schema::{DefaultValue, SqlType, TableName},
    snapshot::{SNAPSHOT_FILE, Snapshot, SnapshotError},
    sum::{Finding, ParseSumError, SUM_FILE, Sum},
};
use serde::{Deserialize, Serialize};
use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

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
}

/// Which of its scripts a migration runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// `up.sql`.
    Up,
    /// `down.sql`.
    Down,
}

/// A migration's `metadata.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metadata {
    /// Whether it runs in a transaction. Diesel's key; Diesel takes a file without it for `false`.
    #[serde(default)]
    pub run_in_transaction: bool,
    /// What metaxy wrote of it; `None`: not written by metaxy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metaxy: Option<Origin>,
}

/// What metaxy knows of a migration that it wrote.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Origin {
    /// The version of metaxy.
    pub version: String,
    /// The database that the SQL is for.
    pub backend: Backend,
    /// What the history is of: `features`, `system`.
    pub scope: String,
    /// What `up.sql` puts at risk, by the names that tables and columns have before it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub risks: Vec<Risk>,
    /// What `down.sql` drops.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub revert_drops: Vec<RevertDrop>,
    /// The tables that both scripts build anew: the checks of foreign keys are off meanwhile, and done in the end, and
    /// triggers are put back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rebuilds: Vec<TableName>,
    /// The columns whose value in rows that are there the user has to write into a script.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub backfills: Vec<Backfilled>,
}

/// A table or column that reverting a migration drops or narrows, with what it holds by then.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RevertDrop {
    /// The table.
    #[serde(flatten)]
    pub table: TableName,
    /// The column; `None`: the whole table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// The column's default: rows that hold it lose nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<DefaultValue>,
    /// The type that the column gets, where it is not dropped: values that fit are not lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub becomes: Option<SqlType>,
}

/// A column whose value in rows that are there the user has to write into a script.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backfilled {
    /// The table.
    #[serde(flatten)]
    pub table: TableName,
    /// The column.
    pub column: String,
}

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
        "migrations `{first}` and `{second}` have the same version {version}: rename one of them"
    )]
    Duplicate {
        /// The version.
        version: String,
        /// The one.
        first: String,
        /// The other.
        second: String,
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
    /// The snapshot is malformed.
    #[error("cannot read `{}`: {source}", path.display())]
    Snapshot {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: SnapshotError,
    },
    /// The sums are malformed.
    #[error("cannot read `{}`: {source}; look through the migrations, then run `metaxy migration repair`", path.display())]
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

/// A directory of migrations, with its snapshot.
#[derive(Debug, Clone, PartialEq)]
pub struct MigrationDirectory {
    /// Where it is.
    pub path: PathBuf,
    /// The migrations, by version.
    pub migrations: Vec<Migration>,
    /// The schema that they lead to; `None` where metaxy wrote none of them.
    pub snapshot: Option<Snapshot>,
    /// The text of its file: what the sums are of.
    snapshot_text: Option<String>,
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

impl fmt::Display for Backfilled {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}", self.table, self.column)
    }
}

impl RevertDrop {
    /// `table` or `table.column`: what `--allow-destructive` has to name.
    pub fn object(&self) -> String {
        match &self.column {
            None => self.table.to_string(),
            Some(column) => format!("{}.{column}", self.table),
        }
    }
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

    /// A migration that is in no directory yet.
    pub fn new(name: &str, up: String, down: Option<String>, metadata: Metadata) -> Self {
        let version = version_of(name).unwrap_or_default();
        let text = toml::to_string(&metadata).expect("metadata is plain tables and strings");
        Self { version, name: name.to_owned(), up, down, metadata, metadata_text: Some(text) }
    }

    fn read(path: &Path) -> Result<Self, MigrationError> {
        let name = path.file_name().and_then(|it| it.to_str()).unwrap_or_default().to_owned();
        let version =
            version_of(&name).ok_or_else(|| MigrationError::Name { path: path.to_owned() })?;
        let up = read_optional(&path.join("up.sql"))?
            .ok_or_else(|| MigrationError::NoUp { path: path.to_owned() })?;
        let down = read_optional(&path.join("down.sql"))?;
        let metadata_path = path.join("metadata.toml");
        let metadata_text = read_optional(&metadata_path)?;
        let metadata = match &metadata_text {
            // As Diesel takes a migration without the file.
            None => Metadata { run_in_transaction: true, metaxy: None },
            Some(text) => toml::from_str(text).map_err(|source| MigrationError::Metadata {
                path: metadata_path,
                source: Box::new(source),
            })?,
        };
        Ok(Self { version, name, up, down, metadata, metadata_text })
    }

    /// Its files with their texts.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let texts = [
            ("up.sql", Some(self.up.as_str())),
            ("down.sql", self.down.as_deref()),
            ("metadata.toml", self.metadata_text.as_deref()),
        ];
        texts.into_iter().filter_map(|(file, text)| Some((file, text?)))
    }
}

impl MigrationDirectory {
    /// Reads a directory of migrations and checks it against its sums. One that does not exist has no migrations.
    ///
    /// # Errors
    ///
    /// Where a name, a version or a file is malformed, and where files are not those that were written.
    pub fn open(path: &Path) -> Result<Self, MigrationError> {
        let (directory, sum) = Self::read(path)?;
        let mut findings = match sum {
            Some(sum) => sum.compare(&directory.sum()),
            // Migrations from before metaxy have no sums, and are taken as they are.
            None if directory.migrations.iter().any(|it| it.metadata.metaxy.is_some()) => {
                vec![Finding::NoSum]
            }
            None => Vec::new(),
        };
        if let (Some(snapshot), Some(last)) = (&directory.snapshot, directory.migrations.last())
            && snapshot.migration != last.version
            && findings.is_empty()
        {
            let (snapshot, last) = (snapshot.migration.clone(), last.version.clone());
            findings.push(Finding::StaleSnapshot { snapshot, last });
        }
        match findings.is_empty() {
            true => Ok(directory),
            false => Err(MigrationError::Changed { path: path.to_owned(), findings }),
        }
    }

    /// Takes the files as they are now for those that are meant: writes their sums.
    ///
    /// # Errors
    ///
    /// Where a file cannot be read or written.
    pub fn repair(path: &Path) -> Result<Self, MigrationError> {
        let mut directory = Self::load(path)?;
        if let (Some(snapshot), Some(last)) = (&mut directory.snapshot, directory.migrations.last())
        {
            snapshot.migration.clone_from(&last.version);
            let text = snapshot.to_json();
            write(&path.join(SNAPSHOT_FILE), &text)?;
            directory.snapshot_text = Some(text);
        }
        write(&path.join(SUM_FILE), &directory.sum().to_string())?;
        Ok(directory)
    }

    /// The migration of this version.
    pub fn migration(&self, version: &str) -> Option<&Migration> {
        let at = self.migrations.binary_search_by(|it| it.version.as_str().cmp(version)).ok()?;
        self.migrations.get(at)
    }

    /// The text of the snapshot's file.
    pub(crate) fn snapshot_text(&self) -> Option<&str> {
        self.snapshot_text.as_deref()
    }

    /// The sums of the files as they are.
    pub fn sum(&self) -> Sum {
        sum(&self.migrations, self.snapshot_text.as_deref())
    }

    fn read(path: &Path) -> Result<(Self, Option<Sum>), MigrationError> {
        let directory = Self::load(path)?;
        let file = path.join(SUM_FILE);
        let sum = read_optional(&file)?
            .map(|text| Sum::parse(&text))
            .transpose()
            .map_err(|source| MigrationError::Sum { path: file, source })?;
        Ok((directory, sum))
    }

    /// Reads the files as they are, without a look at their sums.
    pub(crate) fn load(path: &Path) -> Result<Self, MigrationError> {
        let mut migrations = Vec::new();
        for directory in migration_directories(path)? {
            migrations.push(Migration::read(&directory)?);
        }
        migrations.sort_by(|one, other| one.version.cmp(&other.version));
        if let Some([first, second]) =
            migrations.array_windows().find(|[one, other]| one.version == other.version)
        {
            let version = first.version.clone();
            let (first, second) = (first.name.clone(), second.name.clone());
            return Err(MigrationError::Duplicate { version, first, second });
        }
        let file = path.join(SNAPSHOT_FILE);
        let snapshot_text = read_optional(&file)?;
        let snapshot = snapshot_text
            .as_deref()
            .map(Snapshot::from_json)
            .transpose()
            .map_err(|source| MigrationError::Snapshot { path: file, source })?;
        Ok(Self { path: path.to_owned(), migrations, snapshot, snapshot_text })
    }
}

/// The sums of migrations, and of the text of the snapshot that they lead to.
pub(crate) fn sum<'a>(
    migrations: impl IntoIterator<Item = &'a Migration>,
    snapshot: Option<&'a str>,
) -> Sum {
    let files = migrations.into_iter().flat_map(|migration| {
        migration.texts().map(move |(file, text)| (format!("{}/{file}", migration.name), text))
    });
    Sum::of(files.chain(snapshot.map(|text| (SNAPSHOT_FILE.to_owned(), text))))
}

/// The version that a directory's name begins with, as Diesel takes it: `20261123001530` of `2026-11-23-001530_x`.
pub(crate) fn version_of(name: &str) -> Option<String> {
    let version = name.split('_').next()?.replace('-', "");
    (!version.is_empty() && version.bytes().all(|it| it.is_ascii_digit())).then_some(version)
}

/// The directories of migrations: as Diesel does, without those that are hidden or empty.
fn migration_directories(path: &Path) -> Result<Vec<PathBuf>, MigrationError> {
    let failed = |source| MigrationError::Io { action: "read", path: path.to_owned(), source };
    let entries = match fs::read_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(failed)?,
    };
    let mut directories = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed)?.path();
        let hidden = entry.file_name().is_some_and(|it| it.to_string_lossy().starts_with('.'));
        if !hidden && entry.is_dir() && entry.read_dir().map_err(failed)?.next().is_some() {
            directories.push(entry);
        }
    }
    directories.sort();
    Ok(directories)
}

fn read_optional(path: &Path) -> Result<Option<String>, MigrationError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(MigrationError::Io { action: "read", path: path.to_owned(), source }),
    }
}

fn write(path: &Path, text: &str) -> Result<(), MigrationError> {
    fs::write(path, text).map_err(|source| MigrationError::Io {
        action: "write",
        path: path.to_owned(),
        source,
    })
}
