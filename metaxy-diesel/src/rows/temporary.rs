//! Temporary tables, which hold rows between two statements.

use super::{OpenStore, RowsError, open::database};
use crate::{
    backend::{driver::Driver, statement::Statement},
    dialect::Dialect,
    schema::{Column, TableName},
};
use diesel::QueryResult;
use metaxy_core::FeatureKey;

impl<C> OpenStore<'_, C> {
    /// Runs something with a temporary table, empty and with these columns of another table, which goes afterwards, whatever
    /// happens.
    pub(super) fn with_temporary<T>(
        &mut self,
        of: &str,
        columns: &[Column],
        like: &TableName,
        (doing, feature): (&'static str, &FeatureKey),
        run: impl FnOnce(&mut Self, &TableName) -> Result<T, RowsError>,
    ) -> Result<T, RowsError> {
        let name = self.temporary_table(of);
        let created = create(self.driver(), &name, columns, like);
        let done = created.map_err(database(doing, feature)).and_then(|()| run(self, &name));
        let dialect = self.backend.dialect();
        let dropped = drop(self.driver(), dialect, &name).map_err(database(doing, feature));
        // What failed first is what to tell.
        done.and_then(|value| dropped.map(|()| value))
    }
}

/// Creates a temporary table, empty and with these columns of another table.
pub(super) fn create(
    driver: &mut dyn Driver,
    name: &TableName,
    columns: &[Column],
    like: &TableName,
) -> QueryResult<()> {
    driver.execute(creation(name, columns, like)).map(|_| ())
}

/// The statement that creates a temporary table, empty and with these columns of another table.
pub(super) fn creation(name: &TableName, columns: &[Column], like: &TableName) -> Statement {
    let mut create = Statement::new("CREATE TEMPORARY TABLE ");
    create.table(name).sql(" AS SELECT ");
    create.list(", ", columns, |out, it| _ = out.identifier(&it.name));
    create.sql(" FROM ").table(like).sql(" WHERE 1 = 0");
    create
}

/// Drops a temporary table, where it is there.
pub(super) fn drop(
    driver: &mut dyn Driver,
    dialect: &Dialect,
    name: &TableName,
) -> QueryResult<()> {
    let mut drop = Statement::new(dialect.rows.drop_temporary);
    drop.table(name);
    driver.execute(drop).map(|_| ())
}
