//! Migrations run, revert and run again, and what keeps them from it.

use crate::{on_every_database, support::TestDatabase};
use metaxy_diesel::{
    Backend, Schema,
    apply::{ApplyError, Count, Direction, Event, RevertOptions, RunOptions, redo, revert, run},
    backend::{Connection, connect_if_exists},
    drift::drift,
    generate::{GenerateOptions, draft},
    history::{History, MigrationState, Partial, status},
    schema::TableName,
};
use std::{fs, path::PathBuf};

on_every_database!(
    migrations_run_and_revert,
    status_creates_nothing,
    a_failure_leaves_nothing_or_says_what,
    a_failure_keeps_the_migrations_before,
    scripts_without_transaction_run,
    rows_and_values_are_not_dropped_unasked,
    redo_keeps_what_it_may,
    edited_migrations_are_refused,
    missing_and_late_migrations_are_refused,
    migrations_of_another_database_are_refused,
    migrations_run_up_to_a_version,
    what_cannot_be_reverted_says_so,
    drift_is_seen,
);

/// A table at three points of its life, and one that comes last.
const FIRST: &str = r#"
    [[tables]]
    name = "video"
    columns = [{ name = "id", type = "text" }]
    primary_key = { name = "video_pkey", columns = ["id"] }
"#;
const SECOND: &str = r#"
    [[tables]]
    name = "video"
    columns = [
        { name = "id", type = "text" },
        { name = "length", type = "integer", default = { int = 7 } },
        { name = "note", type = "text", nullable = true },
    ]
    primary_key = { name = "video_pkey", columns = ["id"] }
    indexes = [{ name = "video_length_idx", columns = ["length"] }]
"#;
const THIRD: &str = r#"
    [[tables]]
    name = "video"
    columns = [
        { name = "id", type = "text" },
        { name = "length", type = "integer", default = { int = 7 } },
        { name = "note", type = "text", nullable = true },
    ]
    primary_key = { name = "video_pkey", columns = ["id"] }
    indexes = [{ name = "video_length_idx", columns = ["length"] }]

    [[tables]]
    name = "face"
    columns = [{ name = "id", type = "text" }]
    primary_key = { name = "face_pkey", columns = ["id"] }
"#;

fn parse(schema: &str) -> Schema {
    toml::from_str(schema).expect("the test's schema is well-formed")
}

fn history(database: &TestDatabase) -> History {
    History {
        directory: database.directory().join("migrations"),
        version_table: TableName::new("__diesel_schema_migrations_metaxy_features"),
    }
}

/// Writes the migration that leads to a schema.
fn generate(history: &History, backend: Backend, name: &str, schema: &str) -> PathBuf {
    let options = GenerateOptions {
        name,
        backend,
        scope: "features",
        desired: &parse(schema),
        table_prefix: "",
        empty: false,
        allow_destructive: &[],
        renames: &[],
        backfills: &[],
        online: false,
        now: chrono::DateTime::UNIX_EPOCH,
    };
    let draft = draft(&history.directory, &options).expect("can be drafted").expect("differs");
    draft.write().expect("can be written");
    draft.migrations[0].path.clone()
}

fn generate_all(database: &TestDatabase) -> History {
    let history = history(database);
    for (name, schema) in [("first", FIRST), ("second", SECOND), ("third", THIRD)] {
        generate(&history, database.backend, name, schema);
    }
    history
}

/// Writes a migration by hand, beside no sums.
fn write(history: &History, name: &str, up: &str, down: Option<&str>) {
    let directory = history.directory.join(name);
    fs::create_dir_all(&directory).expect("a directory can be made");
    fs::write(directory.join("up.sql"), up).expect("a file can be written");
    if let Some(down) = down {
        fs::write(directory.join("down.sql"), down).expect("a file can be written");
    }
}

fn run_all(connection: &mut Connection, history: &History) -> Result<Vec<String>, ApplyError> {
    run(connection, history, &RunOptions::default(), &mut |_| {})
}

