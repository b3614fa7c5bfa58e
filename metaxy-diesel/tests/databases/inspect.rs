//! What is created is found again.

use crate::{on_every_database, support::TestDatabase};
use metaxy_diesel::{
    Backend, Schema,
    diff::diff,
    plan::plan,
    schema::{Action, DefaultValue, Moment, SqlType, Table, TableName},
    support::Support,
};
use std::collections::BTreeSet;

on_every_database!(
    what_is_created_is_found,
    every_type_is_found,
    every_default_is_found,
    other_tables_are_never_looked_at,
    all_kinds_of_indexes_are_found,
    rows_are_counted,
);

fn create(database: &TestDatabase, schema: &Schema) {
    let dialect = database.backend.dialect();
    let changes = diff(&Schema::default(), schema, dialect).expect("tables can be created");
    let sql = plan(&changes, dialect, &[]).expect("creating loses nothing").up_sql();
    database.connect().execute_script(&sql).unwrap_or_else(|error| panic!("{error}\n{sql}"));
}

fn names(schema: &Schema) -> BTreeSet<TableName> {
    schema.tables.keys().cloned().collect()
}

/// Creates a schema, finds it, and finds nothing to do.
fn check(database: &TestDatabase, schema: &Schema) {
    let dialect = database.backend.dialect();
    let schema = &mut schema.clone();
    if dialect.constraints.foreign_key_actions != Support::Yes {
        for key in schema.tables.values_mut().flat_map(|it| &mut it.foreign_keys) {
            (key.on_delete, key.on_update) = (Action::NoAction, Action::NoAction);
        }
    }
    create(database, schema);
    let found = database.connect().inspect(&names(schema)).expect("tables can be read");
    assert_eq!(found, dialect.normalise(schema));
    assert_eq!(diff(&found, schema, dialect).expect("compares").changes, []);
}

fn parse(tables: &str) -> Schema {
    toml::from_str(tables).expect("the test's schema is well-formed")
}

fn column(name: &str, sql_type: SqlType) -> metaxy_diesel::schema::Column {
    metaxy_diesel::schema::Column {
        nullable: true,
        ..metaxy_diesel::schema::Column::new(name, sql_type)
    }
}

fn table(name: &str, columns: Vec<metaxy_diesel::schema::Column>) -> Schema {
    let table = Table {
        name: TableName::new(name),
        renamed_from: None,
        columns,
        primary_key: None,
        uniques: Vec::new(),
        foreign_keys: Vec::new(),
        distributed_by: None,
        checks: Vec::new(),
        indexes: Vec::new(),
        comment: None,
    };
    [table].into_iter().collect()
}

fn what_is_created_is_found(database: &TestDatabase) {
    // Reserved words, mixed case, quotes, blanks, other scripts; keys in another order than columns.
    check(
        database,
        &parse(
            r#"
            [[tables]]
            name = "order"
            columns = [
                { name = "select", type = "text" },
                { name = "Group", type = "big_int" },
                { name = "it's a \"quoted\" name", type = "integer", nullable = true },
                { name = "größe", type = "double", nullable = true },
            ]
            primary_key = { name = "order_pkey", columns = ["Group", "select"] }
            uniques = [{ name = "order_größe_key", columns = ["größe"] }]
            indexes = [
                { name = "Index \"a\"", columns = ["it's a \"quoted\" name", "Group"] },
                { name = "unique", columns = ["größe", "select"], unique = true },
            ]

            [[tables]]
            name = "MiXed \"Case\""
            columns = [
                { name = "id", type = "text" },
                { name = "a", type = "big_int", nullable = true },
                { name = "b", type = "text", nullable = true },
            ]
            primary_key = { name = "mixed_pkey", columns = ["id"] }
            foreign_keys = [
                { name = "mixed_order_fkey", columns = ["a", "b"], references = { name = "order" }, referenced_columns = ["Group", "select"], on_delete = "cascade", on_update = "restrict" },
                { name = "mixed_self_fkey", columns = ["b"], references = { name = "MiXed \"Case\"" }, referenced_columns = ["id"], on_delete = "set_null" },
            ]

            [[tables]]
            name = "no_key"
            columns = [{ name = "a", type = "text" }]
            "#,
        ),
    );
}

