//! Copying rows from one store into another.

use super::{
    Doing, OpenStore, ReadOptions, Row, RowsError,
    delete::key_of,
    open::database,
    query::{write_latest, write_source},
    source::Source,
    write::{check_ids, columns_of, take_batch},
};
use crate::{
    backend::{driver::Driver, statement::Statement},
    dialect::Dialect,
    schema::{Column, TableName},
};
use diesel::QueryResult;
use metaxy_core::{Feature, FeatureKey};
use std::collections::BTreeSet;

const DOING: &str = "cannot copy rows of";

impl<C> OpenStore<'_, C> {
    /// Copies rows of a feature from another store, of whatever database, as they are there: with their versions and times. Rows
    /// that are here already are left out, so that copying again copies what is new. All are copied or, where one is refused, none.
    /// Returns how many were.
    ///
    /// Where the other store has no table of the feature, the rows are those of its first fallback store that has one, unless the
    /// options say otherwise.
    ///
    /// Deletions are copied with `with_deleted`: then what was deleted there is deleted here. They are copied, too, where rows are
    /// that were written over: Metaxy for Python leaves them out, and revives samples so that were deleted before. Where the
    /// table here has the composite key, a row that is here is marked as deleted, and of several rows of one sample, version and
    /// moment the last one is copied.
    ///
    /// # Errors
    ///
    /// [`RowsError`] where a table is missing, or here a column that is there, or where a database refuses.
    pub fn copy_rows<D>(
        &mut self,
        from: &mut OpenStore<'_, D>,
        feature: &FeatureKey,
        options: &ReadOptions,
    ) -> Result<usize, RowsError> {
        if let Some(other) = from.elsewhere(feature, options)? {
            return self.copy_rows(other, feature, options);
        }
        let found = self.inspect(&BTreeSet::from([self.tables().name(feature)]))?;
        let target = self.tables().source(feature, &found)?;
        let with_deleted = options.with_deleted || options.with_sample_history;
        let source = from.source(feature, &ReadOptions { with_deleted, ..options.clone() })?;
        let mut query = Statement::default();
        write_source(&source, from.backend.dialect(), &mut query);
        let rows = from.driver().stream(query).map_err(database(DOING, feature))?;
        let mut rows = rows.map(|it| it.map_err(database(DOING, feature)));
        let columns = target.table.columns.iter().filter(|it| it.generated.is_none());
        let columns: Vec<Column> = columns.cloned().collect();
        let (doing, dialect) = ((DOING, feature), self.backend.dialect());
        let (like, key) = (&target.table.name, key_of(&target.table, &target.id_columns));
        self.told(Doing::Copy, feature, |store, tell| {
            store.with_temporary("copied", &columns, like, doing, |store, name| {
                store.transaction(DOING, feature, |driver| {
                    let (mut failed, mut read) = (None, 0);
                    let mut more = || {
                        let rows = next(&mut rows, &target, read);
                        let rows = rows.map_err(|error| failed = Some(error)).ok()??;
                        read += rows.len();
                        tell(read);
                        Some(rows)
                    };
                    let appended = driver.append(dialect, name, &columns, &mut more);
                    failed.map_or(Ok(()), Err)?;
                    appended.map_err(database(DOING, feature))?;
                    let moved = match key {
                        None => move_new(driver, name, &target, &columns),
                        Some(key) => move_last(driver, dialect, name, &target, &columns, &key),
                    };
                    moved.map_err(database(DOING, feature))
                })
            })
        })
    }

    /// Copies rows of a feature from another store: see [`copy_rows`](Self::copy_rows).
    ///
    /// # Errors
    ///
    /// As [`copy_rows`](Self::copy_rows).
    pub fn copy<F: Feature, D>(
        &mut self,
        from: &mut OpenStore<'_, D>,
        options: &ReadOptions,
    ) -> Result<usize, RowsError> {
        self.copy_rows(from, &F::key(), options)
    }
}

