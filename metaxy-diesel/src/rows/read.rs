//! Reading the rows of a feature.

use super::{
    OpenStore, ReadOptions, Row, RowsError, Version,
    open::database,
    query::{write_columns_of_source, write_source},
    source::{Source, Tables},
};
use crate::{backend::statement::Statement, dialect::Dialect, schema::Schema};
use metaxy_core::FeatureKey;
use std::collections::BTreeSet;

impl<'g, C> OpenStore<'g, C> {
    /// The rows of a feature, with all their columns, in no particular order. Where this store has no table of it, they are those
    /// of the first fallback store that has one.
    ///
    /// # Errors
    ///
    /// [`RowsError`] where the table or a column that a filter names is not there, or where the database does not answer.
    pub fn read_rows(
        &mut self,
        feature: &FeatureKey,
        options: &ReadOptions,
    ) -> Result<Vec<Row>, RowsError> {
        if let Some(other) = self.elsewhere(feature, options)? {
            return other.read_rows(feature, options);
        }
        let query = selected(&self.source(feature, options)?, self.dialect());
        self.driver().rows(query).map_err(database(READING, feature))
    }

    /// How many rows [`read_rows`](Self::read_rows) would read.
    ///
    /// # Errors
    ///
    /// As [`read_rows`](Self::read_rows).
    pub fn count_rows(
        &mut self,
        feature: &FeatureKey,
        options: &ReadOptions,
    ) -> Result<u64, RowsError> {
        if let Some(other) = self.elsewhere(feature, options)? {
            return other.count_rows(feature, options);
        }
        let query = counted_source(&self.source(feature, options)?, self.dialect());
        self.driver().count(query).map_err(database(COUNTING, feature))
    }

    /// The other store that has the rows.
    pub(super) fn elsewhere(
        &mut self,
        feature: &FeatureKey,
        options: &ReadOptions,
    ) -> Result<Option<&mut OpenStore<'g>>, RowsError> {
        if options.this_store_only { Ok(None) } else { self.behind(feature) }
    }

    /// The rows that options mean, of this store.
    pub(super) fn source(
        &mut self,
        feature: &FeatureKey,
        options: &ReadOptions,
    ) -> Result<Source, RowsError> {
        let found = self.inspect(&BTreeSet::from([self.tables().name(feature)]))?;
        meant(self.tables(), &found, feature, options)
    }
}

pub(super) const READING: &str = "cannot read rows of";
pub(super) const COUNTING: &str = "cannot count rows of";

/// The rows of a feature that options mean.
pub(super) fn meant(
    tables: Tables<'_>,
    found: &Schema,
    feature: &FeatureKey,
    options: &ReadOptions,
) -> Result<Source, RowsError> {
    let source = tables.source(feature, found)?;
    let source = Source {
        version: match &options.version {
            Version::Present => source.version,
            Version::Any => None,
            Version::Of(version) => Some(version.clone()),
        },
        latest: !options.with_sample_history,
        active: !options.with_deleted,
        ..source
    };
    source.filtered(&options.filters)
}

/// The query of the rows that are meant.
pub(super) fn selected(source: &Source, dialect: &Dialect) -> Statement {
    let mut query = Statement::default();
    write_source(source, dialect, &mut query);
    query
}

/// The query that counts the rows that are meant.
pub(super) fn counted_source(source: &Source, dialect: &Dialect) -> Statement {
    let mut query = Statement::default();
    let is_id = |column: &str| source.id_columns.iter().any(|it| it == column);
    write_columns_of_source(source, is_id, dialect, &mut query);
    counted(&query)
}

/// The query that counts the rows of another.
pub(super) fn counted(query: &Statement) -> Statement {
    let mut count = Statement::new("SELECT count(*) AS count FROM (");
    count.append(query).sql(") AS counted");
    count
}
