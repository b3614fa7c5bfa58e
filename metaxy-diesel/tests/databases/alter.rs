//! Changes of tables that have rows: what is kept, and what is refused.

use crate::{adopt::offline, on_every_database, support::TestDatabase};
use metaxy_diesel::{
    Backend, Schema,
    apply::{ApplyError, Count, RevertOptions, RunOptions, redo, revert, run},
    backend::Connection,
    generate::{GenerateOptions, draft},
    hints::Backfill,
    history::History,
    migration::MigrationDirectory,
    offline::offline_script,
    schema::TableName,
};
use std::{fs, path::PathBuf};

on_every_database!(
    a_missing_backfill_is_refused,
    a_missing_backfill_of_a_renamed_table_is_refused,
    a_given_backfill_is_written,
    narrowing_is_refused_where_values_do_not_fit,
);

fn history(database: &TestDatabase) -> History {
    History {
        directory: database.directory().join("migrations"),
        version_table: TableName::new("versions"),
    }
}

fn clip(columns: &str) -> Schema {
    let text = format!(
        r#"[[tables]]
        name = "clip"
        columns = [{{ name = "id", type = "integer" }}, {columns}]
        primary_key = {{ name = "clip_pkey", columns = ["id"] }}"#
    );
    toml::from_str(&text).expect("the test's schema is well-formed")
}

fn generate(
    history: &History,
    backend: Backend,
    desired: &Schema,
    backfills: &[Backfill],
) -> PathBuf {
    let options = GenerateOptions {
        name: "step",
        backend,
        scope: "features",
        desired,
        table_prefix: "",
        empty: false,
        allow_destructive: &["clip.note".to_owned()],
        renames: &[],
        backfills,
        online: false,
        now: chrono::DateTime::UNIX_EPOCH,
    };
    let draft = draft(&history.directory, &options).expect("can be drafted").expect("differs");
    draft.write().expect("can be written");
    draft.migrations[0].path.clone()
}

fn run_all(connection: &mut Connection, history: &History) -> Result<Vec<String>, ApplyError> {
    run(connection, history, &RunOptions::default(), &mut |_| {})
}

fn revert_last(connection: &mut Connection, history: &History) -> Result<Vec<String>, ApplyError> {
    let options = RevertOptions { count: Count::Last(1), ..RevertOptions::default() };
    revert(connection, history, &options, &mut |_| {})
}

/// Whether a condition holds for all rows of `clip`, of which there are some.
fn holds(connection: &mut Connection, condition: &str) -> bool {
    let fails = format!(
        "CREATE TABLE holds (x INTEGER NOT NULL); INSERT INTO holds SELECT CASE WHEN {condition} THEN 1 END FROM clip"
    );
    let held = connection.execute_script(&fails).is_ok();
    connection.execute_script("DROP TABLE holds").expect("it was created");
    held && connection.count_rows(&TableName::new("clip")).expect("rows can be counted") > 0
}

const NOTE: &str = r#"{ name = "note", type = { varchar = 9 } }"#;

