use diesel::backend::{
    Backend, DieselReserveSpecialization, SqlDialect, TrustedBackend, sql_dialect,
};
use diesel::sql_types::{self, HasSqlType, TypeMetadata};

use crate::bind::DuckDbBindCollector;
use crate::query_builder::DuckDbQueryBuilder;
use crate::sql_types::{HugeInt, Map, Struct, TimestampNs, UHugeInt};
use crate::value::DuckDbValue;

/// The DuckDB backend.
#[derive(Debug, Copy, Clone, Hash, PartialEq, Eq, Default)]
pub struct DuckDb;

impl Backend for DuckDb {
    type QueryBuilder = DuckDbQueryBuilder;
    type RawValue<'a> = DuckDbValue<'a>;
    type BindCollector<'a> = DuckDbBindCollector<'a>;
}

/// A bound value carries its type, so there is nothing to look up.
impl TypeMetadata for DuckDb {
    type TypeMetadata = ();
    type MetadataLookup = ();
}

impl SqlDialect for DuckDb {
    type ReturningClause = sql_dialect::returning_clause::PgLikeReturningClause;
    type OnConflictClause = DuckDbOnConflictClause;
    type InsertWithDefaultKeyword = sql_dialect::default_keyword_for_insert::IsoSqlDefaultKeyword;
    type BatchInsertSupport = sql_dialect::batch_insert_support::PostgresLikeBatchInsertSupport;
    type ConcatClause = sql_dialect::concat_clause::ConcatWithPipesClause;
    type DefaultValueClauseForInsert = sql_dialect::default_value_clause::AnsiDefaultValueClause;
    type EmptyFromClauseSyntax = sql_dialect::from_clause_syntax::AnsiSqlFromClauseSyntax;
    type SelectStatementSyntax = sql_dialect::select_statement_syntax::AnsiSqlSelectStatement;
    type ExistsSyntax = sql_dialect::exists_syntax::AnsiSqlExistsSyntax;
    type ArrayComparison = sql_dialect::array_comparison::AnsiSqlArrayComparison;
    type AliasSyntax = sql_dialect::alias_syntax::AsAliasSyntax;
    type WindowFrameClauseGroupSupport =
        sql_dialect::window_frame_clause_group_support::IsoGroupWindowFrameUnit;
    type WindowFrameExclusionSupport =
        sql_dialect::window_frame_exclusion_support::FrameExclusionSupport;
    type AggregateFunctionExpressions =
        sql_dialect::aggregate_function_expressions::PostgresLikeAggregateFunctionExpressions;
    type BuiltInWindowFunctionRequireOrder =
        sql_dialect::built_in_window_function_require_order::NoOrderRequired;
}

impl DieselReserveSpecialization for DuckDb {}
impl TrustedBackend for DuckDb {}

/// `ON CONFLICT` as PostgreSQL writes it.
#[derive(Debug, Copy, Clone)]
pub struct DuckDbOnConflictClause;

impl sql_dialect::on_conflict_clause::SupportsOnConflictClause for DuckDbOnConflictClause {}
impl sql_dialect::on_conflict_clause::SupportsOnConflictClauseWhere for DuckDbOnConflictClause {}
impl sql_dialect::on_conflict_clause::PgLikeOnConflictClause for DuckDbOnConflictClause {}

macro_rules! has_sql_types {
    ($($ty:ty),+ $(,)?) => {
        $(impl HasSqlType<$ty> for DuckDb {
            fn metadata((): &mut ()) {}
        })+
    };
}

has_sql_types!(
    sql_types::Bool,
    sql_types::TinyInt,
    sql_types::SmallInt,
    sql_types::Integer,
    sql_types::BigInt,
    HugeInt,
    sql_types::Unsigned<sql_types::TinyInt>,
    sql_types::Unsigned<sql_types::SmallInt>,
    sql_types::Unsigned<sql_types::Integer>,
    sql_types::Unsigned<sql_types::BigInt>,
    UHugeInt,
    sql_types::Float,
    sql_types::Double,
    sql_types::Numeric,
    sql_types::Text,
    sql_types::Binary,
    sql_types::Date,
    sql_types::Time,
    sql_types::Timestamp,
    TimestampNs,
    sql_types::Timestamptz,
    sql_types::Interval,
    sql_types::Uuid,
    sql_types::Json,
);

impl<ST> HasSqlType<sql_types::Array<ST>> for DuckDb
where
    DuckDb: HasSqlType<ST>,
{
    fn metadata((): &mut ()) {}
}

impl<K: 'static, V: 'static> HasSqlType<Map<K, V>> for DuckDb
where
    DuckDb: HasSqlType<K> + HasSqlType<V>,
{
    fn metadata((): &mut ()) {}
}

impl<Fields: 'static> HasSqlType<Struct<Fields>> for DuckDb {
    fn metadata((): &mut ()) {}
}
