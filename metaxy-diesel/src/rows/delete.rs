//! Deleting rows: marking samples as deleted, or removing what was written of them.

use super::{
    DeleteOptions, OpenStore, ReadOptions, RowsError, Version,
    open::database,
    query::{write_source, written_names},
    source::Source,
};
use crate::{backend::statement::Statement, schema::Table};
use metaxy_core::FeatureKey;

impl<C> OpenStore<'_, C> {
    /// Deletes the samples of a feature that the filters of the options mean, and returns how many rows that were.
    ///
    /// Softly, a copy of the latest row is appended that says when it was deleted; where the table's primary key refuses a second
    /// row of the same moment, the latest row itself says so. Hard, all rows of the sample that the filters mean are removed.
    ///
    /// # Errors
    ///
    /// [`RowsError`] where the table or a column that a filter names is not there, or where the database refuses.
    pub fn delete_rows(
        &mut self,
        feature: &FeatureKey,
        options: &DeleteOptions,
    ) -> Result<usize, RowsError> {
        let version = if options.all_versions { Version::Any } else { Version::Present };
        let read = ReadOptions {
            filters: options.filters.clone(),
            version,
            with_sample_history: options.hard,
            with_deleted: options.hard,
        };
        let source = self.source(feature, &read)?;
        let statement = match options.hard {
            true => self.remove(&source),
            false => self.mark(&source),
        };
        let doing = "cannot delete rows of";
        self.transaction(doing, feature, |driver| {
            driver.execute(statement).map_err(database(doing, feature))
        })
    }

    /// Removes all rows of a feature, of whatever version, and returns how many there were.
    ///
    /// # Errors
    ///
    /// As [`delete_rows`](Self::delete_rows).
    pub fn drop_rows(&mut self, feature: &FeatureKey) -> Result<usize, RowsError> {
        let options = DeleteOptions { hard: true, all_versions: true, ..DeleteOptions::default() };
        self.delete_rows(feature, &options)
    }

    fn remove(&self, source: &Source) -> Statement {
        let mut delete = Statement::new("DELETE FROM ");
        delete.table(&source.table.name).sql(" WHERE 1 = 1");
        if let Some(version) = &source.version {
            delete.sql(" AND ").identifier("metaxy_feature_version").sql(" = ").text(version);
        }
        for filter in &source.filters {
            filter.render(source, self.backend.dialect(), delete.sql(" AND "));
        }
        delete
    }

    fn mark(&mut self, source: &Source) -> Statement {
        let (now, dialect) = (self.now(), self.backend.dialect());
        let mut rows = Statement::default();
        write_source(source, dialect, &mut rows);
        let mut statement = Statement::default();
        if refuses_copies(&source.table, &source.id_columns) {
            statement.sql("UPDATE ").table(&source.table.name).sql(" SET ");
            statement.identifier("metaxy_deleted_at").sql(" = ").value(now);
            statement.sql(" WHERE ").identifier("metaxy_deleted_at").sql(" IS NULL AND (");
            let key = key(&source.id_columns);
            statement.list(", ", &key, |out, it| _ = out.identifier(it)).sql(") IN (SELECT ");
            statement.list(", ", &key, |out, it| _ = out.identifier(it)).sql(" FROM (");
            statement.append(&rows).sql(") AS meant)");
            return statement;
        }
        statement.sql("INSERT INTO ").table(&source.table.name).sql(" (");
        statement
            .list(", ", written_names(source), |out, it| _ = out.identifier(it))
            .sql(") SELECT ");
        statement.list(", ", written_names(source), |out, it| {
            match it {
                "metaxy_deleted_at" => out.value(now),
                _ => out.identifier(it),
            };
        });
        statement.sql(" FROM (").append(&rows).sql(") AS meant");
        statement
    }
}

/// What tells the rows of a sample apart: the columns of the composite key.
fn key(id_columns: &[String]) -> Vec<&str> {
    let ids = id_columns.iter().map(String::as_str);
    ["metaxy_feature_version"].into_iter().chain(ids).chain(["metaxy_updated_at"]).collect()
}

/// Whether a table takes no second row of the same sample, version and moment.
fn refuses_copies(table: &Table, id_columns: &[String]) -> bool {
    let key = key(id_columns);
    let is_key = |columns: &[String]| columns.iter().all(|it| key.contains(&it.as_str()));
    let mut indexes = table.indexes.iter().filter(|it| it.unique);
    table.primary_key.as_ref().is_some_and(|it| is_key(&it.columns))
        || table.uniques.iter().any(|it| is_key(&it.columns))
        || indexes.any(|it| it.columns().all(|column| key.contains(&column)))
}
