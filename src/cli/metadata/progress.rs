//! How far a store is with rows.

use crate::cli::progress::Progress;
use metaxy_diesel::rows::{OpenStore, RowsEvent};

/// Has a store show how many rows were taken so far, of all where that is known.
pub(super) fn show<C>(store: &mut OpenStore<'_, C>, total: Option<u64>, quiet: bool) {
    let mut shown: Option<Progress> = None;
    store.listen(move |event| match event {
        RowsEvent::Progress { feature, rows, .. } => {
            let progress =
                shown.get_or_insert_with(|| Progress::new(feature, "rows", total, quiet));
            progress.at(rows as u64);
        }
        RowsEvent::Done { .. } => shown = None,
    });
}
