//! One store of projects in Rust and in Python, with the real Metaxy for Python: each sees, locks and depends on the features of
//! the other, and every version agrees. On PostgreSQL, and in one file of DuckDB, migrated by either.
//!
//! `METAXY_TEST_PYTHON` names a Python that has the package: `cargo xtask test` installs one.

#[path = "../../../metaxy-diesel/tests/support/mod.rs"]
mod support;

use metaxy::{
    FeatureDefinition, FeatureGraph, FeatureKey, HashLength, Json, Store,
    lock::LockFile,
    push::{PushOptions, SyncOptions},
};
use metaxy_diesel::Backend;
use std::{
    env,
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};
use support::TestDatabase;
use video as _;

#[test]
fn projects_share_the_tables_of_migrations() {
    let database = TestDatabase::new(Backend::Postgres);
    configure(&database, "postgres", "connection_string");
    for args in ["migration generate initialize", "migration run", "push --tag by=rust"] {
        metaxy(&database, args);
    }
    projects_share(&database, Python::start(&database));
}

/// Rust migrates; Python writes and resolves in those tables.
#[cfg(feature = "duckdb")]
#[test]
fn projects_share_a_file_of_duckdb() {
    let database = TestDatabase::new(Backend::DuckDb);
    configure(&database, "metaxy.ext.duckdb.DuckDBMetadataStore", "database");
    for args in ["migration generate initialize", "migration run", "push --tag by=rust"] {
        metaxy(&database, args);
    }
    rows_are_shared(&database, &mut Python::start(&database));
    projects_share(&database, Python::start(&database));
}

