//! One store, written and resolved by Rust and by the real Metaxy for Python in turn.
//!
//! `METAXY_TEST_PYTHON` names a Python that has the package: `cargo xtask test` installs one.

use crate::{
    model::{FEATURES, graph, key, script},
    support::TestDatabase,
};
use metaxy_core::FeatureGraph;
use metaxy_diesel::{
    Backend,
    rows::{DeleteOptions, OpenStore, ResolveOptions, Row, RowSet, Value, WriteOptions},
    store::Store,
};
use serde_json::{Value as JsonValue, json};
use std::{
    collections::BTreeMap,
    env,
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

#[cfg(feature = "postgres")]
#[test]
fn python_and_rust_share_postgres() {
    let database = TestDatabase::new(Backend::Postgres);
    // Of the default hash, which is Python's.
    let store = Store::new("test", Backend::Postgres, database.url.clone());
    share(&database, &script(&database), &store);
}

/// The tables of our migrations, and of Python's with `enable_map_datatype`.
#[cfg(feature = "duckdb")]
#[test]
fn python_and_rust_share_maps_of_duckdb() {
    share_duckdb(script);
}

/// The tables that Python makes by itself.
#[cfg(feature = "duckdb")]
#[test]
fn python_and_rust_share_structs_of_duckdb() {
    share_duckdb(|it| crate::model::with_structs(&script(it)));
}

/// The tables of SQLModel's features.
#[cfg(feature = "duckdb")]
#[test]
fn python_and_rust_share_json_of_duckdb() {
    share_duckdb(|it| script(it).replace(crate::model::MAP, "JSON"));
}

#[cfg(feature = "duckdb")]
fn share_duckdb(script: fn(&TestDatabase) -> String) {
    let database = TestDatabase::new(Backend::DuckDb);
    // Python's default needs an extension that is downloaded.
    let hash_algorithm = Some("md5".to_owned());
    let store = Store::new("test", Backend::DuckDb, database.url.clone());
    share(&database, &script(&database), &Store { hash_algorithm, ..store });
}

fn share(database: &TestDatabase, script: &str, store: &Store) {
    database.connect().execute_script(script).expect("creates the tables");
    let python = &mut Python::start(store);
    let graph = graph();
    let store = &Shared { store, graph: &graph };

    let root = |k: &str, x: i64, a: &str, b: &str| json!({"k": k, "x": x, "metaxy_provenance_by_field": {"a": a, "b": b}});
    store.write("r", &[root("k1", 1, "a1", "b1"), root("k2", 2, "é|β'\"\\", "b2")]);
    store.write("s", &[json!({"k": "k1", "metaxy_provenance_by_field": {"c": "c1"}})]);
    python.agrees(store, "joined", [&["k1", "k2"], &[], &[]]);
    python.ask("make", "joined", &[]);
    python.agrees(store, "joined", [&[], &[], &[]]);

    python.ask("write", "r", &[root("k2", 2, "a3", "b2"), root("k3", 3, "a3", "")]);
    python.agrees(store, "joined", [&["k3"], &["k2"], &[]]);
    store.make("joined");
    python.agrees(store, "joined", [&[], &[], &[]]);

    let options = DeleteOptions {
        filters: vec!["k = 'k1'".parse().expect("is a filter")],
        ..DeleteOptions::default()
    };
    store.open().delete_rows(&key("r"), &options).expect("deletes");
    python.agrees(store, "joined", [&[], &[], &["k1"]]);
    store.open().delete_rows(&key("s"), &options).expect("deletes");
    python.agrees(store, "either", [&["k2", "k3"], &[], &[]]);
}

/// A store, which is open for as long as it is used: a file of DuckDB is one process's at a time.
struct Shared<'a> {
    store: &'a Store,
    graph: &'a FeatureGraph,
}

