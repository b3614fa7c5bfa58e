//! [`MigrationDirectory`]: all migrations of a history.

use super::{Migration, MigrationError, branches, delta::replay, version_of};
use crate::{
    schema::Schema,
    snapshot::{SNAPSHOT_FILE, Snapshot},
    sum::{Finding, SUM_FILE, Sum},
};
use metaxy_core::files;
use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

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

/// The texts of a history's files, by path within its directory, `/` between its parts.
pub(crate) type Files = BTreeMap<String, String>;

impl MigrationDirectory {
    /// Reads a directory of migrations and checks it against its sums. One that does not exist has no migrations.
    ///
    /// # Errors
    ///
    /// Where a name, a version or a file is malformed, where two branches were merged, and where files are not those that
    /// were written.
    pub fn open(path: &Path) -> Result<Self, MigrationError> {
        Self::checked(path, read(path)?)
    }

    /// As [`open`](Self::open), of files that were read.
    pub(crate) fn checked(path: &Path, mut files: Files) -> Result<Self, MigrationError> {
        let migrations = parse(path, &mut files)?;
        let branches = branches::words(&migrations);
        if !branches.is_empty() {
            return Err(MigrationError::Branches { branches });
        }
        let sum = files.remove(SUM_FILE);
        let directory = Self::assemble(path, migrations, files)?;
        let sum = sum.map(|text| Sum::parse(&text)).transpose();
        let sum =
            sum.map_err(|source| MigrationError::Sum { path: path.join(SUM_FILE), source })?;
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
    /// Where a file cannot be read or written, and where two branches were merged.
    pub fn repair(path: &Path) -> Result<Self, MigrationError> {
        let mut directory = Self::load(path)?;
        let branches = branches::words(&directory.migrations);
        if !branches.is_empty() {
            return Err(MigrationError::Branches { branches });
        }
        if let (Some(snapshot), Some(last)) = (&mut directory.snapshot, directory.migrations.last())
        {
            snapshot.migration.clone_from(&last.version);
            directory.snapshot_text = Some(snapshot.to_json());
        }
        directory.seal()?;
        Ok(directory)
    }

    /// All that [`repair`](Self::repair) would take as it is, in words; nothing where the files are those that were written.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open), but for these.
    pub fn findings(path: &Path) -> Result<Vec<Finding>, MigrationError> {
        match Self::open(path) {
            Ok(_) => Ok(Vec::new()),
            Err(MigrationError::Changed { findings, .. }) => Ok(findings),
            Err(error) => Err(error),
        }
    }

    /// Writes the snapshot and the sums of the migrations as they are here.
    pub(crate) fn seal(&self) -> Result<(), MigrationError> {
        if let Some(text) = &self.snapshot_text {
            replace(&self.path.join(SNAPSHOT_FILE), text)?;
        }
        replace(&self.path.join(SUM_FILE), &self.sum().to_string())
    }

    /// Writes those files of its migrations that are not so in their directories.
    pub(crate) fn write_changed(&self) -> Result<(), MigrationError> {
        self.migrations.iter().try_for_each(|it| it.write_changed(&self.path.join(&it.name)))
    }

    /// The migration of this version, with or without `-`, or of this name.
    ///
    /// # Errors
    ///
    /// Where there is none.
    pub fn find(&self, name: &str) -> Result<&Migration, MigrationError> {
        Ok(&self.migrations[position(&self.path, &self.migrations, name)?])
    }

    /// The migration of this version.
    pub fn migration(&self, version: &str) -> Option<&Migration> {
        let at = self.migrations.binary_search_by(|it| it.version.as_str().cmp(version)).ok()?;
        self.migrations.get(at)
    }

    /// The schema that the migrations lead to, by what each says of itself: what the snapshot has to be.
    ///
    /// # Errors
    ///
    /// Where a migration that metaxy wrote lacks its `tables.json`.
    pub fn replayed(&self) -> Result<Schema, MigrationError> {
        Ok(replay(&self.migrations)?.schema)
    }

    /// The text of the snapshot's file.
    pub(crate) fn snapshot_text(&self) -> Option<&str> {
        self.snapshot_text.as_deref()
    }

    /// The sums of the files as they are.
    pub fn sum(&self) -> Sum {
        sum(&self.migrations, self.snapshot_text.as_deref())
    }

    /// Reads the files as they are, without a look at their sums.
    pub(crate) fn load(path: &Path) -> Result<Self, MigrationError> {
        let mut files = read(path)?;
        let migrations = parse(path, &mut files)?;
        Self::assemble(path, migrations, files)
    }

    /// A directory of these migrations and this snapshot.
    pub(crate) fn new(
        path: &Path,
        mut migrations: Vec<Migration>,
        snapshot: Option<Snapshot>,
    ) -> Self {
        migrations.sort_by(|one, other| one.version.cmp(&other.version));
        let snapshot_text = snapshot.as_ref().map(Snapshot::to_json);
        Self { path: path.to_owned(), migrations, snapshot, snapshot_text }
    }

    fn assemble(
        path: &Path,
        migrations: Vec<Migration>,
        mut files: Files,
    ) -> Result<Self, MigrationError> {
        if let Some([first, second]) =
            migrations.array_windows().find(|[one, other]| one.version == other.version)
        {
            let version = first.version.clone();
            let (first, second) = (first.name.clone(), second.name.clone());
            return Err(MigrationError::Duplicate { version, first, second });
        }
        let snapshot_text = files.remove(SNAPSHOT_FILE);
        let snapshot = snapshot_text.as_deref().map(Snapshot::from_json).transpose();
        let snapshot = snapshot.map_err(|source| MigrationError::Snapshot {
            path: path.join(SNAPSHOT_FILE),
            source,
        })?;
        Ok(Self { path: path.to_owned(), migrations, snapshot, snapshot_text })
    }
}

/// The place of the migration of this name, or of this version, with or without `-`.
///
/// # Errors
///
/// Where there is none.
pub(crate) fn position(
    path: &Path,
    migrations: &[Migration],
    name: &str,
) -> Result<usize, MigrationError> {
    let version = name.replace('-', "");
    let found = migrations.iter().position(|it| it.name == name);
    let found = found.or_else(|| migrations.iter().position(|it| it.version == version));
    found.ok_or_else(|| MigrationError::NoSuchMigration {
        name: name.to_owned(),
        path: path.to_owned(),
    })
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

/// The migrations that are there, by version and name: versions may be there twice, and snapshot and sums are not looked at.
pub(crate) fn read_all(path: &Path) -> Result<Vec<Migration>, MigrationError> {
    parse(path, &mut read(path)?)
}

/// Takes the migrations out of the files.
fn parse(path: &Path, files: &mut Files) -> Result<Vec<Migration>, MigrationError> {
    let mut directories: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for (file, text) in files.extract_if(.., |file, _| file.contains('/')) {
        if let Some((directory, file)) = file.split_once('/') {
            directories.entry(directory.to_owned()).or_default().insert(file.to_owned(), text);
        }
    }
    let parse = |(name, mut texts)| Migration::parse(&path.join::<String>(name), &mut texts);
    let mut migrations: Vec<Migration> =
        directories.into_iter().map(parse).collect::<Result<_, _>>()?;
    // Sorted by name before, which tells apart what has one version.
    migrations.sort_by(|one, other| one.version.cmp(&other.version));
    Ok(migrations)
}

/// The files of a history. As Diesel does, it passes over directories that are hidden or empty.
fn read(path: &Path) -> Result<Files, MigrationError> {
    let failed = |source| MigrationError::Io { action: "read", path: path.to_owned(), source };
    let mut files = Files::new();
    let entries = match fs::read_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(files),
        entries => entries.map_err(failed)?,
    };
    for entry in entries {
        let directory = entry.map_err(failed)?.path();
        let name = directory.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with('.') || !directory.is_dir() {
            continue;
        }
        if directory.read_dir().map_err(failed)?.next().is_none() {
            continue;
        }
        if version_of(&name).is_none() {
            return Err(MigrationError::Name { path: directory });
        }
        if !directory.join("up.sql").is_file() {
            return Err(MigrationError::NoUp { path: directory });
        }
        for file in super::MIGRATION_FILES {
            if let Some(text) = read_optional(&directory.join(file))? {
                files.insert(format!("{name}/{file}"), text);
            }
        }
    }
    for file in [SNAPSHOT_FILE, SUM_FILE] {
        if let Some(text) = read_optional(&path.join(file))? {
            files.insert(file.to_owned(), text);
        }
    }
    Ok(files)
}

fn read_optional(path: &Path) -> Result<Option<String>, MigrationError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(MigrationError::Io { action: "read", path: path.to_owned(), source }),
    }
}

/// Changes the files of a history, all or none: where that fails, they get their texts back, after `undo` gave their directories
/// the names back. Who is killed meanwhile undoes nothing.
pub(crate) fn whole(
    path: &Path,
    change: impl FnOnce() -> Result<(), MigrationError>,
    undo: impl FnOnce(),
) -> Result<(), MigrationError> {
    let before = read(path)?;
    change().inspect_err(|_| {
        // Whatever fails here too is told apart by the sums the next time.
        undo();
        for (file, text) in &before {
            let file = path.join(file);
            _ = file.parent().map(fs::create_dir_all);
            _ = replace(&file, text);
        }
    })
}

/// Writes a file whole or not at all.
pub(crate) fn replace(path: &Path, text: &str) -> Result<(), MigrationError> {
    files::replace(path, text).map_err(|source| MigrationError::Io {
        action: "write",
        path: path.to_owned(),
        source,
    })
}
