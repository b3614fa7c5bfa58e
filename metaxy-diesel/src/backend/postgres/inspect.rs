//! Reads the tables of a PostgreSQL database. Source: <https://www.postgresql.org/docs/current/catalogs.html>.

use super::DIALECT;
use crate::{
    backend::{
        default::read_default,
        load::{Load, Waiting, at_once},
        statement::Statement,
    },
    schema::{
        Action, Check, Column, Deferrable, EnumType, ForeignKey, Generated, Identity, Index,
        IndexKey, KeyPart, Nulls, PrimaryKey, Schema, SqlType, Storage, Table, TableName, Unique,
    },
    tokens::without_parentheses,
};
use diesel::{
    PgConnection, QueryResult, QueryableByName, RunQueryDsl,
    deserialize::FromSqlRow,
    dsl::sql_query,
    pg::Pg,
    sql_types::{Array, BigInt, Bool, Nullable, Text, Untyped},
};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// The tables that are asked for, by their place among the names: JSON of namespaces and names stands between the two.
const TABLES: [&str; 2] = [
    "WITH wanted AS (
    SELECT w.place - 1 AS place, c.oid, c.relnamespace
    FROM jsonb_array_elements(CAST(",
    " AS jsonb)) WITH ORDINALITY AS w (name, place)
    JOIN pg_namespace n ON n.nspname = coalesce(w.name ->> 0, current_schema())
    JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w.name ->> 1 AND c.relkind IN ('r', 'p')
) ",
];

/// Whether there is such a table.
pub(super) fn relation(connection: &mut PgConnection, table: &TableName) -> QueryResult<bool> {
    let (mut connection, names) = (Waiting(connection), [table]);
    let rows = query::<Place>(&mut connection, &names, "SELECT t.place FROM wanted t");
    Ok(!at_once(rows)?.is_empty())
}

/// All tables. Partitions belong to their table, and some tables to an extension.
pub(super) fn tables(connection: &mut PgConnection) -> QueryResult<BTreeSet<TableName>> {
    let rows: Vec<Name> = sql_query(
        "SELECT CASE WHEN n.nspname IS DISTINCT FROM current_schema() THEN n.nspname::text END AS namespace,
            c.relname::text AS name
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
            AND c.relkind IN ('r', 'p') AND NOT c.relispartition
            AND NOT EXISTS (SELECT FROM pg_depend d
                WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')",
    )
    .load(connection)?;
    Ok(rows.into_iter().map(|it| TableName { schema: it.namespace, name: it.name }).collect())
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Nullable<Text>)]
    namespace: Option<String>,
    #[diesel(sql_type = Text)]
    name: String,
}

impl Load<Pg> for Waiting<'_, PgConnection> {
    async fn load<T>(&mut self, query: Statement) -> QueryResult<Vec<T>>
    where
        T: FromSqlRow<Untyped, Pg> + Send + 'static,
    {
        RunQueryDsl::load(query, self.0)
    }
}

pub(super) fn inspect(
    connection: &mut PgConnection,
    names: &BTreeSet<TableName>,
) -> QueryResult<Schema> {
    at_once(inspect_by(&mut Waiting(connection), names))
}

/// The tables of these names that are there.
pub(in crate::backend) async fn inspect_by(
    connection: &mut impl Load<Pg>,
    names: &BTreeSet<TableName>,
) -> QueryResult<Schema> {
    let names: Vec<&TableName> = names.iter().collect();
    let mut tables: Vec<Option<Table>> = vec![None; names.len()];
    let mut is_cluster = false;
    for row in query::<TableRow>(connection, &names, TABLES_SQL).await? {
        is_cluster = row.is_cluster;
        tables[place(row.place)] = Some(Table {
            name: names[place(row.place)].clone(),
            renamed_from: None,
            columns: Vec::new(),
            primary_key: None,
            uniques: Vec::new(),
            foreign_keys: Vec::new(),
            checks: Vec::new(),
            indexes: Vec::new(),
            distributed_by: None,
            comment: row.comment,
        });
    }
    let mut enums = BTreeMap::new();
    for mut row in query::<ColumnRow>(connection, &names, COLUMNS_SQL).await? {
        if let Some(table) = table_at(&mut tables, row.place) {
            let of = row.take_enum();
            let mut column = row.into_column();
            if let Some(of) = of {
                column.sql_type = match column.sql_type {
                    SqlType::Array(_) => {
                        SqlType::Array(Box::new(SqlType::Enum(Box::new(of.name.clone()))))
                    }
                    _ => SqlType::Enum(Box::new(of.name.clone())),
                };
                enums.insert(of.name.clone(), of);
            }
            table.columns.push(column);
        }
    }
    for row in query::<ConstraintRow>(connection, &names, CONSTRAINTS_SQL).await? {
        if let Some(table) = table_at(&mut tables, row.place) {
            row.add_to(table, &names);
        }
    }
    for row in query::<IndexRow>(connection, &names, INDEXES_SQL).await? {
        if let Some(table) = table_at(&mut tables, row.place) {
            row.add_to(table);
        }
    }
    if is_cluster {
        for row in query::<DistributedRow>(connection, &names, DISTRIBUTION_SQL).await? {
            if let Some(table) = table_at(&mut tables, row.place) {
                table.distributed_by = Some(row.name);
            }
        }
    }
    Ok(tables.into_iter().flatten().collect::<Schema>().with_enums(enums.into_values()))
}

