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
    /// not deleted.
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
        let condition = condition(&table, F::ID_COLUMNS, &versions.feature_version);
        Ok(FilterDsl::filter(F::Table::default(), Present { condition, table: PhantomData }))
    }
}

fn condition(source: &TableName, id_columns: &[&str], version: &str) -> Statement {
    let table = source.name.as_str();
    let mut out = Statement::new("(");
    let column = |out: &mut Statement, of: &str, column: &str| {
        out.identifier(of).sql(".").identifier(column);
    };
    let moment = |out: &mut Statement, of: &str| {
        column(out.sql("coalesce("), of, "metaxy_deleted_at");
        column(out.sql(", "), of, "metaxy_updated_at");
        out.sql(")");
    };
    column(&mut out, table, "metaxy_feature_version");
    column(out.sql(" = ").text(version).sql(" AND "), table, "metaxy_deleted_at");
    out.sql(" IS NULL AND NOT EXISTS (SELECT 1 FROM ").table(source);
    out.sql(" AS metaxy_later WHERE ");
    let same = ["metaxy_feature_version"].iter().chain(id_columns);
    for it in same {
        column(&mut out, "metaxy_later", it);
        column(out.sql(" = "), table, it);
        out.sql(" AND ");
    }
    moment(&mut out, "metaxy_later");
    moment(out.sql(" > "), table);
    out.sql("))");
    out
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
