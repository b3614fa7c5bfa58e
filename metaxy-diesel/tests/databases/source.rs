//! Sources, read and compared.

use crate::{on_every_database, support::TestDatabase};
use metaxy_diesel::{
    Backend, Schema,
    diff::diff,
    plan::plan,
    schema::TableName,
    snapshot::{SNAPSHOT_FORMAT, Snapshot},
    source::{Difference, ReadOptions, Source, SourceError, compare, read},
};
use std::{collections::BTreeSet, error::Error, fs, path::PathBuf};

on_every_database!(
    all_sources_tell_of_one_schema,
    a_database_is_read_without_version_tables,
    environments_in_one_database_see_their_own_tables_only,
    tables_of_others_are_not_compared,
    what_cannot_be_read_says_where,
    what_a_database_rewrites_is_no_difference,
    differences_lead_there_and_back,
);

/// Names that have to be quoted; a check and defaults that databases rewrite.
const SCHEMA: &str = r#"
    [[tables]]
    name = "Order \"of\" größe"
    columns = [
        { name = "select", type = "text" },
        { name = "It's", type = { varchar = 20 }, nullable = true, default = { text = "it's" } },
        { name = "n", type = "integer", default = { expression = "abs(-3)" } },
    ]
    primary_key = { name = "order_pkey", columns = ["select"] }
    checks = [{ name = "order_n_check", expression = "n>0" }]
    indexes = [{ name = "Order idx", columns = ["n", "select"], unique = true }]

    [[tables]]
    name = "video"
    columns = [{ name = "id", type = "big_int" }, { name = "order", type = "text" }]
    primary_key = { name = "video_pkey", columns = ["id"] }
    foreign_keys = [{ name = "video_order_fkey", columns = ["order"], references = { name = "Order \"of\" größe" }, referenced_columns = ["select"] }]
"#;

fn schema() -> Schema {
    toml::from_str(SCHEMA).expect("the test's schema is well-formed")
}

fn sql(schema: &Schema, backend: Backend) -> String {
    let changes = diff(&Schema::default(), schema, backend.dialect()).expect("it can be created");
    plan(&changes, backend.dialect(), &[]).expect("nothing is lost").up_sql()
}

fn features() -> Result<Schema, Box<dyn Error + Send + Sync>> {
    Ok(schema())
}

