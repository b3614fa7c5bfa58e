//! Reads the tables of a MySQL or MariaDB database.
//!
//! Source: <https://dev.mysql.com/doc/refman/8.0/en/information-schema.html>,
//! <https://mariadb.com/kb/en/information-schema-tables/>.

use super::{DIALECT, MARIADB_DIALECT, shown};
use crate::{
    backend::{
        load::{Load, Waiting, at_once},
        statement::Statement,
    },
    schema::{
        Action, Check, Column, ForeignKey, Generated, Identity, Index, IndexKey, KeyPart,
        PrimaryKey, Schema, SqlType, Storage, Table, TableName,
    },
};
use diesel::{
    MysqlConnection, QueryResult, QueryableByName, RunQueryDsl,
    deserialize::FromSqlRow,
    mysql::Mysql,
    sql_types::{BigInt, Nullable, Text, Untyped},
};
use std::collections::{BTreeMap, BTreeSet};

/// Whether there is such a table.
pub(super) fn has_table(connection: &mut MysqlConnection, table: &TableName) -> QueryResult<bool> {
    let (mut connection, names) = (Waiting(connection), [table.name.as_str()]);
    let rows = query::<TableRow>(&mut connection, TABLES_SQL, "", Some(&names));
    Ok(!at_once(rows)?.is_empty())
}

/// All tables of the database.
pub(super) fn tables(connection: &mut MysqlConnection) -> QueryResult<BTreeSet<TableName>> {
    let rows: Vec<NameRow> = diesel::sql_query(NAMES_SQL).load(connection)?;
    Ok(rows.into_iter().map(|it| TableName::new(it.name)).collect())
}

impl Load<Mysql> for Waiting<'_, MysqlConnection> {
    async fn load<T>(&mut self, query: Statement) -> QueryResult<Vec<T>>
    where
        T: FromSqlRow<Untyped, Mysql> + Send + 'static,
    {
        RunQueryDsl::load(query, self.0)
    }
}

pub(super) fn inspect(
    connection: &mut MysqlConnection,
    names: &BTreeSet<TableName>,
) -> QueryResult<Schema> {
    at_once(inspect_by(&mut Waiting(connection), names))
}

/// The tables of these names that are there.
pub(in crate::backend) async fn inspect_by(
    connection: &mut impl Load<Mysql>,
    names: &BTreeSet<TableName>,
) -> QueryResult<Schema> {
    let plain = names.iter().filter(|it| it.schema.is_none()).map(|it| it.name.as_str());
    // Servers on some systems do not tell `a` from `A`.
    read(connection, Some(&plain.collect::<Vec<_>>()), |it| names.contains(it)).await
}

/// All tables that `keep` takes.
pub(super) fn inspect_all(
    connection: &mut MysqlConnection,
    keep: &dyn Fn(&TableName) -> bool,
) -> QueryResult<Schema> {
    at_once(read(&mut Waiting(connection), None, keep))
}

