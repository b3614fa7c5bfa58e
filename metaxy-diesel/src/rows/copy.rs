//! Copying rows from one store into another.

use super::{
    OpenStore, ReadOptions, Row, RowsError,
    open::database,
    query::write_source,
    source::Source,
    write::{columns_of, take_batch},
};
use crate::{
    backend::{driver::Driver, statement::Statement},
    schema::{Column, TableName},
};
use metaxy_core::{Feature, FeatureKey};
use std::collections::BTreeSet;

const DOING: &str = "cannot copy rows of";

impl<C> OpenStore<'_, C> {
    /// Copies rows of a feature from another store, of whatever database, as they are there: with their versions and times. Rows
    /// that are here already are left out, so that copying again copies what is new. All are copied or, where one is refused, none.
    /// Returns how many were; `progress` is told how many were read so far.
    ///
    /// As in Metaxy for Python, the options leave deletions out: what was deleted there since stays here, and where rows are
    /// copied that were written over, older rows of deleted samples are among them.
    ///
    /// # Errors
    ///
    /// [`RowsError`] where a table is missing, or here a column that is there, or where a database refuses.
    pub fn copy_rows<D>(
        &mut self,
        from: &mut OpenStore<'_, D>,
        feature: &FeatureKey,
        options: &ReadOptions,
        mut progress: impl FnMut(usize),
    ) -> Result<usize, RowsError> {
        let found = self.inspect(&BTreeSet::from([self.tables().name(feature)]))?;
        let target = self.tables().source(feature, &found)?;
        let mut query = Statement::default();
        let source = from.source(feature, options)?;
        write_source(&source, from.backend.dialect(), &mut query);
        let rows = from.driver().stream(query).map_err(database(DOING, feature))?;
        let mut rows = rows.map(|it| it.map_err(database(DOING, feature)));
        let (name, dialect) = (self.temporary_table("copied"), self.backend.dialect());
        self.transaction(DOING, feature, |driver| {
            let columns = target.table.columns.iter().filter(|it| it.generated.is_none());
            let columns: Vec<Column> = columns.cloned().collect();
            let mut create = Statement::new("CREATE TEMPORARY TABLE ");
            create.table(&name).sql(" AS SELECT ");
            create.list(", ", &columns, |out, it| _ = out.identifier(&it.name));
            create.sql(" FROM ").table(&target.table.name).sql(" WHERE 1 = 0");
            driver.execute(create).map_err(database(DOING, feature))?;
            let (mut failed, mut read) = (None, 0);
            let mut more = || match next(&mut rows, &target) {
                Ok(rows) => {
                    read += rows.as_ref().map_or(0, Vec::len);
                    progress(read);
                    rows
                }
                Err(error) => {
                    failed = Some(error);
                    None
                }
            };
            let appended = driver.append(dialect, &name, &columns, &mut more);
            failed.map_or(Ok(()), Err)?;
            appended.map_err(database(DOING, feature))?;
            let moved = move_new(driver, &name, &target, &columns);
            moved.map_err(database(DOING, feature))
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
        self.copy_rows(from, &F::key(), options, |_| {})
    }
}

/// The next rows, whose columns are all here.
fn next(
    rows: &mut impl Iterator<Item = Result<Row, RowsError>>,
    target: &Source,
) -> Result<Option<Vec<Row>>, RowsError> {
    let batch = take_batch(rows)?;
    columns_of(&batch, target)?;
    Ok((!batch.is_empty()).then_some(batch))
}

/// Moves rows of a temporary table into that of a feature, but for those that are there.
fn move_new(
    driver: &mut dyn Driver,
    from: &TableName,
    target: &Source,
    columns: &[Column],
) -> diesel::QueryResult<usize> {
    let key = ["metaxy_feature_version", "metaxy_updated_at"].into_iter();
    let key = key.chain(target.id_columns.iter().map(String::as_str));
    let names = |out: &mut Statement| {
        out.list(", ", columns, |out, it| _ = out.identifier(&it.name));
    };
    let mut insert = Statement::new("INSERT INTO ");
    names(insert.table(&target.table.name).sql(" ("));
    names(insert.sql(") SELECT "));
    insert.sql(" FROM ").table(from).sql(" AS copied WHERE NOT EXISTS (SELECT 1 FROM ");
    insert.table(&target.table.name).sql(" AS present WHERE ");
    insert.list(" AND ", key, |out, it| {
        out.sql("present.").identifier(it).sql(" = copied.").identifier(it);
    });
    // A deletion is a copy of a row, but for its time.
    let deleted = |out: &mut Statement, of: &str| {
        out.sql("coalesce(").sql(of).sql(".").identifier("metaxy_deleted_at").sql(", ");
        out.sql(of).sql(".").identifier("metaxy_updated_at").sql(")");
    };
    deleted(insert.sql(" AND "), "present");
    deleted(insert.sql(" = "), "copied");
    insert.sql(")");
    let moved = driver.execute(insert)?;
    // `DROP TABLE` would commit on MySQL: the table goes with the session, and empty.
    let mut empty = Statement::new("DELETE FROM ");
    empty.table(from);
    driver.execute(empty).map(|_| moved)
}
