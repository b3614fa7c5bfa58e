//! What is pushed is what Metaxy for Python records, byte for byte: `push.json` and `pushes.json` hold its rows.

use crate::{on_every_database, support::TestDatabase};
use diesel::prelude::*;
use metaxy_core::{
    FeatureDefinition, FeatureGraph, FeatureKey, HashLength, Json, config::FeatureSelection,
};
use metaxy_diesel::{
    backend::Connection,
    diff::diff,
    push::{PushError, PushOptions, Pushed, SyncError, SyncOptions},
    schema::{Schema, Table},
    store::Store,
    system::{feature_versions, system_tables},
};
use std::collections::BTreeMap;

on_every_database!(
    rows_are_those_of_python,
    a_project_is_pushed_again_as_python_does,
    a_definition_is_there_once_where_the_table_has_a_key,
    a_store_without_tables_says_so,
    what_was_pushed_is_read_back,
    a_push_is_read_with_what_it_depended_on,
    features_of_other_projects_are_locked_and_synced,
);

/// A row, by column, without its moment.
type Row = BTreeMap<&'static str, Option<String>>;

const COLUMNS: [&str; 9] = [
    "project",
    "feature_key",
    "metaxy_definition_version",
    "metaxy_feature_version",
    "metaxy_project_version",
    "feature_spec",
    "feature_schema",
    "feature_class_path",
    "tags",
];

pub fn store(database: &TestDatabase) -> Store {
    Store::new("test", database.backend, database.url.clone())
}

/// Makes the system tables: as migrations make them, or without keys, as Python's stores do by themselves.
pub fn create_tables(database: &TestDatabase, keyed: bool) {
    let dialect = database.backend.dialect();
    let tables = system_tables("").tables.into_values().map(|table| match keyed {
        true => table,
        false => Table { primary_key: None, indexes: Vec::new(), ..table },
    });
    let desired = dialect.normalise(&tables.collect());
    let changes = diff(&Schema::default(), &desired, dialect).expect("they differ").changes;
    let script: Vec<_> =
        changes.iter().flat_map(|it| it.render(dialect).expect("it is SQL")).collect();
    database.connect().run_script(&script.join("\n")).expect("it runs");
}

fn empty(database: &TestDatabase) {
    let script = "DELETE FROM metaxy_system__feature_versions";
    database.connect().run_script(script).expect("it runs");
}

/// The rows of the table, sorted.
fn rows(database: &TestDatabase) -> Vec<Row> {
    macro_rules! load {
        ($connection:expr) => {
            feature_versions::table
                .select((
                    feature_versions::project,
                    feature_versions::feature_key,
                    feature_versions::metaxy_definition_version,
                    feature_versions::metaxy_feature_version,
                    feature_versions::metaxy_project_version,
                    feature_versions::feature_spec,
                    feature_versions::feature_schema,
                    feature_versions::feature_class_path,
                    feature_versions::tags,
                ))
                .filter(feature_versions::recorded_at.is_not_null())
                .filter(feature_versions::deleted_at.is_null())
                .load($connection)
                .expect("loads")
        };
    }
    type Text = Option<String>;
    type Loaded = (String, String, String, Text, Text, Text, Text, Text, Text);
    let loaded: Vec<Loaded> = match database.connect() {
        #[cfg(feature = "sqlite")]
        Connection::Sqlite(mut connection) => load!(&mut connection),
        #[cfg(feature = "postgres")]
        Connection::Postgres(mut connection) => load!(&mut connection),
        #[cfg(feature = "mysql")]
        Connection::Mysql(mut connection) | Connection::MariaDb(mut connection) => {
            load!(&mut connection)
        }
        #[cfg(feature = "duckdb")]
        Connection::DuckDb(mut connection) => load!(&mut connection),
        other => unreachable!("no test has {other:?}"),
    };
    let row = |(a, b, c, d, e, f, g, h, i)| {
        COLUMNS.into_iter().zip([Some(a), Some(b), Some(c), d, e, f, g, h, i]).collect()
    };
    sorted(loaded.into_iter().map(row))
}

fn sorted(rows: impl Iterator<Item = Row>) -> Vec<Row> {
    let mut rows: Vec<_> = rows.collect();
    rows.sort();
    rows
}

fn text<'a>(json: &'a Json, name: &str) -> &'a str {
    json.get(name).and_then(Json::as_str).unwrap_or_else(|| panic!("{name} of {}", json.dumps()))
}

