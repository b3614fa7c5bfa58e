//! How far a command is, on a terminal.

use metaxy_diesel::rows::{OpenStore, RowsEvent};
use std::io::{IsTerminal, Write, stderr};

/// Has a store show how many rows were taken so far, in one line that goes in the end.
pub(super) fn show<C>(store: &mut OpenStore<'_, C>) {
    if !stderr().is_terminal() {
        return;
    }
    store.listen(|event| {
        let text = match event {
            RowsEvent::Progress { feature, rows, .. } => format!("{feature}: {rows} rows"),
            RowsEvent::Done { .. } => String::new(),
        };
        // It is of no matter where it cannot be shown.
        _ = write!(stderr(), "\r\x1b[K{text}").and_then(|()| stderr().flush());
    });
}
