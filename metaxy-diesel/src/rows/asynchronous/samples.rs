//! What stores do with the structs of features.

use super::AsyncStore;
use crate::rows::{
    DeleteOptions, FromRow, Increment, IncrementOf, ReadOptions, ResolveOptions, Row, RowsError,
    Sample, ToRow, WriteOptions,
};
use metaxy_core::Feature;

impl<C> AsyncStore<'_, C> {
    /// Appends samples to a feature: [`write_rows`](Self::write_rows) of structs.
    ///
    /// # Errors
    ///
    /// As [`write_rows`](Self::write_rows).
    pub async fn write<F: Feature + ToRow>(
        &mut self,
        samples: impl IntoIterator<Item = Sample<F>>,
    ) -> Result<usize, RowsError> {
        self.write_with(samples, &WriteOptions::default()).await
    }

    /// Appends samples to a feature: [`write_rows`](Self::write_rows) of structs.
    ///
    /// # Errors
    ///
    /// As [`write_rows`](Self::write_rows).
    pub async fn write_with<F: Feature + ToRow>(
        &mut self,
        samples: impl IntoIterator<Item = Sample<F>>,
        options: &WriteOptions,
    ) -> Result<usize, RowsError> {
        let rows = samples.into_iter().map(|it| it.to_row());
        self.write_rows(&F::key(), rows, options).await
    }

    /// What has to be done so that a feature agrees with what is upstream: see [`resolve_rows`](Self::resolve_rows).
    ///
    /// # Errors
    ///
    /// As [`resolve_rows`](Self::resolve_rows).
    pub async fn resolve_update<F: Feature>(
        &mut self,
        options: ResolveOptions,
    ) -> Result<IncrementOf<F>, RowsError> {
        let Increment { new, stale, orphaned } = self.resolve_rows(&F::key(), options).await?;
        Ok(Increment { new: new.cast(), stale: stale.cast(), orphaned: orphaned.cast() })
    }

    /// The samples of a feature, as structs.
    ///
    /// # Errors
    ///
    /// As [`read_rows`](Self::read_rows), and where a row is not what the struct says.
    pub async fn load<F: Feature + FromRow>(
        &mut self,
        options: &ReadOptions,
    ) -> Result<Vec<Sample<F>>, RowsError> {
        let rows = self.read_rows(&F::key(), options).await?;
        Ok(rows.iter().map(Row::to).collect::<Result<_, _>>()?)
    }

    /// Deletes samples of a feature: see [`delete_rows`](Self::delete_rows).
    ///
    /// # Errors
    ///
    /// As [`delete_rows`](Self::delete_rows).
    pub async fn delete<F: Feature>(
        &mut self,
        options: &DeleteOptions,
    ) -> Result<usize, RowsError> {
        self.delete_rows(&F::key(), options).await
    }

    /// Removes all rows of a feature, of whatever version: see [`drop_rows`](Self::drop_rows).
    ///
    /// # Errors
    ///
    /// As [`delete_rows`](Self::delete_rows).
    pub async fn drop_feature<F: Feature>(&mut self) -> Result<usize, RowsError> {
        self.drop_rows(&F::key()).await
    }
}