fn revert_last(
    connection: &mut Connection,
    history: &History,
    count: Count,
    allow: &[&str],
) -> Result<Vec<String>, ApplyError> {
    let allow_destructive = allow.iter().map(|it| (*it).to_owned()).collect();
    let options = RevertOptions { count, allow_destructive, ..RevertOptions::default() };
    revert(connection, history, &options, &mut |_| {})
}

fn states(connection: &mut Connection, history: &History) -> Vec<MigrationState> {
    let statuses = status(Some(connection), history).expect("can be read");
    statuses.into_iter().map(|it| it.state).collect()
}

fn tables(connection: &mut Connection) -> Vec<String> {
    let names = ["video", "face", "other", "__diesel_schema_migrations_metaxy_features"];
    let found = connection.inspect(&names.map(TableName::new).into()).expect("can be read");
    found.tables.into_keys().map(|it| it.name).collect()
}

fn rows(connection: &mut Connection, table: &str) -> u64 {
    connection.count_rows(&TableName::new(table)).expect("rows can be counted")
}

use MigrationState::{Applied, Edited, MissingFile, Pending};

fn migrations_run_and_revert(database: &TestDatabase) {
    let history = generate_all(database);
    let connection = &mut database.connect();
    assert_eq!(states(connection, &history), [Pending, Pending, Pending]);

    let mut events = Vec::new();
    let ran = run(connection, &history, &RunOptions::default(), &mut |event| {
        events.push(match event {
            Event::Waiting { .. } => "waiting",
            Event::AtStake { .. } => "at stake",
            Event::Started { .. } => "started",
            Event::Rebuilds { .. } => "rebuilds",
            Event::Statement { .. } => "statement",
            Event::Finished { .. } => "finished",
        });
    });
    let names = ["1970-01-01-000000_first", "1970-01-01-000001_second", "1970-01-01-000002_third"];
    assert_eq!(ran.expect("runs"), names);
    events.dedup();
    // DuckDB builds a table anew in the second.
    events.retain(|it| *it != "rebuilds" || database.backend != Backend::DuckDb);
    assert_eq!(events, ["started", "statement", "finished"].repeat(3));
    assert_eq!(states(connection, &history), [Applied, Applied, Applied]);
    assert_eq!(drift(connection, &parse(THIRD)).expect("can be compared"), [""; 0]);
    let statuses = status(Some(connection), &history).expect("can be read");
    assert!(statuses.iter().all(|it| it.run_on.is_some() && it.duration.is_some()));
    assert_eq!(run_all(connection, &history).expect("nothing is left"), [""; 0]);

    assert_eq!(
        revert_last(connection, &history, Count::Last(2), &[]).expect("reverts"),
        [names[2], names[1]]
    );
    assert_eq!(states(connection, &history), [Applied, Pending, Pending]);
    assert_eq!(drift(connection, &parse(FIRST)).expect("can be compared"), [""; 0]);
    assert_eq!(run_all(connection, &history).expect("runs again"), names[1..]);
    assert_eq!(revert_last(connection, &history, Count::All, &[]).expect("reverts").len(), 3);
    assert_eq!(tables(connection), ["__diesel_schema_migrations_metaxy_features"]);
}

fn status_creates_nothing(database: &TestDatabase) {
    let history = generate_all(database);
    let mut connection =
        connect_if_exists(database.backend, &database.url).expect("a missing file is no error");
    let is_file = matches!(database.backend, Backend::Sqlite | Backend::DuckDb);
    assert_eq!(connection.is_none(), is_file);
    let statuses = status(connection.as_mut(), &history).expect("can be read");
    assert!(statuses.iter().all(|it| it.state == Pending) && statuses.len() == 3);
    assert!(["test.db", "test.duckdb"].iter().all(|it| !database.directory().join(it).exists()));
    assert_eq!(tables(&mut database.connect()), [""; 0]);

    let nowhere = History { directory: "/nowhere".into(), ..history };
    assert_eq!(status(None, &nowhere).expect("can be read"), []);
    assert_eq!(run_all(&mut database.connect(), &nowhere).expect("nothing runs"), [""; 0]);
}

