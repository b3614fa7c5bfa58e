//! Many fields, large and odd texts, and several writers at once.

use crate::{on_every_database, support::TestDatabase};
use metaxy_core::{FeatureDefinition, FeatureGraph, FeatureKey, FeatureSpec, HashLength, Json};
use metaxy_diesel::{
    rows::{HashAlgorithm, OpenStore, ReadOptions, ResolveOptions, Row, Value, WriteOptions},
    schema::SqlType,
    store::Store,
    system::system_columns,
};
use serde_json::{Map, json};
use std::{collections::BTreeSet, thread};

on_every_database!(
    a_hundred_fields_and_odd_texts,
    writers_and_a_resolver_at_once,
    a_sample_that_comes_twice_is_made_once,
    what_a_table_lacks_names_the_migration,
);

const FIELDS: usize = 100;
const WRITERS: usize = 2;
const BATCHES: usize = 4;
const ROWS: usize = 25;

/// A root and a leaf of the same fields, each made from its namesake.
pub fn graph(fields: usize) -> FeatureGraph {
    let fields: Vec<_> = (0..fields).map(|it| json!({"key": format!("f{it:03}")})).collect();
    let root = json!({"key": "root", "id_columns": ["k"], "fields": fields});
    let leaf = json!({"key": "leaf", "id_columns": ["k"], "fields": fields, "deps": ["root"]});
    let definitions = [root, leaf].map(|spec| FeatureDefinition {
        spec: FeatureSpec::try_from(&Json::parse(&spec.to_string()).expect("is JSON"))
            .expect("is a spec"),
        schema: Json::from([("type", Json::from("object"))]).into(),
        class_path: None,
        project: "p".to_owned(),
        external: false,
        provenance_by_field: None,
        location: None,
    });
    FeatureGraph::new(definitions, HashLength::default()).expect("the features make a graph")
}

pub fn key(feature: &str) -> FeatureKey {
    FeatureKey::new(feature).expect("is a key")
}

pub fn store(database: &TestDatabase) -> Store {
    let dialect = database.backend.dialect();
    let own = [("k", SqlType::Varchar(100)), ("text", SqlType::Text)];
    let own = own.map(|(name, sql_type)| (name.to_owned(), sql_type));
    let system = system_columns().map(|it| match it.name.as_str() {
        "metaxy_feature_version" => (it.name, SqlType::Varchar(20)),
        _ => (it.name, it.sql_type),
    });
    let columns = own.into_iter().chain(system).map(|(name, sql_type)| {
        let sql_type = (dialect.type_name)(&sql_type).expect("every database has the type");
        format!("\"{name}\" {sql_type}, ")
    });
    let columns: String = columns.collect();
    let key = "PRIMARY KEY (\"metaxy_feature_version\", \"k\", \"metaxy_updated_at\")";
    for table in ["root", "leaf"] {
        let options = dialect.table_options;
        let sql = database.sql(&format!("CREATE TABLE \"{table}\" ({columns}{key}){options};"));
        database.connect().execute_script(&sql).expect("creates the table");
    }
    Store {
        hash_algorithm: Some("sha256".to_owned()),
        ..Store::new("test", database.backend, database.url.clone())
    }
}

/// The same table without its key.
pub fn without_key(database: &TestDatabase, table: &str) {
    let sql = format!(
        "CREATE TABLE \"keyless\" AS SELECT * FROM \"{table}\" WHERE 1 = 0; DROP TABLE \"{table}\";
        ALTER TABLE \"keyless\" RENAME TO \"{table}\";"
    );
    database.connect().execute_script(&database.sql(&sql)).expect("takes the key away");
}

pub fn row(k: &str, text: &str, fields: usize) -> Row {
    let versions: Map<_, _> =
        (0..fields).map(|it| (format!("f{it:03}"), json!(format!("{k}\"\\{it}")))).collect();
    Row::from([
        ("k", Value::from(k)),
        ("text", text.into()),
        ("metaxy_provenance_by_field", serde_json::Value::Object(versions).into()),
    ])
}

/// Makes what is new of the leaf, and returns how much that was.
fn make(store: &mut OpenStore) -> usize {
    let increment = store.resolve_rows(&key("leaf"), ResolveOptions::default()).expect("resolves");
    let new = increment.new.rows(store).expect("loads");
    store.write_rows(&key("leaf"), new, &WriteOptions::default()).expect("writes")
}

