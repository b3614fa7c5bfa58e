//! [`Increment`]: what has to be made, made anew, or given up.

use super::{
    OpenStore, ResolveOptions, Row, RowsError, complete::complete, open::database, plan::Plan,
    query::SetQuery, write::columns_of,
};
use crate::{
    backend::statement::Statement,
    schema::{Column, Schema, TableName},
};
use metaxy_core::{FeatureKey, definition::SYSTEM_COLUMNS};

/// What is new, stale and orphaned in a feature, given what is upstream: three queries, which run when they are asked.
///
/// Rows of `new` and `stale` have the upstream columns (after `rename` and `select`) and the versions that the row to be written
/// has to have: `metaxy_provenance`, `metaxy_provenance_by_field`, and the data versions, which are the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Increment {
    /// Samples that are upstream, and not yet in the feature.
    pub new: RowSet,
    /// Samples that were made from something else than is upstream now.
    pub stale: RowSet,
    /// Rows of the feature whose samples are upstream no more, as they are in the table.
    pub orphaned: RowSet,
}

/// A set of rows that only the database has: counted, loaded whole, streamed, or taken some at a time.
///
/// Where the database lacks the store's hash, Rust hashes the rows as they come. To count stale ones it has to see all samples
/// that are in the feature, then.
#[derive(Debug, Clone, PartialEq)]
pub struct RowSet {
    pub(super) feature: FeatureKey,
    /// `None`: it is empty.
    pub(super) query: Option<SetQuery>,
}

impl<C> OpenStore<'_, C> {
    /// What has to be done so that a feature agrees with what is upstream. Nothing but the tables' columns is read yet, and the
    /// sets see what is there when they are asked.
    ///
    /// Samples that the options give are kept in a temporary table, as long as the store is open.
    ///
    /// # Errors
    ///
    /// [`RowsError`] where a table or column is missing, where a filter names a column that is not there, where dependencies
    /// cannot be joined, and where a feature without dependencies is given no samples.
    pub fn resolve_rows(
        &mut self,
        feature: &FeatureKey,
        mut options: ResolveOptions,
    ) -> Result<Increment, RowsError> {
        let names = Plan::tables(self.tables(), feature)?;
        let found = self.inspect(&names)?;
        let samples = options.samples.take();
        let samples = samples.map(|rows| self.keep_samples(feature, &found, rows)).transpose()?;
        let plan = Plan::new(self.tables(), &found, feature, &options, samples, self.hashing)?;
        let queries = plan.queries(self.backend.dialect(), &self.temporary_table("groups"));
        let set = |query| RowSet { feature: feature.clone(), query };
        Ok(Increment {
            new: set(Some(queries.new)),
            stale: set(queries.stale),
            orphaned: set(queries.orphaned),
        })
    }

    /// Puts samples into a temporary table, with all versions, and returns its columns.
    fn keep_samples(
        &mut self,
        feature: &FeatureKey,
        found: &Schema,
        mut rows: Vec<Row>,
    ) -> Result<(TableName, Vec<String>), RowsError> {
        let source = self.tables().source(feature, found)?;
        let spec = self.spec(feature)?;
        complete(&mut rows, spec, self.hashing, 0)?;
        let versions = ["metaxy_provenance_by_field", "metaxy_provenance"];
        let versions = versions.into_iter();
        let versions = versions.chain(["metaxy_data_version_by_field", "metaxy_data_version"]);
        let needed: Vec<&str> =
            spec.id_columns.iter().map(String::as_str).chain(versions).collect();
        for row in &mut rows {
            for column in SYSTEM_COLUMNS.into_iter().filter(|it| !needed.contains(it)) {
                row.remove(column);
            }
        }
        let given = columns_of(&rows, &source)?;
        let is_needed = |it: &&Column| needed.contains(&it.name.as_str()) || given.contains(it);
        let columns: Vec<Column> = source.table.columns.iter().filter(is_needed).cloned().collect();
        let (table, dialect) = (self.temporary_table("samples"), self.backend.dialect());
        let mut create = Statement::new("CREATE TEMPORARY TABLE ");
        create.table(&table).sql(" AS SELECT ");
        create.list(", ", &columns, |out, it| _ = out.identifier(&it.name));
        create.sql(" FROM ").table(&source.table.name).sql(" WHERE 1 = 0");
        let doing = "cannot keep samples of";
        self.driver().execute(create).map_err(database(doing, feature))?;
        let mut rows = Some(rows);
        self.transaction(doing, feature, |driver| {
            let inserted = driver.append(dialect, &table, &columns, &mut || rows.take());
            inserted.map_err(database(doing, feature))
        })?;
        Ok((table, columns.into_iter().map(|it| it.name.clone()).collect()))
    }
}
