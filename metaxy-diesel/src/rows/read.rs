//! Reading the rows of a feature.

use super::{
    OpenStore, ReadOptions, Row, RowsError, Version, open::database, query::write_source,
    source::Source,
};
use crate::backend::statement::Statement;
use metaxy_core::FeatureKey;
use std::collections::BTreeSet;

impl<C> OpenStore<'_, C> {
    /// The rows of a feature, with all their columns, in no particular order.
    ///
    /// # Errors
    ///
    /// [`RowsError`] where the table or a column that a filter names is not there, or where the database does not answer.
    pub fn read_rows(
        &mut self,
        feature: &FeatureKey,
        options: &ReadOptions,
    ) -> Result<Vec<Row>, RowsError> {
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
        let source = self.source(feature, options)?;
        let mut query = Statement::new("SELECT count(*) AS count FROM (");
        write_source(&source, self.backend.dialect(), &mut query);
        query.sql(") AS counted");
        self.driver().count(query).map_err(database("cannot count rows of", feature))
    }

    /// The rows that options mean.
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
