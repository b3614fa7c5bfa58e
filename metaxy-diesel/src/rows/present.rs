//! [`OpenStore::read`]: the present rows of a feature as a query of Diesel's.

use super::{OpenStore, RowsError};
use crate::{FeatureTable, backend::statement::Statement, schema::TableName};
use diesel::{
    AppearsOnTable, Expression, QueryResult, SelectableExpression, Table,
    backend::Backend,
    dsl::Filter,
    expression::{ValidGrouping, is_aggregate},
    query_builder::{AstPass, QueryFragment, QueryId},
    query_dsl::methods::FilterDsl,
    query_source::{AppearsInFromClause, Once},
    sql_types::Bool,
};
use std::marker::PhantomData;

/// The condition that a row of a table is the latest one of its sample, of the feature's present version, and not deleted.
#[derive(Debug, Clone)]
pub struct Present<T> {
    condition: Statement,
    table: PhantomData<T>,
}

impl<C> OpenStore<'_, C> {
    /// The present rows of a feature, to be filtered, selected and joined as any table: the latest row of each sample that is
    /// not deleted. It is of the table of this store, whatever its fallback stores have. Two rows of a sample that agree in all
    /// times and in their provenance are both present on MySQL and MariaDB, whose rows have nothing else to tell them apart by; a
    /// table with the composite key has no such rows.
    ///
    /// # Errors
    ///
    /// [`RowsError::Prefix`] where the store puts a prefix before the names of tables, which Diesel's `table!` does not know.
    pub fn read<F: FeatureTable>(&self) -> Result<Filter<F::Table, Present<F::Table>>, RowsError>
    where
        F::Table: Default + FilterDsl<Present<F::Table>>,
    {
        let feature = F::key();
        if !self.table_prefix.is_empty() {
            return Err(RowsError::Prefix { feature, prefix: self.table_prefix.clone() });
        }
        let versions = self.graph.versions(&feature);
        let versions = versions.ok_or_else(|| RowsError::UnknownFeature(feature.clone()))?;
        let table =
            TableName { schema: F::TABLE.schema.map(str::to_owned), name: feature.table_name() };
        let row_id = self.backend.dialect().rows.row_id;
        let condition = condition(&table, F::ID_COLUMNS, &versions.feature_version, row_id);
        Ok(FilterDsl::filter(F::Table::default(), Present { condition, table: PhantomData }))
    }
}

/// The last row of a sample is the one that [`write_source`](super::query::write_source) takes for it.
fn condition(
    source: &TableName,
    id_columns: &[&str],
    version: &str,
    row_id: Option<&str>,
) -> Statement {
    const LATER: &str = "metaxy_later";
    let table = source.name.as_str();
    let mut out = Statement::new("(");
    column(&mut out, table, "metaxy_feature_version");
    column(out.sql(" = ").text(version).sql(" AND "), table, "metaxy_deleted_at");
    out.sql(" IS NULL AND NOT EXISTS (SELECT 1 FROM ").table(source);
    out.sql(" AS ").identifier(LATER).sql(" WHERE ");
    let same = ["metaxy_feature_version"].iter().chain(id_columns);
    for it in same {
        column(&mut out, LATER, it);
        column(out.sql(" = "), table, it);
        out.sql(" AND ");
    }
    let (later, here) = (order(LATER, row_id), order(table, row_id));
    out.sql("(");
    out.list(" OR ", 0..later.len(), |out, last| {
        out.sql("(");
        out.list(" AND ", 0..=last, |out, at| {
            let sign = if at == last { " > " } else { " = " };
            out.append(&later[at]).sql(sign).append(&here[at]);
        });
        out.sql(")");
    });
    out.sql(")))");
    out
}

/// What rows of a sample are ordered by, the last one being the largest.
fn order(of: &str, row_id: Option<&str>) -> Vec<Statement> {
    let written = |build: &dyn Fn(&mut Statement)| {
        let mut out = Statement::default();
        build(&mut out);
        out
    };
    let moment = written(&|out| {
        column(out.sql("coalesce("), of, "metaxy_deleted_at");
        column(out.sql(", "), of, "metaxy_updated_at");
        out.sql(")");
    });
    let created = written(&|out| column(out, of, "metaxy_created_at"));
    let provenance = written(&|out| {
        column(out.sql("coalesce("), of, "metaxy_provenance");
        out.sql(", '')");
    });
    let row_id = row_id.map(|it| written(&|out| column(out, of, it)));
    [moment, created, provenance].into_iter().chain(row_id).collect()
}

fn column(out: &mut Statement, of: &str, column: &str) {
    out.identifier(of).sql(".").identifier(column);
}

impl<T> Expression for Present<T> {
    type SqlType = Bool;
}

impl<T> ValidGrouping<()> for Present<T> {
    type IsAggregate = is_aggregate::No;
}

impl<T: Table, QS: AppearsInFromClause<T, Count = Once>> AppearsOnTable<QS> for Present<T> {}

impl<T: Table> SelectableExpression<T> for Present<T> where Self: AppearsOnTable<T> {}

impl<T: 'static> QueryId for Present<T> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<T, DB: Backend> QueryFragment<DB> for Present<T>
where
    Statement: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.condition.walk_ast(out)
    }
}
