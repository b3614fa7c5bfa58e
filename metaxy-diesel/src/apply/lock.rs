use super::{ApplyError, Event, OnEvent};
use crate::{backend::Session, history::History};
use std::{
    thread,
    time::{Duration, Instant},
};

/// Between two attempts to take a lock.
const LOCK_PAUSE: Duration = Duration::from_millis(50);

/// Does something while holding the lock of a history.
pub(super) fn locked<T>(
    connection: &mut dyn Session,
    history: &History,
    timeout: Duration,
    on_event: OnEvent<'_>,
    body: impl FnOnce(&mut dyn Session, OnEvent<'_>) -> Result<T, ApplyError>,
) -> Result<T, ApplyError> {
    let database = |source| ApplyError::Database { action: "lock the history", source };
    let (key, start) = (history.lock_key(), Instant::now());
    connection.driver().set_write_timeout(timeout).map_err(database)?;
    let mut told = false;
    let lock = loop {
        if let Some(lock) = connection.driver().try_lock(key).map_err(database)? {
            break lock;
        }
        let holder = connection.driver().lock_holder(key).map_err(database)?;
        if !told {
            on_event(Event::Waiting { holder: holder.as_deref() });
            told = true;
        }
        if start.elapsed() >= timeout {
            return Err(ApplyError::Locked { holder, waited: timeout });
        }
        thread::sleep(LOCK_PAUSE);
    };
    let outcome = body(connection, on_event);
    let unlocked = connection.driver().unlock(lock).map_err(database);
    // What the body said comes first: a broken connection fails at both.
    outcome.and_then(|value| unlocked.map(|()| value))
}
