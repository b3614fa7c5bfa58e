//! [`Statement`]: SQL that is put together at run time, with its names quoted and its values bound.

use crate::{
    rows::Value,
    schema::{SqlType, TableName},
    sql_types::{UtcDateTime, UtcTimestamp},
};
use diesel::{
    QueryResult,
    backend::Backend,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    serialize::ToSql,
    sql_types::{BigInt, Binary, Bool, Double, HasSqlType, Nullable, Text, Untyped},
};

/// A statement for any database.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Statement {
    parts: Vec<Part>,
    /// Whether the connection keeps it prepared.
    kept: bool,
}

#[derive(Debug, Clone, PartialEq)]
enum Part {
    Sql(String),
    Identifier(String),
    Null,
    /// NULL, bound as a type.
    NullOf(Bound),
    Bool(bool),
    BigInt(i64),
    Double(f64),
    Text(String),
    Binary(Vec<u8>),
    Moment(UtcDateTime),
}

/// What a value is bound as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bound {
    BigInt,
    Bool,
    Double,
    Binary,
    Moment,
    Text,
}

impl Bound {
    fn of(sql_type: &SqlType) -> Self {
        match sql_type {
            SqlType::Bool => Self::Bool,
            SqlType::SmallInt | SqlType::Integer | SqlType::BigInt => Self::BigInt,
            SqlType::Float | SqlType::Double => Self::Double,
            SqlType::Binary => Self::Binary,
            SqlType::UtcTimestamp | SqlType::Timestamptz => Self::Moment,
            _ => Self::Text,
        }
    }
}

impl Statement {
    /// A statement that begins so.
    pub(crate) fn new(sql: &str) -> Self {
        Self { parts: vec![Part::Sql(sql.to_owned())], kept: false }
    }

    /// The same, which the connection keeps prepared: for one that runs many times with other values.
    pub(crate) fn kept(self) -> Self {
        Self { kept: true, ..self }
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
        self.value(value)
    }

    /// Adds a whole number, bound.
    pub(crate) fn big_int(&mut self, value: i64) -> &mut Self {
        self.value(value)
    }

    /// Adds a value, bound; JSON as text.
    pub(crate) fn value(&mut self, value: impl Into<Value>) -> &mut Self {
        self.add(match value.into() {
            Value::Null => Part::Null,
            Value::Bool(value) => Part::Bool(value),
            Value::Int(value) => Part::BigInt(value),
            Value::Float(value) => Part::Double(value),
            Value::Text(value) => Part::Text(value),
            Value::Bytes(value) => Part::Binary(value),
            Value::Json(value) => Part::Text(value.to_string()),
            Value::Moment(value) => Part::Moment(value),
        })
    }

    /// Adds a value that is meant for a column of this type, bound even where it is NULL: the statement has the same text for
    /// all values.
    pub(crate) fn bind(&mut self, value: Value, sql_type: &SqlType) -> &mut Self {
        match value {
            Value::Null => self.add(Part::NullOf(Bound::of(sql_type))),
            value => self.value(value),
        }
    }

    /// Adds what another statement says.
    pub(crate) fn append(&mut self, other: &Self) -> &mut Self {
        self.parts.extend(other.parts.iter().cloned());
        self
    }

    /// Adds items with a separator between them.
    pub(crate) fn list<T>(
        &mut self,
        separator: &str,
        items: impl IntoIterator<Item = T>,
        mut add: impl FnMut(&mut Self, T),
    ) -> &mut Self {
        for (at, item) in items.into_iter().enumerate() {
            if at > 0 {
                self.sql(separator);
            }
            add(self, item);
        }
        self
    }

    fn add(&mut self, part: Part) -> &mut Self {
        self.parts.push(part);
        self
    }
}

impl<DB> QueryFragment<DB> for Statement
where
    DB: Backend
        + HasSqlType<Text>
        + HasSqlType<BigInt>
        + HasSqlType<Bool>
        + HasSqlType<Double>
        + HasSqlType<Binary>
        + HasSqlType<UtcTimestamp>,
    str: ToSql<Text, DB>,
    i64: ToSql<BigInt, DB>,
    bool: ToSql<Bool, DB>,
    f64: ToSql<Double, DB>,
    [u8]: ToSql<Binary, DB>,
    UtcDateTime: ToSql<UtcTimestamp, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        if !self.kept {
            out.unsafe_to_cache_prepared();
        }
        for part in &self.parts {
            match part {
                Part::Sql(sql) => out.push_sql(sql),
                Part::Identifier(name) => out.push_identifier(name)?,
                Part::Null => out.push_sql("NULL"),
                Part::NullOf(bound) => match bound {
                    Bound::BigInt => out.push_bind_param::<Nullable<BigInt>, _>(&None::<i64>)?,
                    Bound::Bool => out.push_bind_param::<Nullable<Bool>, _>(&None::<bool>)?,
                    Bound::Double => out.push_bind_param::<Nullable<Double>, _>(&None::<f64>)?,
                    Bound::Binary => out.push_bind_param::<Nullable<Binary>, _>(&None::<&[u8]>)?,
                    Bound::Moment => {
                        out.push_bind_param::<Nullable<UtcTimestamp>, _>(&None::<UtcDateTime>)?;
                    }
                    Bound::Text => out.push_bind_param::<Nullable<Text>, _>(&None::<&str>)?,
                },
                Part::Bool(value) => out.push_bind_param::<Bool, _>(value)?,
                Part::BigInt(value) => out.push_bind_param::<BigInt, _>(value)?,
                Part::Double(value) => out.push_bind_param::<Double, _>(value)?,
                Part::Text(value) => out.push_bind_param::<Text, str>(value)?,
                Part::Binary(value) => out.push_bind_param::<Binary, [u8]>(value)?,
                Part::Moment(value) => out.push_bind_param::<UtcTimestamp, _>(value)?,
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