fn a_missing_backfill_is_refused(database: &TestDatabase) {
    let (history, connection) = (history(database), &mut database.connect());
    generate(&history, database.backend, &clip(NOTE), &[]);
    run_all(connection, &history).expect("runs");
    let more = format!(r#"{NOTE}, {{ name = "size", type = "integer" }}"#);
    let path = generate(&history, database.backend, &clip(&more), &[]);
    // Also where no row is there: what is applied is never edited.
    let error = run_all(connection, &history).expect_err("the value is missing");
    assert!(
        matches!(&error, ApplyError::Backfill { object, .. } if object == "clip.size"),
        "{error}"
    );
    assert!(error.to_string().contains("of `up.sql`; nothing was changed"), "{error}");
    let directory = MigrationDirectory::open(&history.directory).expect("it is in order");
    let script = offline_script(&[&directory.migrations[1]], &history, &offline(database, false));
    assert_eq!(script.expect_err("nor is it scripted").to_string(), error.to_string());

    let file = path.join("up.sql");
    let up = fs::read_to_string(&file).expect("it was written");
    fs::write(&file, up.replace("NULL /* metaxy:backfill clip.size */", "id * 2"))
        .expect("it can be written");
    MigrationDirectory::repair(&history.directory).expect("it can be repaired");
    connection.execute_script("INSERT INTO clip (id, note) VALUES (4, 'n')").expect("inserts");
    run_all(connection, &history).expect("the value is there");
    assert!(holds(connection, "size = 8 AND note = 'n'"));
    assert!(run_all(connection, &history).expect("it was not edited since").is_empty());
}

/// The column comes back before the table has its former name.
fn a_missing_backfill_of_a_renamed_table_is_refused(database: &TestDatabase) {
    let (history, connection) = (history(database), &mut database.connect());
    generate(&history, database.backend, &clip(NOTE), &[]);
    let more = r#"{ name = "size", type = "integer", nullable = true }"#;
    let mut desired = clip(more);
    let mut table = desired.tables.pop_first().expect("there is one").1;
    table.renamed_from = Some(std::mem::replace(&mut table.name, TableName::new("film")));
    desired.tables.insert(table.name.clone(), table);
    run_all(connection, &history).expect("runs");
    let rename = GenerateOptions {
        name: "rename",
        backend: database.backend,
        scope: "features",
        desired: &desired,
        table_prefix: "",
        empty: false,
        allow_destructive: &["film.note".to_owned()],
        renames: &[],
        backfills: &[],
        online: false,
        now: chrono::DateTime::UNIX_EPOCH,
    };
    let draft = draft(&history.directory, &rename).expect("can be drafted").expect("differs");
    draft.write().expect("can be written");
    run_all(connection, &history).expect("runs");
    connection.execute_script("INSERT INTO film (id, size) VALUES (4, 1)").expect("inserts");
    let allowed = vec!["film.size".to_owned()];
    let options = RevertOptions {
        count: Count::Last(1),
        allow_destructive: allowed,
        ..RevertOptions::default()
    };
    let error =
        revert(connection, &history, &options, &mut |_| {}).expect_err("a value is missing");
    assert!(
        matches!(&error, ApplyError::Backfill { object, .. } if object == "film.note"),
        "{error}"
    );
    assert_eq!(connection.count_rows(&TableName::new("film")).expect("nothing was changed"), 1);
}

fn a_given_backfill_is_written(database: &TestDatabase) {
    let (history, connection) = (history(database), &mut database.connect());
    let nullable = NOTE.replace(" } }", " }, nullable = true }");
    generate(&history, database.backend, &clip(&nullable), &[]);
    run_all(connection, &history).expect("runs");
    connection
        .execute_script("INSERT INTO clip (id, note) VALUES (4, NULL), (5, 'n')")
        .expect("inserts");
    let given =
        ["clip.note='empty'", "clip.size=id + 1"].map(|it| it.parse().expect("well-formed"));
    let more = format!(r#"{NOTE}, {{ name = "size", type = "integer" }}"#);
    generate(&history, database.backend, &clip(&more), &given);
    run_all(connection, &history).expect("runs");
    assert!(holds(connection, "size = id + 1 AND note = CASE id WHEN 4 THEN 'empty' ELSE 'n' END"));
}

fn narrowing_is_refused_where_values_do_not_fit(database: &TestDatabase) {
    if database.backend == Backend::DuckDb {
        return; // Its texts have no length.
    }
    let (history, connection) = (history(database), &mut database.connect());
    generate(&history, database.backend, &clip(NOTE), &[]);
    generate(&history, database.backend, &clip(&NOTE.replace('9', "20")), &[]);
    run_all(connection, &history).expect("runs");
    connection.execute_script("INSERT INTO clip (id, note) VALUES (1, 'short')").expect("inserts");
    revert_last(connection, &history).expect("all values fit");
    run_all(connection, &history).expect("runs");
    connection
        .execute_script("INSERT INTO clip (id, note) VALUES (2, 'much too long')")
        .expect("inserts");
    let error = revert_last(connection, &history).expect_err("a value does not fit").to_string();
    assert!(
        error.starts_with("this loses column `clip.note` with 1 value; nothing was reverted"),
        "{error}"
    );
    assert!(holds(connection, "note IN ('short', 'much too long')"));
}

/// SQLite builds the table anew: nothing that hangs on it is lost.
#[cfg(feature = "sqlite")]
#[test]
fn what_hangs_on_a_rebuilt_table_is_kept() {
    let database = &TestDatabase::new(Backend::Sqlite);
    let (history, connection) = (history(database), &mut database.connect());
    generate(&history, database.backend, &clip(NOTE), &[]);
    run_all(connection, &history).expect("runs");
    connection
        .execute_script(
            "INSERT INTO clip VALUES (7, 'a'), (3, 'b');
            CREATE TABLE face (clip_id INTEGER REFERENCES clip (id) ON DELETE CASCADE);
            INSERT INTO face VALUES (3), (7), (7);
            CREATE TABLE log (x TEXT);
            CREATE TRIGGER logged AFTER INSERT ON clip BEGIN INSERT INTO log VALUES (new.note); END;
            CREATE VIEW notes AS SELECT note FROM clip;",
        )
        .expect("all of it can be created");
    let desired = clip(r#"{ name = "note", type = "text", default = { text = "x" } }"#);
    let path = generate(&history, database.backend, &desired, &[]);

    // Diesel's own command line would take the rows of `face` along, and the trigger.
    let up = fs::read_to_string(path.join("up.sql")).expect("it was written");
    let error = connection.execute_script(&format!("BEGIN; {up}")).expect_err("it is refused");
    assert!(error.to_string().contains("would lose trigger logged"), "{error}");
    connection.execute_script("ROLLBACK").expect("a transaction was begun");

    run_all(connection, &history).expect("runs");
    redo(connection, &history, &RevertOptions::default(), &mut |_| {}).expect("redoes");
    assert!(holds(
        connection,
        "(SELECT count(*) FROM face) = 3 AND (SELECT count(*) FROM log) = 0"
    ));
    assert!(holds(connection, "(SELECT group_concat(note) FROM notes) IN ('a,b', 'b,a')"));
    connection.execute_script("INSERT INTO clip (id) VALUES (8)").expect("the default is there");
    assert!(holds(connection, "(SELECT group_concat(x) FROM log) = 'x'"));
    connection.execute_script("DELETE FROM clip WHERE id = 7").expect("foreign keys work again");
    assert!(holds(connection, "(SELECT count(*) FROM face) = 1"));
    connection
        .execute_script("INSERT INTO face VALUES (99)")
        .expect_err("foreign keys are on again");

    // A row that refers to none is told, and nothing is kept.
    connection
        .execute_script(
            "PRAGMA foreign_keys = OFF; INSERT INTO face VALUES (99); PRAGMA foreign_keys = ON;",
        )
        .expect("inserts");
    let error = revert_last(connection, &history).expect_err("a row dangles").to_string();
    assert!(error.contains("of `face` refers to a row of `clip` that is not there"), "{error}");
    connection
        .execute_script("INSERT INTO clip (id) VALUES (9)")
        .expect("the default is still there");
}

/// A trigger, and what it says of columns, goes along with names, also where the table is built anew at once.
#[cfg(feature = "sqlite")]
#[test]
fn a_trigger_follows_a_renamed_table_that_is_built_anew() {
    let database = &TestDatabase::new(Backend::Sqlite);
    let (history, connection) = (history(database), &mut database.connect());
    generate(&history, database.backend, &clip(NOTE), &[]);
    run_all(connection, &history).expect("runs");
    connection
        .execute_script(
            "CREATE TABLE log (x TEXT);
            CREATE TRIGGER logged AFTER INSERT ON clip BEGIN INSERT INTO log VALUES (new.note); END;",
        )
        .expect("it can be created");
    let mut desired = clip(
        r#"{ name = "text", type = "text", renamed_from = "note", default = { text = "x" } }"#,
    );
    let mut table = desired.tables.pop_first().expect("there is one").1;
    table.renamed_from = Some(std::mem::replace(&mut table.name, TableName::new("film")));
    desired.tables.insert(table.name.clone(), table);
    generate(&history, database.backend, &desired, &[]);
    run_all(connection, &history).expect("runs");
    connection.execute_script("INSERT INTO film (id) VALUES (1)").expect("inserts");
    revert_last(connection, &history).expect("no value is lost");
    connection.execute_script("INSERT INTO clip VALUES (2, 'n')").expect("inserts");
    assert!(holds(connection, "(SELECT group_concat(x) FROM log) IN ('x,n', 'n,x')"));
}