async fn query<Row>(
    connection: &mut impl Load<Pg>,
    names: &[&TableName],
    select: &str,
) -> QueryResult<Vec<Row>>
where
    Row: QueryableByName<Pg> + Send + 'static,
{
    let names: Vec<_> = names.iter().map(|it| (&it.schema, &it.name)).collect();
    let [before, after] = TABLES;
    let mut statement = Statement::new(before);
    statement.value(json!(names)).sql(after).sql(select);
    connection.load(statement).await
}

/// The table of a row; `None` where it was created after the first query.
fn table_at(tables: &mut [Option<Table>], at: i64) -> Option<&mut Table> {
    tables.get_mut(place(at))?.as_mut()
}

fn place(place: i64) -> usize {
    usize::try_from(place).expect("places count from 0")
}

#[derive(QueryableByName)]
struct Place {
    #[diesel(sql_type = BigInt)]
    #[expect(dead_code, reason = "only whether there is a row matters")]
    place: i64,
}

/// Only on a cluster of Citus is there that other table.
const TABLES_SQL: &str = "SELECT t.place, obj_description(t.oid, 'pg_class') AS comment,
        to_regclass('pg_catalog.pg_dist_partition') IS NOT NULL AS is_cluster
    FROM wanted t";

#[derive(QueryableByName)]
struct TableRow {
    #[diesel(sql_type = BigInt)]
    place: i64,
    #[diesel(sql_type = Nullable<Text>)]
    comment: Option<String>,
    #[diesel(sql_type = Bool)]
    is_cluster: bool,
}

/// The columns that tables are spread by: by the hash of one, which tables of a single shard lack.
const DISTRIBUTION_SQL: &str =
    "SELECT t.place, column_to_column_name(p.logicalrelid, p.partkey) AS name
    FROM wanted t JOIN pg_dist_partition p ON p.logicalrelid = t.oid
    WHERE p.partmethod = 'h' AND p.partkey IS NOT NULL";

#[derive(QueryableByName)]
struct DistributedRow {
    #[diesel(sql_type = BigInt)]
    place: i64,
    #[diesel(sql_type = Text)]
    name: String,
}