/// The tables of these names (`None`: of any) that `keep` takes.
///
/// The server opens each table for each query about more than its name and columns, which is most of the time: it is asked
/// such things only of tables for which there is an answer.
async fn read(
    connection: &mut impl Load<Mysql>,
    names: Option<&[&str]>,
    keep: impl Fn(&TableName) -> bool,
) -> QueryResult<Schema> {
    let server = connection.load::<ServerRow>(Statement::new(SERVER_SQL)).await?;
    let is_mariadb = server.iter().any(|it| it.version.contains("MariaDB"));
    let mut tables = Tables::default();
    for row in query::<TableRow>(connection, TABLES_SQL, "", names).await? {
        let name = TableName::new(&row.name);
        if keep(&name) {
            let comment = Some(row.comment).filter(|it| !it.is_empty());
            let table = Table { comment, ..Table::new(name, Vec::new()) };
            tables.0.insert(row.name, table);
        }
    }
    let order = " ORDER BY ORDINAL_POSITION";
    for row in query::<ColumnRow>(connection, COLUMNS_SQL, order, names).await? {
        tables
            .with(&row.table_name.clone(), |table| table.columns.push(row.into_column(is_mariadb)));
    }
    let keys = query::<KeyRow>(connection, KEYS_SQL, " ORDER BY SEQ_IN_INDEX", names).await?;
    let indexed = keys.iter().filter(|it| it.name != PRIMARY).map(|it| it.table_name.as_str());
    let indexed: Vec<&str> = indexed.collect::<BTreeSet<_>>().into_iter().collect();
    let order = " ORDER BY INDEX_NAME, SEQ_IN_INDEX";
    let indexes = query(connection, &indexes_sql(is_mariadb), order, Some(&indexed)).await?;
    add_indexes(&mut tables, indexes);
    for row in keys.into_iter().filter(|it| it.name == PRIMARY) {
        tables.with(&row.table_name.clone(), |table| row.add_to(table));
    }
    let rules = query::<RulesRow>(connection, RULES_SQL, "", names).await?;
    let referring: BTreeSet<&str> = rules.iter().map(|it| it.table_name.as_str()).collect();
    let referring: Vec<&str> = referring.into_iter().collect();
    let rules: BTreeMap<(&str, &str), &RulesRow> =
        rules.iter().map(|it| ((it.table_name.as_str(), it.name.as_str()), it)).collect();
    let order = " ORDER BY CONSTRAINT_NAME, ORDINAL_POSITION";
    let rows = query::<ForeignKeyRow>(connection, FOREIGN_KEYS_SQL, order, Some(&referring));
    for row in rows.await? {
        let Some(rules) = rules.get(&(row.table_name.as_str(), row.name.as_str())) else {
            continue;
        };
        tables.with(&row.table_name.clone(), |table| row.add_to(table, rules));
    }
    let checks = if is_mariadb { MARIADB_CHECKS_SQL } else { MYSQL_CHECKS_SQL };
    for mut row in query::<CheckRow>(connection, checks, "", names).await? {
        row.expression = shown::expression_text(&row.expression, is_mariadb);
        tables.with(&row.table_name.clone(), |table| row.add_to(table));
    }
    Ok(tables.0.into_values().collect())
}

/// The tables that were found, by name.
#[derive(Default)]
struct Tables(BTreeMap<String, Table>);

impl Tables {
    /// Does something with a table. One that was created after the first query is left out.
    fn with(&mut self, name: &str, body: impl FnOnce(&mut Table)) {
        self.0.get_mut(name).map(body);
    }
}

/// The rows about the tables of these names; `None`: about all.
async fn query<Row>(
    connection: &mut impl Load<Mysql>,
    select: &str,
    order: &str,
    names: Option<&[&str]>,
) -> QueryResult<Vec<Row>>
where
    Row: QueryableByName<Mysql> + Send + 'static,
{
    let mut statement = Statement::new(select);
    match names {
        None => {}
        Some([]) => return Ok(Vec::new()),
        Some(names) => {
            statement.sql(" AND TABLE_NAME IN (");
            statement.list(", ", names, |statement, name| _ = statement.text(name)).sql(")");
        }
    }
    statement.sql(order);
    connection.load(statement).await
}

const NAMES_SQL: &str = "SELECT TABLE_NAME AS name FROM information_schema.TABLES
    WHERE TABLE_TYPE = 'BASE TABLE' AND TABLE_SCHEMA = database()";

#[derive(QueryableByName)]
struct NameRow {
    #[diesel(sql_type = Text)]
    name: String,
}

const SERVER_SQL: &str = "SELECT version() AS version";

#[derive(QueryableByName)]
struct ServerRow {
    #[diesel(sql_type = Text)]
    version: String,
}

const TABLES_SQL: &str =
    "SELECT TABLE_NAME AS name, TABLE_COMMENT AS comment FROM information_schema.TABLES
    WHERE TABLE_TYPE = 'BASE TABLE' AND TABLE_SCHEMA = database()";

#[derive(QueryableByName)]
struct TableRow {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    comment: String,
}

const COLUMNS_SQL: &str =
    "SELECT TABLE_NAME AS table_name, COLUMN_NAME AS name, COLUMN_TYPE AS sql_type,
        IS_NULLABLE AS nullable, COLUMN_DEFAULT AS default_value, EXTRA AS extra,
        COLLATION_NAME AS collation, GENERATION_EXPRESSION AS expression, COLUMN_COMMENT AS comment
    FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = database()";

#[derive(QueryableByName)]
struct ColumnRow {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    sql_type: String,
    #[diesel(sql_type = Text)]
    nullable: String,
    #[diesel(sql_type = Nullable<Text>)]
    default_value: Option<String>,
    #[diesel(sql_type = Text)]
    extra: String,
    #[diesel(sql_type = Nullable<Text>)]
    collation: Option<String>,
    /// Empty, or NULL, where it is not computed.
    #[diesel(sql_type = Nullable<Text>)]
    expression: Option<String>,
    #[diesel(sql_type = Text)]
    comment: String,
}

