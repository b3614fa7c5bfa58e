//! One PostgreSQL store, written and resolved by Rust and by the real Metaxy for Python in turn.
//!
//! `METAXY_TEST_PYTHON` names a Python that has the package: `cargo xtask test` installs one.

use crate::{
    model::{FEATURES, graph, key, script},
    support::TestDatabase,
};
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
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

#[test]
fn python_and_rust_share_a_store() {
    let python = env::var_os("METAXY_TEST_PYTHON").expect(
        "this test needs Metaxy for Python, and METAXY_TEST_PYTHON names no Python that has it: run `cargo xtask test`",
    );
    let database = TestDatabase::new(Backend::Postgres);
    database.connect().execute_script(&script(&database)).expect("creates the tables");
    let mut python = Python::start(Path::new(&python), database.url.expose());
    let graph = graph();
    // Of the default hash, which is Python's.
    let store = Store::new("test", Backend::Postgres, database.url.clone());
    let store: &mut OpenStore = &mut store.open(&graph).expect("opens");

    let root = |k: &str, x: i64, a: &str, b: &str| json!({"k": k, "x": x, "metaxy_provenance_by_field": {"a": a, "b": b}});
    write(store, "r", &[root("k1", 1, "a1", "b1"), root("k2", 2, "é|β", "b2")]);
    write(store, "s", &[json!({"k": "k1", "metaxy_provenance_by_field": {"c": "c1"}})]);
    python.agrees(store, "joined", [&["k1", "k2"], &[], &[]]);
    python.ask("make", "joined", &[]);
    python.agrees(store, "joined", [&[], &[], &[]]);

    python.ask("write", "r", &[root("k2", 2, "a3", "b2"), root("k3", 3, "a3", "")]);
    python.agrees(store, "joined", [&["k3"], &["k2"], &[]]);
    let increment = resolve(store, "joined");
    for set in [increment.new, increment.stale] {
        let mut rows = set.rows(store).expect("loads");
        rows.iter_mut().for_each(|row| _ = row.remove("height"));
        store.write_rows(&key("joined"), rows, &WriteOptions::default()).expect("writes");
    }
    python.agrees(store, "joined", [&[], &[], &[]]);

    let options = DeleteOptions {
        filters: vec!["k = 'k1'".parse().expect("is a filter")],
        ..DeleteOptions::default()
    };
    store.delete_rows(&key("r"), &options).expect("deletes");
    python.agrees(store, "joined", [&[], &[], &["k1"]]);
    store.delete_rows(&key("s"), &options).expect("deletes");
    python.agrees(store, "either", [&["k2", "k3"], &[], &[]]);
}

fn write(store: &mut OpenStore, feature: &str, rows: &[JsonValue]) {
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
    store.write_rows(&key(feature), rows, &WriteOptions::default()).expect("writes");
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
    fn start(python: &Path, url: &str) -> Self {
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
        writeln!(questions, "{}", json!([specs, url])).expect("Python listens");
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
    fn agrees(&mut self, store: &mut OpenStore, feature: &str, expected: [&[&str]; 3]) {
        let theirs = self.ask("resolve", feature, &[]);
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