fn list<'a>(json: &'a Json, name: &str) -> &'a [Json] {
    json.get(name).and_then(Json::as_array).unwrap_or_else(|| panic!("{name} is a list"))
}

fn row_of(json: &Json) -> Row {
    let column = |name| (name, json.get(name).and_then(Json::as_str).map(str::to_owned));
    COLUMNS.into_iter().map(column).collect()
}

fn pushed(project: &str, result: &[Json]) -> Pushed {
    let [Json::String(version), Json::Bool(already_pushed), Json::Array(updated)] = result else {
        panic!("version, whether it was there, features")
    };
    Pushed {
        project: project.to_owned(),
        project_version: version.clone(),
        already_pushed: *already_pushed,
        updated_features: updated.iter().filter_map(Json::as_str).map(str::to_owned).collect(),
    }
}

/// A graph of the features that rows of Python describe.
fn recorded(rows: &[Json]) -> FeatureGraph {
    let snapshot = rows.iter().map(|row| (text(row, "feature_key"), row.clone())).collect();
    FeatureGraph::from_snapshot(&snapshot, HashLength::default()).expect("is a graph")
}

fn rows_are_those_of_python(database: &TestDatabase) {
    create_tables(database, true);
    let golden = Json::parse(include_str!("../data/push.json")).expect("is JSON");
    for case in list(&golden, "cases") {
        let case_name = text(case, "graph");
        let case = case.get("stores").and_then(|it| it.get("postgres")).expect("is there");
        let graph = recorded(list(case, "rows"));
        let tags = [("git_commit".to_owned(), "abc123".into())].into();
        for result in list(case, "push_results") {
            let (project, result) =
                result.as_array().and_then(|it| it.split_first()).expect("is a list");
            let project = project.as_str().expect("is text");
            let options =
                PushOptions { project: Some(project.to_owned()), tags: Clone::clone(&tags) };
            let ours = store(database).push(&graph, &options).expect("pushes");
            assert_eq!(ours, pushed(project, result), "{case_name}");
        }
        let theirs = sorted(list(case, "rows").iter().map(row_of));
        assert_eq!(rows(database), theirs, "{case_name}");
        empty(database);
    }
}

/// Plays the cases of `pushes.json`, and has each checked when it is played.
fn play(database: &TestDatabase, check: impl Fn(&str, &[Json])) {
    let golden = Json::parse(include_str!("../data/pushes.json")).expect("is JSON");
    for case in list(&golden, "cases") {
        let name = text(case, "name");
        for step in list(case, "steps") {
            let features = list(step, "features").iter().map(|it| {
                let spec = it.get("spec").expect("has a spec");
                let entry = Json::from([
                    ("feature_spec", spec.clone()),
                    ("feature_schema", it.get("schema").expect("has a schema").clone()),
                    ("feature_class_path", it.get("class_path").expect("has a path").clone()),
                    ("project", text(it, "project").into()),
                    ("external", it.get("external").expect("says whether").clone()),
                ]);
                (text(spec, "key"), entry)
            });
            let graph = FeatureGraph::from_snapshot(&features.collect(), HashLength::default());
            let project = text(step, "project");
            let options = PushOptions {
                project: Some(project.to_owned()),
                tags: step.get("tags").and_then(Json::as_object).expect("is an object").clone(),
            };
            let ours = store(database).push(&graph.expect("is a graph"), &options);
            let theirs = pushed(project, list(step, "result"));
            assert_eq!(ours.expect("pushes"), theirs, "{name}");
        }
        check(name, list(case, "rows"));
        empty(database);
    }
}

fn a_project_is_pushed_again_as_python_does(database: &TestDatabase) {
    create_tables(database, false);
    play(database, |name, theirs| {
        assert_eq!(rows(database), sorted(theirs.iter().map(row_of)), "{name}");
    });
}

fn a_definition_is_there_once_where_the_table_has_a_key(database: &TestDatabase) {
    create_tables(database, true);
    play(database, |name, theirs| {
        let key = |it: &Row| COLUMNS[..3].iter().map(|column| it[column].clone()).collect();
        let last: BTreeMap<Vec<_>, Row> =
            theirs.iter().map(row_of).map(|it| (key(&it), it)).collect();
        assert_eq!(rows(database), sorted(last.into_values()), "{name}");
    });
}

