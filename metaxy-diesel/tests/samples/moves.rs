//! Rows that come from another store, from another version of a feature, and from a thread.

use crate::{
    model, on_every_database,
    stress::{graph, key, row, store},
    support::TestDatabase,
};
use metaxy_core::{FeatureDefinition, FeatureGraph, FeatureSpec, HashLength, Json};
use metaxy_diesel::{
    Backend,
    rows::{
        BatchOptions, BatchedWriter, DeleteOptions, Doing, OpenStore, ReadOptions, ResolveOptions,
        Row, RowsError, RowsEvent, Value, Version, WriteOptions,
    },
};
use serde_json::json;
use std::{
    env,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    thread,
    time::Duration,
};

on_every_database!(
    rows_are_copied_between_stores,
    samples_are_rebased_onto_another_version,
    a_sample_of_a_group_is_rebased_once,
    rows_are_written_in_the_background,
    a_writer_that_is_killed_writes_nothing,
);

const ROWS: usize = 1_234;

fn rows(count: usize) -> impl Iterator<Item = Row> {
    (0..count).map(|it| row(&format!("k{it:04}"), "text", 2))
}

fn write(store: &mut OpenStore, feature: &str, rows: impl IntoIterator<Item = Row>) {
    store.write_rows(&key(feature), rows, &WriteOptions::default()).expect("writes");
}

fn filtered(filter: &str) -> Vec<metaxy_diesel::rows::Filter> {
    vec![filter.parse().expect("is a filter")]
}

/// The rows of a feature, in an order. A database without JSON returns it as text.
fn read(store: &mut OpenStore, feature: &str) -> Vec<Row> {
    let mut rows = store.read_rows(&key(feature), &ReadOptions::default()).expect("reads");
    rows.sort_by_key(|it| it.text("k").map(str::to_owned));
    rows
}

fn rows_are_copied_between_stores(database: &TestDatabase) {
    let graph = graph(2);
    let other = TestDatabase::new(Backend::Sqlite);
    let here: &mut OpenStore = &mut store(database).open(&graph).expect("opens");
    let there: &mut OpenStore = &mut store(&other).open(&graph).expect("opens");
    let root = key("root");
    write(there, "root", rows(ROWS));
    let filters = filtered("k = 'k0001'");
    let one = DeleteOptions { filters: filters.clone(), ..DeleteOptions::default() };
    there.delete_rows(&root, &one).expect("deletes");

    let options = ReadOptions { version: Version::Any, ..ReadOptions::default() };
    let (tell, told) = std::sync::mpsc::channel();
    here.listen(move |event| {
        let (is_done, doing, rows) = match event {
            RowsEvent::Progress { doing, rows, .. } => (false, doing, rows),
            RowsEvent::Done { doing, rows, .. } => (true, doing, rows),
        };
        assert_eq!(doing, Doing::Copy);
        // The last copies, whose events nobody reads, are told, too.
        _ = tell.send((is_done, rows));
    });
    assert_eq!(here.copy_rows(there, &root, &options).expect("copies"), ROWS - 1);
    let told: Vec<_> = told.try_iter().collect();
    assert_eq!(told, [(false, 1_000), (false, ROWS - 1), (true, ROWS - 1)]);
    assert_eq!(read(here, "root"), read(there, "root"));
    assert_eq!(here.copy_rows(there, &root, &options).expect("copies"), 0);
    write(there, "root", rows(3));
    assert_eq!(here.copy_rows(there, &root, &options).expect("copies"), 3);
    assert_eq!(read(here, "root"), read(there, "root"));

    // And back, of some.
    assert_eq!(there.drop_rows(&root).expect("drops"), ROWS + 3);
    let some = ReadOptions { filters, ..options.clone() };
    assert_eq!(there.copy_rows(here, &root, &some).expect("copies"), 1);
    let sql = other.sql("ALTER TABLE \"root\" DROP COLUMN \"text\";");
    other.connect().execute_script(&sql).expect("drops the column");
    let there: &mut OpenStore =
        &mut metaxy_diesel::store::Store::new("test", Backend::Sqlite, other.url.clone())
            .open(&graph)
            .expect("opens");
    let refused = there.copy_rows(here, &root, &options).expect_err("lacks a column");
    assert!(matches!(refused, RowsError::MissingColumn { .. }), "{refused}");
    assert_eq!(there.count_rows(&root, &options).expect("counts"), 1);
}

