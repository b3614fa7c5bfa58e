//! [`FileLock`]: who of this process changes a history. That no other process does, DuckDB itself sees to: one at a time
//! has the file.

use std::{
    collections::BTreeSet,
    sync::{LazyLock, Mutex, MutexGuard, PoisonError},
};

/// The histories that are being changed, by the file of their database and their key.
static HELD: LazyLock<Mutex<BTreeSet<(String, i64)>>> = LazyLock::new(Mutex::default);

/// A history of a file that this process changes. Dropped, it is free.
#[derive(Debug)]
pub(crate) struct FileLock {
    history: (String, i64),
}

impl FileLock {
    /// `None`: another connection has it.
    pub(super) fn try_take(file: String, key: i64) -> Option<Self> {
        let history = (file, key);
        let is_free = held().insert(history.clone());
        // Not made where it is not: dropped, it would free what another one has.
        is_free.then(|| Self { history })
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        held().remove(&self.history);
    }
}

fn held() -> MutexGuard<'static, BTreeSet<(String, i64)>> {
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}