fn with<T>(database: &TestDatabase, function: impl FnOnce(&ReadOptions<'_>) -> T) -> T {
    let version_tables = BTreeSet::from([TableName::new("versions of ours")]);
    let owned = BTreeSet::from([TableName::new("gone")]);
    function(&ReadOptions {
        backend: database.backend,
        features: &features,
        table_prefix: "",
        database: Some(&database.url),
        version_tables: &version_tables,
        owned: &owned,
        scratch: Some(&database.url),
    })
}

fn read_from(database: &TestDatabase, source: &Source) -> Result<Schema, SourceError> {
    with(database, |options| read(source, options))
}

fn difference(database: &TestDatabase, from: &Source, to: &Source) -> Difference {
    let difference = with(database, |options| compare(from, to, options));
    difference.unwrap_or_else(|error| panic!("{from} and {to}: {error}"))
}

fn write(database: &TestDatabase, name: &str, text: &str) -> PathBuf {
    let file = database.directory().join(name);
    fs::create_dir_all(file.parent().expect("it is in a directory")).expect("directories are made");
    fs::write(&file, text).expect("files are written");
    file
}

/// One schema in the form of every source.
fn every_source(database: &TestDatabase) -> Vec<Source> {
    let backend = database.backend;
    let text = sql(&schema(), backend);
    database.connect().run_script(&text).expect("the tables are created");
    let snapshot = Snapshot {
        format: SNAPSHOT_FORMAT,
        table_prefix: String::new(),
        backend,
        scope: "features".to_owned(),
        migration: "1".to_owned(),
        schema: backend.dialect().normalise(&schema()),
    };
    write(database, "migrations/1_all/up.sql", &text);
    write(database, "migrations/2_more/up.sql", "CREATE TABLE passing (a TEXT);");
    write(database, "migrations/3_less/up.sql", "DROP TABLE passing; -- done");
    vec![
        Source::Features,
        Source::Snapshot(write(database, "snapshot.json", &snapshot.to_json())),
        Source::Database(None),
        Source::Database(Some(database.url.clone())),
        Source::Migrations(database.directory().join("migrations")),
        Source::Sql(write(database, "schema.sql", &text)),
        #[cfg(feature = "schema-rs")]
        Source::SchemaRs(write(
            database,
            "schema.rs",
            &schema().to_schema_rs(backend).expect("Diesel has the types"),
        )),
    ]
}

fn all_sources_tell_of_one_schema(database: &TestDatabase) {
    let sources = every_source(database);
    for from in &sources {
        for to in &sources {
            assert_eq!(difference(database, from, to), Difference::default(), "{from} {to}");
        }
        let read = read_from(database, from).expect("it is read");
        assert_eq!(read.tables.len(), 2, "{from}");
    }
}

fn a_database_is_read_without_version_tables(database: &TestDatabase) {
    let mut connection = database.connect();
    for table in
        ["__diesel_schema_migrations", "__diesel_schema_migrations_x", "versions of ours", "mine"]
    {
        let create = database.sql(&format!("CREATE TABLE \"{table}\" (a TEXT)"));
        connection.run_script(&create).expect("it runs");
    }
    match database.backend {
        // Shadow tables are the virtual table's own.
        Backend::Sqlite => connection
            .run_script("CREATE VIRTUAL TABLE words USING fts5(text); CREATE TABLE k (a INTEGER PRIMARY KEY AUTOINCREMENT)"),
        Backend::Postgres => connection.run_script(
            "CREATE SCHEMA other; CREATE TABLE other.theirs (a TEXT); CREATE VIEW v AS SELECT 1 AS a;
            CREATE TABLE k (a INTEGER) PARTITION BY RANGE (a); CREATE TABLE k1 PARTITION OF k FOR VALUES FROM (1) TO (2);",
        ),
        Backend::DuckDb => connection.run_script(
            "CREATE SCHEMA other; CREATE TABLE other.theirs (a TEXT); CREATE VIEW v AS SELECT 1 AS a; CREATE TABLE k (a INTEGER);
            CREATE TEMPORARY TABLE t (a INTEGER);",
        ),
        Backend::Mysql | Backend::MariaDb => {
            connection.run_script("CREATE VIEW v AS SELECT 1 AS a; CREATE TABLE k (a INTEGER);")
        }
    }
    .expect("it runs");
    let schema = read_from(database, &Source::Database(None)).expect("it is read");
    let names: Vec<_> = schema.tables.keys().map(ToString::to_string).collect();
    assert_eq!(names, ["k", "mine"]);
}

fn environments_in_one_database_see_their_own_tables_only(database: &TestDatabase) {
    let named = |name: &str| -> Schema {
        let text = format!(
            "tables = [{{ name = \"{name}\", columns = [{{ name = \"a\", type = \"text\" }}] }}]"
        );
        toml::from_str(&text).expect("the test's schema is well-formed")
    };
    let mut connection = database.connect();
    let environments = [named("dev_video"), named("prod_video")];
    for schema in &environments {
        connection.run_script(&sql(schema, database.backend)).expect("it runs");
    }
    connection.run_script("CREATE TABLE theirs (a TEXT)").expect("it runs");
    for schema in &environments {
        let drift = metaxy_diesel::drift::drift(&mut connection, schema).expect("they compare");
        assert_eq!(drift, [""; 0]);
    }
    connection.run_script("ALTER TABLE prod_video ADD COLUMN more TEXT").expect("it runs");
    let drift = |schema| metaxy_diesel::drift::drift(&mut database.connect(), schema);
    assert_eq!(drift(&environments[0]).expect("they compare"), [""; 0]);
    assert_eq!(drift(&environments[1]).expect("they compare"), ["drop column `prod_video.more`"]);
}

fn tables_of_others_are_not_compared(database: &TestDatabase) {
    let sources = every_source(database);
    let tables =
        "CREATE TABLE theirs (a TEXT); CREATE TABLE gone (a INTEGER NOT NULL PRIMARY KEY);";
    database.connect().run_script(tables).expect("it runs");
    let reasons = |from: &Source, to: &Source| -> Vec<String> {
        difference(database, from, to).plan.steps.into_iter().map(|it| it.reason).collect()
    };
    let [code, ours] = [&sources[0], &Source::Database(None)];
    assert_eq!(reasons(ours, code), ["drop table `gone`"]);
    assert_eq!(reasons(code, ours), ["create table `gone`"]);
    let all = Source::Database(Some(database.url.clone()));
    assert_eq!(reasons(&all, code), ["drop table `theirs`", "drop table `gone`"]);
}

fn what_cannot_be_read_says_where(database: &TestDatabase) {
    let check = |source: Source, expected: &[&str]| {
        let error = read_from(database, &source).expect_err("it cannot be read").to_string();
        for expected in expected {
            assert!(error.contains(expected), "{source}: {error}");
        }
    };
    let file = |name: &str, text: &str| write(database, name, text);
    let text = "CREATE TABLE a (b TEXT);\n\nCREATE TABEL c (d TEXT);\n";
    check(Source::Sql(file("bad.sql", text)), &["bad.sql`, line 3: ", "TABEL"]);
    check(Source::Sql("no such.sql".into()), &["cannot read `no such.sql`"]);
    file("bad/1_a/up.sql", "CREATE TABLE a (b TEXT);");
    file("bad/2_b/up.sql", "\nCREATE TABLE a (b TEXT);");
    check(Source::Migrations(database.directory().join("bad")), &["2_b/up.sql`", "already exists"]);
    check(Source::Migrations("nowhere".into()), &["no directory `nowhere`"]);
    check(Source::Snapshot(file("bad.json", "{}")), &["bad.json` is no snapshot"]);
    let other = Backend::ALL.into_iter().find(|it| *it != database.backend).expect("another");
    let snapshot = Snapshot {
        format: SNAPSHOT_FORMAT,
        table_prefix: String::new(),
        backend: other,
        scope: "features".to_owned(),
        migration: "1".to_owned(),
        schema: Schema::default(),
    };
    check(
        Source::Snapshot(file("other.json", &snapshot.to_json())),
        &["other.json` is of ", &format!("--backend {}", other.name())],
    );
    #[cfg(feature = "schema-rs")]
    {
        check(
            Source::SchemaRs(file("a.rs", "// a\ntable! {\n  a (b) {\n    c -> Text,\n  }\n}")),
            &["a.rs`, line 3: the primary key names `b`"],
        );
        check(Source::SchemaRs(file("b.rs", "\n\nfn 1")), &["b.rs`, line 3: expected"]);
        check(
            Source::SchemaRs(file("c.rs", "table! {\n  a (b) {\n    b -> Vec<u8>,\n  }\n}")),
            &["c.rs`, line 3: column `b`: `Vec<…>` is no SQL type"],
        );
    }
}

fn what_a_database_rewrites_is_no_difference(database: &TestDatabase) {
    let dialect_sql = |default: &str, check: &str| {
        format!(
            "CREATE TABLE t (a INTEGER NOT NULL, b TEXT DEFAULT {default}, CONSTRAINT t_check CHECK ({check}));"
        )
    };
    let one = Source::Sql(write(database, "one.sql", &dialect_sql("('x')", "a > 0")));
    let other = match database.backend {
        Backend::Sqlite => dialect_sql("'x'", "a>0"),
        Backend::Postgres => dialect_sql("'x'::text", "(a > (0))"),
        Backend::Mysql | Backend::MariaDb => dialect_sql("('x')", "(`a`>0)"),
        Backend::DuckDb => dialect_sql("('x')", "(((\"a\">0)))"),
    };
    let other = Source::Sql(write(database, "other.sql", &other));
    assert_eq!(difference(database, &one, &other), Difference::default());
    let third = Source::Sql(write(database, "third.sql", &dialect_sql("('y')", "a > 0")));
    assert!(!difference(database, &one, &third).is_empty());
}

fn differences_lead_there_and_back(database: &TestDatabase) {
    let sources = every_source(database);
    let more = sql(&schema(), database.backend)
        + &database.sql(
            "CREATE TABLE \"New\" (a INTEGER NOT NULL PRIMARY KEY); ALTER TABLE video ADD COLUMN \"Länge\" REAL;",
        );
    let more = Source::Sql(write(database, "more.sql", &more));
    for from in &sources {
        let found = difference(database, from, &more);
        assert_eq!(found.problems, [], "{from}");
        let reasons: Vec<_> = found.plan.steps.iter().map(|it| it.reason.as_str()).collect();
        assert_eq!(reasons, ["create table `New`", "add column `video.Länge`"], "{from}");
        let back = difference(database, &more, from);
        assert_eq!(back.plan.steps.len(), 2, "{from}");
        assert_eq!(back.plan.steps.iter().filter(|it| !it.risks.is_empty()).count(), 2, "{from}");
    }
    let plan = difference(database, &Source::Database(None), &more).plan;
    let mut connection = database.connect();
    connection.run_script(&plan.up_sql()).expect("up runs");
    assert!(difference(database, &Source::Database(None), &more).is_empty());
    connection.run_script(&plan.down_sql()).expect("down runs");
    assert!(difference(database, &Source::Database(None), &sources[0]).is_empty());
}
