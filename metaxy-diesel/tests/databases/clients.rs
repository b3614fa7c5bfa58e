//! Scripts that the databases' own clients run: `psql`, `mariadb` and `sqlite3`.

use crate::{
    adopt::{history, is_whole, migrations, offline, rows, run_to},
    support::{TestDatabase, mysql_servers},
};
use metaxy_diesel::{
    Backend,
    apply::{RunOptions, run},
    history::{History, MigrationState, status},
    migration::Migration,
    offline::{OfflineOptions, offline_script},
};
use std::{
    fs::{self, File},
    process::{Command, Output},
};

/// Runs a script as its first line says, with the client's defaults whatever the user has set.
fn client(database: &TestDatabase, script: &str) -> Output {
    let file = database.directory().join("script.sql");
    fs::write(&file, script).expect("a file can be written");
    let url = database.url.expose();
    let mut command = match database.backend {
        Backend::Postgres => {
            let mut psql = Command::new("psql");
            psql.args(["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--dbname", url]);
            psql.arg("--file").arg(&file);
            psql
        }
        Backend::Mysql | Backend::MariaDb => {
            let parsed = url::Url::parse(url).expect("it is a URL");
            let mut mariadb = Command::new("mariadb");
            mariadb.arg("--no-defaults");
            let options = parsed.query_pairs().find(|(name, _)| name == "unix_socket");
            match options {
                Some((_, socket)) => mariadb.arg(format!("--socket={socket}")),
                None => mariadb
                    .arg(format!("--host={}", parsed.host_str().unwrap_or_default()))
                    .arg(format!("--port={}", parsed.port().unwrap_or(3306))),
            };
            mariadb.arg(format!("--user={}", parsed.username()));
            if let Some(password) = parsed.password() {
                mariadb.arg(format!("--password={password}"));
            }
            mariadb.arg(parsed.path().trim_start_matches('/'));
            mariadb
        }
        Backend::Sqlite => {
            let mut sqlite = Command::new("sqlite3");
            sqlite.args(["-init", "/dev/null", "-bail", url]);
            sqlite
        }
        other => unreachable!("no client of {other} is tested"),
    };
    command.stdin(File::open(&file).expect("it was written"));
    command.output().expect("this test needs the database's client: run `cargo xtask test`")
}

#[track_caller]
fn runs(database: &TestDatabase, script: &str) {
    let output = client(database, script);
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words}\n{script}");
}

fn script(history: &History, options: &OfflineOptions) -> String {
    let directory = migrations(history);
    let all: Vec<&Migration> = directory.migrations.iter().collect();
    offline_script(&all, history, options).expect("it is written")
}

fn states(database: &TestDatabase, history: &History) -> Vec<MigrationState> {
    let statuses = status(Some(&mut database.connect()), history).expect("it can be read");
    statuses.into_iter().map(|it| it.state).collect()
}

/// Adds a migration that someone wrote, with this as its `up.sql`.
fn write(history: &History, name: &str, up: &str, in_transaction: bool) {
    let directory = history.directory.join(name);
    fs::create_dir_all(&directory).expect("a directory can be made");
    fs::write(directory.join("up.sql"), up).expect("a file can be written");
    let metadata = format!("run_in_transaction = {in_transaction}");
    fs::write(directory.join("metadata.toml"), metadata).expect("a file can be written");
    metaxy_diesel::migration::MigrationDirectory::repair(&history.directory).expect("it is meant");
}

fn clients_run_scripts(database: &TestDatabase) {
    let history = history(database);
    // On SQLite a table is built anew on the way.
    runs(database, &script(&history, &offline(database, false)));
    is_whole(database, &history, 3);
    let output = client(database, &script(&history, &offline(database, false)));
    assert!(!output.status.success(), "what is applied is not applied twice");
    is_whole(database, &history, 3);

    if database.backend.dialect().offline.only_if.is_some() {
        let other = TestDatabase::new(database.backend);
        run_to(&other, &history, Some("1970-01-01-000001_second"));
        let again = script(&history, &offline(&other, true));
        for _ in 0..2 {
            runs(&other, &again);
            is_whole(&other, &history, 3);
        }
    }

    // What a client could misread: quotes, semicolons and comments within texts.
    let text = "'It''s; -- no comment', '/* nor this; */ \"'";
    write(&history, "2_texts", &format!("INSERT INTO video (id, path) VALUES ({text})"), true);
    let texts = TestDatabase::new(database.backend);
    runs(&texts, &script(&history, &offline(&texts, false)));
    assert_eq!(rows(&mut texts.connect()), 1);
    assert_eq!(states(&texts, &history), [MigrationState::Applied; 4]);

    // The first failure ends it: what comes after is not tried, and `run` goes on once it is mended.
    write(&history, "2_texts", "CREATE TABLE t (n INTEGER); INSERT INTO missing VALUES (1);", true);
    write(&history, "3_last", "CREATE TABLE last (n INTEGER);", true);
    let failed = TestDatabase::new(database.backend);
    let output = client(&failed, &script(&history, &offline(&failed, false)));
    assert!(!output.status.success());
    use MigrationState::{Applied, Pending};
    let found = states(&failed, &history);
    assert_eq!((&found[..3], found[4]), (&[Applied; 3][..], Pending));
    assert_eq!(found[3] == Pending, failed.backend.dialect().transactional_ddl, "{found:?}");
    let mended = "CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (1);";
    write(&history, "2_texts", mended, true);
    let ran = run(&mut failed.connect(), &history, &RunOptions::default(), &mut |_| {});
    assert_eq!(ran.expect("it goes on"), ["2_texts", "3_last"]);
}

#[cfg(feature = "sqlite")]
#[test]
fn sqlite3_runs_scripts() {
    clients_run_scripts(&TestDatabase::new(Backend::Sqlite));
}

#[cfg(feature = "mysql")]
#[test]
fn mariadb_runs_scripts() {
    mysql_servers().for_each(|it| clients_run_scripts(&TestDatabase::new(it)));
}

#[cfg(feature = "postgres")]
#[test]
fn psql_runs_scripts() {
    let database = TestDatabase::new(Backend::Postgres);
    clients_run_scripts(&database);

    // What runs in no transaction, and a store whose tables are in a schema of its own.
    let history = history(&TestDatabase::new(Backend::Postgres));
    let history = History { directory: database.directory().join("other"), ..history };
    write(&history, "1_table", "CREATE TABLE video (path TEXT);", true);
    write(&history, "2_index", "CREATE INDEX CONCURRENTLY video_i ON video (path);", false);
    let options = OfflineOptions {
        search_path: Some("\"My media\"".to_owned()),
        ..offline(&database, false)
    };
    let other = TestDatabase::new(Backend::Postgres);
    runs(&other, &script(&history, &options));
    let found = other.connect().run_script("SELECT * FROM \"My media\".video");
    found.expect("it is where the store's connections go");
    assert_eq!(states(&other, &history), [MigrationState::Pending; 2]);
    let url = format!("{}?options=-csearch_path%3D%22My%5C%20media%22", other.url.expose());
    let mut there = metaxy_diesel::backend::connect(
        Backend::Postgres,
        &url.as_str().into(),
        metaxy_diesel::backend::Open::Existing,
    )
    .expect("it can be opened");
    let ran = run(&mut there, &history, &RunOptions::default(), &mut |_| {});
    assert_eq!(ran.expect("all are applied there"), [""; 0]);
}