/// Python migrates, by Alembic; Rust has nothing to do but to take the tables into its histories.
#[cfg(feature = "duckdb")]
#[test]
fn projects_share_a_file_of_duckdb_that_alembic_migrated() {
    let database = TestDatabase::new(Backend::DuckDb);
    configure(&database, "metaxy.ext.duckdb.DuckDBMetadataStore", "database");
    let mut python = Python::start(&database);
    assert_eq!(python.ask("migrate").dumps(), r#"{"system": 2, "features": 4}"#);
    let compare = "schema diff --from database --to";
    for compared in ["-n dev:features", "-n dev:system"].into_iter().zip(["features", "system"]) {
        let said = metaxy(&database, &format!("{} {compare} {}", compared.0, compared.1));
        assert!(said.contains("are the same"), "{said}");
    }
    metaxy(&database, "migration generate initialize");
    metaxy(&database, "migration baseline");
    let said = metaxy(&database, "migration check");
    assert!(said.contains("dev:features: code and migrations agree"), "{said}");
    let said = metaxy(&database, "migration generate more");
    assert!(said.contains("dev:features: nothing to do"), "{said}");
    let said = metaxy(&database, "migration diff");
    assert!(said.contains("dev:features: the database is what its migrations made"), "{said}");
    rows_are_shared(&database, &mut python);
    drop(python);
    metaxy(&database, "push --tag by=rust");
    projects_share(&database, Python::start(&database));
}

/// A metaxy.toml for both languages. The hash is one that both have without a download.
fn configure(database: &TestDatabase, type_name: &str, key: &str) {
    let hash = if database.backend == Backend::DuckDb { "hash_algorithm = \"md5\"\n" } else { "" };
    let config = format!(
        "project = \"video\"\nstore = \"dev\"\n\n[stores.dev]\ntype = \"{type_name}\"\n\n[stores.dev.config]\n{key} = '{}'\n{hash}",
        database.url.expose()
    );
    std::fs::write(database.directory().join("metaxy.toml"), config).expect("can be written");
}

/// What the command line prints.
fn metaxy(database: &TestDatabase, args: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_video"))
        .args(args.split(' '))
        .current_dir(database.directory())
        .output()
        .expect("the program runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{args}: {said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

/// Each makes what the other has written, and finds nothing stale of what the other has made.
#[cfg(feature = "duckdb")]
fn rows_are_shared(database: &TestDatabase, python: &mut Python) {
    use metaxy::{
        Feature,
        rows::{Increment, OpenStore, ResolveOptions, Sample},
    };
    use video::{Crop, Video};

    let store = Store { hash_algorithm: Some("md5".to_owned()), ..store(database) };
    let open = || -> OpenStore { store.open(linked()).expect("opens") };
    let sample = |video_id: &str, version: &str| {
        let video = Video { video_id: video_id.into(), path: version.into(), duration: 1.5 };
        Sample::new(video, [("audio", "a1"), ("frames", version)])
    };
    let resolved = |store: &mut OpenStore| -> Increment {
        store.resolve_rows(&Crop::key(), ResolveOptions::default()).expect("resolves")
    };
    let samples = |store: &mut OpenStore, increment: &Increment| -> Json {
        let sets = [&increment.new, &increment.stale, &increment.orphaned].map(|set| {
            let mut rows: Vec<_> = set.rows(store).expect("loads");
            rows.sort_by_key(|row| row.text("video_id").map(str::to_owned));
            let text = |row: &metaxy::rows::Row, name| Json::from(row.text(name).expect("is text"));
            let rows = rows
                .iter()
                .map(|it| Json::Array(vec![text(it, "video_id"), text(it, "metaxy_provenance")]));
            Json::Array(rows.collect())
        });
        Json::Array(sets.into())
    };
    let agree = |python: &mut Python, expected: [usize; 3]| {
        let theirs = python.ask("resolve");
        let store = &mut open();
        let increment = resolved(store);
        let ours = samples(store, &increment);
        assert_eq!(ours.dumps(), theirs.dumps());
        let counts = ours.as_array().expect("is a list").iter();
        let counts: Vec<_> = counts.filter_map(|it| it.as_array().map(<[_]>::len)).collect();
        assert_eq!(counts, expected);
    };
    let make = || {
        let store = &mut open();
        let increment = resolved(store);
        for set in [increment.new, increment.stale] {
            let rows: Vec<Sample<Id>> = set.load(store).expect("loads");
            let crops = rows.into_iter().map(|it| {
                it.map(|Id { video_id }| Crop { video_id, path: "cropped".into(), side: 720 })
            });
            store.write(crops).expect("writes");
        }
    };

    open().write([sample("v1", "1"), sample("v2", "1")]).expect("writes");
    python.ask("write v3 1");
    agree(python, [3, 0, 0]);
    python.ask("make");
    agree(python, [0, 0, 0]);
    python.ask("write v1 2");
    open().write([sample("v2", "2"), sample("v4", "1")]).expect("writes");
    agree(python, [1, 2, 0]);
    make();
    agree(python, [0, 0, 0]);
    let crops = open().load::<Crop>(&metaxy::rows::ReadOptions::default()).expect("loads");
    assert_eq!(crops.len(), 4);
}

/// What a crop is made of.
#[cfg(feature = "duckdb")]
#[derive(metaxy::FromRow)]
struct Id {
    video_id: String,
}

#[test]
fn projects_share_the_tables_that_python_made() {
    let database = TestDatabase::new(Backend::Postgres);
    let mut python = Python::start(&database);
    assert_eq!(python.ask("create").as_array().map(<[_]>::len), Some(3));
    let pushed = store(&database).push(linked(), &PushOptions::default()).expect("pushes");
    assert!(!pushed.already_pushed);
    projects_share(&database, python);
}

/// With the features of the example pushed by Rust.
fn projects_share(database: &TestDatabase, mut python: Python) {
    let store = store(database);
    let graph = linked();
    let version = graph.project_version("video");
    let project = |name: &str, definitions: Vec<FeatureDefinition>| {
        let graph = FeatureGraph::new(definitions, HashLength::default()).expect("is a graph");
        assert!(graph.projects().contains(name));
        graph
    };

    // The same features in Python are the ones that Rust has pushed.
    let same = python.ask("same");
    let [result, theirs] = same.as_array().expect("is a list") else { panic!("has two parts") };
    assert_eq!(result.dumps(), format!(r#"["{version}", true, []]"#));
    agree(graph, theirs);
    assert!(store.push(graph, &PushOptions::default()).expect("pushes").already_pushed);
    let history = python.ask("history");
    assert_eq!(history.dumps(), format!(r#"[["{version}", 4]]"#));

    // Python reads them, and computes the same versions; its project depends on them.
    agree(graph, &python.ask("read"));
    let pushed = python.ask("push_audio");
    let [result, audio] = pushed.as_array().expect("is a list") else { panic!("has two parts") };
    let result = result.as_array().expect("is a list");
    assert_eq!(result[1..], [Json::Bool(false), Json::Array(Vec::new())]);

    // Rust reads Python's project, and the features of Rust that it depended on.
    let read = store.pushed_graph(
        "audio",
        result[0].as_str().expect("is a version"),
        HashLength::default(),
    );
    let read = read.expect("is read");
    agree(&read, audio);
    let audio_features: Vec<_> = read.features_of("audio").cloned().collect();
    assert_eq!(audio_features.len(), 2);

    // Both lock the same for the project in Python.
    let file = database.directory().join("python.lock");
    python.ask(&format!("lock {}", file.display()));
    let theirs = LockFile::read(&file).expect("is read").expect("is there");
    let ours = store.lock(&audio_features, Some("audio"), &[], HashLength::default());
    let ours = ours.expect("locks");
    assert_eq!(
        ours.features.keys().collect::<Vec<_>>(),
        ["video/crop", "video/raw", "video/speech"]
    );
    assert_eq!(ours, theirs);
    assert!(ours.changes_from(&theirs).is_empty());

    // A project in Rust depends on that in Python: locked, pushed, and read by Python.
    let spec = r#"{"key": "report", "id_columns": ["video_id"], "deps": ["audio/summary", "video/faces"]}"#;
    let entry = Json::from([
        ("feature_spec", spec.into()),
        ("feature_schema", r#"{"title": "Report"}"#.into()),
        ("feature_class_path", "crate::Report".into()),
        ("project", "report".into()),
    ]);
    let report = FeatureDefinition::from_snapshot("report", &entry).expect("is a feature");
    let own = std::slice::from_ref(&report);
    let lock = store.lock(own, Some("report"), &[], HashLength::default()).expect("locks");
    assert_eq!(lock.features.len(), 6);
    let text = lock.to_toml().expect("is written");
    let lock = LockFile::parse(&text).expect("is read");
    let graph = project("report", own.iter().cloned().chain(lock.definitions()).collect());
    let synced = store.sync(&graph, &SyncOptions { locked: true, ..SyncOptions::default() });
    assert_eq!(synced.expect("is as it was locked").unresolved, []);
    store.push(&graph, &PushOptions::default()).expect("pushes");
    agree(&graph, &python.ask("read"));
}

fn linked() -> &'static FeatureGraph {
    FeatureGraph::current().expect("the features make a graph")
}

fn store(database: &TestDatabase) -> Store {
    Store::new("dev", database.backend, database.url.clone())
}

/// All versions of all features of a graph are those that Python has.
fn agree(graph: &FeatureGraph, theirs: &Json) {
    for definition in graph.definitions() {
        let key: &FeatureKey = &definition.spec.key;
        let versions = graph.versions(key).expect("every feature has versions");
        let fields: Json = versions
            .field_versions
            .iter()
            .map(|(field, version)| (field.as_str(), version.as_str().into()))
            .collect();
        let ours = Json::from([
            ("feature", versions.feature_version.as_str().into()),
            ("fields", fields),
            ("definition", versions.definition_version.as_str().into()),
            ("project", definition.project.as_str().into()),
        ]);
        assert_eq!(theirs.get(key.as_str()), Some(&ours), "{key}");
    }
}

/// A program in Python that answers questions.
struct Python {
    process: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Python {
    fn start(database: &TestDatabase) -> Self {
        let python = env::var_os("METAXY_TEST_PYTHON").expect(
            "this test needs Metaxy for Python, and METAXY_TEST_PYTHON names no Python that has it: run `cargo xtask test`",
        );
        let is_file = database.backend == Backend::DuckDb;
        let mut process = Command::new(python)
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python.py"))
            .args((!is_file).then(|| database.url.expose()))
            .current_dir(database.directory())
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python starts");
        let answers = BufReader::new(process.stdout.take().expect("it is piped"));
        let questions = process.stdin.take().expect("it is piped");
        Self { process, questions, answers }
    }

    /// What Python answers to an operation with its arguments.
    fn ask(&mut self, operation: &str) -> Json {
        writeln!(self.questions, "{operation}").expect("Python listens");
        let mut answer = String::new();
        self.answers.read_line(&mut answer).expect("Python answers");
        Json::parse(&answer).unwrap_or_else(|_| panic!("Python failed at `{operation}`: {answer}"))
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}
