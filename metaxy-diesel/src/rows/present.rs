//! [`OpenStore::read`]: the present rows of a feature as a query of Diesel's.

use super::{OpenStore, ReadOptions, RowsError, Version, filter::Columns, source::check_columns};
use crate::{
    FeatureTable,
    backend::statement::Statement,
    schema::{Column, SqlType, TableName},
    system::system_columns,
};
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

/// The condition on rows of a table that [`ReadOptions`] say: by default that a row is the latest one of its sample, of the
/// feature's present version, and not deleted.
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
        self.read_with::<F>(&ReadOptions::default())
    }

    /// The rows of a feature that options mean, as [`read`](Self::read): with those that were written over or deleted, of other
    /// versions, filtered.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read), and [`RowsError::FilterColumn`] where a filter names a column that is not there.
    pub fn read_with<F: FeatureTable>(
        &self,
        options: &ReadOptions,
    ) -> Result<Filter<F::Table, Present<F::Table>>, RowsError>
    where
        F::Table: Default + FilterDsl<Present<F::Table>>,
    {
        let feature = F::key();
        if !self.table_prefix.is_empty() {
            return Err(RowsError::Prefix { feature, prefix: self.table_prefix.clone() });
        }
        let versions = self.graph.versions(&feature);
        let versions = versions.ok_or_else(|| RowsError::UnknownFeature(feature.clone()))?;
        let version = match &options.version {
            Version::Present => Some(versions.feature_version.as_str()),
            Version::Of(version) => Some(version.as_str()),
            Version::Any => None,
        };
        let table =
            TableName { schema: F::TABLE.schema.map(str::to_owned), name: feature.table_name() };
        let dialect = self.backend.dialect();
        let mut condition = Statement::new("(1 = 1");
        if let Some(version) = version {
            column(condition.sql(" AND "), &table.name, "metaxy_feature_version");
            condition.sql(" = ").text(version);
        }
        if !options.with_deleted {
            column(condition.sql(" AND "), &table.name, "metaxy_deleted_at");
            condition.sql(" IS NULL");
        }
        if !options.with_sample_history {
            let of_version = version.map(|_| "metaxy_feature_version");
            let same = of_version.iter().chain(F::ID_COLUMNS).copied();
            write_is_latest(&table, same, dialect.rows.row_id, condition.sql(" AND "));
        }
        let columns = TableColumns::of::<F>(&table.name);
        for filter in &options.filters {
            let has = |it: &str| columns.find(it).is_some();
            check_columns(filter, &feature, has, || columns.names())?;
            filter.render(&columns, dialect, condition.sql(" AND "));
        }
        condition.sql(")");
        Ok(FilterDsl::filter(F::Table::default(), Present { condition, table: PhantomData }))
    }
}

/// The columns of a feature's table, in a query that may have others.
struct TableColumns<'t> {
    table: &'t str,
    columns: Vec<(&'static str, SqlType)>,
    system: Vec<Column>,
}

impl<'t> TableColumns<'t> {
    fn of<F: FeatureTable>(table: &'t str) -> Self {
        let columns = F::TABLE.columns.iter().map(|it| (it.name, (it.sql_type)()));
        Self { table, columns: columns.collect(), system: system_columns().collect() }
    }

    fn find(&self, name: &str) -> Option<&SqlType> {
        let own = self.columns.iter().find(|(it, _)| *it == name).map(|(_, it)| it);
        own.or_else(|| self.system.iter().find(|it| it.name == name).map(|it| &it.sql_type))
    }

    fn names(&self) -> Vec<&str> {
        let system = self.system.iter().map(|it| it.name.as_str());
        self.columns.iter().map(|(it, _)| *it).chain(system).collect()
    }
}

impl Columns for TableColumns<'_> {
    fn write(&self, name: &str, out: &mut Statement) -> Option<&SqlType> {
        let sql_type = self.find(name)?;
        column(out, self.table, name);
        Some(sql_type)
    }
}

/// Writes that no later row has the same in these columns. The last row of a sample is the one that
/// [`write_latest`](super::query::write_latest) takes for it.
fn write_is_latest<'s>(
    source: &TableName,
    same: impl Iterator<Item = &'s str>,
    row_id: Option<&str>,
    out: &mut Statement,
) {
    const LATER: &str = "metaxy_later";
    let table = source.name.as_str();
    out.sql("NOT EXISTS (SELECT 1 FROM ").table(source).sql(" AS ").identifier(LATER);
    out.sql(" WHERE ");
    for it in same {
        column(out, LATER, it);
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
    out.sql("))");
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
