//! [`Statement`]: SQL that is put together at run time, with its names quoted and its values bound.

use crate::schema::TableName;
use diesel::{
    QueryResult,
    backend::Backend,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    serialize::ToSql,
    sql_types::{BigInt, HasSqlType, Text, Untyped},
};

/// A statement for any database.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Statement(Vec<Part>);

#[derive(Debug, Clone, PartialEq)]
enum Part {
    Sql(String),
    Identifier(String),
    Text(String),
    BigInt(i64),
}

impl Statement {
    /// A statement that begins so.
    pub(crate) fn new(sql: &str) -> Self {
        Self(vec![Part::Sql(sql.to_owned())])
    }

    /// Adds SQL as it is.
    pub(crate) fn sql(&mut self, sql: &str) -> &mut Self {
        self.add(Part::Sql(sql.to_owned()))
    }

    /// Adds a name, quoted.
    pub(crate) fn identifier(&mut self, name: &str) -> &mut Self {
        self.add(Part::Identifier(name.to_owned()))
    }

    /// Adds the name of a table, quoted.
    pub(crate) fn table(&mut self, table: &TableName) -> &mut Self {
        if let Some(schema) = &table.schema {
            self.identifier(schema).sql(".");
        }
        self.identifier(&table.name)
    }

    /// Adds a text, bound.
    pub(crate) fn text(&mut self, value: &str) -> &mut Self {
        self.add(Part::Text(value.to_owned()))
    }

    /// Adds a whole number, bound.
    pub(crate) fn big_int(&mut self, value: i64) -> &mut Self {
        self.add(Part::BigInt(value))
    }

    fn add(&mut self, part: Part) -> &mut Self {
        self.0.push(part);
        self
    }
}

impl<DB> QueryFragment<DB> for Statement
where
    DB: Backend + HasSqlType<Text> + HasSqlType<BigInt>,
    str: ToSql<Text, DB>,
    i64: ToSql<BigInt, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.unsafe_to_cache_prepared();
        for part in &self.0 {
            match part {
                Part::Sql(sql) => out.push_sql(sql),
                Part::Identifier(name) => out.push_identifier(name)?,
                Part::Text(value) => out.push_bind_param::<Text, str>(value)?,
                Part::BigInt(value) => out.push_bind_param::<BigInt, i64>(value)?,
            }
        }
        Ok(())
    }
}

impl QueryId for Statement {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Statement {
    type SqlType = Untyped;
}

impl<C> diesel::RunQueryDsl<C> for Statement {}