impl ColumnRow {
    fn into_column(self, is_mariadb: bool) -> Column {
        let dialect = if is_mariadb { &MARIADB_DIALECT } else { &DIALECT };
        let sql_type = (dialect.parse_type)(&self.sql_type);
        let extra = self.extra.to_ascii_uppercase();
        let storage = match extra.contains("STORED") {
            true => Storage::Stored,
            false => Storage::Virtual,
        };
        let generated = self.expression.filter(|it| !it.is_empty()).map(|text| Generated {
            expression: shown::expression_text(&text, is_mariadb),
            storage,
        });
        let default = self.default_value.filter(|_| generated.is_none());
        let default = default.and_then(|text| match is_mariadb {
            true => shown::mariadb_default(&text, &sql_type),
            false => Some(shown::mysql_default(&text, &self.extra, &sql_type)),
        });
        Column {
            nullable: self.nullable == "YES",
            default,
            generated,
            identity: extra.contains("AUTO_INCREMENT").then_some(Identity::BY_DEFAULT),
            collation: self.collation.and_then(|it| (dialect.columns.stored_collation)(&it)),
            comment: Some(self.comment).filter(|it| !it.is_empty()),
            ..Column::new(self.name, sql_type)
        }
    }
}

/// What the index of a primary key is called.
const PRIMARY: &str = "PRIMARY";

/// The columns of keys and indexes: what the server knows of them without opening the table.
const KEYS_SQL: &str =
    "SELECT TABLE_NAME AS table_name, INDEX_NAME AS name, COLUMN_NAME AS column_name
    FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = database()";

#[derive(QueryableByName)]
struct KeyRow {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    name: String,
    /// `None`: an expression, in an index.
    #[diesel(sql_type = Nullable<Text>)]
    column_name: Option<String>,
}

impl KeyRow {
    fn add_to(self, table: &mut Table) {
        let empty = || PrimaryKey { name: None, columns: Vec::new() };
        table.primary_key.get_or_insert_with(empty).columns.extend(self.column_name);
    }
}

/// A row per key: a column, or an expression, which MariaDB has not. `length` is that of a column's beginning.
///
/// Source: <https://dev.mysql.com/doc/refman/8.0/en/information-schema-statistics-table.html>.
fn indexes_sql(is_mariadb: bool) -> String {
    let expression = if is_mariadb { "CAST(NULL AS CHAR)" } else { "EXPRESSION" };
    format!(
        "SELECT TABLE_NAME AS table_name, INDEX_NAME AS name, NON_UNIQUE AS non_unique,
            COLUMN_NAME AS column_name, {expression} AS expression, SUB_PART AS length,
            COLLATION AS direction, INDEX_TYPE AS method
        FROM information_schema.STATISTICS
        WHERE TABLE_SCHEMA = database() AND INDEX_NAME <> '{PRIMARY}'"
    )
}

#[derive(QueryableByName)]
struct IndexRow {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    non_unique: i64,
    #[diesel(sql_type = Nullable<Text>)]
    column_name: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    expression: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    length: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    direction: Option<String>,
    #[diesel(sql_type = Text)]
    method: String,
}

impl IndexRow {
    fn key(&self) -> Option<IndexKey> {
        let part = match (&self.column_name, &self.expression) {
            (Some(column), _) => KeyPart::Column(column.clone()),
            (None, Some(expression)) => KeyPart::Expression(shown::mysql_expression(expression)),
            (None, None) => return None,
        };
        // Those of geometries have a length of their own.
        let prefix = self.length.filter(|_| self.method == "BTREE");
        let prefix = prefix.and_then(|it| u32::try_from(it).ok());
        let descending = self.direction.as_deref() == Some("D");
        Some(IndexKey { descending, prefix, ..part.into() })
    }
}

fn add_indexes(tables: &mut Tables, rows: Vec<IndexRow>) {
    let mut indexes: BTreeMap<(String, String), Index> = BTreeMap::new();
    for row in rows {
        let index =
            indexes.entry((row.table_name.clone(), row.name.clone())).or_insert_with(|| {
                let method = Some(row.method.to_lowercase());
                Index { method, ..Index::new(&row.name, Vec::new(), row.non_unique == 0) }
            });
        index.keys.extend(row.key());
    }
    for ((table, _), index) in indexes {
        tables.with(&table, |table| table.indexes.push(index));
    }
}

