//! Migrations are written whole, and what was done to them afterwards is told apart.

use chrono::{DateTime, TimeZone, Utc};
use diesel_migrations::FileBasedMigrations;
use metaxy_diesel::{
    Backend, Schema,
    generate::{GenerateError, GenerateOptions, draft},
    migration::{MigrationDirectory, MigrationError},
    schema::{Column, DefaultValue, PrimaryKey, SqlType, Table, TableName},
};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

fn column(name: &str, sql_type: SqlType) -> Column {
    Column::new(name, sql_type)
}

fn table(columns: Vec<Column>) -> Schema {
    let columns = [vec![column("id", SqlType::Text)], columns].concat();
    let key = PrimaryKey { name: Some("clip_pkey".to_owned()), columns: vec!["id".to_owned()] };
    let table = Table {
        name: TableName::new("clip"),
        renamed_from: None,
        columns,
        primary_key: Some(key),
        uniques: vec![],
        foreign_keys: vec![],
        checks: vec![],
        indexes: vec![],
        distributed_by: None,
        comment: None,
    };
    Schema::from_iter([table])
}

fn duration() -> Column {
    let default = Some(DefaultValue::Float(0.5));
    Column { default, ..column("duration", SqlType::Double) }
}

fn noon() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 23, 12, 0, 0).single().expect("a time")
}

fn options<'a>(name: &'a str, desired: &'a Schema) -> GenerateOptions<'a> {
    GenerateOptions {
        name,
        backend: Backend::Sqlite,
        scope: "features",
        desired,
        table_prefix: "",
        empty: false,
        allow_destructive: &[],
        renames: &[],
        backfills: &[],
        online: false,
        now: noon(),
    }
}

fn written(directory: &Path, options: &GenerateOptions<'_>) -> PathBuf {
    let draft = draft(directory, options).expect("it can be written").expect("something differs");
    draft.write().expect("it is written");
    draft.migrations[0].path.clone()
}

/// All files below a directory, with their texts.
fn files(directory: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(directory).into_iter().flatten() {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => {
                let text = fs::read_to_string(&path).expect("a text");
                found.insert(path, text);
            }
        }
    }
    found
}

#[test]
fn migrations_follow_each_other() {
    let folder = TempDir::new().expect("a directory");
    let directory = folder.path().join("migrations");
    let (first, second) = (table(vec![]), table(vec![duration()]));
    let one = written(&directory, &options("Initialize!", &first));
    assert!(one.ends_with("2026-11-23-120000_initialize"));
    let done = files(&directory);
    assert_eq!(draft(&directory, &options("again", &first)).expect("it is in order"), None);
    assert_eq!(files(&directory), done, "nothing was written");

    // The clock stands still, and the version grows.
    let two = written(&directory, &options("add duration", &second));
    assert!(two.ends_with("2026-11-23-120001_add_duration"));
    let opened = MigrationDirectory::open(&directory).expect("it is in order");
    let versions: Vec<_> = opened.migrations.iter().map(|it| it.version.as_str()).collect();
    assert_eq!(versions, ["20261123120000", "20261123120001"]);
    let last = opened.migration("20261123120001").expect("it was written");
    assert_eq!(
        last.up,
        "ALTER TABLE \"clip\" ADD COLUMN \"duration\" DOUBLE NOT NULL DEFAULT 0.5;\n"
    );
    assert!(last.metadata.run_in_transaction);
    let origin = last.metadata.metaxy.as_ref().expect("metaxy wrote it");
    assert_eq!(origin.revert_drops[0].column.as_deref(), Some("duration"));
    assert_eq!(origin.revert_drops[0].default, Some(DefaultValue::Float(0.5)));
    let snapshot = opened.snapshot.expect("it was written");
    assert_eq!(snapshot.schema, Backend::Sqlite.dialect().normalise(&second));
    assert_eq!(snapshot.migration, "20261123120001");
}

#[test]
fn what_is_refused_writes_nothing() {
    let folder = TempDir::new().expect("a directory");
    let directory = folder.path();
    let (small, large) = (table(vec![]), table(vec![duration()]));
    let odd = table(vec![duration(), column("tags", SqlType::Array(Box::new(SqlType::Text)))]);
    let narrow = table(vec![Column { sql_type: SqlType::Float, ..duration() }]);
    let renamed = table(vec![Column { name: "length".to_owned(), ..duration() }]);
    written(directory, &options("initialize", &large));
    let before = files(directory);
    let check = |options: &GenerateOptions<'_>, expected: &str| {
        let error = draft(directory, options).expect_err("it is refused").to_string();
        assert!(error.contains(expected), "{error}");
        assert_eq!(files(directory), before, "nothing was written");
    };
    check(&options("drop", &small), "--allow-destructive clip.duration");
    check(&options("odd", &odd), "SQLite has no type for");
    check(&options("narrow", &narrow), "--allow-destructive clip.duration");
    check(&options("narrow", &narrow), "a type that does not hold all of its values");
    check(&options("renamed", &renamed), "add `--rename 'clip.duration:length'`");
    check(&options("--", &table(vec![])), "this drops `clip.duration`");
    check(
        &GenerateOptions { backend: Backend::Postgres, ..options("other", &large) },
        "not of `features` on PostgreSQL",
    );
    let named = GenerateOptions {
        allow_destructive: &["clip.duration".to_owned()],
        ..options("?!", &small)
    };
    check(&named, "`?!` has no letter or digit");
    assert!(matches!(
        draft(&directory.join("2026"), &options("ok", &odd)),
        Err(GenerateError::Plan(_))
    ));
    assert!(!directory.join("2026").exists());
}

