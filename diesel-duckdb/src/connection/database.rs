//! One database a file and process.
//!
//! Two databases opened on one file within one process do not see each other, and the one that is closed last wins:
//! DuckDB's lock is the process's. So who opens a file that this process has open gets a connection to that database.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak};

use diesel::ConnectionResult;
use diesel::result::ConnectionError;

use super::url::Target;
use crate::error::open_error;

/// What keeps a database open: it is closed when the last of these is dropped.
pub(super) struct Database(Option<Arc<Open>>);

impl Database {
    /// Opens a database, or connects to the one that is open.
    pub(super) fn connect(target: &Target) -> ConnectionResult<(Self, duckdb::Connection)> {
        let path = target.path.as_deref().map(canonical);
        let mut files = open_files();
        let known = path.as_ref().and_then(|path| files.get(path)).and_then(Weak::upgrade);
        let open = match known {
            Some(open) if open.options == target.options => open,
            Some(_) => {
                return Err(ConnectionError::BadConnection(format!(
                    "the file {} is open in this process with other options, and all connections to a database share \
                     them",
                    target.name()
                )));
            }
            None => Arc::new(
                Open::new(target, path.as_deref())
                    .map_err(|error| open_error(&target.name(), error))?,
            ),
        };
        let connection =
            open.connection().try_clone().map_err(|error| open_error(&target.name(), error))?;
        if let Some(path) = path {
            files.insert(path, Arc::downgrade(&open));
        }
        Ok((Self(Some(open)), connection))
    }

    /// Whether another connection can write to the database.
    pub(super) fn is_shared(&self) -> bool {
        self.0.as_ref().is_some_and(|open| Arc::strong_count(open) > 1)
    }
}

impl Clone for Database {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl Drop for Database {
    /// Closes a file while no one else can look it up: it must not be opened again before that.
    fn drop(&mut self) {
        if let Some(open) = self.0.take() {
            let mut files = open_files();
            drop(open);
            files.retain(|_, open| open.strong_count() > 0);
        }
    }
}

struct Open {
    options: Vec<(String, String)>,
    /// Makes all others.
    first: Mutex<duckdb::Connection>,
}

impl Open {
    fn new(target: &Target, path: Option<&Path>) -> duckdb::Result<Self> {
        let config = target.config()?;
        let first = match path {
            Some(path) => {
                create(path, target);
                duckdb::Connection::open_with_flags(path, config)
            }
            None => duckdb::Connection::open_in_memory_with_flags(config),
        };
        Ok(Self { options: target.options.clone(), first: Mutex::new(first?) })
    }

    fn connection(&self) -> MutexGuard<'_, duckdb::Connection> {
        self.first.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes the file of a database where there is none: apart, and whole before it has its name.
///
/// DuckDB locks a file that it makes after it made it, and looks before whether there is one. Of two processes that make
/// one at once, the second could take the empty file for one of another kind, or write its header over what the first
/// wrote. What fails here fails again when the file is opened, and is told then.
///
/// The file is a copy of the one that DuckDB made. A process loses its lock of a file with the first descriptor of it that it
/// closes, and nobody promises that DuckDB has closed its own by then.
fn create(path: &Path, target: &Target) {
    let (false, Ok(config)) = (path.exists(), target.config()) else { return };
    let scratch = |suffix: &str| {
        let mut scratch = path.to_owned();
        scratch.as_mut_os_string().push(format!(".{}.{suffix}", std::process::id()));
        scratch
    };
    let (made, copy) = (scratch("made"), scratch("tmp"));
    if let Ok(new) = duckdb::Connection::open_with_flags(&made, config) {
        drop(new);
        if fs::copy(&made, &copy).is_ok() {
            // Whoever was first wins, and its file is as empty as ours.
            _ = fs::hard_link(&copy, path);
        }
        for file in [made, copy] {
            _ = fs::remove_file(file);
        }
    }
}

fn open_files() -> MutexGuard<'static, BTreeMap<PathBuf, Weak<Open>>> {
    static FILES: LazyLock<Mutex<BTreeMap<PathBuf, Weak<Open>>>> = LazyLock::new(Mutex::default);
    FILES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One path for every way to write it, also where the file is yet to be made.
fn canonical(path: &Path) -> PathBuf {
    path.canonicalize()
        .or_else(|_| {
            let directory = path
                .parent()
                .filter(|parent| !parent.as_os_str().is_empty())
                .unwrap_or(Path::new("."));
            let directory = directory.canonicalize()?;
            Ok::<_, std::io::Error>(
                path.file_name().map_or(directory.clone(), |name| directory.join(name)),
            )
        })
        .unwrap_or_else(|_| path.to_owned())
}