fn every_type_is_found(database: &TestDatabase) {
    let mut types = vec![
        SqlType::SmallInt,
        SqlType::Integer,
        SqlType::BigInt,
        SqlType::Float,
        SqlType::Double,
        SqlType::Numeric { precision: None, scale: None },
        SqlType::Numeric { precision: Some(10), scale: None },
        SqlType::Numeric { precision: Some(10), scale: Some(2) },
        SqlType::Bool,
        SqlType::Text,
        SqlType::Varchar(20),
        SqlType::Binary,
        SqlType::Date,
        SqlType::Time,
        SqlType::Timestamp,
        SqlType::UtcTimestamp,
        SqlType::FieldVersions,
        SqlType::Json,
    ];
    match database.backend {
        Backend::Sqlite | Backend::Postgres => {
            types.extend([SqlType::Timestamptz, SqlType::Jsonb]);
        }
        Backend::DuckDb => {
            types.extend([
                SqlType::TinyInt,
                SqlType::Unsigned(Box::new(SqlType::BigInt)),
                SqlType::Timestamptz,
                SqlType::Precise(Moment::Timestamp, 0),
                SqlType::Precise(Moment::Timestamp, 2),
                SqlType::Precise(Moment::Timestamp, 9),
                SqlType::Uuid,
                SqlType::Array(Box::new(SqlType::Text)),
                SqlType::Array(Box::new(SqlType::Array(Box::new(SqlType::Numeric {
                    precision: Some(4),
                    scale: Some(1),
                })))),
                SqlType::Values(vec!["a, b".to_owned(), "it's".to_owned()]),
                SqlType::Other("STRUCT(a INTEGER, \"B c\" VARCHAR[])".to_owned()),
                SqlType::Other("MAP(VARCHAR, INTEGER)".to_owned()),
                SqlType::Other("INTEGER[3]".to_owned()),
                SqlType::Other("HUGEINT".to_owned()),
                SqlType::Other("interval".to_owned()),
            ]);
        }
        Backend::Mysql | Backend::MariaDb => {
            let others = ["tinyint", "int unsigned", "enum('a','b')", "text", "timestamp"];
            types.extend(others.map(|it| SqlType::Other(it.to_owned())));
        }
    }
    if database.backend == Backend::Postgres {
        types.extend([
            SqlType::Uuid,
            SqlType::Array(Box::new(SqlType::Text)),
            SqlType::Array(Box::new(SqlType::Numeric { precision: Some(4), scale: Some(1) })),
            SqlType::Other("inet".to_owned()),
            SqlType::Other("interval".to_owned()),
        ]);
    }
    let columns =
        types.into_iter().enumerate().map(|(at, it)| column(&format!("c{at}"), it)).collect();
    check(database, &table("types", columns));
}

fn every_default_is_found(database: &TestDatabase) {
    use DefaultValue::{Bool, Expression, Float, Int, Text};
    let text = |text: &str| Text(text.to_owned());
    let defaults = [
        (SqlType::Bool, Bool(true)),
        (SqlType::Bool, Bool(false)),
        (SqlType::SmallInt, Int(0)),
        (SqlType::Integer, Int(-1)),
        (SqlType::BigInt, Int(i64::MAX)),
        (SqlType::BigInt, Int(i64::MIN)),
        (SqlType::Float, Float(0.5)),
        (SqlType::Double, Float(1.0)),
        (SqlType::Double, Float(-1.5)),
        (SqlType::Double, Float(1e300)),
        (SqlType::Text, text("")),
        (SqlType::Text, text("it's")),
        (SqlType::Text, text("7")),
        (SqlType::Text, text("TRUE")),
        (SqlType::Text, text("(a) :: b")),
        (SqlType::Varchar(9), text("größe")),
        (SqlType::FieldVersions, text("{}")),
        (SqlType::Timestamp, Expression("CURRENT_TIMESTAMP".to_owned())),
        (SqlType::Date, text("2026-01-31")),
    ];
    let columns = defaults.into_iter().enumerate().map(|(at, (sql_type, default))| {
        let mut column = column(&format!("c{at}"), sql_type);
        column.default = Some(default);
        column
    });
    check(database, &table("defaults", columns.collect()));
}

