//! Deleting rows: marking samples as deleted, or removing what was written of them.

use super::{
    DeleteOptions, Doing, OpenStore, ReadOptions, RowsError, Version,
    base::Base,
    open::database,
    query::{write_source, written_names},
    source::Source,
};
use crate::{
    backend::statement::Statement,
    dialect::Dialect,
    schema::{Index, Table},
    sql_types::UtcDateTime,
};
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
        let source = self.source(feature, &meant_by(options))?;
        let statement = deletion(&source, options, &mut self.base);
        self.told(Doing::Delete, feature, |store, _| {
            store.transaction(DOING, feature, |driver| {
                driver.execute(statement).map_err(database(DOING, feature))
            })
        })
    }

    /// Removes all rows of a feature, of whatever version, and returns how many there were.
    ///
    /// # Errors
    ///
    /// As [`delete_rows`](Self::delete_rows).
    pub fn drop_rows(&mut self, feature: &FeatureKey) -> Result<usize, RowsError> {
        self.delete_rows(feature, &ALL)
    }
}

pub(super) const DOING: &str = "cannot delete rows of";

/// All rows of a feature.
pub(super) const ALL: DeleteOptions =
    DeleteOptions { filters: Vec::new(), hard: true, all_versions: true };

/// The rows that are to be deleted.
pub(super) fn meant_by(options: &DeleteOptions) -> ReadOptions {
    ReadOptions {
        filters: options.filters.clone(),
        version: if options.all_versions { Version::Any } else { Version::Present },
        with_sample_history: options.hard,
        with_deleted: options.hard,
        this_store_only: true,
    }
}

/// The statement that deletes the rows that are meant.
pub(super) fn deletion(source: &Source, options: &DeleteOptions, base: &mut Base<'_>) -> Statement {
    match options.hard {
        true => remove(source, base.dialect()),
        false => mark(source, base.dialect(), base.now()),
    }
}

fn remove(source: &Source, dialect: &Dialect) -> Statement {
    let mut delete = Statement::new("DELETE FROM ");
    delete.table(&source.table.name).sql(" WHERE 1 = 1");
    if let Some(version) = &source.version {
        delete.sql(" AND ").identifier("metaxy_feature_version").sql(" = ").text(version);
    }
    for filter in &source.filters {
        filter.render(source, dialect, delete.sql(" AND "));
    }
    delete
}

fn mark(source: &Source, dialect: &Dialect, now: UtcDateTime) -> Statement {
    let mut rows = Statement::default();
    write_source(source, dialect, &mut rows);
    let mut statement = Statement::default();
    if refuses_copies(&source.table) {
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
    statement.list(", ", written_names(source), |out, it| _ = out.identifier(it)).sql(") SELECT ");
    statement.list(", ", written_names(source), |out, it| {
        match it {
            "metaxy_deleted_at" => out.value(now),
            _ => out.identifier(it),
        };
    });
    statement.sql(" FROM (").append(&rows).sql(") AS meant");
    statement
}

/// What tells the rows of a sample apart: the columns of the composite key.
fn key(id_columns: &[String]) -> Vec<&str> {
    let ids = id_columns.iter().map(String::as_str);
    ["metaxy_feature_version"].into_iter().chain(ids).chain(["metaxy_updated_at"]).collect()
}

/// Whether a table takes no copy of a row that only says besides when it was deleted.
fn refuses_copies(table: &Table) -> bool {
    let indexes = table.indexes.iter().filter(|it| it.unique).map(|it| it.columns().collect());
    let mut keys = keys_of(table).chain(indexes);
    keys.any(|it: Vec<&str>| !it.contains(&"metaxy_deleted_at"))
}

/// The columns by which a table takes no second row of the same sample, version and moment; `None`: it takes them.
pub(super) fn key_of<'t>(table: &'t Table, id_columns: &[String]) -> Option<Vec<&'t str>> {
    let key = key(id_columns);
    let indexes = table.indexes.iter().filter(|it| it.unique).filter_map(Index::key_columns);
    keys_of(table).chain(indexes).find(|it| it.iter().all(|column| key.contains(column)))
}

fn keys_of(table: &Table) -> impl Iterator<Item = Vec<&str>> {
    let primary = table.primary_key.iter().map(|it| &it.columns);
    let keys = primary.chain(table.uniques.iter().map(|it| &it.columns));
    keys.map(|columns| columns.iter().map(String::as_str).collect())
}