#[test]
fn an_empty_one_fails_until_it_is_written() {
    let folder = TempDir::new().expect("a directory");
    let directory = folder.path();
    let (large, changed) =
        (table(vec![duration()]), table(vec![Column { nullable: true, ..duration() }]));
    written(directory, &options("initialize", &large));
    let path = written(directory, &GenerateOptions { empty: true, ..options("by hand", &changed) });
    let up = fs::read_to_string(path.join("up.sql")).expect("it was written");
    assert!(
        up.contains("--   change `clip.duration`: nullability from NOT NULL to NULL\n"),
        "{up}"
    );
    assert!(up.ends_with("SELECT * FROM \"this migration is not written yet\";\n"), "{up}");
    let down = fs::read_to_string(path.join("down.sql")).expect("it was written");
    assert!(down.contains("irreversible: "), "{down}");
    // The history takes it that it leads to the schema.
    assert_eq!(draft(directory, &options("again", &changed)).expect("it is in order"), None);
}

#[test]
fn changes_to_the_files_are_told_apart() {
    let large = table(vec![duration()]);
    let check = |change: &dyn Fn(&Path, &Path), expected: &str| {
        let folder = TempDir::new().expect("a directory");
        let path = written(folder.path(), &options("initialize", &large));
        change(folder.path(), &path);
        let error =
            MigrationDirectory::open(folder.path()).expect_err("it was changed").to_string();
        assert!(error.contains(expected), "{error}");
        assert!(draft(folder.path(), &options("next", &large)).is_err());
        folder
    };
    let write = |path: PathBuf, text: &str| fs::write(path, text).expect("it can be written");
    let edited = check(
        &|_, it| write(it.join("up.sql"), "DROP TABLE clip;"),
        "initialize/up.sql` was edited",
    );
    check(&|_, it| write(it.join("down.sql"), ""), "initialize/down.sql` was edited");
    check(
        &|_, it| fs::remove_file(it.join("down.sql")).expect("it is there"),
        "down.sql` is missing",
    );
    check(&|_, it| fs::remove_dir_all(it).expect("it is there"), "initialize` is missing");
    check(
        &|all, _| fs::remove_file(all.join("metaxy.sum")).expect("it is there"),
        "`metaxy.sum` is missing",
    );
    check(
        &|all, _| {
            let text = fs::read_to_string(all.join("snapshot.json")).expect("it is there");
            write(all.join("snapshot.json"), &text.replace("duration", "length"));
        },
        "the snapshot `snapshot.json` was edited",
    );
    let insert = |name: &'static str| {
        move |all: &Path, _: &Path| {
            fs::create_dir(all.join(name)).expect("it can be made");
            fs::write(all.join(name).join("up.sql"), "SELECT 1;").expect("it can be written");
        }
    };
    check(
        &insert("2020-01-01-000000_before"),
        "2020-01-01-000000_before` was inserted before others",
    );
    check(
        &insert("2030-01-01-000000_after"),
        "2030-01-01-000000_after` was added without its sums",
    );
    check(&insert("20261123120000_twin"), "have the same version 20261123120000");
    check(&insert("notes"), "is not named as a migration");
    check(&|all, _| write(all.join("metaxy.sum"), "sums\n"), "line 1 does not begin with");
    check(
        &|all, _| write(all.join("metaxy.sum"), "<<<<<<< HEAD\n"),
        "it has conflicts of a merge: run `metaxy migration rebase`",
    );

    MigrationDirectory::repair(edited.path()).expect("it can be repaired");
    MigrationDirectory::open(edited.path()).expect("it is in order again");
}

#[test]
fn what_diesel_passes_over_is_passed_over() {
    let folder = TempDir::new().expect("a directory");
    let large = table(vec![duration()]);
    for name in [".git", "empty"] {
        fs::create_dir(folder.path().join(name)).expect("it can be made");
    }
    fs::write(folder.path().join("README.md"), "notes").expect("it can be written");
    let path = written(folder.path(), &options("initialize", &large));
    // A checkout on Windows.
    let up = fs::read_to_string(path.join("up.sql")).expect("it was written");
    fs::write(path.join("up.sql"), up.replace('\n', "\r\n")).expect("it can be written");
    let opened = MigrationDirectory::open(folder.path()).expect("it is in order");
    assert_eq!(opened.migrations.len(), 1);
    // None at all is no error either.
    let none = MigrationDirectory::open(&folder.path().join("nowhere")).expect("it has none");
    assert!(none.migrations.is_empty());
}

#[test]
fn diesel_takes_them() {
    let folder = TempDir::new().expect("a directory");
    let large = table(vec![duration()]);
    written(folder.path(), &options("initialize", &large));
    FileBasedMigrations::from_path(folder.path()).expect("the layout is Diesel's");
}

#[test]
fn a_directory_without_up_is_refused() {
    let folder = TempDir::new().expect("a directory");
    let path = folder.path().join("2026-11-23-120000_x");
    fs::create_dir(&path).expect("it can be made");
    fs::write(path.join("down.sql"), "").expect("it can be written");
    let error = MigrationDirectory::open(folder.path()).expect_err("it has no up.sql");
    assert!(matches!(error, MigrationError::NoUp { .. }), "{error}");
}