fn a_hundred_fields_and_odd_texts(database: &TestDatabase) {
    let graph = graph(FIELDS);
    let store: &mut OpenStore = &mut store(database).open(&graph).expect("opens");
    let large = "é".repeat(512 * 1024);
    let texts =
        [("plain", ""), ("日本 '\"`\\ 😀", "'; DROP TABLE root; --\n\\"), ("large", &large)];
    let rows = || texts.map(|(k, text)| row(k, text, FIELDS));
    store.write_rows(&key("root"), rows(), &WriteOptions::default()).expect("writes");
    // The same batch again changes nothing but the time of the rows.
    store.write_rows(&key("root"), rows(), &WriteOptions::default()).expect("writes");
    assert_eq!(make(store), texts.len());
    assert_eq!(make(store), 0);

    let written = store.read_rows(&key("leaf"), &ReadOptions::default()).expect("reads");
    for (k, text) in texts {
        let row = written.iter().find(|it| it.text("k") == Some(k)).expect("the sample is there");
        assert_eq!(row.text("text"), Some(text), "{k}");
        let hash = |text: &str| HashAlgorithm::Sha256.hash(text, HashLength::default());
        let versions: Vec<String> = (0..FIELDS)
            .map(|it| hash(&format!("f{it:03}|__metaxy_initial__|root.f{it:03}|{k}\"\\{it}")))
            .collect();
        assert_eq!(row.text("metaxy_provenance"), Some(&*hash(&versions.join("|"))), "{k}");
    }
}

fn writers_and_a_resolver_at_once(database: &TestDatabase) {
    let graph = graph(2);
    let store = store(database);
    let made = thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (store, graph) = (&store, &graph);
            scope.spawn(move || {
                let mut store: OpenStore = store.open(graph).expect("opens");
                for batch in 0..BATCHES {
                    let rows = (0..ROWS).map(|it| row(&format!("{writer}-{batch}-{it}"), "", 2));
                    let written = store.write_rows(&key("root"), rows, &WriteOptions::default());
                    assert_eq!(written.expect("writes"), ROWS);
                }
            });
        }
        let mut store: OpenStore = store.open(&graph).expect("opens");
        (0..BATCHES).map(|_| make(&mut store)).sum::<usize>()
    });
    let mut store: OpenStore = store.open(&graph).expect("opens");
    assert_eq!(made + make(&mut store), WRITERS * BATCHES * ROWS, "nothing is lost or made twice");
    let history = ReadOptions { with_sample_history: true, ..ReadOptions::default() };
    let rows = store.read_rows(&key("leaf"), &history).expect("reads");
    let ids: BTreeSet<_> = rows.iter().map(|it| it.text("k").expect("has an id")).collect();
    assert_eq!((rows.len(), ids.len()), (WRITERS * BATCHES * ROWS, WRITERS * BATCHES * ROWS));
}

/// In one batch, where the table has no key to refuse it, in two batches, and in two stores at once.
fn a_sample_that_comes_twice_is_made_once(database: &TestDatabase) {
    let graph = graph(2);
    let config = store(database);
    let store: &mut OpenStore = &mut config.open(&graph).expect("opens");
    let twice = || [row("a", "", 2), row("b", "", 2), row("a", "", 2)];
    let refused = store.write_rows(&key("root"), twice(), &WriteOptions::default());
    assert!(refused.is_err(), "the key takes no sample twice at one moment");
    assert_eq!(make(store), 0);
    without_key(database, "root");
    let store: &mut OpenStore = &mut config.open(&graph).expect("opens");
    let other: &mut OpenStore = &mut config.open(&graph).expect("opens");
    for store in [&mut *store, other] {
        store.write_rows(&key("root"), twice(), &WriteOptions::default()).expect("writes");
    }
    assert_eq!(store.count_rows(&key("root"), &ReadOptions::default()).expect("counts"), 2);
    assert_eq!((make(store), make(store)), (2, 0));
}

fn what_a_table_lacks_names_the_migration(database: &TestDatabase) {
    let graph = graph(2);
    let config = store(database);
    let run = |sql: &str| {
        database.connect().execute_script(&database.sql(sql)).expect("changes the table");
    };
    let refused = |is_written: bool| {
        let store: &mut OpenStore = &mut config.open(&graph).expect("opens");
        match is_written {
            true => {
                let written =
                    store.write_rows(&key("root"), [row("a", "", 2)], &WriteOptions::default());
                written.expect_err("is refused").to_string()
            }
            false => {
                let increment = store.resolve_rows(&key("leaf"), ResolveOptions::default());
                increment.expect_err("is refused").to_string()
            }
        }
    };
    let lacks = |column: &str| {
        format!(
            "table `root` of feature `root` has no column `{column}`: `metaxy migration generate` and `metaxy migration run` \
             add what the code declares"
        )
    };
    // DuckDB drops no column before one that is part of a key.
    without_key(database, "root");
    run("ALTER TABLE \"root\" DROP COLUMN \"text\";");
    assert_eq!(refused(true), lacks("text"));
    run("ALTER TABLE \"root\" DROP COLUMN \"metaxy_materialization_id\";");
    assert_eq!(refused(false), lacks("metaxy_materialization_id"));
    run("DROP TABLE \"root\";");
    let missing = "feature `root` has no table `root` in the store: run `metaxy migration run`";
    assert_eq!((refused(true), refused(false)), (missing.to_owned(), missing.to_owned()));
}