fn a_failure_leaves_nothing_or_says_what(database: &TestDatabase) {
    let history = history(database);
    let up = "CREATE TABLE other (id INTEGER);\nINSERT INTO other VALUES (1);\n\nSELECT missing FROM other;\nDROP TABLE other;\n";
    write(&history, "1_broken", up, None);
    let connection = &mut database.connect();
    let error = run_all(connection, &history).expect_err("it fails").to_string();
    assert!(error.starts_with("migration `1_broken` failed in `up.sql`, line 4: "), "{error}");
    assert!(error.contains("missing"), "{error}");
    let atomic = database.backend.dialect().transactional_ddl;
    let end = match atomic {
        true => "\nnothing of it was kept: the database is as it was before this migration",
        false => {
            "\nit does not run in a transaction: done before it, and kept: 2 of 4 statements\ncorrect the rest of the script \
             and run `metaxy migration repair`, or correct what it found: `metaxy migration run` goes on with the statement \
             that failed"
        }
    };
    assert!(error.ends_with(end), "{error}");
    let left: &[&str] =
        if atomic { &[] } else { &["__diesel_schema_migrations_metaxy_features", "other"] };
    assert_eq!(tables(connection), left);
    // The connection is as good as before.
    write(
        &history,
        "1_broken",
        &up.replace("SELECT missing FROM other", "DELETE FROM other"),
        None,
    );
    assert_eq!(run_all(connection, &history).expect("runs"), ["1_broken"]);
}

fn a_failure_keeps_the_migrations_before(database: &TestDatabase) {
    let history = history(database);
    write(&history, "1_good", "CREATE TABLE other (id INTEGER);", Some("DROP TABLE other;"));
    write(&history, "2_broken", "DROP TABLE other; DROP TABLE missing;", Some("-- nothing"));
    let connection = &mut database.connect();
    run_all(connection, &history).expect_err("it fails");
    let broken = match database.backend.dialect().transactional_ddl {
        true => Pending,
        false => {
            MigrationState::Partial(Partial { direction: Direction::Up, done: 1, failed: true })
        }
    };
    assert_eq!(states(connection, &history), [Applied, broken]);
    let kept = connection.count_rows(&TableName::new("other"));
    assert_eq!(kept.is_ok(), database.backend.dialect().transactional_ddl);
}

fn scripts_without_transaction_run(database: &TestDatabase) {
    let history = history(database);
    let up = match database.backend {
        Backend::Sqlite => {
            "PRAGMA foreign_keys = OFF; CREATE TABLE other (id INTEGER); PRAGMA foreign_keys = ON;"
        }
        Backend::Postgres => "VACUUM",
        Backend::DuckDb => "CHECKPOINT",
        Backend::Mysql | Backend::MariaDb => "CREATE TABLE other (id INTEGER); DROP TABLE other;",
    };
    write(&history, "1_plain", up, Some("-- nothing to undo"));
    fs::write(history.directory.join("1_plain/metadata.toml"), "run_in_transaction = false")
        .expect("a file can be written");
    let connection = &mut database.connect();
    assert_eq!(run_all(connection, &history).expect("runs"), ["1_plain"]);
    assert_eq!(revert_last(connection, &history, Count::All, &[]).expect("reverts"), ["1_plain"]);
    write(&history, "1_plain", "SELECT missing", None);
    let error = run_all(connection, &history).expect_err("it fails").to_string();
    assert!(error.contains("it does not run in a transaction"), "{error}");
}

