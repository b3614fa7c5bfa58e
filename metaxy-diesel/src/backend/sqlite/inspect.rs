//! Reads the tables of a SQLite database. Source: <https://www.sqlite.org/pragma.html>.

use super::{DIALECT, deferrables::deferrables};
use crate::{
    backend::{
        default::read_default,
        definition::{ColumnText, Definition},
        index_definition::{IndexDefinition, index_definition},
    },
    schema::{
        Action, Check, Column, Deferrable, ForeignKey, Index, IndexKey, KeyPart, PrimaryKey,
        Schema, Table, TableName, Unique,
    },
};
use diesel::{
    QueryResult, QueryableByName, RunQueryDsl, SqliteConnection,
    dsl::sql_query,
    sql_types::{BigInt, Bool, Nullable, Text},
};
use std::collections::{BTreeMap, BTreeSet};

/// The tables that are asked for: their names as a JSON array are bound.
const TABLES: &str = "WITH wanted AS (
    SELECT s.name, s.sql FROM sqlite_schema s
    WHERE s.type = 'table' AND s.name COLLATE NOCASE IN (SELECT value FROM json_each(?))
)";

/// All tables but SQLite's own, virtual ones, and those that virtual ones keep their rows in.
pub(super) fn tables(connection: &mut SqliteConnection) -> QueryResult<BTreeSet<TableName>> {
    let rows: Vec<Name> = sql_query(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'
            AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
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
    connection: &mut SqliteConnection,
    names: &BTreeSet<TableName>,
) -> QueryResult<Schema> {
    let names: BTreeMap<String, &TableName> = names
        .iter()
        .filter(|it| it.schema.is_none())
        .map(|it| (it.name.to_ascii_lowercase(), it))
        .collect();
    let keys = serde_json::json!(names.keys().collect::<Vec<_>>()).to_string();

    // SQLite's names are equal whatever the case of their ASCII letters: the tables are called as asked for.
    let (mut tables, mut definitions) = (BTreeMap::new(), BTreeMap::new());
    for row in tables_with_columns(connection, &keys)? {
        let Some(name) = names.get(&row.table_name.to_ascii_lowercase()) else { continue };
        let definition = definitions
            .entry(row.table_name.clone())
            .or_insert_with(|| Definition::read(row.definition.as_deref().unwrap_or_default()));
        let table = tables
            .entry(row.table_name.clone())
            .or_insert_with(|| empty_table((*name).clone(), definition));
        row.add_to(table, definition);
    }
    let keys_of: BTreeMap<String, Vec<String>> = tables
        .iter()
        .map(|(name, table): (&String, &Table)| {
            let key = table.primary_key.as_ref().map(|it| it.columns.clone());
            (name.to_ascii_lowercase(), key.unwrap_or_default())
        })
        .collect();
    for (table, index) in indexes(connection, &keys)? {
        let Some(table) = tables.get_mut(&table) else { continue };
        match index.origin.as_str() {
            "c" => table.indexes.push(index.index),
            "u" => {
                let columns = index.index.columns().map(str::to_owned).collect();
                table.uniques.push(Unique::new("", columns));
            }
            _ => {}
        }
    }
    for (table, mut key) in foreign_keys(connection, &keys)? {
        let Some(table) = tables.get_mut(&table) else { continue };
        let target = key.references.name.to_ascii_lowercase();
        if key.referenced_columns.is_empty() {
            // A reference without columns is to the primary key.
            key.referenced_columns = keys_of.get(&target).cloned().unwrap_or_default();
        }
        if let Some(name) = names.get(&target) {
            key.references = (*name).clone();
        }
        table.foreign_keys.push(key);
    }
    Ok(tables.into_values().collect())
}

#[derive(QueryableByName)]
struct ColumnRow {
    #[diesel(sql_type = Text)]
    table_name: String,
    /// The definition of its table, with the first column.
    #[diesel(sql_type = Nullable<Text>)]
    definition: Option<String>,
    #[diesel(sql_type = Text)]
    column_name: String,
    #[diesel(sql_type = Text)]
    sql_type: String,
    #[diesel(sql_type = Bool)]
    not_null: bool,
    #[diesel(sql_type = Nullable<Text>)]
    default_value: Option<String>,
    /// The position in the primary key, from 1; 0: not in it.
    #[diesel(sql_type = BigInt)]
    key_position: i64,
    /// Its position in the table.
    #[diesel(sql_type = BigInt)]
    position: i64,
}

fn tables_with_columns(
    connection: &mut SqliteConnection,
    names: &str,
) -> QueryResult<Vec<ColumnRow>> {
    // Hidden columns are those of virtual tables; generated ones (2, 3) are columns.
    let mut rows: Vec<ColumnRow> = sql_query(format!(
        "{TABLES} SELECT t.name AS table_name, CASE WHEN c.cid = 0 THEN t.sql END AS definition, c.name AS column_name, c.type AS sql_type,
            c.\"notnull\" AS not_null, c.dflt_value AS default_value, c.pk AS key_position, c.cid AS position
        FROM wanted t JOIN pragma_table_xinfo(t.name) c WHERE c.hidden <> 1"
    ))
    .bind::<Text, _>(names)
    .load(connection)?;
    // SQLite would sort in a file. The rows come sorted, but it does not say so.
    rows.sort_by(|a, b| (&a.table_name, a.position).cmp(&(&b.table_name, b.position)));
    Ok(rows)
}

fn empty_table(name: TableName, definition: &Definition) -> Table {
    let checks = definition.checks.iter();
    let checks = checks.map(|it| Check { name: String::new(), expression: it.clone() });
    Table { checks: checks.collect(), ..Table::new(name, Vec::new()) }
}

impl ColumnRow {
    fn add_to(self, table: &mut Table, definition: &Definition) {
        let text = definition.columns.get(&self.column_name.to_lowercase());
        let ColumnText { generated, identity, collation } = text.cloned().unwrap_or_default();
        let sql_type = (DIALECT.parse_type)(&self.sql_type);
        let default = self.default_value.map(|it| read_default(&it, &sql_type));
        if let Ok(position @ 1..) = usize::try_from(self.key_position) {
            let key = table
                .primary_key
                .get_or_insert_with(|| PrimaryKey { name: None, columns: Vec::new() });
            let length = key.columns.len().max(position);
            key.columns.resize(length, String::new());
            key.columns[position - 1].clone_from(&self.column_name);
        }
        table.columns.push(Column {
            name: self.column_name,
            sql_type,
            nullable: !self.not_null,
            default,
            generated,
            identity,
            collation: collation.and_then(|it| (DIALECT.columns.stored_collation)(&it)),
            renamed_from: None,
            comment: None,
        });
    }
}

#[derive(QueryableByName)]
struct IndexRow {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    index_name: String,
    #[diesel(sql_type = Bool)]
    is_unique: bool,
    /// `c`: `CREATE INDEX`, `u`: `UNIQUE`, `pk`: `PRIMARY KEY`.
    #[diesel(sql_type = Text)]
    origin: String,
    /// `None`: an expression.
    #[diesel(sql_type = Nullable<Text>)]
    column_name: Option<String>,
    #[diesel(sql_type = Bool)]
    descending: bool,
}

#[derive(QueryableByName)]
struct IndexDefinitionRow {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    definition: String,
}

struct FoundIndex {
    index: Index,
    origin: String,
    definition: IndexDefinition,
}

/// The indexes of tables and of their constraints, each with its table.
fn indexes(
    connection: &mut SqliteConnection,
    names: &str,
) -> QueryResult<Vec<(String, FoundIndex)>> {
    let rows: Vec<IndexRow> = sql_query(format!(
        "{TABLES} SELECT t.name AS table_name, i.name AS index_name, i.\"unique\" AS is_unique,
            i.origin AS origin, c.name AS column_name, c.\"desc\" AS descending
        FROM wanted t JOIN pragma_index_list(t.name) i JOIN pragma_index_xinfo(i.name) c
        WHERE c.key ORDER BY t.name, i.name, c.seqno"
    ))
    .bind::<Text, _>(names)
    .load(connection)?;
    let definitions: Vec<IndexDefinitionRow> = sql_query(format!(
        "{TABLES} SELECT s.name AS name, s.sql AS definition FROM sqlite_schema s
        WHERE s.type = 'index' AND s.sql IS NOT NULL AND s.tbl_name IN (SELECT name FROM wanted)"
    ))
    .bind::<Text, _>(names)
    .load(connection)?;
    // Those of constraints have none.
    let mut definitions: BTreeMap<String, IndexDefinition> =
        definitions.into_iter().map(|it| (it.name, index_definition(&it.definition))).collect();
    let mut found: BTreeMap<(String, String), FoundIndex> = BTreeMap::new();
    for row in rows {
        let FoundIndex { index, definition, .. } =
            found.entry((row.table_name, row.index_name.clone())).or_insert_with(|| {
                let mut definition = definitions.remove(&row.index_name).unwrap_or_default();
                let mut index = Index::new(row.index_name, Vec::new(), row.is_unique);
                index.predicate = definition.predicate.take();
                FoundIndex { index, origin: row.origin, definition }
            });
        let written = definition.keys.get(index.keys.len());
        let part = match (row.column_name, written) {
            (Some(column), _) => KeyPart::Column(column),
            (None, Some(key)) => KeyPart::Expression(key.expression.clone()),
            (None, None) => continue,
        };
        let collation = written.and_then(|it| it.collation.clone());
        index.keys.push(IndexKey { descending: row.descending, collation, ..part.into() });
    }
    Ok(found.into_iter().map(|((table, _), index)| (table, index)).collect())
}

#[derive(QueryableByName)]
struct ForeignKeyRow {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    target: String,
    #[diesel(sql_type = Text)]
    column_name: String,
    #[diesel(sql_type = Nullable<Text>)]
    target_column: Option<String>,
    #[diesel(sql_type = Text)]
    on_delete: String,
    #[diesel(sql_type = Text)]
    on_update: String,
    /// The definition of its table, with the first key.
    #[diesel(sql_type = Nullable<Text>)]
    definition: Option<String>,
}

fn foreign_keys(
    connection: &mut SqliteConnection,
    names: &str,
) -> QueryResult<Vec<(String, ForeignKey)>> {
    let rows: Vec<ForeignKeyRow> = sql_query(format!(
        "{TABLES} SELECT t.name AS table_name, f.id AS id, f.\"table\" AS target, f.\"from\" AS column_name,
            f.\"to\" AS target_column, f.on_delete AS on_delete, f.on_update AS on_update,
            CASE WHEN f.id = 0 AND f.seq = 0 THEN t.sql END AS definition
        FROM wanted t JOIN pragma_foreign_key_list(t.name) f ORDER BY t.name, f.id, f.seq"
    ))
    .bind::<Text, _>(names)
    .load(connection)?;
    let mut found: BTreeMap<(String, i64), ForeignKey> = BTreeMap::new();
    let mut written: BTreeMap<String, Vec<Deferrable>> = BTreeMap::new();
    for row in rows {
        // They are counted from the last.
        let deferrable = *written
            .entry(row.table_name.clone())
            .or_insert_with(|| {
                let definition = row.definition.as_deref().unwrap_or_default();
                deferrables(definition).into_iter().rev().collect()
            })
            .get(usize::try_from(row.id).unwrap_or_default())
            .unwrap_or(&Deferrable::No);
        let key = found.entry((row.table_name, row.id)).or_insert_with(|| ForeignKey {
            on_delete: action(&row.on_delete),
            on_update: action(&row.on_update),
            deferrable,
            ..ForeignKey::new("", Vec::new(), TableName::new(row.target), Vec::new())
        });
        key.columns.push(row.column_name);
        key.referenced_columns.extend(row.target_column);
    }
    Ok(found.into_iter().map(|((table, _), key)| (table, key)).collect())
}

fn action(words: &str) -> Action {
    match words {
        "CASCADE" => Action::Cascade,
        "RESTRICT" => Action::Restrict,
        "SET NULL" => Action::SetNull,
        "SET DEFAULT" => Action::SetDefault,
        _ => Action::NoAction,
    }
}
