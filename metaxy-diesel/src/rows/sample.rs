//! [`Sample`]: a struct with the versions of its row, and what stores do with the structs of features.

use super::{
    DeleteOptions, FromRow, Increment, IncrementOf, OpenStore, ReadOptions, ResolveOptions, Row,
    RowError, RowsError, ToRow, Value, WriteOptions,
};
use crate::sql_types::FieldVersions;
use metaxy_core::Feature;

/// A row of a feature, or one to be: the user's columns, and what they were made from.
///
/// ```
/// use metaxy_diesel::rows::Sample;
///
/// // A sample of a feature without dependencies is told apart by the caller: by hashes of its contents, say.
/// let video = Sample::new("v1.mp4", [("audio", "a1"), ("frames", "f1")]);
/// // A sample that is made from another one has the versions of that.
/// let crop = video.map(|path| format!("cropped/{path}"));
/// assert_eq!(crop.versions.provenance_by_field["audio"], "a1");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sample<T> {
    /// The user's columns.
    pub value: T,
    /// The versions of the row.
    pub versions: SampleVersions,
}

/// What a sample was made from, and what features that are made from it depend on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SampleVersions {
    /// What each field was made from.
    pub provenance_by_field: FieldVersions,
    /// The hash of it; `None`: not yet computed.
    pub provenance: Option<String>,
    /// What features made from this one depend on; `None`: the provenance.
    pub data_version_by_field: Option<FieldVersions>,
    /// The hash of it; `None`: not yet computed.
    pub data_version: Option<String>,
}

impl<T> Sample<T> {
    /// A sample that is known by the provenance of its fields.
    pub fn new(value: T, provenance_by_field: impl Into<FieldVersions>) -> Self {
        let provenance_by_field = provenance_by_field.into();
        Self {
            value,
            versions: SampleVersions { provenance_by_field, ..SampleVersions::default() },
        }
    }

    /// With data versions of the writer's own: features made from this one are recomputed only where these change.
    pub fn with_data_versions(mut self, by_field: impl Into<FieldVersions>) -> Self {
        self.versions.data_version_by_field = Some(by_field.into());
        self.versions.data_version = None;
        self
    }

    /// What is made of the sample, with its versions.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Sample<U> {
        Sample { value: make(self.value), versions: self.versions }
    }
}

impl<T: ToRow> ToRow for Sample<T> {
    fn to_row(&self) -> Row {
        let mut row = self.value.to_row();
        let SampleVersions { provenance_by_field, provenance, .. } = &self.versions;
        row.insert("metaxy_provenance_by_field", serde_json::json!(provenance_by_field));
        row.insert("metaxy_provenance", provenance.clone());
        if let Some(by_field) = &self.versions.data_version_by_field {
            row.insert("metaxy_data_version_by_field", serde_json::json!(by_field));
        }
        if let Some(version) = &self.versions.data_version {
            row.insert("metaxy_data_version", version.as_str());
        }
        row
    }
}

impl<T: FromRow> FromRow for Sample<T> {
    fn from_row(row: &Row) -> Result<Self, RowError> {
        let versions = SampleVersions {
            provenance_by_field: row.read("metaxy_provenance_by_field")?,
            provenance: row.read("metaxy_provenance")?,
            data_version_by_field: row.read("metaxy_data_version_by_field")?,
            data_version: row.read("metaxy_data_version")?,
        };
        Ok(Self { value: T::from_row(row)?, versions })
    }
}

impl<C> OpenStore<'_, C> {
    /// Appends samples to a feature: [`write_rows`](Self::write_rows) of structs.
    ///
    /// # Errors
    ///
    /// As [`write_rows`](Self::write_rows).
    pub fn write<F: Feature + ToRow>(
        &mut self,
        samples: impl IntoIterator<Item = Sample<F>>,
    ) -> Result<usize, RowsError> {
        self.write_with(samples, &WriteOptions::default())
    }

    /// Appends samples to a feature: [`write_rows`](Self::write_rows) of structs.
    ///
    /// # Errors
    ///
    /// As [`write_rows`](Self::write_rows).
    pub fn write_with<F: Feature + ToRow>(
        &mut self,
        samples: impl IntoIterator<Item = Sample<F>>,
        options: &WriteOptions,
    ) -> Result<usize, RowsError> {
        let rows = samples.into_iter().map(|it| it.to_row());
        self.write_rows(&F::key(), rows, options)
    }

    /// What has to be done so that a feature agrees with what is upstream: see [`resolve_rows`](Self::resolve_rows). Its sets are
    /// loaded into a struct with `#[derive(metaxy::FeatureInput)]`, what is orphaned into the feature's own.
    ///
    /// # Errors
    ///
    /// As [`resolve_rows`](Self::resolve_rows).
    pub fn resolve_update<F: Feature>(
        &mut self,
        options: ResolveOptions,
    ) -> Result<IncrementOf<F>, RowsError> {
        let Increment { new, stale, orphaned } = self.resolve_rows(&F::key(), options)?;
        Ok(Increment { new: new.cast(), stale: stale.cast(), orphaned: orphaned.cast() })
    }

    /// The samples of a feature, as structs.
    ///
    /// # Errors
    ///
    /// As [`read_rows`](Self::read_rows), and where a row is not what the struct says.
    pub fn load<F: Feature + FromRow>(
        &mut self,
        options: &ReadOptions,
    ) -> Result<Vec<Sample<F>>, RowsError> {
        let rows = self.read_rows(&F::key(), options)?;
        Ok(rows.iter().map(Row::to).collect::<Result<_, _>>()?)
    }

    /// Deletes samples of a feature: see [`delete_rows`](Self::delete_rows).
    ///
    /// # Errors
    ///
    /// As [`delete_rows`](Self::delete_rows).
    pub fn delete<F: Feature>(&mut self, options: &DeleteOptions) -> Result<usize, RowsError> {
        self.delete_rows(&F::key(), options)
    }

    /// Removes all rows of a feature, of whatever version: see [`drop_rows`](Self::drop_rows).
    ///
    /// # Errors
    ///
    /// As [`delete_rows`](Self::delete_rows).
    pub fn drop_feature<F: Feature>(&mut self) -> Result<usize, RowsError> {
        self.drop_rows(&F::key())
    }
}

impl<T: ToRow> From<Sample<T>> for Row {
    fn from(sample: Sample<T>) -> Self {
        sample.to_row()
    }
}

impl From<FieldVersions> for Value {
    fn from(versions: FieldVersions) -> Self {
        Self::Json(serde_json::json!(versions))
    }
}