fn other_tables_are_never_looked_at(database: &TestDatabase) {
    let mine = table("mine", vec![column("a", SqlType::Text)]);
    create(database, &mine);
    create(database, &table("theirs", vec![column("a", SqlType::Text)]));
    database
        .connect()
        .execute_script("CREATE VIEW view AS SELECT * FROM mine")
        .expect("a view can be created");
    let mut asked = names(&mine);
    asked.extend([TableName::new("view"), TableName::new("missing")]);
    let found = database.connect().inspect(&asked).expect("tables can be read");
    assert_eq!(found, database.backend.dialect().normalise(&mine));
}

/// As people write them.
fn all_kinds_of_indexes_are_found(database: &TestDatabase) {
    let (script, expected) = match database.backend {
        Backend::Sqlite => (
            "create unique index [i] on Mine(A COLLATE nocase ASC, lower( B ) desc) where b<>'x, (';
            CREATE INDEX IF NOT EXISTS main.j ON mine (b, a DESC);",
            r#"[
                { name = "i", columns = [{ column = "a", collation = "nocase" }, { expression = "lower( B )", descending = true }], unique = true, where = "b<>'x, ('" },
                { name = "j", columns = ["b", { column = "a", descending = true }] },
            ]"#,
        ),
        Backend::Postgres => (
            "CREATE INDEX i ON mine USING btree (b DESC NULLS LAST, lower(a) COLLATE \"C\" text_pattern_ops, (b + 1)) INCLUDE (a) WHERE b > 0;
            CREATE INDEX j ON mine USING hash (b);
            CREATE UNIQUE INDEX k ON mine (b) NULLS NOT DISTINCT;
            CREATE INDEX l ON mine USING gin (to_tsvector('simple', a));",
            r#"[
                { name = "i", columns = [
                    { column = "b", descending = true, nulls = "last" },
                    { expression = "lower(a)", collation = "C", operator_class = "text_pattern_ops" },
                    { expression = "b + 1" },
                ], include = ["a"], where = "(b > 0)" },
                { name = "j", columns = ["b"], method = "hash" },
                { name = "k", columns = ["b"], unique = true, nulls_not_distinct = true },
                { name = "l", columns = [{ expression = "to_tsvector('simple'::regconfig, a)" }], method = "gin" },
            ]"#,
        ),
        Backend::DuckDb => (
            "CREATE UNIQUE INDEX i ON mine (b, a); CREATE INDEX j ON mine (lower(a), (b + 1), b DESC);",
            r#"[
                { name = "i", columns = ["b", "a"], unique = true },
                { name = "j", columns = [{ expression = "lower(a)" }, { expression = "b + 1" }, "b"] },
            ]"#,
        ),
        Backend::Mysql | Backend::MariaDb => (
            "CREATE INDEX i ON mine (b DESC, a(20)); CREATE FULLTEXT INDEX j ON mine (a);",
            r#"[
                { name = "i", columns = [{ column = "b", descending = true }, { column = "a", prefix = 20 }] },
                { name = "j", columns = ["a"], method = "fulltext" },
            ]"#,
        ),
    };
    let columns = vec![column("a", SqlType::Text), column("b", SqlType::Integer)];
    let mine = table("mine", columns);
    let mut connection = database.connect();
    create(database, &mine);
    connection.execute_script(script).expect("indexes can be created");
    let found = connection.inspect(&names(&mine)).expect("tables can be read");
    // A table of TOML stands on one line.
    let expected = expected.split_whitespace().collect::<Vec<_>>().join(" ");
    let expected =
        parse(&format!("tables = [{{ name = \"mine\", columns = [], indexes = {expected} }}]"));
    let indexes = |it: &Schema| it.tables.values().next().expect("a table").indexes.clone();
    assert_eq!(indexes(&found), indexes(&expected));
}

fn rows_are_counted(database: &TestDatabase) {
    let name = TableName::new("the \"table\"");
    create(database, &table(&name.name, vec![column("a", SqlType::Integer)]));
    let mut connection = database.connect();
    let quoted = database.backend.dialect().quote_table(&name).expect("a name");
    assert_eq!(connection.count_rows(&name), Ok(0));
    assert_eq!(connection.is_empty(&name), Ok(true));
    connection
        .execute_script(&format!("INSERT INTO {quoted} VALUES (1), (NULL)"))
        .expect("rows can be inserted");
    assert_eq!(connection.count_rows(&name), Ok(2));
    assert_eq!(connection.is_empty(&name), Ok(false));
    assert!(connection.count_rows(&TableName::new("missing")).is_err());
}
