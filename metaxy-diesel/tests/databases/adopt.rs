//! Migrations that reach a database otherwise than by `run`: as a script, as a baseline, as one that others became.

use crate::{on_every_database, support::TestDatabase, undone::is_undone};
use chrono::DateTime;
use metaxy_diesel::{
    Schema,
    apply::{Count, RevertOptions, RunOptions, baseline, revert, run},
    backend::Connection,
    drift::drift,
    generate::{GenerateOptions, draft},
    history::{History, MigrationState, problems, status},
    migration::{Migration, MigrationDirectory},
    offline::{OfflineOptions, offline_script},
    schema::TableName,
    squash::{SquashOptions, squash},
};
use std::fs;

on_every_database!(
    a_script_does_what_run_does,
    a_script_passes_over_what_is_applied,
    several_become_one,
    scripts_that_someone_wrote_in_stand_one_after_the_other,
    a_database_that_is_there_is_taken_in,
);

const STEPS: [&str; 3] = [
    r#"columns = [{ name = "id", type = { varchar = 20 } }, { name = "path", type = { varchar = 50 } }]"#,
    r#"columns = [{ name = "id", type = { varchar = 20 } }, { name = "path", type = { varchar = 50 }, nullable = true }]"#,
    r#"columns = [{ name = "id", type = { varchar = 20 } }, { name = "path", type = { varchar = 50 }, nullable = true },
                  { name = "length", type = "integer", default = { int = 7 } }]
       indexes = [{ name = "video_length_idx", columns = ["length"] }]"#,
];

fn schema(step: usize) -> Schema {
    let key = r#"primary_key = { name = "video_pkey", columns = ["id"] }"#;
    let text = format!("[[tables]]\nname = \"video\"\n{}\n{key}\n", STEPS[step]);
    toml::from_str(&text).expect("the test's schema is well-formed")
}

fn generate(database: &TestDatabase, history: &History, name: &str, desired: &Schema) {
    let options = GenerateOptions {
        name,
        backend: database.backend,
        scope: "features",
        desired,
        table_prefix: "",
        empty: false,
        allow_destructive: &[],
        renames: &[],
        backfills: &[],
        online: false,
        now: DateTime::UNIX_EPOCH,
    };
    let draft = draft(&history.directory, &options).expect("can be drafted").expect("it differs");
    draft.write().expect("can be written");
}

/// The history of three migrations, on SQLite one of them with a table that is built anew.
pub fn history(database: &TestDatabase) -> History {
    let history = History {
        directory: database.directory().join("migrations"),
        version_table: TableName::new("__diesel_schema_migrations_metaxy_features"),
    };
    for (step, name) in ["first", "second", "third"].into_iter().enumerate() {
        generate(database, &history, name, &schema(step));
    }
    history
}

pub fn run_to(database: &TestDatabase, history: &History, to: Option<&str>) -> Vec<String> {
    let options = RunOptions { to: to.map(str::to_owned), ..RunOptions::default() };
    run(&mut database.connect(), history, &options, &mut |_| {}).expect("it runs")
}

#[track_caller]
pub fn is_whole(database: &TestDatabase, history: &History, count: usize) {
    let connection = &mut database.connect();
    assert_eq!(drift(connection, &schema(2)).expect("it can be compared"), [""; 0]);
    let statuses = status(Some(connection), history).expect("it can be read");
    let states: Vec<_> = statuses.into_iter().map(|it| it.state).collect();
    assert_eq!(states, vec![MigrationState::Applied; count]);
    assert_eq!(problems(Some(connection), history).expect("it can be read"), [""; 0]);
    assert_eq!(run_to(database, history, None), [""; 0]);
}

pub fn offline(database: &TestDatabase, idempotent: bool) -> OfflineOptions {
    OfflineOptions { backend: database.backend, idempotent, search_path: None }
}

pub fn migrations(history: &History) -> MigrationDirectory {
    MigrationDirectory::open(&history.directory).expect("it is in order")
}

pub fn rows(connection: &mut Connection) -> u64 {
    connection.count_rows(&TableName::new("video")).expect("it is there")
}

fn a_script_does_what_run_does(database: &TestDatabase) {
    let history = history(database);
    let directory = migrations(&history);
    let all: Vec<&Migration> = directory.migrations.iter().collect();
    let script = offline_script(&all, &history, &offline(database, false)).expect("it is written");
    database.connect().execute_script(&script).expect("it runs");
    is_whole(database, &history, 3);

    let other = TestDatabase::new(database.backend);
    run_to(&other, &history, Some("1970-01-01-000000_first"));
    let insert = "INSERT INTO video (id, path) VALUES ('a', 'p')";
    other.connect().execute_script(insert).expect("a row can be inserted");
    let rest = offline_script(&all[1..], &history, &offline(database, false)).expect("is written");
    other.connect().execute_script(&rest).expect("it runs");
    is_whole(&other, &history, 3);
    assert_eq!(rows(&mut other.connect()), 1);
    let options = RevertOptions { count: Count::Last(2), ..RevertOptions::default() };
    revert(&mut other.connect(), &history, &options, &mut |_| {}).expect("it can be reverted");

    // One that ends on the way has recorded how far it came, or did nothing.
    let cut = TestDatabase::new(database.backend);
    let end = script.find("SET state = 'applied'").or_else(|| script.find("COMMIT;"));
    let end = script[..end.expect("it is recorded")].rfind('\n').expect("it has lines");
    cut.connect().execute_script(&script[..end]).expect("it runs so far");
    run_to(&cut, &history, None);
    is_whole(&cut, &history, 3);
}