impl Shared<'_> {
    fn open(&self) -> OpenStore<'_> {
        self.store.open(self.graph).expect("opens")
    }

    fn write(&self, feature: &str, rows: &[JsonValue]) {
        let rows = rows.iter().map(|row| {
            let columns = row.as_object().expect("is an object").iter();
            columns
                .map(|(column, value)| {
                    let value = match value {
                        JsonValue::String(text) => Value::Text(text.clone()),
                        JsonValue::Number(number) => Value::Int(number.as_i64().expect("is whole")),
                        other => Value::Json(other.clone()),
                    };
                    (column.clone(), value)
                })
                .collect::<Row>()
        });
        let options = WriteOptions::default();
        self.open().write_rows(&key(feature), rows, &options).expect("writes");
    }

    /// Writes what is new and stale.
    fn make(&self, feature: &str) {
        let store = &mut self.open();
        let increment = resolve(store, feature);
        for set in [increment.new, increment.stale] {
            let mut rows = set.rows(store).expect("loads");
            rows.iter_mut().for_each(|row| _ = row.remove("height"));
            store.write_rows(&key(feature), rows, &WriteOptions::default()).expect("writes");
        }
    }
}

fn resolve(store: &mut OpenStore, feature: &str) -> metaxy_diesel::rows::Increment {
    store.resolve_rows(&key(feature), ResolveOptions::default()).expect("resolves")
}

/// A program in Python that answers questions.
struct Python {
    process: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Python {
    fn start(store: &Store) -> Self {
        let python = env::var_os("METAXY_TEST_PYTHON").expect(
            "this test needs Metaxy for Python, and METAXY_TEST_PYTHON names no Python that has it: run `cargo xtask test`",
        );
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/samples/python.py");
        let mut process = Command::new(python)
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python starts");
        let answers = process.stdout.take().expect("it is piped");
        let mut questions = process.stdin.take().expect("it is piped");
        let specs: Vec<JsonValue> =
            FEATURES.iter().map(|it| serde_json::from_str(it).expect("is JSON")).collect();
        let about = json!([specs, store.backend.name(), store.url.expose(), store.hash_algorithm]);
        writeln!(questions, "{about}").expect("Python listens");
        Self { process, questions, answers: BufReader::new(answers) }
    }

    fn ask(&mut self, op: &str, feature: &str, rows: &[JsonValue]) -> JsonValue {
        let question = json!({"op": op, "feature": feature, "rows": rows});
        writeln!(self.questions, "{question}").expect("Python listens");
        let mut answer = String::new();
        self.answers.read_line(&mut answer).expect("Python answers");
        serde_json::from_str(&answer).expect("the answer is JSON")
    }

    /// Both languages find these samples new, stale and orphaned, with the same versions.
    fn agrees(&mut self, store: &Shared<'_>, feature: &str, expected: [&[&str]; 3]) {
        let theirs = self.ask("resolve", feature, &[]);
        let store = &mut store.open();
        let increment = resolve(store, feature);
        let sets = [&increment.new, &increment.stale, &increment.orphaned];
        for ((name, set), expected) in ["new", "stale", "orphaned"].iter().zip(sets).zip(expected) {
            let ours = versions(set, store);
            let theirs: BTreeMap<String, JsonValue> = theirs[name]
                .as_array()
                .expect("is a list")
                .iter()
                .map(|row| {
                    let k = row["k"].as_str().expect("has an id").to_owned();
                    (k, json!([row["metaxy_provenance"], row["metaxy_provenance_by_field"]]))
                })
                .collect();
            assert_eq!(ours, theirs, "{name} of {feature}");
            assert_eq!(ours.keys().collect::<Vec<_>>(), expected, "{name} of {feature}");
        }
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

fn versions(set: &RowSet, store: &mut OpenStore) -> BTreeMap<String, JsonValue> {
    let rows = set.rows(store).expect("loads");
    let versions = rows.iter().map(|row| {
        let Some(Value::Json(by_field)) = row.get("metaxy_provenance_by_field") else {
            panic!("no versions: {row:?}")
        };
        let k = row.text("k").expect("has an id").to_owned();
        (k, json!([row.text("metaxy_provenance"), by_field]))
    });
    versions.collect()
}