/// A `serial` is a default that reads a sequence which the column owns.
const COLUMNS_SQL: &str = "SELECT t.place, a.attname::text AS name,
        format_type(a.atttypid, a.atttypmod) AS sql_type, a.attnotnull AS not_null,
        pg_get_expr(d.adbin, d.adrelid) AS expression, a.attgenerated::text AS generated,
        CASE WHEN s.attnum IS NULL THEN a.attidentity::text ELSE 's' END AS identity,
        u.seqstart AS first_number, u.seqincrement AS increment,
        CASE WHEN m.nspname IN ('pg_catalog', current_schema()) THEN l.collname::text
            ELSE m.nspname || '.' || l.collname END AS collation,
        col_description(t.oid, a.attnum) AS comment, e.typname::text AS enum_name,
        CASE WHEN NOT pg_type_is_visible(e.oid) THEN n.nspname::text END AS enum_namespace,
        CASE WHEN e.oid IS NOT NULL THEN ARRAY(SELECT v.enumlabel::text FROM pg_enum v
            WHERE v.enumtypid = e.oid ORDER BY v.enumsortorder) END AS enum_values
    FROM wanted t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type y ON y.oid = a.atttypid
    LEFT JOIN pg_type e ON e.typtype = 'e' AND e.oid IN (y.oid, CASE WHEN y.typcategory = 'A' THEN y.typelem END)
    LEFT JOIN pg_namespace n ON n.oid = e.typnamespace
    LEFT JOIN pg_attrdef d ON d.adrelid = t.oid AND d.adnum = a.attnum
    LEFT JOIN pg_collation l ON l.oid = a.attcollation AND a.attcollation <> y.typcollation
    LEFT JOIN pg_namespace m ON m.oid = l.collnamespace
    LEFT JOIN (SELECT o.refobjid AS table_id, o.refobjsubid AS attnum, q.oid AS sequence FROM pg_depend o
            JOIN pg_class q ON q.oid = o.objid AND q.relkind = 'S'
            JOIN pg_attrdef e ON e.adrelid = o.refobjid AND e.adnum = o.refobjsubid
            JOIN pg_depend u ON u.classid = 'pg_attrdef'::regclass AND u.objid = e.oid
                AND u.refclassid = 'pg_class'::regclass AND u.refobjid = q.oid
        WHERE o.classid = 'pg_class'::regclass AND o.refclassid = 'pg_class'::regclass AND o.deptype = 'a'
            AND pg_get_expr(e.adbin, e.adrelid) LIKE 'nextval(%') s ON s.table_id = t.oid AND s.attnum = a.attnum
    LEFT JOIN pg_depend i ON a.attidentity <> '' AND i.classid = 'pg_class'::regclass AND i.deptype = 'i'
        AND i.refclassid = 'pg_class'::regclass AND i.refobjid = t.oid AND i.refobjsubid = a.attnum
    LEFT JOIN pg_sequence u ON u.seqrelid = coalesce(i.objid, s.sequence)
    ORDER BY t.place, a.attnum";

#[derive(QueryableByName)]
struct ColumnRow {
    #[diesel(sql_type = BigInt)]
    place: i64,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    sql_type: String,
    #[diesel(sql_type = Bool)]
    not_null: bool,
    /// The default, or what the column is computed from.
    #[diesel(sql_type = Nullable<Text>)]
    expression: Option<String>,
    /// `s`: stored, `v`: virtual.
    #[diesel(sql_type = Text)]
    generated: String,
    /// `a`: always, `d`: by default, `s`: a `serial`.
    #[diesel(sql_type = Text)]
    identity: String,
    /// Of the sequence that numbers the column.
    #[diesel(sql_type = Nullable<BigInt>)]
    first_number: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    increment: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    collation: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    comment: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    enum_name: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    enum_namespace: Option<String>,
    #[diesel(sql_type = Nullable<Array<Text>>)]
    enum_values: Option<Vec<String>>,
}

impl ColumnRow {
    /// The enumerated type of the column, or of the items of its arrays.
    fn take_enum(&mut self) -> Option<EnumType> {
        let name = TableName { schema: self.enum_namespace.take(), name: self.enum_name.take()? };
        Some(EnumType::new(name, self.enum_values.take().unwrap_or_default()))
    }

    fn into_column(self) -> Column {
        let sql_type = (DIALECT.parse_type)(&self.sql_type);
        let storage = match self.generated.as_str() {
            "s" => Some(Storage::Stored),
            "v" => Some(Storage::Virtual),
            _ => None,
        };
        let identity = match self.identity.as_str() {
            "a" => Some(Identity::ALWAYS),
            "d" => Some(Identity::BY_DEFAULT),
            "s" => Some(Identity::SERIAL),
            _ => None,
        };
        let identity = identity.map(|it| Identity {
            start: self.first_number.unwrap_or(it.start),
            increment: self.increment.unwrap_or(it.increment),
            ..it
        });
        let (mut column, text) = (Column::new(self.name, sql_type), self.expression);
        match (storage, identity, text) {
            (Some(storage), _, Some(text)) => {
                let expression = without_parentheses(&text).to_owned();
                column.generated = Some(Generated { expression, storage });
            }
            (None, None, Some(text)) => {
                column.default = Some(read_default(&text, &column.sql_type))
            }
            _ => {}
        }
        let collation = self.collation.and_then(|it| (DIALECT.columns.stored_collation)(&it));
        Column { nullable: !self.not_null, identity, collation, comment: self.comment, ..column }
    }
}

