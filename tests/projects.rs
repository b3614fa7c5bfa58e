//! Two projects in one database, each with a history of its features: neither sees the tables of the other.

#![cfg(feature = "cli")]
#![allow(missing_docs)]

#[path = "../metaxy-diesel/tests/support/mod.rs"]
mod support;

use metaxy::Feature;
use metaxy_diesel::{Backend, schema::TableName};
use std::{fs, path::Path, process::ExitCode};
use support::TestDatabase;

#[derive(Feature)]
#[metaxy(key = "photos/raw", project = "photos", id_columns(photo_id))]
pub struct Photo {
    pub photo_id: String,
    #[metaxy(index)]
    pub path: Option<String>,
}

#[derive(Feature)]
#[metaxy(key = "labels/raw", project = "labels", id_columns(label_id))]
pub struct Label {
    pub label_id: String,
    #[metaxy(index)]
    pub path: Option<String>,
}

/// A project with a directory and a `metaxy.toml`, which says this of its migrations.
fn project(database: &TestDatabase, name: &str, migrations: &str) {
    let directory = database.directory().join(name);
    fs::create_dir_all(&directory).expect("a directory can be made");
    let config = format!(
        "project = \"{name}\"\nstore = \"prod\"\n[stores.prod]\ntype = \"{}\"\nconfig = {{ connection_string = '{}' }}\n{migrations}",
        database.backend.name(),
        database.url.expose()
    );
    fs::write(directory.join("metaxy.toml"), config).expect("it can be written");
}

fn metaxy(directory: &Path, args: &str) -> ExitCode {
    let config = directory.join("metaxy.toml");
    let config = config.to_str().expect("its path is text");
    metaxy::cli::run(["metaxy", "--config", config].into_iter().chain(args.split_whitespace()))
}

fn rows(database: &TestDatabase, table: &str) -> Option<u64> {
    database.connect().count_rows(&TableName::new(table)).ok()
}

fn two_projects_in_one_database(database: &TestDatabase) {
    let run = |project: &str, code: u8, args: &str| {
        let found = metaxy(&database.directory().join(project), args);
        assert_eq!(found, ExitCode::from(code), "{project}: {args}");
    };
    let versions = |table| format!("[migrations.prod.features]\nversion_table = \"{table}\"\n");
    project(database, "photos", &versions("photos_versions"));
    project(database, "labels", &versions("labels_versions"));
    // Metaxy's own tables are those of all projects of a store: one of these migrates them.
    run("photos", 0, "migration generate initialize");
    run("photos", 0, "migration run");
    run("labels", 0, "-n prod:features migration generate initialize");
    run("labels", 1, "-n prod:features migration pending");
    run("labels", 0, "-n prod:features migration run");
    let tables = ["photos__raw", "photos_versions", "labels__raw", "labels_versions"];
    assert_eq!(tables.map(|it| rows(database, it)), [Some(0), Some(1), Some(0), Some(1)]);
    let all_is_well = |project| {
        for command in [
            "migration check",
            "migration diff",
            "migration status",
            "migration run",
            "schema diff --from database --to features",
        ] {
            run(project, 0, &format!("-n prod:features {command}"));
        }
    };
    all_is_well("photos");
    all_is_well("labels");
    run("photos", 0, "push");
    run("labels", 0, "push");
    let recorded = rows(database, "metaxy_system__feature_versions");
    assert_eq!(recorded, Some(2), "both are recorded in one table");

    // Reverted and run again, one goes its way, and the other stands still.
    run("labels", 0, "-n prod:features migration revert --all");
    assert_eq!(tables.map(|it| rows(database, it)), [Some(0), Some(1), None, Some(0)]);
    all_is_well("photos");
    run("labels", 0, "-n prod:features migration run");
    assert_eq!(tables.map(|it| rows(database, it)), [Some(0), Some(1), Some(0), Some(1)]);

    // One that takes the version table of the other is refused, and changes nothing.
    project(database, "labels", &versions("photos_versions"));
    run("labels", 2, "-n prod:features migration run");
    run("labels", 2, "-n prod:features migration revert --all");
    assert_eq!(tables.map(|it| rows(database, it)), [Some(0), Some(1), Some(0), Some(1)]);
    project(database, "labels", &versions("labels_versions"));
    all_is_well("labels");
    run("photos", 0, "migration revert --all --allow-destructive metaxy_system__feature_versions");
    assert_eq!(tables.map(|it| rows(database, it)), [None, Some(0), Some(0), Some(1)]);
}

macro_rules! on_every_database {
    ($($feature:literal $test:ident: $backend:ident),+ $(,)?) => {
        $(#[cfg(feature = $feature)]
        #[test]
        fn $test() {
            support::on(Backend::$backend, two_projects_in_one_database);
        })+
    };
}

on_every_database!("sqlite" sqlite: Sqlite, "postgres" postgres: Postgres, "mysql" mariadb: MariaDb, "mysql" mysql: Mysql, "duckdb" duckdb: DuckDb);