fn a_script_passes_over_what_is_applied(database: &TestDatabase) {
    let history = history(database);
    let directory = migrations(&history);
    let all: Vec<&Migration> = directory.migrations.iter().collect();
    let script = offline_script(&all, &history, &offline(database, true));
    if database.backend.dialect().offline.only_if.is_none() {
        let error = script.expect_err("it has no conditions").to_string();
        assert!(error.contains(" runs no statement on a condition"), "{error}");
        return;
    }
    let script = script.expect("it is written");
    run_to(database, &history, Some("1970-01-01-000001_second"));
    for _ in 0..2 {
        database.connect().execute_script(&script).expect("it runs");
        is_whole(database, &history, 3);
    }
    let empty = TestDatabase::new(database.backend);
    empty.connect().execute_script(&script).expect("it runs");
    is_whole(&empty, &history, 3);
}

/// Leaves of the version table what Diesel keeps there.
fn forget_what_diesel_lacks(database: &TestDatabase, history: &History) {
    let (connection, table) = (&mut database.connect(), &history.version_table);
    let mut script = format!(
        "DROP TABLE {table};\nCREATE TABLE {table} (version VARCHAR(50) PRIMARY KEY NOT NULL, run_on TIMESTAMP NOT NULL DEFAULT \
         CURRENT_TIMESTAMP);\n"
    );
    for Migration { version, .. } in migrations(history).migrations {
        script += &format!("INSERT INTO {table} (version) VALUES ('{version}');\n");
    }
    connection.execute_script(&script).expect("it runs");
}

fn several_become_one(database: &TestDatabase) {
    let history = history(database);
    let [all, some, by_diesel] = [(); 3].map(|()| TestDatabase::new(database.backend));
    run_to(&all, &history, None);
    run_to(&by_diesel, &history, None);
    forget_what_diesel_lacks(&by_diesel, &history);
    run_to(&some, &history, Some("1970-01-01-000001_second"));
    let options = |name, from, to| SquashOptions { name, from, to };
    let path = &history.directory;
    let refused =
        |options: SquashOptions<'_>| squash(path, &options).expect_err("it is refused").to_string();
    let words = refused(options("x", Some("nothing"), None));
    assert!(words.starts_with("there is no migration `nothing` in `"), "{words}");
    let one = Some("1970-01-01-000002");
    let words = "there are no two migrations of metaxy to make one of";
    assert_eq!(refused(options("x", one, None)), words);
    assert_eq!(refused(options("x", one, Some("1970-01-01-000000"))), words);
    let words = "`third` is no new name for a migration: write another";
    assert_eq!(refused(options("third", None, None)), words);

    // What else someone keeps beside a migration is theirs.
    let notes = path.join("1970-01-01-000000_first/notes");
    fs::create_dir(&notes).expect("it can be made");
    fs::write(notes.join("why.md"), "for the videos").expect("it can be written");
    let squashed = squash(path, &options("All of it", None, None)).expect("they become one");
    assert!(squashed.rewritten);
    is_undone(path, || squashed.write());
    squashed.write().expect("it can be written");
    let kept = "1970-01-01-000002_all_of_it/1970-01-01-000000_first/notes/why.md";
    assert_eq!(fs::read_to_string(path.join(kept)).expect("it is there"), "for the videos");
    let left = fs::read_dir(path).expect("it is there").count();
    assert_eq!(left, 3, "the migration, the snapshot and the sums");
    let directory = migrations(&history);
    assert_eq!(directory.migrations.len(), 1);
    assert_eq!(directory.migrations[0].name, "1970-01-01-000002_all_of_it");
    assert_eq!(directory.migrations[0].up.matches("CREATE TABLE").count(), 1);
    let snapshot = directory.snapshot.as_ref().expect("it is there");
    assert_eq!(directory.replayed().expect("it says what it does"), snapshot.schema);

    let error = run(&mut some.connect(), &history, &RunOptions::default(), &mut |_| {});
    let error = error.expect_err("it has some of them").to_string();
    assert_eq!(
        error,
        "migration `1970-01-01-000002_all_of_it` took the place of 3 migrations, of which this database has 2: run the \
         others with the files from before that"
    );
    let words = match database.backend.dialect().offline.only_if {
        Some(_) => "took the place of others",
        None => " runs no statement on a condition",
    };
    let script = offline_script(&[&directory.migrations[0]], &history, &offline(database, true));
    let error = script.expect_err("it does not look for the others").to_string();
    assert!(error.contains(words), "{error}");
    assert_eq!(run_to(database, &history, None), ["1970-01-01-000002_all_of_it"]);
    assert_eq!(run_to(&by_diesel, &history, None), [""; 0]);
    for database in [&all, database, &by_diesel] {
        is_whole(database, &history, 1);
    }
    // What follows it runs on both.
    let mut next = schema(2);
    next.tables.values_mut().for_each(|it| it.indexes.clear());
    generate(database, &history, "next", &next);
    for database in [&all, database] {
        assert_eq!(run_to(database, &history, None), ["1970-01-01-000003_next"]);
        let options = RevertOptions { count: Count::All, ..RevertOptions::default() };
        let names = revert(&mut database.connect(), &history, &options, &mut |_| {});
        assert_eq!(names.expect("both can be reverted").len(), 2);
    }
}

