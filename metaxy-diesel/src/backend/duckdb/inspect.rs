//! Reads the tables of a DuckDB database. Source: <https://duckdb.org/docs/stable/sql/meta/duckdb_table_functions>.

use super::{DIALECT, types::is_field_versions};
use crate::{
    backend::{
        default::read_default,
        definition::{ColumnText, Definition},
        index_definition::{KeyDefinition, index_definition},
    },
    schema::{
        Check, Column, ForeignKey, Generated, Index, IndexKey, KeyPart, PrimaryKey, Schema,
        SqlType, Table, TableName, Unique,
    },
    tokens::{without_parentheses, without_quotes},
};
use diesel::{
    QueryResult, QueryableByName, RunQueryDsl,
    dsl::sql_query,
    sql_types::{Array, Bool, Nullable, Text},
};
use diesel_duckdb::DuckDbConnection;
use std::collections::{BTreeMap, BTreeSet};

/// The key of a table of `duckdb_tables()` and the like: see [`key_of`].
const KEY: &str = "if(schema_name = current_schema(), '', schema_name) || '.' || lower(table_name)";

/// All tables of the default namespace.
pub(super) fn tables(connection: &mut DuckDbConnection) -> QueryResult<BTreeSet<TableName>> {
    let rows: Vec<Name> = sql_query(
        "SELECT table_name AS name FROM duckdb_tables()
            WHERE database_name = current_database() AND schema_name = current_schema() AND NOT internal",
    )
    .load(connection)?;
    Ok(rows.into_iter().map(|it| TableName::new(it.name)).collect())
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

pub(super) fn inspect(
    connection: &mut DuckDbConnection,
    names: &BTreeSet<TableName>,
) -> QueryResult<Schema> {
    // Names are equal whatever the case of their letters: the tables are called as asked for.
    let names: BTreeMap<String, &TableName> = names.iter().map(|it| (key_of(it), it)).collect();
    let keys: Vec<&String> = names.keys().collect();
    let (mut tables, mut definitions) = (BTreeMap::new(), BTreeMap::new());
    for row in tables_with_columns(connection, &keys)? {
        let Some(name) = names.get(&row.table_key) else { continue };
        let definition = definitions
            .entry(row.table_key.clone())
            .or_insert_with(|| Definition::read(&row.definition));
        let table: &mut Table = tables
            .entry(row.table_key.clone())
            .or_insert_with(|| Table::new((*name).clone(), Vec::new()));
        table.comment.clone_from(&row.table_comment);
        table.columns.push(row.into_column(definition));
    }
    for row in constraints(connection, &keys)? {
        if let Some(table) = tables.get_mut(&row.table_key) {
            row.add_to(table, &names);
        }
    }
    for row in indexes(connection, &keys)? {
        if let Some(table) = tables.get_mut(&row.table_key) {
            table.indexes.push(row.into_index());
        }
    }
    Ok(tables.into_values().collect())
}

fn key_of(table: &TableName) -> String {
    format!("{}.{}", table.schema.as_deref().unwrap_or_default(), table.name.to_lowercase())
}

/// The rows of a query about these tables, whose keys it binds.
macro_rules! load {
    ($connection:ident, $keys:ident, $($query:tt)*) => {
        sql_query(format!($($query)*)).bind::<Array<Text>, _>($keys).load($connection)
    };
}

#[derive(QueryableByName)]
struct ColumnRow {
    #[diesel(sql_type = Text)]
    table_key: String,
    #[diesel(sql_type = Text)]
    definition: String,
    #[diesel(sql_type = Nullable<Text>)]
    table_comment: Option<String>,
    #[diesel(sql_type = Text)]
    column_name: String,
    #[diesel(sql_type = Text)]
    data_type: String,
    #[diesel(sql_type = Bool)]
    is_nullable: bool,
    /// Of a generated column too.
    #[diesel(sql_type = Nullable<Text>)]
    column_default: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    comment: Option<String>,
}

fn tables_with_columns(
    connection: &mut DuckDbConnection,
    keys: &[&String],
) -> QueryResult<Vec<ColumnRow>> {
    load!(
        connection,
        keys,
        "SELECT table_key, definition, table_comment, column_name, data_type, is_nullable, column_default, comment
        FROM (SELECT {KEY} AS table_key, table_oid, sql AS definition, comment AS table_comment
            FROM duckdb_tables() WHERE database_name = current_database())
        JOIN (SELECT * FROM duckdb_columns() WHERE database_name = current_database()) USING (table_oid)
        WHERE list_contains($1::VARCHAR[], table_key) ORDER BY table_key, column_index"
    )
}

impl ColumnRow {
    fn into_column(self, definition: &Definition) -> Column {
        let text = definition.columns.get(&self.column_name.to_lowercase());
        let ColumnText { generated, collation, .. } = text.cloned().unwrap_or_default();
        let sql_type = match is_field_versions(&self.column_name, &self.data_type) {
            true => (DIALECT.stored_type)(&SqlType::FieldVersions),
            false => (DIALECT.parse_type)(&self.data_type),
        };
        let default = self.column_default.filter(|it| generated.is_none() && it != "NULL");
        let generated = generated.map(|it| Generated {
            expression: without_parentheses(&it.expression).to_owned(),
            ..it
        });
        Column {
            default: default.map(|it| read_default(boolean(&it), &sql_type)),
            name: self.column_name,
            sql_type,
            nullable: self.is_nullable,
            generated,
            identity: None,
            collation: collation.and_then(|it| (DIALECT.columns.stored_collation)(&it)),
            renamed_from: None,
            comment: self.comment,
        }
    }
}

/// A default, and the words for one that is a boolean.
fn boolean(default: &str) -> &str {
    match default {
        "CAST('t' AS BOOLEAN)" => "true",
        "CAST('f' AS BOOLEAN)" => "false",
        other => other,
    }
}

#[derive(QueryableByName)]
struct ConstraintRow {
    #[diesel(sql_type = Text)]
    table_key: String,
    #[diesel(sql_type = Text)]
    constraint_type: String,
    #[diesel(sql_type = Array<Text>)]
    columns: Vec<String>,
    /// Of a check.
    #[diesel(sql_type = Nullable<Text>)]
    expression: Option<String>,
    /// Of a foreign key.
    #[diesel(sql_type = Nullable<Text>)]
    referenced_table: Option<String>,
    #[diesel(sql_type = Array<Text>)]
    referenced_columns: Vec<String>,
}

fn constraints(
    connection: &mut DuckDbConnection,
    keys: &[&String],
) -> QueryResult<Vec<ConstraintRow>> {
    load!(
        connection,
        keys,
        "SELECT {KEY} AS table_key, constraint_type, coalesce(constraint_column_names, []) AS columns, expression,
            referenced_table, coalesce(referenced_column_names, []) AS referenced_columns
        FROM duckdb_constraints() WHERE database_name = current_database()
            AND list_contains($1::VARCHAR[], {KEY}) ORDER BY table_key, constraint_index"
    )
}

impl ConstraintRow {
    fn add_to(self, table: &mut Table, names: &BTreeMap<String, &TableName>) {
        match self.constraint_type.as_str() {
            "PRIMARY KEY" => {
                table.primary_key = Some(PrimaryKey { name: None, columns: self.columns });
            }
            "UNIQUE" => table.uniques.push(Unique::new("", self.columns)),
            "FOREIGN KEY" => {
                let schema = table.name.schema.clone();
                let target = TableName { schema, name: self.referenced_table.unwrap_or_default() };
                let target = names.get(&key_of(&target)).map_or(target, |it| (*it).clone());
                let key = ForeignKey::new("", self.columns, target, self.referenced_columns);
                table.foreign_keys.push(key);
            }
            "CHECK" => {
                let expression = self.expression.unwrap_or_default();
                let expression = without_parentheses(&expression).to_owned();
                table.checks.push(Check { name: String::new(), expression });
            }
            // `NOT NULL` is the column's.
            _ => {}
        }
    }
}

#[derive(QueryableByName)]
struct IndexRow {
    #[diesel(sql_type = Text)]
    table_key: String,
    #[diesel(sql_type = Text)]
    index_name: String,
    #[diesel(sql_type = Bool)]
    is_unique: bool,
    #[diesel(sql_type = Text)]
    definition: String,
}

fn indexes(connection: &mut DuckDbConnection, keys: &[&String]) -> QueryResult<Vec<IndexRow>> {
    load!(
        connection,
        keys,
        "SELECT {KEY} AS table_key, index_name, is_unique, sql AS definition FROM duckdb_indexes()
        WHERE database_name = current_database() AND sql IS NOT NULL AND list_contains($1::VARCHAR[], {KEY})
        ORDER BY table_key, index_name"
    )
}

impl IndexRow {
    fn into_index(self) -> Index {
        let keys = index_definition(&self.definition).keys.into_iter();
        let key = |KeyDefinition { expression, in_parentheses, .. }| match in_parentheses {
            true => KeyPart::Expression(expression),
            false => KeyPart::Column(without_quotes(&expression)),
        };
        let keys = keys.map(|it| IndexKey::from(key(it))).collect();
        Index { keys, ..Index::new(self.index_name, Vec::new(), self.is_unique) }
    }
}
