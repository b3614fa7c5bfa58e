//! Writing a set within the database: features whose columns are all upstream.

use super::{
    Doing, OpenStore, Row, RowSet, RowsError, WriteOptions, open::database, query::SetQuery,
    source::Source,
};
use crate::{
    backend::statement::Statement,
    schema::{Column, TableName},
};
use metaxy_core::definition::SYSTEM_COLUMNS;
use std::collections::BTreeSet;

const DOING: &str = "cannot write rows of";

impl<C> OpenStore<'_, C> {
    /// Writes the rows of a set to its feature within the database, by one `INSERT … SELECT`: for features whose columns are all
    /// upstream, or have a default or may be NULL. Nothing comes to the client but where Rust hashes, since the database cannot.
    /// Returns how many rows there are; all are written or, where one is refused, none.
    ///
    /// ```no_run
    /// # use metaxy_core::FeatureKey;
    /// # use metaxy_diesel::rows::{OpenStore, ResolveOptions, WriteOptions};
    /// # let store: &mut OpenStore = todo!();
    /// let increment = store.resolve_rows(&FeatureKey::new("crop")?, ResolveOptions::default())?;
    /// store.write_set(&increment.new, &WriteOptions::default())?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`RowsError::NotUpstream`] where the feature has a column that only its pipeline can fill, and as
    /// [`write_rows`](Self::write_rows).
    pub fn write_set<R>(
        &mut self,
        set: &RowSet<R>,
        options: &WriteOptions,
    ) -> Result<usize, RowsError> {
        let feature = &set.feature;
        let found = self.inspect(&BTreeSet::from([self.tables().name(feature)]))?;
        let target = self.tables().source(feature, &found)?;
        let columns = filled(set, &target)?;
        let Some(SetQuery { groups, query, finish }) = &set.query else { return Ok(0) };
        self.told(Doing::Write, feature, |store, tell| match finish {
            None => {
                store.begin_query(feature, groups)?;
                let mut rows = Statement::new("(");
                rows.append(query).sql(")");
                store.insert_set(&target, &columns, rows, options)
            }
            Some(_) => {
                let (like, doing) = (&target.table.name, (DOING, feature));
                store.with_temporary("made", &columns, like, doing, |store, name| {
                    store.stage(set, name, &columns, tell)?;
                    let mut rows = Statement::default();
                    rows.table(name);
                    store.insert_set(&target, &columns, rows, options)
                })
            }
        })
    }

    /// Puts the rows of a set into a temporary table.
    fn stage<R>(
        &mut self,
        set: &RowSet<R>,
        table: &TableName,
        columns: &[Column],
        tell: &mut dyn FnMut(usize),
    ) -> Result<(), RowsError> {
        const BATCH: usize = 1_000;
        let (dialect, mut count) = (self.backend.dialect(), 0);
        set.each_batch_of_rows(self, BATCH, |store, rows: Vec<Row>| {
            count += rows.len();
            tell(count);
            let mut rows = Some(rows);
            let appended = store.driver().append(dialect, table, columns, &mut || rows.take());
            appended.map_err(database(DOING, &set.feature))
        })
    }

    fn insert_set(
        &mut self,
        target: &Source,
        columns: &[Column],
        rows: Statement,
        options: &WriteOptions,
    ) -> Result<usize, RowsError> {
        let (feature, now) = (&target.feature, self.now());
        let (version, project) = (target.version.as_deref(), self.project_version(feature));
        let mut insert = Statement::new("INSERT INTO ");
        insert.table(&target.table.name).sql(" (");
        insert.list(", ", columns, |out, it| _ = out.identifier(&it.name));
        for column in ["feature_version", "project_version", "created_at", "updated_at"] {
            insert.sql(", ").identifier(&format!("metaxy_{column}"));
        }
        if options.materialization_id.is_some() {
            insert.sql(", ").identifier("metaxy_materialization_id");
        }
        insert.sql(") SELECT ");
        insert.list(", ", columns, |out, it| _ = out.sql("made.").identifier(&it.name));
        insert.sql(", ").text(version.unwrap_or_default()).sql(", ").text(&project);
        insert.sql(", ").value(now).sql(", ").value(now);
        if let Some(id) = &options.materialization_id {
            insert.sql(", ").text(id);
        }
        insert.sql(" FROM ").append(&rows).sql(" AS made");
        self.transaction(DOING, feature, |driver| {
            driver.execute(insert).map_err(database(DOING, feature))
        })
    }
}

/// The columns of a feature that the rows of a set have, which are all that need a value.
fn filled<R>(set: &RowSet<R>, target: &Source) -> Result<Vec<Column>, RowsError> {
    let mut filled = Vec::new();
    for column in target.table.columns.iter().filter(|it| it.generated.is_none()) {
        let is_own = SYSTEM_COLUMNS.contains(&column.name.as_str());
        if set.columns.iter().any(|it| it.name == column.name) {
            filled.push(column.clone());
        } else if !is_own
            && !column.nullable
            && column.default.is_none()
            && column.identity.is_none()
        {
            let (feature, column) = (target.feature.clone(), column.name.clone());
            return Err(RowsError::NotUpstream { feature, column });
        }
    }
    Ok(filled)
}
