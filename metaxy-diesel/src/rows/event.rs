//! [`RowsEvent`]: what a store tells while rows come and go.

use super::{OpenStore, RowsError};
use metaxy_core::FeatureKey;
use std::fmt;

/// What happens to rows of a feature. See [`OpenStore::listen`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowsEvent<'a> {
    /// So many rows were taken so far. Where something fails, nothing comes of them.
    Progress {
        /// What is done.
        doing: Doing,
        /// The feature.
        feature: &'a FeatureKey,
        /// How many.
        rows: usize,
    },
    /// It is done.
    Done {
        /// What.
        doing: Doing,
        /// The feature.
        feature: &'a FeatureKey,
        /// How many rows that were.
        rows: usize,
    },
}

/// What is done with rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Doing {
    /// They are appended.
    Write,
    /// They are copied from another store.
    Copy,
    /// They are marked as deleted, or removed.
    Delete,
    /// They are taken over from another version of the feature.
    Rebase,
    /// They are brought from a fallback store, for features here that are made from them.
    Bring,
}

impl fmt::Display for Doing {
    /// `written`, `copied`, and so on.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Write => "written",
            Self::Copy => "copied",
            Self::Delete => "deleted",
            Self::Rebase => "rebased",
            Self::Bring => "brought",
        })
    }
}

/// Who is told.
pub(super) type Listener = Box<dyn FnMut(RowsEvent<'_>) + Send>;

impl<C> OpenStore<'_, C> {
    /// Has the store tell what happens to rows, in place of whom it told before.
    ///
    /// ```no_run
    /// # use metaxy_diesel::rows::{OpenStore, RowsEvent};
    /// # let store: &mut OpenStore = todo!();
    /// store.listen(|event| {
    ///     if let RowsEvent::Done { doing, feature, rows } = event {
    ///         println!("{feature}: {rows} rows {doing}");
    ///     }
    /// });
    /// ```
    pub fn listen(&mut self, listener: impl FnMut(RowsEvent<'_>) + Send + 'static) {
        self.listener = Some(Box::new(listener));
    }

    /// Tells of what is done, and how far it is: `run` says how many rows were taken so far, and how many it were in the end.
    pub(super) fn told(
        &mut self,
        doing: Doing,
        feature: &FeatureKey,
        run: impl FnOnce(&mut Self, &mut dyn FnMut(usize)) -> Result<usize, RowsError>,
    ) -> Result<usize, RowsError> {
        let mut listener = self.listener.take();
        let mut tell = |event: RowsEvent<'_>| {
            if let Some(listener) = &mut listener {
                listener(event);
            }
        };
        let done = run(self, &mut |rows| tell(RowsEvent::Progress { doing, feature, rows }));
        if let Ok(rows) = done {
            tell(RowsEvent::Done { doing, feature, rows });
        }
        self.listener = listener;
        done
    }
}
