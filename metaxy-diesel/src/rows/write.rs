//! Appending rows to the table of a feature.

use super::{
    OpenStore, Row, RowsError, Value, WriteOptions, complete::complete, open::database,
    source::Source,
};
use crate::{
    backend::{driver::Driver, statement::Statement},
    dialect::Dialect,
    schema::{Column, TableName},
};
use diesel::QueryResult;
use metaxy_core::FeatureKey;
use std::collections::BTreeSet;

/// How many rows are inserted by one statement, at most.
const BATCH: usize = 1_000;

impl<C> OpenStore<'_, C> {
    /// Appends rows to a feature, all of them or, where one is refused, none. Returns how many there are.
    ///
    /// A row has the user's columns and `metaxy_provenance_by_field`; what it lacks is NULL. Versions are computed where they
    /// are not given: see the data versions in [`SystemColumns`](crate::system::SystemColumns). Other columns of metaxy's own
    /// (those of an increment or of rows that were read) are set anew. Rows are taken as they are inserted, some hundred at a
    /// time.
    ///
    /// # Errors
    ///
    /// [`RowsError`] where the table lacks a column, where a row lacks its provenance, or where the database refuses a row.
    pub fn write_rows(
        &mut self,
        feature: &FeatureKey,
        rows: impl IntoIterator<Item = Row>,
        options: &WriteOptions,
    ) -> Result<usize, RowsError> {
        let found = self.inspect(&BTreeSet::from([self.tables().name(feature)]))?;
        let source = self.tables().source(feature, &found)?;
        let (spec, hashing) = (self.spec(feature)?, self.hashing);
        let (now, dialect) = (self.now(), self.backend.dialect());
        let project = self.project_version(feature);
        let finish = |row: &mut Row| {
            row.insert("metaxy_feature_version", source.version.clone());
            row.insert("metaxy_project_version", project.as_str());
            if row.get("metaxy_created_at").is_none_or(Value::is_null) {
                row.insert("metaxy_created_at", now);
            }
            row.insert("metaxy_updated_at", now);
            row.insert("metaxy_deleted_at", Value::Null);
            row.insert("metaxy_materialization_id", options.materialization_id.clone());
        };
        let doing = "cannot write rows of";
        let mut rows = rows.into_iter();
        self.transaction(doing, feature, |driver| {
            let mut written = 0;
            loop {
                let mut batch: Vec<Row> = rows.by_ref().take(BATCH).collect();
                if batch.is_empty() {
                    return Ok(written);
                }
                complete(&mut batch, spec, hashing, written)?;
                batch.iter_mut().for_each(finish);
                let columns = columns_of(&batch, &source)?;
                let columns: Vec<&Column> = columns.iter().collect();
                insert(driver, dialect, &source.table.name, &columns, &batch, None)
                    .map_err(database(doing, feature))?;
                written += batch.len();
            }
        })
    }

    /// The version of the project that a feature is of.
    pub(super) fn project_version(&self, feature: &FeatureKey) -> String {
        let project = self.graph.get(feature).map(|it| it.project.as_str());
        self.graph.project_version(project.unwrap_or_default())
    }
}

/// The columns that any of the rows has, in the order of the table.
pub(super) fn columns_of(rows: &[Row], source: &Source) -> Result<Vec<Column>, RowsError> {
    let mut named = BTreeSet::new();
    for row in rows {
        for column in row.columns().filter(|it| !named.contains(*it)).collect::<Vec<_>>() {
            named.insert(source.column(column)?.name.clone());
        }
    }
    let columns = source.table.columns.iter();
    Ok(columns.filter(|it| named.contains(&it.name)).cloned().collect())
}

/// Inserts rows, many by each statement. Where they have a `key`, each takes the place of the row that has the same.
pub(crate) fn insert(
    driver: &mut dyn Driver,
    dialect: &Dialect,
    table: &TableName,
    columns: &[&Column],
    rows: &[Row],
    key: Option<&[&str]>,
) -> QueryResult<()> {
    let batch = (dialect.rows.max_values / columns.len().max(1)).clamp(1, BATCH);
    for rows in rows.chunks(batch) {
        let mut insert = Statement::new("INSERT INTO ");
        insert.table(table).sql(" (");
        insert.list(", ", columns, |out, it| _ = out.identifier(&it.name)).sql(") VALUES ");
        insert.list(", ", rows, |out, row| {
            out.sql("(");
            out.list(", ", columns, |out, column| {
                let value = row.get(&column.name).cloned().unwrap_or(Value::Null);
                dialect.write_value(value, Some(&column.sql_type), out);
            });
            out.sql(")");
        });
        if let Some(key) = key {
            let others = columns.iter().map(|it| it.name.as_str());
            let others: Vec<&str> = others.filter(|it| !key.contains(it)).collect();
            (dialect.rows.or_replace)(&mut insert, key, &others);
        }
        driver.execute(insert)?;
    }
    Ok(())
}