/// A row per column. What happens to it is asked for apart: where the two are joined, the time grows with the square of the
/// tables.
const FOREIGN_KEYS_SQL: &str = "SELECT TABLE_NAME AS table_name, CONSTRAINT_NAME AS name, COLUMN_NAME AS column_name,
        CASE WHEN REFERENCED_TABLE_SCHEMA <> database() THEN REFERENCED_TABLE_SCHEMA END AS target_namespace,
        REFERENCED_TABLE_NAME AS target, REFERENCED_COLUMN_NAME AS target_column
    FROM information_schema.KEY_COLUMN_USAGE
    WHERE TABLE_SCHEMA = database() AND REFERENCED_TABLE_NAME IS NOT NULL";

#[derive(QueryableByName)]
struct ForeignKeyRow {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    column_name: String,
    #[diesel(sql_type = Nullable<Text>)]
    target_namespace: Option<String>,
    #[diesel(sql_type = Text)]
    target: String,
    #[diesel(sql_type = Text)]
    target_column: String,
}

const RULES_SQL: &str =
    "SELECT TABLE_NAME AS table_name, CONSTRAINT_NAME AS name, DELETE_RULE AS on_delete, UPDATE_RULE AS on_update
    FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = database()";

#[derive(QueryableByName)]
struct RulesRow {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    on_delete: String,
    #[diesel(sql_type = Text)]
    on_update: String,
}

impl ForeignKeyRow {
    fn add_to(self, table: &mut Table, rules: &RulesRow) {
        match table.foreign_keys.iter_mut().find(|it| it.name == self.name) {
            Some(key) => {
                key.columns.push(self.column_name);
                key.referenced_columns.push(self.target_column);
            }
            None => {
                let target = TableName { schema: self.target_namespace, name: self.target };
                let (columns, targets) = (vec![self.column_name], vec![self.target_column]);
                table.foreign_keys.push(ForeignKey {
                    on_delete: action(&rules.on_delete),
                    on_update: action(&rules.on_update),
                    ..ForeignKey::new(self.name, columns, target, targets)
                });
            }
        }
    }
}

fn action(words: &str) -> Action {
    match words {
        "CASCADE" => Action::Cascade,
        "SET NULL" => Action::SetNull,
        "SET DEFAULT" => Action::SetDefault,
        // `RESTRICT` and `NO ACTION` are one.
        _ => Action::NoAction,
    }
}

const MARIADB_CHECKS_SQL: &str =
    "SELECT TABLE_NAME AS table_name, CONSTRAINT_NAME AS name, CHECK_CLAUSE AS expression,
        LEVEL AS level
    FROM information_schema.CHECK_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = database()";

const MYSQL_CHECKS_SQL: &str =
    "SELECT t.TABLE_NAME AS table_name, c.CONSTRAINT_NAME AS name, c.CHECK_CLAUSE AS expression,
        'Table' AS level
    FROM information_schema.CHECK_CONSTRAINTS c JOIN information_schema.TABLE_CONSTRAINTS t
        ON t.CONSTRAINT_SCHEMA = c.CONSTRAINT_SCHEMA AND t.CONSTRAINT_NAME = c.CONSTRAINT_NAME
        AND t.CONSTRAINT_TYPE = 'CHECK'
    WHERE t.TABLE_SCHEMA = database()";

#[derive(QueryableByName)]
struct CheckRow {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    expression: String,
    /// `Column`: written with a column, as MariaDB does with JSON.
    #[diesel(sql_type = Text)]
    level: String,
}

impl CheckRow {
    fn add_to(self, table: &mut Table) {
        // By its condition, since it keeps its name where the column gets another:
        // https://mariadb.com/kb/en/json-data-type/
        let is_json = |column: &Column| {
            column.sql_type == SqlType::Text
                && self.expression == format!("json_valid(`{}`)", column.name.replace('`', "``"))
        };
        match table.columns.iter_mut().find(|it| self.level == "Column" && is_json(it)) {
            // It has a collation of its own.
            Some(column) => (column.sql_type, column.collation) = (SqlType::Json, None),
            None => {
                let (name, expression) = (self.name, self.expression);
                table.checks.push(Check { name, expression });
            }
        }
    }
}
