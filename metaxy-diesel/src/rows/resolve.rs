//! From options to the sets of an [`Increment`].

use super::{
    Increment, OpenStore, ResolveOptions, Row, RowSet, RowsError,
    base::Base,
    complete::complete,
    open::database,
    plan::Plan,
    source::Tables,
    temporary,
    write::{check_ids, columns_of},
};
use crate::{
    backend::statement::Statement,
    schema::{Column, Schema, TableName},
};
use metaxy_core::{FeatureKey, definition::SYSTEM_COLUMNS};
use std::collections::BTreeMap;

impl<C> OpenStore<'_, C> {
    /// What has to be done so that a feature agrees with what is upstream. Nothing but the tables' columns is read yet, and the
    /// sets see what is there when they are asked.
    ///
    /// Samples that the options give are kept in a temporary table, as long as the store is open. So are the present rows of
    /// dependencies whose tables only fallback stores have: they are brought now, and the database joins them.
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
        let mut found = self.inspect(&names)?;
        let samples = options.samples.take();
        let brought = match samples.is_some() || options.this_store_only {
            true => BTreeMap::new(),
            false => self.bring(feature, &mut found)?,
        };
        let samples = samples.map(|rows| self.keep_samples(feature, &found, rows)).transpose()?;
        let tables = Tables { instead: Some(&brought), ..self.tables() };
        let plan = Plan::new(tables, &found, feature, &options, samples, self.hashing)?;
        Ok(increment(&mut self.base, feature, plan))
    }

    /// Puts samples into a temporary table, with all versions, and returns its columns.
    fn keep_samples(
        &mut self,
        feature: &FeatureKey,
        found: &Schema,
        rows: Vec<Row>,
    ) -> Result<(TableName, Vec<String>), RowsError> {
        let Samples { table, columns, create, rows } =
            Samples::new(&mut self.base, feature, found, rows)?;
        let dialect = self.dialect();
        self.driver().execute(create).map_err(database(KEEPING, feature))?;
        let mut rows = Some(rows);
        let kept = self.transaction(KEEPING, feature, |driver| {
            let inserted = driver.append(dialect, &table, &columns, &mut || rows.take());
            inserted.map_err(database(KEEPING, feature))
        });
        if let Err(error) = kept {
            // What failed first is what to tell.
            _ = temporary::drop(self.driver(), dialect, &table);
            return Err(error);
        }
        Ok((table, columns.into_iter().map(|it| it.name).collect()))
    }
}

pub(super) const KEEPING: &str = "cannot keep samples of";

/// The sets of a plan.
pub(super) fn increment(base: &mut Base<'_>, feature: &FeatureKey, plan: Plan) -> Increment {
    let groups = base.temporary_table("groups");
    let queries = plan.queries(base.dialect(), &groups);
    let columns = plan.columns();
    Increment {
        new: RowSet::new(feature, Some(queries.new), columns.clone()),
        stale: RowSet::new(feature, queries.stale, columns),
        orphaned: RowSet::new(feature, queries.orphaned, plan.current.table.columns),
    }
}

/// Samples that the caller gives, with all versions, and the temporary table that they go into.
pub(super) struct Samples {
    pub(super) table: TableName,
    pub(super) columns: Vec<Column>,
    pub(super) create: Statement,
    pub(super) rows: Vec<Row>,
}

impl Samples {
    pub(super) fn new(
        base: &mut Base<'_>,
        feature: &FeatureKey,
        found: &Schema,
        mut rows: Vec<Row>,
    ) -> Result<Self, RowsError> {
        let source = base.tables().source(feature, found)?;
        let spec = base.spec(feature)?;
        check_ids(&rows, &source, 0)?;
        complete(&mut rows, spec, base.hashing, 0)?;
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
        let table = base.temporary_table("samples");
        let create = temporary::creation(&table, &columns, &source.table.name);
        Ok(Self { table, columns, create, rows })
    }
}
