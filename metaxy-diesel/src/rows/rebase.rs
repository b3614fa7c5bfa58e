//! Taking rows of another version of a feature over into the present one.

use super::{
    Doing, OpenStore, ReadOptions, ResolveOptions, Row, RowsError, Version,
    open::database,
    query::{write_source, written_names},
    source::Source,
};
use crate::{
    backend::statement::Statement,
    schema::{Column, TableName},
    sql_types::UtcDateTime,
};
use metaxy_core::{Feature, FeatureKey};
use std::collections::BTreeSet;

const DOING: &str = "cannot rebase rows of";
const PROVENANCE: &str = "metaxy_provenance";
const PROVENANCE_BY_FIELD: &str = "metaxy_provenance_by_field";
const DATA_VERSION: &str = "metaxy_data_version";
const DATA_VERSION_BY_FIELD: &str = "metaxy_data_version_by_field";

impl<C> OpenStore<'_, C> {
    /// Takes the present samples of another version of a feature over into the present version, as if they had been made by it:
    /// where a change of the code is known to make nothing else. They get the provenance that they would have now; data versions
    /// that their writer gave stay. Samples that are upstream no more, and those that the present version has, are left out.
    /// Returns how many were taken over, all of them or none.
    ///
    /// # Errors
    ///
    /// [`RowsError::RebaseRoot`] where the feature has no dependencies, and as [`resolve_rows`](Self::resolve_rows).
    pub fn rebase_rows(&mut self, feature: &FeatureKey, from: &str) -> Result<usize, RowsError> {
        if self.spec(feature)?.deps.is_empty() {
            return Err(RowsError::RebaseRoot { feature: feature.clone() });
        }
        let options =
            ReadOptions { version: Version::Of(from.to_owned()), ..ReadOptions::default() };
        let old = self.source(feature, &options)?;
        let on = self.graph.input_id_columns(feature).unwrap_or_default();
        let on: Vec<String> = match on.is_empty() {
            true => old.id_columns.clone(),
            false => on.into_iter().collect(),
        };
        let kept: BTreeSet<&str> =
            on.iter().map(String::as_str).chain([PROVENANCE, PROVENANCE_BY_FIELD]).collect();
        let columns = old.table.columns.iter().filter(|it| kept.contains(it.name.as_str()));
        let columns: Vec<Column> = columns.cloned().collect();
        self.told(Doing::Rebase, feature, |store, tell| {
            let doing = (DOING, feature);
            store.with_temporary("versions", &columns, &old.table.name, doing, |store, it| {
                store.keep_versions(feature, it, &columns, tell)?;
                store.take_over(feature, &old, it, &on)
            })
        })
    }

    /// Takes over what the temporary table has versions of.
    fn take_over(
        &mut self,
        feature: &FeatureKey,
        old: &Source,
        versions: &TableName,
        on: &[String],
    ) -> Result<usize, RowsError> {
        let present = self.source(feature, &ReadOptions::default())?;
        let project = self.project_version(feature);
        let now = self.now();
        let dialect = self.backend.dialect();
        let mut rows = Statement::default();
        write_source(old, dialect, &mut rows);
        let mut there = Statement::default();
        write_source(&present, dialect, &mut there);

        let mut insert = Statement::new("INSERT INTO ");
        insert.table(&old.table.name).sql(" (");
        insert.list(", ", written_names(old), |out, it| _ = out.identifier(it)).sql(") SELECT ");
        let version = present.version.as_deref().unwrap_or_default();
        let values = Values { version, project: &project, now };
        insert.list(", ", written_names(old), |out, it| values.write(it, out));
        insert.sql(" FROM (").append(&rows).sql(") AS old JOIN (");
        write_made(versions, on, &mut insert);
        insert.sql(") AS made ON ");
        same("old", "made", on, &mut insert);
        insert
            .sql(" WHERE made.metaxy__place = 1 AND NOT EXISTS (SELECT 1 FROM (")
            .append(&there)
            .sql(") AS present WHERE ");
        same("present", "old", &old.id_columns, &mut insert);
        insert.sql(")");
        self.expect_whole_tables().map_err(database(DOING, feature))?;
        self.transaction(DOING, feature, |driver| {
            driver.execute(insert).map_err(database(DOING, feature))
        })
    }

    /// Takes samples of another version of a feature over: see [`rebase_rows`](Self::rebase_rows).
    ///
    /// # Errors
    ///
    /// As [`rebase_rows`](Self::rebase_rows).
    pub fn rebase<F: Feature>(&mut self, from: &str) -> Result<usize, RowsError> {
        self.rebase_rows(&F::key(), from)
    }

    /// Puts what all samples should be made from into a temporary table.
    fn keep_versions(
        &mut self,
        feature: &FeatureKey,
        table: &TableName,
        columns: &[Column],
        tell: &mut dyn FnMut(usize),
    ) -> Result<(), RowsError> {
        const BATCH: usize = 1_000;
        let dialect = self.backend.dialect();
        let options = ResolveOptions { skip_comparison: true, ..ResolveOptions::default() };
        let all = self.resolve_rows(feature, options)?.new;
        let mut count = 0;
        all.each_batch_of_rows(self, BATCH, |store, rows: Vec<Row>| {
            count += rows.len();
            tell(count);
            let mut rows = Some(rows);
            let appended = store.driver().append(dialect, table, columns, &mut || rows.take());
            appended.map_err(database(DOING, feature))
        })
    }
}

/// Writes what samples should be made from, numbered where several rows upstream are one sample here: of a group that is
/// aggregated, all say the same.
fn write_made(versions: &TableName, on: &[String], out: &mut Statement) {
    out.sql("SELECT versions.*, row_number() OVER (PARTITION BY ");
    out.list(", ", on, |out, it| _ = out.identifier(it));
    out.sql(" ORDER BY ").identifier(PROVENANCE).sql(") AS metaxy__place FROM ");
    out.table(versions).sql(" AS versions");
}

/// What the rows have that are taken over.
struct Values<'a> {
    version: &'a str,
    project: &'a str,
    now: UtcDateTime,
}

impl Values<'_> {
    fn write(&self, column: &str, out: &mut Statement) {
        let of = |out: &mut Statement, table: &str, column: &str| {
            out.sql(table).sql(".").identifier(column);
        };
        match column {
            PROVENANCE | PROVENANCE_BY_FIELD => of(out, "made", column),
            DATA_VERSION | DATA_VERSION_BY_FIELD => {
                // One that is the provenance was not given by a writer.
                of(out.sql("CASE WHEN "), "old", DATA_VERSION);
                of(out.sql(" <> "), "old", PROVENANCE);
                of(out.sql(" THEN "), "old", column);
                let new = if column == DATA_VERSION { PROVENANCE } else { PROVENANCE_BY_FIELD };
                of(out.sql(" ELSE "), "made", new);
                out.sql(" END");
            }
            "metaxy_feature_version" => _ = out.text(self.version),
            "metaxy_project_version" => _ = out.text(self.project),
            "metaxy_updated_at" => _ = out.value(self.now),
            column => of(out, "old", column),
        }
    }
}

fn same(one: &str, other: &str, columns: &[String], out: &mut Statement) {
    out.list(" AND ", columns, |out, it| {
        out.sql(one).sql(".").identifier(it).sql(" = ").sql(other).sql(".").identifier(it);
    });
}
