//! The command line of a project that depends on a feature of another one: it locks it, and syncs.
//!
//! One test, since a process has one graph.

use diesel as _;
use metaxy::{Feature, FeatureGraph, HashLength, Json, Store, backend::Backend, push::PushOptions};
use std::{fs, path::Path, process::ExitCode};

/// What people say of photos.
#[derive(Feature)]
#[metaxy(key = "labels", id_columns(photo_id), deps("vendor/photo"), project = "shop")]
pub struct Labels {
    /// The photo.
    pub photo_id: String,
}

fn check(directory: &Path, args: &str, code: u8) {
    let config = directory.join("metaxy.toml");
    let args = ["metaxy", "--config", config.to_str().expect("is text")]
        .into_iter()
        .chain(args.split_whitespace());
    assert_eq!(metaxy::cli::run(args), ExitCode::from(code), "{directory:?}");
}

/// The other project, with a feature of this code version.
fn vendor(code: &str) -> FeatureGraph {
    let spec = format!(
        r#"{{"key": "vendor/photo", "id_columns": ["photo_id"], "fields": [{{"key": "pixels", "code_version": "{code}"}}]}}"#
    );
    let entry = Json::from([
        ("feature_spec", spec.into()),
        ("feature_schema", r#"{"type": "object"}"#.into()),
        ("feature_class_path", "vendor.Photo".into()),
        ("project", "vendor".into()),
    ]);
    FeatureGraph::from_snapshot(&Json::from([("vendor/photo", entry)]), HashLength::default())
        .expect("is a graph")
}

#[test]
fn features_of_another_project_are_locked() {
    let directory = tempfile::tempdir().expect("can be made");
    let directory = directory.path();
    let config = "project = 'shop'\n[stores.dev]\ntype = 'sqlite'\ndatabase = 'shop.db'\n\
                  [stores.other]\ntype = 'sqlite'\ndatabase = 'other.db'\n";
    fs::write(directory.join("metaxy.toml"), config).expect("can be written");
    let database = directory.join("shop.db");
    let store = Store::new("dev", Backend::Sqlite, database.to_str().expect("is text"));
    let locked = || fs::read_to_string(directory.join("metaxy.lock")).ok();

    // No database, no table, no record.
    check(directory, "lock", 3);
    let mut connection = store.connect(metaxy::backend::Open::Create).expect("is made");
    check(directory, "lock", 2);
    let tables = metaxy::system_schema(&store, &Default::default()).expect("is a schema").1;
    let dialect = Backend::Sqlite.dialect();
    let tables = dialect.normalise(&tables);
    let changes = metaxy::diff::diff(&Default::default(), &tables, dialect).expect("they differ");
    let script: Vec<String> =
        changes.changes.iter().flat_map(|it| it.render(dialect).expect("is SQL")).collect();
    connection.run_script(&script.join("\n")).expect("it runs");
    check(directory, "lock", 2);
    assert_eq!(locked(), None);

    store.push(&vendor("1"), &PushOptions::default()).expect("pushes");
    check(directory, "lock --check", 1);
    assert_eq!(locked(), None);
    check(directory, "lock", 0);
    let first = locked().expect("was written");
    assert!(first.contains("[features.\"vendor/photo\".info]"), "{first}");
    check(directory, "lock --json", 0);
    check(directory, "lock --check", 0);

    // From here on the graph is there.
    check(directory, "graph versions", 0);
    check(directory, "push", 0);
    let version = Labels::feature_version().expect("is linked");
    let pushed = store.pushed_versions(Some("shop")).expect("are read");
    let read = store.pushed_graph("shop", &pushed[0].project_version, HashLength::default());
    let read = read.expect("is read");
    assert_eq!(read.versions(&Labels::key()).expect("is there").feature_version, version);

    store.push(&vendor("2"), &PushOptions::default()).expect("pushes");
    check(directory, "lock --check", 1);
    check(directory, "--sync graph versions", 0);
    check(directory, "--sync --locked graph versions", 2);
    check(directory, "-n other --sync graph versions", 3);
    assert_eq!(locked(), Some(first));
    fs::write(directory.join("metaxy.lock"), "[features").expect("can be written");
    check(directory, "graph versions", 2);
    check(directory, "lock", 0);
    // It has the other version now, and this process the graph of the first.
    check(directory, "graph versions", 2);
    assert!(locked().expect("was written").contains("code_version = \"2\""));
}