fn rows_and_values_are_not_dropped_unasked(database: &TestDatabase) {
    let history = generate_all(database);
    let connection = &mut database.connect();
    run_all(connection, &history).expect("runs");
    let insert = "INSERT INTO video (id) VALUES ('a'), ('b'); INSERT INTO face VALUES ('x')";
    connection.execute_script(insert).expect("rows can be inserted");

    let error = revert_last(connection, &history, Count::All, &[]).expect_err("rows are at stake");
    assert_eq!(
        error.to_string(),
        "this loses table `face` with 1 row and table `video` with 2 rows; nothing was reverted; \
         if that is meant, add --allow-destructive face --allow-destructive video"
    );
    assert_eq!(states(connection, &history), [Applied, Applied, Applied]);
    revert_last(connection, &history, Count::Last(1), &["face"]).expect("it was named");

    // Defaults and NULL are no loss.
    revert_last(connection, &history, Count::Last(1), &[]).expect("no values are lost");
    run_all(connection, &history).expect("runs again");
    revert_last(connection, &history, Count::Last(1), &[]).expect("the table is empty");
    connection
        .execute_script(
            "UPDATE video SET length = 8, note = '' WHERE id = 'a'; UPDATE video SET note = 'n'",
        )
        .expect("rows can be updated");
    let error = revert_last(connection, &history, Count::Last(1), &["video.note"])
        .expect_err("a value is at stake");
    assert!(
        error
            .to_string()
            .starts_with("this loses column `video.length` with 1 value; nothing was reverted"),
        "{error}"
    );
    assert_eq!(states(connection, &history), [Applied, Applied, Pending]);
    revert_last(connection, &history, Count::Last(1), &["video.note", "video.length"])
        .expect("both were named");
    assert_eq!(rows(connection, "video"), 2);
}

fn redo_keeps_what_it_may(database: &TestDatabase) {
    let history = generate_all(database);
    let connection = &mut database.connect();
    run_all(connection, &history).expect("runs");
    connection.execute_script("INSERT INTO video (id) VALUES ('a')").expect("inserts");
    let options = RevertOptions { count: Count::Last(2), ..RevertOptions::default() };
    let redone = redo(connection, &history, &options, &mut |_| {}).expect("redoes");
    assert_eq!(redone, ["1970-01-01-000001_second", "1970-01-01-000002_third"]);
    assert_eq!(rows(connection, "video"), 1);
    assert_eq!(drift(connection, &parse(THIRD)).expect("can be compared"), [""; 0]);

    // A migration that reverts but does not run again is as if nothing had happened, where the database can do so.
    if !database.backend.dialect().transactional_ddl {
        return;
    }
    let other = History {
        version_table: TableName::new("other_versions"),
        directory: history.directory.join("other"),
    };
    write(
        &other,
        "1_once",
        "CREATE TABLE other (id INTEGER);",
        Some("ALTER TABLE other RENAME TO face2; CREATE TABLE other (x INTEGER)"),
    );
    run_all(connection, &other).expect("runs");
    redo(connection, &other, &RevertOptions::default(), &mut |_| {}).expect_err("other is there");
    assert_eq!(states(connection, &other), [Applied]);
    assert!(connection.count_rows(&TableName::new("face2")).is_err());
}

fn edited_migrations_are_refused(database: &TestDatabase) {
    let history = generate_all(database);
    let connection = &mut database.connect();
    let edit = |name: &str| {
        let file = history.directory.join(name).join("up.sql");
        let text = fs::read_to_string(&file).expect("can be read");
        fs::write(&file, text.replace('\n', "\r\n") + "-- edited\n").expect("can be written");
    };
    run(
        connection,
        &history,
        &RunOptions { to: Some("19700101000000".to_owned()), ..RunOptions::default() },
        &mut |_| {},
    )
    .expect("runs");
    edit("1970-01-01-000001_second");
    let error = run_all(connection, &history).expect_err("it was edited").to_string();
    assert!(
        error.contains("`1970-01-01-000001_second/up.sql` was edited after it was written"),
        "{error}"
    );
    assert!(revert_last(connection, &history, Count::All, &[]).is_err());
    assert_eq!(states(connection, &history), [Applied, Pending, Pending]);

    // What was applied may not be edited, whatever the sums say.
    edit("1970-01-01-000000_first");
    metaxy_diesel::migration::MigrationDirectory::repair(&history.directory).expect("repairs");
    let error = run_all(connection, &history).expect_err("it was edited").to_string();
    assert_eq!(
        error,
        "`1970-01-01-000000_first/up.sql` was edited after it was applied to this database: restore it, and write the \
         change as a new migration"
    );
    assert_eq!(states(connection, &history), [Edited, Pending, Pending]);
}