/// Primary keys, uniques, foreign keys and checks; not null is a constraint too since PostgreSQL 18.
const CONSTRAINTS_SQL: &str = "SELECT t.place, k.conname::text AS name, k.contype::text AS kind,
        ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY u (attnum, at)
            JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = u.attnum ORDER BY u.at) AS columns,
        other.place AS target_place, f.relname::text AS target,
        f.relnamespace = t.relnamespace AS target_beside,
        CASE WHEN n.nspname IS DISTINCT FROM current_schema() THEN n.nspname::text END AS target_namespace,
        ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY u (attnum, at)
            JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.attnum ORDER BY u.at)
            AS target_columns,
        k.confdeltype::text AS on_delete, k.confupdtype::text AS on_update,
        pg_get_expr(k.conbin, k.conrelid) AS expression, k.confmatchtype = 'f' AS match_full,
        k.condeferrable AS deferrable, k.condeferred AS deferred,
        ARRAY(SELECT a.attname::text FROM unnest(i.indkey::int2[]) WITH ORDINALITY u (attnum, at)
            JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = u.attnum
            WHERE u.at > i.indnkeyatts ORDER BY u.at) AS include,
        coalesce(to_jsonb(i) ->> 'indnullsnotdistinct', 'false')::bool AS nulls_not_distinct
    FROM wanted t JOIN pg_constraint k ON k.conrelid = t.oid AND k.contype IN ('p', 'u', 'f', 'c')
    LEFT JOIN wanted other ON other.oid = k.confrelid
    LEFT JOIN pg_index i ON k.contype = 'u' AND i.indexrelid = k.conindid
    LEFT JOIN pg_class f ON f.oid = k.confrelid LEFT JOIN pg_namespace n ON n.oid = f.relnamespace
    ORDER BY t.place, k.conname";

#[derive(QueryableByName)]
struct ConstraintRow {
    #[diesel(sql_type = BigInt)]
    place: i64,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Array<Text>)]
    columns: Vec<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    target_place: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    target: Option<String>,
    #[diesel(sql_type = Nullable<Bool>)]
    target_beside: Option<bool>,
    #[diesel(sql_type = Nullable<Text>)]
    target_namespace: Option<String>,
    #[diesel(sql_type = Array<Text>)]
    target_columns: Vec<String>,
    #[diesel(sql_type = Text)]
    on_delete: String,
    #[diesel(sql_type = Text)]
    on_update: String,
    #[diesel(sql_type = Nullable<Text>)]
    expression: Option<String>,
    #[diesel(sql_type = Bool)]
    match_full: bool,
    #[diesel(sql_type = Bool)]
    deferrable: bool,
    #[diesel(sql_type = Bool)]
    deferred: bool,
    #[diesel(sql_type = Array<Text>)]
    include: Vec<String>,
    #[diesel(sql_type = Bool)]
    nulls_not_distinct: bool,
}

impl ConstraintRow {
    fn add_to(self, table: &mut Table, names: &[&TableName]) {
        let deferrable = match (self.deferrable, self.deferred) {
            (false, _) => Deferrable::No,
            (true, false) => Deferrable::Immediate,
            (true, true) => Deferrable::Deferred,
        };
        let (name, columns) = (self.name, self.columns);
        match (self.kind.as_str(), self.target, self.expression) {
            ("p", ..) => table.primary_key = Some(PrimaryKey { name: Some(name), columns }),
            ("u", ..) => {
                let (include, nulls_not_distinct) = (self.include, self.nulls_not_distinct);
                table.uniques.push(Unique {
                    name,
                    columns,
                    include,
                    nulls_not_distinct,
                    deferrable,
                });
            }
            ("c", _, Some(expression)) => table.checks.push(Check { name, expression }),
            ("f", Some(target), _) => {
                let references = match self.target_place {
                    Some(at) => names[place(at)].clone(),
                    None if self.target_beside == Some(true) => {
                        TableName { schema: table.name.schema.clone(), name: target }
                    }
                    None => TableName { schema: self.target_namespace, name: target },
                };
                table.foreign_keys.push(ForeignKey {
                    on_delete: action(&self.on_delete),
                    on_update: action(&self.on_update),
                    match_full: self.match_full,
                    deferrable,
                    ..ForeignKey::new(name, columns, references, self.target_columns)
                });
            }
            _ => {}
        }
    }
}

