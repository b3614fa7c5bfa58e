//! [`SystemColumns`]: what a writer adds to a row of a feature table.

use super::SYSTEM_COLUMNS;
use crate::sql_types::{FieldVersions, FieldVersionsMap, UtcDateTime, UtcTimestamp};
use diesel::{
    Column,
    Expression,
    ExpressionMethods,
    Insertable,
    Queryable,
    Table,
    dsl::Eq,
    // Doc-hidden, yet what the output of every `#[derive(Insertable)]` names. Without it rows go in one by one only.
    internal::derives::insertable::UndecoratedInsertRecord,
    query_builder::QueryId,
    sql_types::{Nullable, Text},
};
use metaxy_core::HashLength;
use std::marker::PhantomData;

/// The versions that all rows of one write share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowVersions {
    /// The version of the feature.
    pub feature: String,
    /// The version of the project.
    pub project: String,
    /// To how many digits versions of samples are cut.
    pub hash_length: HashLength,
}

/// The system columns of one row, inserted next to the user's struct.
///
/// ```
/// use diesel::prelude::*;
/// use metaxy_diesel::{
///     sql_types::{FieldVersions, UtcDateTime},
///     system::{HasSystemColumns, RowVersions, SystemColumns},
/// };
///
/// diesel::table! {
///     use diesel::sql_types::*;
///     use metaxy_diesel::sql_types::*;
///
///     video__raw (video_id) {
///         video_id -> Text,
///         metaxy_provenance -> Text,
///         metaxy_provenance_by_field -> FieldVersionsMap,
///         // … and the other system columns.
///     }
/// }
///
/// // What `#[derive(Feature)]` writes.
/// impl HasSystemColumns for video__raw::table {}
///
/// #[derive(Insertable)]
/// #[diesel(table_name = video__raw)]
/// struct Video {
///     video_id: String,
/// }
///
/// let versions = RowVersions {
///     feature: "00441950".to_owned(),
///     project: "3513ef2d".to_owned(),
///     hash_length: Default::default(),
/// };
/// let by_field = FieldVersions::from([("audio", "a1"), ("frames", "f1")]);
/// let row = SystemColumns::new(&versions, by_field, UtcDateTime::now());
/// assert_eq!(row.provenance, "95e26459");
///
/// let video = Video { video_id: "v1".to_owned() };
/// let insert = diesel::insert_into(video__raw::table).values((&video, row));
/// ```
///
/// Many rows are a `Vec<(&Video, SystemColumns)>`. It is a [`Queryable`] too, of all system columns in their order.
///
/// Bulk COPY on PostgreSQL takes one flat struct only: one that has the system columns as fields of its own.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct SystemColumns {
    /// `metaxy_provenance`: the hash of [`Self::provenance_by_field`].
    pub provenance: String,
    /// `metaxy_provenance_by_field`: what each field was made from.
    pub provenance_by_field: FieldVersions,
    /// `metaxy_feature_version`: the feature's version when the row was made.
    pub feature_version: String,
    /// `metaxy_project_version`: the project's version when the row was made.
    pub project_version: String,
    /// `metaxy_data_version`: what features made from this one depend on; the provenance, unless the writer says else.
    pub data_version: String,
    /// `metaxy_data_version_by_field`: the same by field.
    pub data_version_by_field: FieldVersions,
    /// `metaxy_created_at`: when the row was made.
    pub created_at: UtcDateTime,
    /// `metaxy_updated_at`: when the row was written last.
    pub updated_at: UtcDateTime,
    /// `metaxy_deleted_at`: when the sample was deleted.
    pub deleted_at: Option<UtcDateTime>,
    /// `metaxy_materialization_id`: the run of an orchestrator that wrote the row.
    pub materialization_id: Option<String>,
}

/// A feature's table: one that has the [`SYSTEM_COLUMNS`]. `#[derive(Feature)]` implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not known to have metaxy's system columns",
    note = "derive `Feature` for its struct, or implement `metaxy::system::HasSystemColumns` for a table that you wrote by hand"
)]
pub trait HasSystemColumns: Table {}

/// The system column number `AT` of a table `T`, whatever its name there: what lets one implementation serve all tables.
#[derive(Debug, Clone, Copy)]
pub struct SystemColumn<T, ST, const AT: usize>(PhantomData<(T, ST)>);