fn missing_and_late_migrations_are_refused(database: &TestDatabase) {
    let history = history(database);
    write(&history, "2_b", "CREATE TABLE other (id INTEGER);", None);
    let connection = &mut database.connect();
    run_all(connection, &history).expect("runs");
    write(&history, "1_a", "CREATE TABLE face (id INTEGER);", None);
    let error = run_all(connection, &history).expect_err("it comes too late").to_string();
    assert_eq!(
        error,
        "migration `1_a` is not applied, and older than 2, which is: `metaxy migration rebase` gives it a later version"
    );
    fs::remove_dir_all(history.directory.join("2_b")).expect("can be removed");
    let error = run_all(connection, &history).expect_err("it is gone").to_string();
    assert!(
        error.starts_with("migration `2_b` was applied to this database, and is not in `"),
        "{error}"
    );
    assert_eq!(states(connection, &history), [Pending, MissingFile]);
    assert_eq!(rows(connection, "other"), 0);
}

fn migrations_of_another_database_are_refused(database: &TestDatabase) {
    let history = history(database);
    let other = match database.backend {
        Backend::Sqlite => Backend::Postgres,
        _ => Backend::Sqlite,
    };
    generate(&history, other, "first", FIRST);
    let error = run_all(&mut database.connect(), &history).expect_err("it is for another");
    assert_eq!(
        error.to_string(),
        format!(
            "migration `1970-01-01-000000_first` was written for {other}, and this is {}; nothing was changed",
            database.backend
        )
    );
}

fn migrations_run_up_to_a_version(database: &TestDatabase) {
    let history = generate_all(database);
    let connection = &mut database.connect();
    let mut to = |version: &str| {
        let options = RunOptions { to: Some(version.to_owned()), ..RunOptions::default() };
        run(connection, &history, &options, &mut |_| {})
    };
    assert_eq!(to("1970-01-01-000000").expect("runs").len(), 1);
    assert_eq!(to("1970-01-01-000000").expect("is there").len(), 0);
    assert_eq!(to("1970-01-01-000001_second").expect("runs").len(), 1);
    let error = to("7").expect_err("there is none").to_string();
    assert!(error.starts_with("there is no migration `7` in `"), "{error}");
}

fn what_cannot_be_reverted_says_so(database: &TestDatabase) {
    let history = history(database);
    write(&history, "1_a", "CREATE TABLE other (id INTEGER);", None);
    let connection = &mut database.connect();
    run_all(connection, &history).expect("runs");
    let error = revert_last(connection, &history, Count::All, &[]).expect_err("it cannot");
    assert_eq!(
        error.to_string(),
        "migration `1_a` has no `down.sql`: it cannot be reverted; nothing was changed"
    );
    let fail = (database.backend.dialect().fail)("irreversible: it's 100% gone");
    write(&history, "1_a", "CREATE TABLE other (id INTEGER);", Some(&fail));
    let error = revert_last(connection, &history, Count::All, &[]).expect_err("it cannot");
    assert!(error.to_string().contains("irreversible: it's 100% gone"), "{error}");
    assert_eq!(rows(connection, "other"), 0);
}

fn drift_is_seen(database: &TestDatabase) {
    let history = generate_all(database);
    let connection = &mut database.connect();
    run_all(connection, &history).expect("runs");
    let on = if database.backend.dialect().table_owns_indexes { " ON video" } else { "" };
    let drop_index = format!("DROP INDEX video_length_idx{on}");
    connection
        .execute_script(
            "ALTER TABLE video ADD COLUMN extra TEXT; DROP TABLE face; CREATE TABLE theirs (id INTEGER)",
        )
        .and_then(|()| connection.execute_script(&drop_index))
        .expect("anybody can change a table");
    assert_eq!(
        drift(connection, &parse(THIRD)).expect("can be compared"),
        [
            "create table `face`",
            "create index `video_length_idx` of `video`",
            "drop column `video.extra`",
        ]
    );
}