fn a_store_without_tables_says_so(database: &TestDatabase) {
    drop(database.connect());
    let golden = Json::parse(include_str!("../data/push.json")).expect("is JSON");
    let case = list(&golden, "cases")[0].get("stores").and_then(|it| it.get("postgres"));
    let graph = recorded(list(case.expect("is there"), "rows"));
    let refused = store(database).push(&graph, &PushOptions::default()).expect_err("has no tables");
    assert!(matches!(refused, PushError::MissingTable { .. }), "{refused}");
    let options = PushOptions { project: Some("none".to_owned()), ..PushOptions::default() };
    let refused = store(database).push(&graph, &options).expect_err("is none of the projects");
    assert_eq!(
        refused.to_string(),
        "project `none` has no feature here: the linked features are of proj"
    );
}

fn what_was_pushed_is_read_back(database: &TestDatabase) {
    for keyed in [true, false] {
        create_tables(database, keyed);
        let store = store(database);
        let graph = |code: &str, metadata: &str| {
            let spec = |key: &str, rest: &str| {
                let spec = format!(r#"{{"key": "{key}", "id_columns": ["id"], {rest}}}"#);
                let entry = Json::from([
                    ("feature_spec", spec.into()),
                    ("feature_schema", "{}".into()),
                    ("feature_class_path", Json::Null),
                    ("project", "p".into()),
                ]);
                (key.to_owned(), entry)
            };
            let fields =
                format!(r#""fields": [{{"key": "a", "code_version": "{code}"}}, {{"key": "b"}}]"#);
            let features = [
                spec("raw", &fields),
                spec("a", r#""deps": ["raw"], "fields": [{"key": "a"}]"#),
                spec(
                    "b",
                    &format!(
                        r#""deps": ["raw"], "fields": [{{"key": "b"}}], "metadata": {{{metadata}}}"#
                    ),
                ),
            ];
            FeatureGraph::from_snapshot(&Json::from_iter(features), HashLength::default())
                .expect("is a graph")
        };
        let (one, two) = (graph("1", ""), graph("2", ""));
        let three = graph("2", r#""owner": "ann""#);
        for it in [&one, &two, &three, &one] {
            store.push(it, &PushOptions::default()).expect("pushes");
        }
        let versions = store.pushed_versions(Some("p")).expect("are read");
        let read: Vec<_> =
            versions.iter().map(|it| (it.project_version.clone(), it.features)).collect();
        let version = |it: &FeatureGraph| it.project_version("p");
        // The first was pushed again, and is the last, too.
        assert_eq!(read, [&one, &three, &two].map(|it| (version(it), 3)), "keyed: {keyed}");
        assert!(versions[0].first_pushed_at < versions[2].first_pushed_at);
        for it in [&one, &two, &three] {
            let read = store.pushed_graph("p", &version(it), HashLength::default());
            let text = |it: &FeatureGraph| {
                let Ok(Json::Object(mut it)) = it.to_snapshot(None) else { panic!("an object") };
                it.sort_keys();
                Json::Object(it).dumps()
            };
            assert_eq!(text(&read.expect("is read")), text(it), "keyed: {keyed}");
        }
        let refused = store.pushed_graph("p", "00000000", HashLength::default()).unwrap_err();
        assert!(matches!(refused, PushError::NoPush { .. }), "{refused}");
        let drop = "DROP TABLE metaxy_system__feature_versions; DROP TABLE metaxy_system__events;";
        database.connect().run_script(drop).expect("it runs");
    }
}

fn a_push_is_read_with_what_it_depended_on(database: &TestDatabase) {
    create_tables(database, true);
    let store = store(database);
    let theirs = |code: &str| {
        format!(
            r#"{{"key": "theirs", "id_columns": ["id"], "fields": [{{"key": "a", "code_version": "{code}"}}]}}"#
        )
    };
    let entry = |spec: &str, project: &str| {
        Json::from([
            ("feature_spec", spec.into()),
            ("feature_schema", "{}".into()),
            ("feature_class_path", Json::Null),
            ("project", project.into()),
        ])
    };
    let graph = |code: &str| {
        let features = [
            ("theirs", entry(&theirs(code), "q")),
            ("mine", entry(r#"{"key": "mine", "id_columns": ["id"], "deps": ["theirs"]}"#, "p")),
        ];
        FeatureGraph::from_snapshot(&Json::from(features), HashLength::default()).expect("is one")
    };
    let (one, two) = (graph("1"), graph("2"));
    let push = |graph: &FeatureGraph, project: &str| {
        let options = PushOptions { project: Some(project.to_owned()), ..PushOptions::default() };
        store.push(graph, &options).expect("pushes")
    };
    push(&one, "q");
    let pushed = push(&one, "p");
    push(&two, "q");
    let versions = |it: &FeatureGraph| {
        it.definitions()
            .map(|it| it.spec.key.clone())
            .map(|key| (key.clone(), it.versions(&key).cloned()))
            .collect::<BTreeMap<_, _>>()
    };
    let check = || {
        let read = store.pushed_graph("p", &pushed.project_version, HashLength::default());
        assert_eq!(versions(&read.expect("is read")), versions(&one));
    };
    check();
    // Its record of then is that of a later push now.
    push(&one, "q");
    check();
}

fn features_of_other_projects_are_locked_and_synced(database: &TestDatabase) {
    create_tables(database, true);
    let store = store(database);
    let definition = |spec: &str, project: &str| {
        let parsed = Json::parse(spec).expect("is JSON");
        let entry = Json::from([
            ("feature_spec", parsed.clone()),
            ("feature_schema", "{}".into()),
            ("feature_class_path", Json::Null),
            ("project", project.into()),
        ]);
        FeatureDefinition::from_snapshot(text(&parsed, "key"), &entry).expect("is a feature")
    };
    let raw = |code: &str| {
        let fields = format!(r#"[{{"key": "a", "code_version": "{code}"}}]"#);
        definition(&format!(r#"{{"key": "raw", "id_columns": ["i"], "fields": {fields}}}"#), "q")
    };
    let crop = definition(r#"{"key": "crop", "id_columns": ["i"], "deps": ["raw"]}"#, "q");
    let mine = definition(r#"{"key": "mine", "id_columns": ["i"], "deps": ["crop"]}"#, "p");
    let graph = |definitions: Vec<FeatureDefinition>| {
        FeatureGraph::new(definitions, HashLength::default()).expect("is a graph")
    };
    let lock = |own: &[FeatureDefinition], selection: &[FeatureSelection]| {
        store.lock(own, Some("p"), selection, HashLength::default())
    };
    let own = std::slice::from_ref(&mine);
    let refused = lock(own, &[]).expect_err("nothing was pushed").to_string();
    assert!(refused.starts_with("the store has no record of `crop`"), "{refused}");

    let theirs = graph(vec![raw("1"), crop.clone()]);
    store.push(&theirs, &PushOptions::default()).expect("pushes");
    let locked = lock(own, &[]).expect("locks");
    assert_eq!(locked.features.keys().collect::<Vec<_>>(), ["crop", "raw"]);
    let all = FeatureSelection { all: true, ..FeatureSelection::default() };
    let alone = definition(r#"{"key": "alone", "id_columns": ["i"]}"#, "p");
    let everything = lock(std::slice::from_ref(&alone), &[all]).expect("locks");
    assert_eq!(everything.features, locked.features);
    assert_eq!(lock(&[alone], &[]).expect("needs nothing").features.len(), 0);

    let ours = graph(own.iter().cloned().chain(locked.definitions()).collect());
    let synced = store.sync(&ours, &SyncOptions::default()).expect("syncs");
    assert_eq!((synced.mismatches.len(), synced.unresolved.len()), (0, 0));
    let key = |key: &str| FeatureKey::new(key).expect("is a key");
    let expected = theirs.versions(&key("crop"));
    assert_eq!(synced.graph.versions(&key("crop")), expected);

    let changed = graph(vec![raw("2"), crop]);
    store.push(&changed, &PushOptions::default()).expect("pushes");
    let synced = store.sync(&ours, &SyncOptions::default()).expect("syncs");
    let mismatches: Vec<_> = synced.mismatches.iter().map(|it| it.key.as_str()).collect();
    assert_eq!(mismatches, ["crop", "raw"]);
    assert_eq!(synced.graph.versions(&key("crop")), changed.versions(&key("crop")));
    let options = SyncOptions { locked: true, ..SyncOptions::default() };
    let refused = store.sync(&ours, &options).expect_err("versions differ");
    assert!(matches!(&refused, SyncError::Mismatch(them) if *them == synced.mismatches));
    assert!(refused.to_string().contains("`raw` is `"), "{refused}");

    let unknown = FeatureDefinition {
        external: true,
        ..definition(r#"{"key": "u", "id_columns": ["i"]}"#, "r")
    };
    let synced = store.sync(&graph(vec![unknown]), &SyncOptions::default()).expect("syncs");
    assert_eq!(synced.unresolved, [key("u")]);
}
