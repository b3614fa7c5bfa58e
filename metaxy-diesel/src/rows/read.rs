//! Reading the rows of a feature.

use super::{
    OpenStore, ReadOptions, Row, RowsError, Version, open::database, query::write_source,
    source::Source,
};
use crate::backend::statement::Statement;
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
        let source = self.source(feature, options)?;
        let mut query = Statement::default();
        write_source(&source, self.backend.dialect(), &mut query);
        self.driver().rows(query).map_err(database("cannot read rows of", feature))
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
        let source = self.source(feature, options)?;
        let mut query = Statement::new("SELECT count(*) AS count FROM (");
        write_source(&source, self.backend.dialect(), &mut query);
        query.sql(") AS counted");
        self.driver().count(query).map_err(database("cannot count rows of", feature))
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
        let source = self.tables().source(feature, &found)?;
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
}
