//! Rows as Arrow's record batches: written, read, and of increments. Some at a time, so that memory stays the same.

mod from;
mod to;

use self::{from::rows_of, to::batch_of};
use super::{
    OpenStore, ReadOptions, Row, RowSet, RowsError, WriteOptions, open::database,
    query::write_source,
};
use crate::{backend::statement::Statement, schema::Column};
use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, SchemaRef};
use metaxy_core::{Feature, FeatureKey};
use std::{fmt, iter};

/// How many rows of a batch are written at a time.
const SLICE: usize = 1_000;

impl<C> OpenStore<'_, C> {
    /// Appends rows that come as record batches: [`write_rows`](Self::write_rows) of columns. Versions by field may be maps or
    /// structs of texts, as Metaxy for Python has them.
    ///
    /// Numbers, texts, bytes, dates, times, moments, dictionaries of these, and, as JSON, lists, maps and structs are taken.
    ///
    /// # Errors
    ///
    /// [`RowsError::ArrowType`] where a column has another type, [`RowsError::Arrow`] where a batch is an error, and as
    /// [`write_rows`](Self::write_rows).
    pub fn write_batches(
        &mut self,
        feature: &FeatureKey,
        batches: impl IntoIterator<Item = Result<RecordBatch, ArrowError>>,
        options: &WriteOptions,
    ) -> Result<usize, RowsError> {
        let broken = |error: ArrowError| broken(feature, error);
        let rows = batches.into_iter().flat_map(|batch| match batch {
            Ok(batch) => Slices { batch, after: 0 }.map(Ok).collect::<Vec<_>>(),
            Err(error) => vec![Err(broken(error))],
        });
        let rows = rows.flat_map(|batch| match batch.and_then(|it| rows_of(&it, feature)) {
            Ok(rows) => Rows::Some(rows.into_iter()),
            Err(error) => Rows::Failed(iter::once(error)),
        });
        self.write_results(feature, rows, options)
    }

    /// Appends samples of a feature that come as record batches: see [`write_batches`](Self::write_batches).
    ///
    /// # Errors
    ///
    /// As [`write_batches`](Self::write_batches).
    pub fn write_arrow<F: Feature>(
        &mut self,
        batches: impl IntoIterator<Item = Result<RecordBatch, ArrowError>>,
    ) -> Result<usize, RowsError> {
        self.write_batches(&F::key(), batches, &WriteOptions::default())
    }

    /// The rows that [`read_rows`](Self::read_rows) reads, as record batches of at most so many rows.
    ///
    /// # Errors
    ///
    /// As [`read_rows`](Self::read_rows), here or of each batch, and [`RowsError::Row`] where a column holds something else than
    /// its type says, as SQLite lets it.
    pub fn read_batches<'s>(
        &'s mut self,
        feature: &FeatureKey,
        options: &ReadOptions,
        size: usize,
    ) -> Result<RowBatches<'s>, RowsError> {
        // Asked twice: for the borrow checker, an answer that is returned is one that is kept always.
        if self.elsewhere(feature, options)?.is_some() {
            let other = self.elsewhere(feature, options)?.expect("it was there");
            return other.read_batches(feature, options, size);
        }
        let source = self.source(feature, options)?;
        let mut query = Statement::default();
        write_source(&source, self.backend.dialect(), &mut query);
        let feature = feature.clone();
        let failed = move |error| database("cannot read rows of", &feature)(error);
        let rows = self.driver().stream(query).map_err(&failed)?;
        let rows = rows.map(move |row| row.map_err(&failed));
        Ok(RowBatches::new(&source.feature, source.table.columns, size, Box::new(rows)))
    }
}

impl<R> RowSet<R> {
    /// The rows as record batches of at most so many rows, as the database finds them: see
    /// [`stream_rows`](Self::stream_rows).
    ///
    /// # Errors
    ///
    /// As [`stream_rows`](Self::stream_rows), and as [`OpenStore::read_batches`].
    pub fn stream_batches<'s, C>(
        &'s self,
        store: &'s mut OpenStore<'_, C>,
        size: usize,
    ) -> Result<RowBatches<'s>, RowsError> {
        let rows = Box::new(self.stream_rows(store)?);
        Ok(RowBatches::new(&self.feature, self.columns.clone(), size, rows))
    }
}

/// Rows as record batches, all of one schema: versions by field are maps of texts, moments are microseconds in UTC, JSON and what
/// Arrow has no type for are texts.
pub struct RowBatches<'s> {
    feature: FeatureKey,
    columns: Vec<Column>,
    schema: SchemaRef,
    size: usize,
    rows: Box<dyn Iterator<Item = Result<Row, RowsError>> + 's>,
}

impl<'s> RowBatches<'s> {
    fn new(
        feature: &FeatureKey,
        columns: Vec<Column>,
        size: usize,
        rows: Box<dyn Iterator<Item = Result<Row, RowsError>> + 's>,
    ) -> Self {
        let schema = to::schema(&columns);
        Self { feature: feature.clone(), columns, schema, size: size.max(1), rows }
    }

    /// The schema of all batches.
    pub fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }
}

impl Iterator for RowBatches<'_> {
    type Item = Result<RecordBatch, RowsError>;

    fn next(&mut self) -> Option<Self::Item> {
        let rows: Result<Vec<Row>, RowsError> = self.rows.by_ref().take(self.size).collect();
        let batch = rows.and_then(|rows| match rows.is_empty() {
            true => Ok(None),
            false => batch_of(rows, &self.columns, &self.schema, &self.feature).map(Some),
        });
        batch.transpose()
    }
}

impl fmt::Debug for RowBatches<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "RowBatches({})", self.feature)
    }
}

fn broken(feature: &FeatureKey, error: ArrowError) -> RowsError {
    RowsError::Arrow { feature: feature.clone(), why: error.to_string() }
}

/// A batch in parts.
struct Slices {
    batch: RecordBatch,
    after: usize,
}

impl Iterator for Slices {
    type Item = RecordBatch;

    fn next(&mut self) -> Option<RecordBatch> {
        let count = (self.batch.num_rows() - self.after).min(SLICE);
        let slice = (count > 0).then(|| self.batch.slice(self.after, count));
        self.after += count;
        slice
    }
}

/// Rows of a part of a batch, or why there are none.
enum Rows {
    Some(std::vec::IntoIter<Row>),
    Failed(iter::Once<RowsError>),
}

impl Iterator for Rows {
    type Item = Result<Row, RowsError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Some(rows) => rows.next().map(Ok),
            Self::Failed(error) => error.next().map(Err),
        }
    }
}