fn action(letter: &str) -> Action {
    match letter {
        "c" => Action::Cascade,
        "r" => Action::Restrict,
        "n" => Action::SetNull,
        "d" => Action::SetDefault,
        _ => Action::NoAction,
    }
}

/// A row per key. The indexes of constraints belong to these.
///
/// Bit 1 of `indoption` says that a key descends, bit 2 that NULLs come first. Older versions lack the column
/// `indnullsnotdistinct`.
const INDEXES_SQL: &str = "SELECT t.place, c.relname::text AS name, i.indisunique AS is_unique,
        m.amname::text AS method, pg_get_expr(i.indpred, i.indrelid) AS predicate,
        coalesce(to_jsonb(i) ->> 'indnullsnotdistinct', 'false')::bool AS nulls_not_distinct,
        ARRAY(SELECT a.attname::text FROM unnest(i.indkey::int2[]) WITH ORDINALITY u (attnum, at)
            JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = u.attnum
            WHERE u.at > i.indnkeyatts ORDER BY u.at) AS include,
        a.attname::text AS column_name, pg_get_indexdef(c.oid, k.at::int, false) AS expression,
        k.option & 1 = 1 AS descending, k.option & 2 = 2 AS nulls_first,
        CASE WHEN k.collation_id <> coalesce(a.attcollation, ty.typcollation) THEN co.collname::text END AS collation,
        CASE WHEN NOT o.opcdefault THEN o.opcname::text END AS operator_class
    FROM wanted t JOIN pg_index i ON i.indrelid = t.oid JOIN pg_class c ON c.oid = i.indexrelid
    JOIN pg_am m ON m.oid = c.relam
    CROSS JOIN unnest(i.indkey::int2[], i.indoption::int2[], i.indcollation::oid[], i.indclass::oid[])
        WITH ORDINALITY k (attnum, option, collation_id, class, at)
    JOIN pg_attribute ia ON ia.attrelid = c.oid AND ia.attnum = k.at
    JOIN pg_type ty ON ty.oid = ia.atttypid
    JOIN pg_opclass o ON o.oid = k.class
    LEFT JOIN pg_collation co ON co.oid = k.collation_id
    LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.attnum
    WHERE NOT EXISTS (SELECT FROM pg_constraint k
            WHERE k.conrelid = i.indrelid AND k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
        AND k.at <= i.indnkeyatts
    ORDER BY t.place, c.relname, k.at";

#[derive(QueryableByName)]
struct IndexRow {
    #[diesel(sql_type = BigInt)]
    place: i64,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Bool)]
    is_unique: bool,
    #[diesel(sql_type = Text)]
    method: String,
    #[diesel(sql_type = Nullable<Text>)]
    predicate: Option<String>,
    #[diesel(sql_type = Bool)]
    nulls_not_distinct: bool,
    #[diesel(sql_type = Array<Text>)]
    include: Vec<String>,
    /// `None`: an expression.
    #[diesel(sql_type = Nullable<Text>)]
    column_name: Option<String>,
    #[diesel(sql_type = Text)]
    expression: String,
    #[diesel(sql_type = Bool)]
    descending: bool,
    #[diesel(sql_type = Bool)]
    nulls_first: bool,
    #[diesel(sql_type = Nullable<Text>)]
    collation: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    operator_class: Option<String>,
}

impl IndexRow {
    fn add_to(self, table: &mut Table) {
        let part = match self.column_name {
            Some(column) => KeyPart::Column(column),
            None => KeyPart::Expression(self.expression),
        };
        let key = IndexKey {
            part,
            descending: self.descending,
            nulls: Some(if self.nulls_first { Nulls::First } else { Nulls::Last }),
            prefix: None,
            collation: self.collation,
            operator_class: self.operator_class,
        };
        match table.indexes.last_mut().filter(|it| it.name == self.name) {
            Some(index) => index.keys.push(key),
            None => table.indexes.push(Index {
                name: self.name,
                keys: vec![key],
                unique: self.is_unique,
                predicate: self.predicate,
                method: Some(self.method),
                include: self.include,
                nulls_not_distinct: self.nulls_not_distinct,
            }),
        }
    }
}