impl SystemColumns {
    /// The system columns of a new sample: its data versions are its provenance.
    pub fn new(
        versions: &RowVersions,
        provenance_by_field: FieldVersions,
        now: UtcDateTime,
    ) -> Self {
        let provenance = provenance_by_field.provenance(versions.hash_length);
        Self {
            data_version: provenance.clone(),
            provenance,
            data_version_by_field: provenance_by_field.clone(),
            provenance_by_field,
            feature_version: versions.feature.clone(),
            project_version: versions.project.clone(),
            created_at: now,
            updated_at: now,
            deleted_at: None,
            materialization_id: None,
        }
    }

    /// With data versions of the writer's own: features made from this one are recomputed only where these change.
    pub fn with_data_versions(mut self, versions: &RowVersions, by_field: FieldVersions) -> Self {
        self.data_version = by_field.provenance(versions.hash_length);
        self.data_version_by_field = by_field;
        self
    }

    /// With the run of an orchestrator that writes the row.
    pub fn with_materialization_id(mut self, id: impl Into<String>) -> Self {
        self.materialization_id = Some(id.into());
        self
    }
}

impl<T, ST, const AT: usize> Default for SystemColumn<T, ST, AT> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T, ST, const AT: usize> Expression for SystemColumn<T, ST, AT>
where
    ST: diesel::sql_types::SqlType + diesel::expression::TypedExpressionType,
{
    type SqlType = ST;
}

impl<T, ST, const AT: usize> Column for SystemColumn<T, ST, AT>
where
    T: HasSystemColumns,
    ST: diesel::sql_types::SqlType + diesel::expression::TypedExpressionType,
{
    type Table = T;

    const NAME: &'static str = SYSTEM_COLUMNS[AT];
}

impl<T: 'static, ST: 'static, const AT: usize> QueryId for SystemColumn<T, ST, AT> {
    type QueryId = Self;

    const HAS_STATIC_QUERY_ID: bool = true;
}

/// The assignments to all system columns: owned values, or references to them.
macro_rules! assignments {
    ($($reference:tt $lifetime:lifetime)?) => {
        (
            Eq<SystemColumn<T, Text, 0>, $($reference $lifetime)? String>,
            Eq<SystemColumn<T, FieldVersionsMap, 1>, $($reference $lifetime)? FieldVersions>,
            Eq<SystemColumn<T, Text, 2>, $($reference $lifetime)? String>,
            Eq<SystemColumn<T, Text, 3>, $($reference $lifetime)? String>,
            Eq<SystemColumn<T, Text, 4>, $($reference $lifetime)? String>,
            Eq<SystemColumn<T, FieldVersionsMap, 5>, $($reference $lifetime)? FieldVersions>,
            Eq<SystemColumn<T, UtcTimestamp, 6>, $($reference $lifetime)? UtcDateTime>,
            Eq<SystemColumn<T, UtcTimestamp, 7>, $($reference $lifetime)? UtcDateTime>,
            Eq<SystemColumn<T, Nullable<UtcTimestamp>, 8>, $($reference $lifetime)? Option<UtcDateTime>>,
            Eq<SystemColumn<T, Nullable<Text>, 9>, $($reference $lifetime)? Option<String>>,
        )
    };
}

type Owned<T> = assignments!();
type Borrowed<'a, T> = assignments!(&'a);

macro_rules! assign {
    ($row:expr $(, $reference:tt)?) => {
        (
            SystemColumn::default().eq($($reference)? $row.provenance),
            SystemColumn::default().eq($($reference)? $row.provenance_by_field),
            SystemColumn::default().eq($($reference)? $row.feature_version),
            SystemColumn::default().eq($($reference)? $row.project_version),
            SystemColumn::default().eq($($reference)? $row.data_version),
            SystemColumn::default().eq($($reference)? $row.data_version_by_field),
            SystemColumn::default().eq($($reference)? $row.created_at),
            SystemColumn::default().eq($($reference)? $row.updated_at),
            SystemColumn::default().eq($($reference)? $row.deleted_at),
            SystemColumn::default().eq($($reference)? $row.materialization_id),
        )
    };
}

impl<T: HasSystemColumns> Insertable<T> for SystemColumns {
    type Values = <Owned<T> as Insertable<T>>::Values;

    fn values(self) -> Self::Values {
        let assignments: Owned<T> = assign!(self);
        assignments.values()
    }
}

impl<'a, T: HasSystemColumns> Insertable<T> for &'a SystemColumns {
    type Values = <Borrowed<'a, T> as Insertable<T>>::Values;

    fn values(self) -> Self::Values {
        let assignments: Borrowed<'a, T> = assign!(self, &);
        assignments.values()
    }
}

impl<T: HasSystemColumns> UndecoratedInsertRecord<T> for SystemColumns {}
