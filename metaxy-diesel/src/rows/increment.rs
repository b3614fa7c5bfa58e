//! [`Increment`]: what has to be made, made anew, or given up.

use super::{AnyRows, InputOf, OpenStore, RowsError, RowsOf, query::SetQuery};
use crate::schema::Column;
use metaxy_core::FeatureKey;
use std::{fmt, marker::PhantomData};

/// What is new, stale and orphaned in a feature, given what is upstream: three queries, which run when they are asked.
///
/// Rows of `new` and `stale` have the upstream columns (after `rename` and `select`) and the versions that the row to be written
/// has to have: `metaxy_provenance`, `metaxy_provenance_by_field`, and the data versions, which are the same.
///
/// `I` is what the rows of `new` and `stale` are loaded into, `O` those of `orphaned`: see [`LoadsFrom`](super::LoadsFrom).
pub struct Increment<I = AnyRows, O = AnyRows> {
    /// Samples that are upstream, and not yet in the feature.
    pub new: RowSet<I>,
    /// Samples that were made from something else than is upstream now.
    pub stale: RowSet<I>,
    /// Rows of the feature whose samples are upstream no more, as they are in the table.
    pub orphaned: RowSet<O>,
}

impl<I, O> Clone for Increment<I, O> {
    fn clone(&self) -> Self {
        let Self { new, stale, orphaned } = self;
        Self { new: new.clone(), stale: stale.clone(), orphaned: orphaned.clone() }
    }
}

impl<I, O> fmt::Debug for Increment<I, O> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Increment({})", self.new.feature)
    }
}

/// How many rows the sets of an increment have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Samples that are upstream, and not yet in the feature.
    pub new: u64,
    /// Samples that were made from something else than is upstream now.
    pub stale: u64,
    /// Rows of the feature whose samples are upstream no more.
    pub orphaned: u64,
}

impl Counts {
    /// Whether nothing has to be done.
    pub fn is_in_sync(&self) -> bool {
        *self == Self::default()
    }
}

impl<I, O> Increment<I, O> {
    /// How many rows its sets have.
    ///
    /// # Errors
    ///
    /// [`RowsError::Database`] where the database does not answer.
    pub fn count<C>(&self, store: &mut OpenStore<'_, C>) -> Result<Counts, RowsError> {
        Ok(Counts {
            new: self.new.count(store)?,
            stale: self.stale.count(store)?,
            orphaned: self.orphaned.count(store)?,
        })
    }
}

/// The increment of a feature that is known while compiling.
pub type IncrementOf<F> = Increment<InputOf<F>, RowsOf<F>>;

/// A set of rows that only the database has: counted, loaded whole, streamed, or taken some at a time.
///
/// Where the database lacks the store's hash, Rust hashes the rows as they come. To count stale ones it has to see all samples
/// that are in the feature, then.
pub struct RowSet<R = AnyRows> {
    pub(super) feature: FeatureKey,
    /// `None`: it is empty.
    pub(super) query: Option<SetQuery>,
    /// The columns of its rows.
    pub(super) columns: Vec<Column>,
    rows: PhantomData<fn() -> R>,
}

impl<R> RowSet<R> {
    pub(super) fn new(feature: &FeatureKey, query: Option<SetQuery>, columns: Vec<Column>) -> Self {
        Self { feature: feature.clone(), query, columns, rows: PhantomData }
    }

    /// The same set, whose rows are loaded into rows of another kind.
    pub(super) fn cast<Q>(self) -> RowSet<Q> {
        let Self { feature, query, columns, .. } = self;
        RowSet { feature, query, columns, rows: PhantomData }
    }

    /// The same set, whose rows are loaded into any struct that is `FromRow`: the compiler compares no columns.
    pub fn untyped(self) -> RowSet {
        self.cast()
    }
}

impl<R> Clone for RowSet<R> {
    fn clone(&self) -> Self {
        Self::new(&self.feature, self.query.clone(), self.columns.clone())
    }
}

impl<R> fmt::Debug for RowSet<R> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "RowSet({})", self.feature)
    }
}