/// The next rows, whose columns are all here; `before` came before them.
fn next(
    rows: &mut impl Iterator<Item = Result<Row, RowsError>>,
    target: &Source,
    before: usize,
) -> Result<Option<Vec<Row>>, RowsError> {
    let batch = take_batch(rows)?;
    columns_of(&batch, target)?;
    check_ids(&batch, target, before)?;
    Ok((!batch.is_empty()).then_some(batch))
}

/// What tells the rows of a sample apart.
fn key_columns(target: &Source) -> impl Iterator<Item = &str> {
    let own = ["metaxy_feature_version", "metaxy_updated_at"].into_iter();
    own.chain(target.id_columns.iter().map(String::as_str))
}

/// Moves rows of a temporary table into that of a feature, but for those that are there.
fn move_new(
    driver: &mut dyn Driver,
    from: &TableName,
    target: &Source,
    columns: &[Column],
) -> QueryResult<usize> {
    let mut insert = begin_insert(target, columns);
    insert.sql(" FROM ").table(from).sql(" AS copied WHERE NOT EXISTS (SELECT 1 FROM ");
    insert.table(&target.table.name).sql(" AS present WHERE ");
    write_same(target, &mut insert);
    // A deletion is a copy of a row, but for its time.
    let deleted = |out: &mut Statement, of: &str| {
        out.sql("coalesce(").sql(of).sql(".").identifier("metaxy_deleted_at").sql(", ");
        out.sql(of).sql(".").identifier("metaxy_updated_at").sql(")");
    };
    deleted(insert.sql(" AND "), "present");
    deleted(insert.sql(" = "), "copied");
    insert.sql(")");
    driver.execute(insert)
}

/// Moves rows of a temporary table into that of a feature which takes no two rows of one sample, version and moment: the last of
/// them, where none is there, or where the one that is there is not yet deleted and that one is.
fn move_last(
    driver: &mut dyn Driver,
    dialect: &Dialect,
    from: &TableName,
    target: &Source,
    columns: &[Column],
    key: &[&str],
) -> QueryResult<usize> {
    let mut last = Statement::new(" FROM (SELECT ");
    last.list(", ", columns, |out, it| _ = out.identifier(&it.name)).sql(", ");
    write_latest(key_columns(target), &mut last);
    last.sql(" AS metaxy__rank FROM ").table(from).sql(" AS rows_read) AS copied");
    last.sql(" WHERE metaxy__rank = 1 AND NOT EXISTS (SELECT 1 FROM ");
    last.table(&target.table.name).sql(" AS present WHERE ");
    write_same(target, &mut last);
    last.sql(" AND (present.").identifier("metaxy_deleted_at").sql(" IS NOT NULL OR copied.");
    last.identifier("metaxy_deleted_at").sql(" IS NULL))");
    // Databases differ in how they count rows that were there.
    let mut count = Statement::new("SELECT count(*) AS count");
    count.append(&last);
    let moved = driver.count(count)?;
    let mut insert = begin_insert(target, columns);
    insert.append(&last);
    (dialect.rows.or_replace)(&mut insert, key, &["metaxy_deleted_at"]);
    driver.execute(insert)?;
    Ok(usize::try_from(moved).unwrap_or(usize::MAX))
}

fn begin_insert(target: &Source, columns: &[Column]) -> Statement {
    let names = |out: &mut Statement, of: &str| {
        out.list(", ", columns, |out, it| _ = out.sql(of).identifier(&it.name));
    };
    let mut insert = Statement::new("INSERT INTO ");
    names(insert.table(&target.table.name).sql(" ("), "");
    names(insert.sql(") SELECT "), "copied.");
    insert
}

/// Writes that a row that is there is of the sample, version and moment of one that is copied.
fn write_same(target: &Source, out: &mut Statement) {
    out.list(" AND ", key_columns(target), |out, it| {
        out.sql("present.").identifier(it).sql(" = copied.").identifier(it);
    });
}
