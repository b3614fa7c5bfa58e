//! [`LockFile`]: a lock beside a database, which the system releases with the process that has it.

use chrono::Utc;
use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
    process,
};

/// A locked file beside a database. It says who locked it, and is removed when it is released.
///
/// It is not the database itself: who closes that file lets go of all locks that SQLite has on it
/// (<https://www.sqlite.org/howtocorrupt.html>, section 2.2).
#[derive(Debug)]
pub(crate) struct LockFile {
    file: File,
    path: PathBuf,
}

impl LockFile {
    /// Locks the file of this key. `None`: another one has it.
    pub(super) fn try_take(database: &Path, key: i64) -> io::Result<Option<Self>> {
        let path = path_of(database, key);
        loop {
            let mut options = OpenOptions::new();
            let mut file = options.create(true).write(true).truncate(false).open(&path)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(error)) => return Err(error),
            }
            // Who had it removed it meanwhile: what we locked is nobody's, and the next one makes another.
            if !is_at(&file, &path) {
                continue;
            }
            file.set_len(0)?;
            let since = Utc::now().format("%Y-%m-%d %H:%M:%S UTC");
            write!(file, "process {}, since {since}", process::id())?;
            return Ok(Some(Self { file, path }));
        }
    }

    /// Who has it, by what it says.
    pub(super) fn holder(database: &Path, key: i64) -> Option<String> {
        fs::read_to_string(path_of(database, key)).ok().filter(|it| !it.is_empty())
    }

    pub(super) fn release(self) -> io::Result<()> {
        if cfg!(unix) {
            // While it is locked: nobody else can have it.
            fs::remove_file(&self.path)?;
        }
        self.file.unlock()
    }
}

fn path_of(database: &Path, key: i64) -> PathBuf {
    let mut path = database.to_owned();
    path.as_mut_os_string().push(format!(".{key:x}.lock"));
    path
}

/// Whether a file still has its name.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;

    let place = |it: fs::Metadata| (it.dev(), it.ino());
    let (open, named) = (file.metadata().map(place), fs::metadata(path).map(place));
    open.ok().is_some_and(|open| named.is_ok_and(|named| open == named))
}

/// Elsewhere files that are open keep their names.
#[cfg(not(unix))]
fn is_at(_file: &File, _path: &Path) -> bool {
    true
}
