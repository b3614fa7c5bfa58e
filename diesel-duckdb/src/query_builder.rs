use std::fmt::Write as _;

use diesel::QueryResult;
use diesel::query_builder::{
    All, AstPass, BoxedLimitOffsetClause, Distinct, Except, InsertOrIgnore, Intersect,
    IntoBoxedClause, LimitOffsetClause, ParenthesisWrapper, QueryBuilder, QueryFragment, Replace,
    SupportsCombinationClause, Union,
};

use crate::DuckDb;

/// Writes SQL for DuckDB: identifiers in double quotes, values as `$1`, `$2` and so on.
#[derive(Debug, Default)]
pub struct DuckDbQueryBuilder {
    sql: String,
    binds: u32,
}

impl QueryBuilder<DuckDb> for DuckDbQueryBuilder {
    fn push_sql(&mut self, sql: &str) {
        self.sql.push_str(sql);
    }

    fn push_identifier(&mut self, identifier: &str) -> QueryResult<()> {
        self.sql.push('"');
        self.sql.push_str(&identifier.replace('"', "\"\""));
        self.sql.push('"');
        Ok(())
    }

    fn push_bind_param(&mut self) {
        self.push_bind_param_value_only();
        write!(self.sql, "${}", self.binds).expect("a String takes all that is written");
    }

    fn push_bind_param_value_only(&mut self) {
        self.binds += 1;
    }

    fn finish(self) -> String {
        self.sql
    }
}

impl<L, O> QueryFragment<DuckDb> for LimitOffsetClause<L, O>
where
    L: QueryFragment<DuckDb>,
    O: QueryFragment<DuckDb>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DuckDb>) -> QueryResult<()> {
        self.limit_clause.walk_ast(out.reborrow())?;
        self.offset_clause.walk_ast(out)
    }
}

impl<'a, L, O> IntoBoxedClause<'a, DuckDb> for LimitOffsetClause<L, O>
where
    L: QueryFragment<DuckDb> + Send + 'a,
    O: QueryFragment<DuckDb> + Send + 'a,
{
    type BoxedClause = BoxedLimitOffsetClause<'a, DuckDb>;

    fn into_boxed(self) -> Self::BoxedClause {
        BoxedLimitOffsetClause {
            limit: Some(Box::new(self.limit_clause)),
            offset: Some(Box::new(self.offset_clause)),
        }
    }
}

impl QueryFragment<DuckDb> for BoxedLimitOffsetClause<'_, DuckDb> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DuckDb>) -> QueryResult<()> {
        for clause in [&self.limit, &self.offset].into_iter().flatten() {
            clause.walk_ast(out.reborrow())?;
        }
        Ok(())
    }
}

impl QueryFragment<DuckDb> for InsertOrIgnore {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DuckDb>) -> QueryResult<()> {
        out.push_sql("INSERT OR IGNORE");
        Ok(())
    }
}

impl QueryFragment<DuckDb> for Replace {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DuckDb>) -> QueryResult<()> {
        out.push_sql("INSERT OR REPLACE");
        Ok(())
    }
}

impl<T: QueryFragment<DuckDb>> QueryFragment<DuckDb> for ParenthesisWrapper<T> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DuckDb>) -> QueryResult<()> {
        out.push_sql("(");
        self.inner.walk_ast(out.reborrow())?;
        out.push_sql(")");
        Ok(())
    }
}

impl SupportsCombinationClause<Union, Distinct> for DuckDb {}
impl SupportsCombinationClause<Union, All> for DuckDb {}
impl SupportsCombinationClause<Intersect, Distinct> for DuckDb {}
impl SupportsCombinationClause<Intersect, All> for DuckDb {}
impl SupportsCombinationClause<Except, Distinct> for DuckDb {}
impl SupportsCombinationClause<Except, All> for DuckDb {}