/// The features of [`graph`], with another version of the leaf's code.
fn changed_graph() -> FeatureGraph {
    let fields = [json!({"key": "f000", "code_version": "2"}), json!({"key": "f001"})];
    let root =
        json!({"key": "root", "id_columns": ["k"], "fields": [{"key": "f000"}, {"key": "f001"}]});
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

fn samples_are_rebased_onto_another_version(database: &TestDatabase) {
    let (before, after) = (graph(2), changed_graph());
    let config = store(database);
    let store: &mut OpenStore = &mut config.open(&before).expect("opens");
    let leaf = key("leaf");
    write(store, "root", rows(ROWS));
    let new = store.resolve_rows(&leaf, ResolveOptions::default()).expect("resolves").new;
    let mut made = new.rows(store).expect("loads");
    made.sort_by_key(|it| it.text("k").map(str::to_owned));
    // One has data versions of its own, one is made by the new version, one is upstream no more, and one was never made.
    let own = json!({"f000": "own", "f001": "x"});
    made[0].insert("metaxy_data_version_by_field", own.clone());
    made[0].insert("metaxy_data_version", "own");
    made.pop();
    let others = made.split_off(1);
    write(store, "leaf", made);
    write(store, "leaf", others);
    let filters = filtered("k = 'k0001'");
    let one = DeleteOptions { filters, ..DeleteOptions::default() };
    store.delete_rows(&key("root"), &one).expect("deletes");
    let version = before.versions(&leaf).expect("is there").feature_version.clone();

    let store: &mut OpenStore = &mut config.open(&after).expect("opens");
    let increment = store.resolve_rows(&leaf, ResolveOptions::default()).expect("resolves");
    let mut new = increment.new.rows(store).expect("loads");
    assert_eq!(new.len(), ROWS - 1);
    new.retain(|it| it.text("k") == Some("k0002"));
    write(store, "leaf", new);
    assert_eq!(store.rebase_rows(&leaf, &version).expect("rebases"), ROWS - 3);
    let made = read(store, "leaf");
    assert_eq!(made.len(), ROWS - 2);
    let counts = [&increment.new, &increment.stale, &increment.orphaned]
        .map(|it| it.count(store).expect("counts"));
    assert_eq!(counts, [1, 0, 0]);
    let by_field = match made[0].get("metaxy_data_version_by_field") {
        Some(Value::Json(by_field)) => by_field,
        other => panic!("no versions: {other:?}"),
    };
    assert_eq!((made[0].text("metaxy_data_version"), by_field), (Some("own"), &own));
    assert_eq!(made[5].text("metaxy_data_version"), made[5].text("metaxy_provenance"));
    assert_eq!(store.rebase_rows(&leaf, &version).expect("rebases"), 0);
    let root = store.rebase_rows(&key("root"), &version);
    assert!(matches!(root, Err(RowsError::RebaseRoot { .. })), "{root:?}");
}

fn a_sample_of_a_group_is_rebased_once(database: &TestDatabase) {
    database.connect().execute_script(&model::script(database)).expect("creates the tables");
    let graph = model::graph();
    let store: &mut OpenStore = &mut metaxy_diesel::store::Store {
        hash_algorithm: Some("md5".to_owned()),
        ..metaxy_diesel::store::Store::new("test", database.backend, database.url.clone())
    }
    .open(&graph)
    .expect("opens");
    let part = |n: i64| {
        let versions = json!({"d_x": format!("d{n}")});
        [
            ("k", Value::from("k")),
            ("n", Value::Int(n)),
            ("metaxy_provenance_by_field", versions.into()),
        ]
    };
    write(store, "t", (0..3).map(|n| Row::from(part(n))));
    let total = key("total");
    let made = json!({"sum": "made by another version"});
    write(
        store,
        "total",
        [Row::from([("k", Value::from("k")), ("metaxy_provenance_by_field", made.into())])],
    );
    let sql = "UPDATE \"total\" SET \"metaxy_feature_version\" = 'before';";
    database.connect().execute_script(&database.sql(sql)).expect("makes it another version");
    assert_eq!(store.rebase_rows(&total, "before").expect("rebases"), 1);
    assert_eq!(read(store, "total").len(), 1);
    let options = ResolveOptions::default();
    let stale = store.resolve_rows(&total, options).expect("resolves").stale;
    assert_eq!(stale.count(store).expect("counts"), 0);
}

fn rows_are_written_in_the_background(database: &TestDatabase) {
    let graph: &'static FeatureGraph = Box::leak(Box::new(graph(2)));
    let config = store(database);
    let options = BatchOptions { rows: 100, ..BatchOptions::default() };
    let open = || BatchedWriter::open(&config, graph, options.clone()).expect("opens");
    let mut writer = open();
    for row in rows(ROWS) {
        writer.write_row(&key("root"), row).expect("takes it");
    }
    let written = writer.finish().expect("writes");
    assert_eq!(written.into_iter().collect::<Vec<_>>(), [(key("root"), ROWS)]);

    let mut writer = open();
    writer.write_row(&key("root"), row("dropped", "", 2)).expect("takes it");
    drop(writer);
    let store: &mut OpenStore = &mut config.open(graph).expect("opens");
    assert_eq!(read(store, "root").len(), ROWS + 1);

    // A row that waits for no others is written all the same.
    let interval = Duration::from_millis(50);
    let mut writer =
        BatchedWriter::open(&config, graph, BatchOptions { interval, ..options.clone() })
            .expect("opens");
    writer.write_row(&key("root"), row("alone", "", 2)).expect("takes it");
    let seen = (0..2_000).any(|_| {
        thread::sleep(interval);
        read(store, "root").len() == ROWS + 2
    });
    assert!(seen, "it was not written");
    let refused = (0..10_000).find_map(|it| {
        let row = Row::from([("k", Value::from(format!("no versions {it}")))]);
        writer.write_row(&key("root"), row).err()
    });
    assert!(matches!(refused, Some(RowsError::NoProvenance { .. })), "{refused:?}");
    let told = writer.finish();
    assert!(matches!(told, Err(RowsError::Writer(_))), "{told:?}");
    assert_eq!(read(store, "root").len(), ROWS + 2);

    // Nor does it wait where rows of another feature keep coming.
    let interval = Duration::from_millis(1);
    let mut writer =
        BatchedWriter::open(&config, graph, BatchOptions { interval, ..options }).expect("opens");
    writer.write_row(&key("root"), row("beside", "", 2)).expect("takes it");
    for row in rows(5_000) {
        writer.write_row(&key("leaf"), row).expect("takes it");
    }
    writer.finish().expect("writes");
    let written = |rows: &[Row]| {
        let moments = rows.iter().map(|it| match it.get("metaxy_updated_at") {
            Some(Value::Moment(at)) => *at,
            other => panic!("no moment: {other:?}"),
        });
        moments.max()
    };
    assert!(written(&read(store, "root")) < written(&read(store, "leaf")));
}

/// The variable that tells a child what to write to: the backend and the URL.
const CHILD: &str = "METAXY_TEST_KILLED_WRITER";

fn a_writer_that_is_killed_writes_nothing(database: &TestDatabase) {
    let config = store(database);
    let mut child = Command::new(env::current_exe().expect("the test has a file"))
        .args(["moves::child_that_writes_for_ever", "--exact", "--nocapture"])
        .env(CHILD, format!("{} {}", database.backend.name(), database.url.expose()))
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts");
    let output = BufReader::new(child.stdout.take().expect("is piped"));
    let mut lines = output.lines().map_while(Result::ok);
    assert!(lines.any(|it| it.contains("in the middle")), "it began to write");
    child.kill().expect("is killed");
    child.wait().expect("ends");
    let graph = graph(2);
    let store: &mut OpenStore = &mut config.open(&graph).expect("opens");
    write(store, "root", rows(10));
    assert_eq!(read(store, "root").len(), 10);
}

#[test]
fn child_that_writes_for_ever() {
    let Ok(database) = env::var(CHILD) else { return };
    let (backend, url) = database.split_once(' ').expect("two words");
    let backend: Backend = backend.parse().expect("is a backend");
    let graph = graph(2);
    let config = metaxy_diesel::store::Store::new("test", backend, url);
    let store: &mut OpenStore = &mut config.open(&graph).expect("opens");
    let rows = (0..).map(|it| {
        if it == 5_000 {
            println!("in the middle");
            thread::sleep(Duration::from_secs(60));
        }
        row(&format!("killed{it}"), "text", 2)
    });
    write(store, "root", rows);
}