fn scripts_that_someone_wrote_in_stand_one_after_the_other(database: &TestDatabase) {
    let history = history(database);
    let file = history.directory.join("1970-01-01-000000_first/up.sql");
    let text = fs::read_to_string(&file).expect("it was written");
    let row = "INSERT INTO video (id, path) VALUES ('a', 'p')";
    fs::write(&file, format!("{text}{row} -- the first;\n")).expect("it can be written");
    MigrationDirectory::repair(&history.directory).expect("it is meant");
    let all = TestDatabase::new(database.backend);
    run_to(&all, &history, None);
    let options = SquashOptions { name: "both", from: None, to: Some("19700101000001") };
    let squashed = squash(&history.directory, &options).expect("they become one");
    assert!(!squashed.rewritten);
    squashed.write().expect("it can be written");
    assert_eq!(run_to(database, &history, None).len(), 2);
    for database in [database, &all] {
        is_whole(database, &history, 2);
        assert_eq!(rows(&mut database.connect()), 1);
    }
    let error = revert(
        &mut all.connect(),
        &history,
        &RevertOptions { count: Count::All, ..RevertOptions::default() },
        &mut |_| {},
    );
    let error = error.expect_err("a row is at stake").to_string();
    assert!(error.starts_with("this loses table `video` with 1 row"), "{error}");
}

/// The runner takes triggers off a table that is built anew, and puts them back after the script.
#[cfg(feature = "sqlite")]
#[test]
fn a_trigger_and_a_table_that_is_built_anew_are_not_one_script() {
    let database = &TestDatabase::new(metaxy_diesel::Backend::Sqlite);
    let history = history(database);
    let file = history.directory.join("1970-01-01-000000_first/up.sql");
    let text = fs::read_to_string(&file).expect("it was written");
    let refused = |trigger: &str| {
        fs::write(&file, format!("{text}{trigger}\n")).expect("it can be written");
        MigrationDirectory::repair(&history.directory).expect("it is meant");
        let options = SquashOptions { name: "both", from: None, to: None };
        squash(&history.directory, &options).err().map(|it| it.to_string())
    };
    let of = |table: &str| {
        format!("CREATE TRIGGER t AFTER INSERT ON {table} BEGIN UPDATE video SET path = 'p'; END;")
    };
    let words = "`1970-01-01-000000_first` makes or drops a trigger, and `1970-01-01-000001_second` builds `video` anew";
    for trigger in [of("video"), of("\"Video\""), "DROP TRIGGER IF EXISTS t;".to_owned()] {
        let error = refused(&trigger).expect("it is refused");
        assert!(error.starts_with(words), "{error}");
    }
    assert_eq!(refused(&of("other")), None);
}

fn a_database_that_is_there_is_taken_in(database: &TestDatabase) {
    let history = history(database);
    let take = |database: &TestDatabase, to: Option<&str>| {
        let options = RunOptions { to: to.map(str::to_owned), ..RunOptions::default() };
        baseline(&mut database.connect(), &history, &options, &mut |_| {})
            .map_err(|error| error.to_string())
    };
    let error = take(database, None).expect_err("it has no tables");
    let words = "the database is not what the migrations make; nothing was changed; it lacks:\n  create table `video`";
    assert!(error.starts_with(words), "{error}");
    let first = &migrations(&history).migrations[0].up;
    database.connect().execute_script(first).expect("someone made the table");
    let error = take(database, None).expect_err("it has the first table only");
    assert!(error.contains("add column `video.length`"), "{error}");
    assert_eq!(problems(Some(&mut database.connect()), &history).expect("can be read"), [""; 0]);

    let first = "1970-01-01-000000_first";
    assert_eq!(take(database, Some(first)).expect("it has that"), [first]);
    assert_eq!(run_to(database, &history, None).len(), 2);
    is_whole(database, &history, 3);
    let error = take(database, None).expect_err("it is taken in");
    assert!(error.starts_with("3 migration(s) of the history were applied"), "{error}");
}
