//! Enumerated types of tables that have rows.

use crate::{on_every_database, support::TestDatabase};
use metaxy_diesel::{
    Schema,
    apply::{Count, RevertOptions, RunOptions, revert, run},
    backend::Connection,
    drift::drift,
    generate::{GenerateOptions, draft},
    history::History,
    schema::TableName,
    source::{ReadOptions, Source, compare},
};
use std::collections::BTreeSet;

on_every_database!(
    values_of_rows_are_kept_by_their_names,
    values_that_rows_have_are_never_dropped,
    values_of_one_name_are_never_merged,
    types_of_the_users_own_are_left_alone,
    values_are_renamed_between_sources,
);

/// A table `clip` with a column `mood` of these values, and hints.
fn clip(values: &[&str], hints: &str) -> Schema {
    let text = format!(
        r#"
        enums = [{{ name = "mood", values = {values:?}{hints} }}]
        [[tables]]
        name = "clip"
        columns = [{{ name = "id", type = "integer" }}, {{ name = "mood", type = {{ enum = {{ name = "mood" }} }} }}]
        primary_key = {{ name = "clip_pkey", columns = ["id"] }}"#
    );
    toml::from_str(&text).expect("the test's schema is well-formed")
}

fn history(database: &TestDatabase) -> History {
    let directory = database.directory().join("migrations");
    History { directory, version_table: TableName::new("versions") }
}

/// Writes the migration to a schema and runs it.
fn migrate(
    database: &TestDatabase,
    connection: &mut Connection,
    desired: &Schema,
) -> Result<(), String> {
    let history = history(database);
    let options = GenerateOptions {
        name: "step",
        backend: database.backend,
        scope: "features",
        desired,
        table_prefix: "",
        empty: false,
        allow_destructive: &["clip.mood".to_owned()],
        renames: &[],
        backfills: &[],
        online: false,
        now: chrono::DateTime::UNIX_EPOCH,
    };
    let draft = draft(&history.directory, &options).map_err(|it| it.to_string())?.expect("differs");
    draft.write().expect("can be written");
    run(connection, &history, &RunOptions::default(), &mut |_| {}).map_err(|it| it.to_string())?;
    assert_eq!(drift(connection, desired).expect("can be read"), [""; 0]);
    Ok(())
}

fn revert_last(database: &TestDatabase, connection: &mut Connection) -> Result<(), String> {
    let options = RevertOptions { count: Count::Last(1), ..RevertOptions::default() };
    let reverted = revert(connection, &history(database), &options, &mut |_| {});
    reverted.map(|_| ()).map_err(|it| it.to_string())
}

fn has(connection: &mut Connection, id: i32, mood: &str) -> bool {
    let update = format!("UPDATE clip SET id = id + 100 WHERE id = {id} AND mood = '{mood}'");
    let back = format!("UPDATE clip SET id = {id} WHERE id = {id} + 100");
    let count = |connection: &mut Connection| {
        let sql =
            "CREATE TABLE moved (x INTEGER); INSERT INTO moved SELECT id FROM clip WHERE id > 100";
        connection.execute_script(sql).expect("rows can be read");
        let count = connection.count_rows(&TableName::new("moved")).expect("rows can be counted");
        connection.execute_script("DROP TABLE moved").expect("it was created");
        count
    };
    connection.execute_script(&update).expect("the value is one of the type");
    let found = count(connection) == 1;
    connection.execute_script(&back).expect("it can be undone");
    found
}

fn values_of_rows_are_kept_by_their_names(database: &TestDatabase) {
    let connection = &mut database.connect();
    migrate(database, connection, &clip(&["sad", "ok"], "")).expect("runs");
    let insert = "INSERT INTO clip VALUES (1, 'sad'), (2, 'ok')";
    connection.execute_script(insert).expect("inserts");
    connection.execute_script("INSERT INTO clip VALUES (3, 'odd')").expect_err("no such value");

    let renamed = clip(&["happy", "ok", "blue"], r#", renamed_values = { blue = "sad" }"#);
    migrate(database, connection, &renamed).expect("runs");
    assert!(has(connection, 1, "blue") && has(connection, 2, "ok"));
    revert_last(database, connection).expect("no row has a value that goes");
    assert!(has(connection, 1, "sad") && has(connection, 2, "ok"));

    run(connection, &history(database), &RunOptions::default(), &mut |_| {}).expect("runs again");
    connection.execute_script("INSERT INTO clip VALUES (3, 'happy')").expect("inserts");
    let error = revert_last(database, connection).expect_err("a row has the value");
    assert!(error.contains("column `clip.mood` with 1 value"), "{error}");
    assert!(has(connection, 1, "blue") && has(connection, 3, "happy"));
}

/// `schema diff` of a live database and features that say it.
fn values_are_renamed_between_sources(database: &TestDatabase) {
    let connection = &mut database.connect();
    migrate(database, connection, &clip(&["sad", "ok"], "")).expect("runs");
    connection.execute_script("INSERT INTO clip VALUES (1, 'sad')").expect("inserts");
    let desired = clip(&["blue", "ok"], r#", renamed_values = { blue = "sad" }"#);
    let options = ReadOptions {
        backend: database.backend,
        features: &|| Ok(desired.clone()),
        table_prefix: "",
        database: Some(&database.url),
        version_tables: &BTreeSet::from([TableName::new("versions")]),
        owned: &BTreeSet::new(),
        scratch: Some(&database.url),
    };
    let found = compare(&Source::Database(None), &Source::Features, &options).expect("compares");
    assert!(found.plan.steps.iter().all(|it| it.risks.is_empty()), "{found:?}");
    connection.execute_script(&found.plan.up_sql()).expect("the SQL runs");
    assert!(has(connection, 1, "blue"));
    let found = compare(&Source::Database(None), &Source::Features, &options).expect("compares");
    assert!(found.is_empty(), "{found:?}");
}

/// A renamed value, and a new one by its former name: on the way back one has to go.
fn values_of_one_name_are_never_merged(database: &TestDatabase) {
    let connection = &mut database.connect();
    migrate(database, connection, &clip(&["sad", "ok"], "")).expect("runs");
    connection.execute_script("INSERT INTO clip VALUES (1, 'sad')").expect("inserts");
    let both = clip(&["blue", "ok", "sad"], r#", renamed_values = { blue = "sad" }"#);
    migrate(database, connection, &both).expect("runs");
    connection.execute_script("INSERT INTO clip VALUES (2, 'sad')").expect("inserts");
    let options = RevertOptions {
        count: Count::Last(1),
        allow_destructive: vec!["clip.mood".to_owned()],
        ..RevertOptions::default()
    };
    revert(connection, &history(database), &options, &mut |_| {})
        .expect_err("the database refuses it");
    if database.backend.dialect().transactional_ddl {
        assert!(has(connection, 1, "blue") && has(connection, 2, "sad"));
    }
    connection.execute_script("DELETE FROM clip WHERE id = 2").expect("deletes");
    revert(connection, &history(database), &options, &mut |_| {}).expect("it goes on");
    assert!(has(connection, 1, "sad"));
}

fn values_that_rows_have_are_never_dropped(database: &TestDatabase) {
    let connection = &mut database.connect();
    migrate(database, connection, &clip(&["sad", "ok"], "")).expect("runs");
    connection.execute_script("INSERT INTO clip VALUES (1, 'sad')").expect("inserts");
    migrate(database, connection, &clip(&["ok"], "")).expect_err("the database refuses it");
    assert!(has(connection, 1, "sad"));
}

fn types_of_the_users_own_are_left_alone(database: &TestDatabase) {
    if database.backend.dialect().namespaces.is_none() {
        return;
    }
    let connection = &mut database.connect();
    connection.execute_script("CREATE TYPE color AS ENUM ('red')").expect("it can be created");
    let mine = r#"{ name = "color", type = { other = "color" }, nullable = true }"#;
    let mut desired = clip(&["ok"], "");
    let column = toml::from_str(&format!("c = [{mine}]"))
        .map(|it: std::collections::BTreeMap<String, Vec<_>>| it["c"].clone());
    let table = desired.tables.values_mut().next().expect("there is one");
    table.columns.extend(column.expect("it is well-formed"));
    migrate(database, connection, &desired).expect("runs");
    let connection = &mut database.connect();
    revert_last(database, connection).expect("the tables are empty");
    connection.execute_script("DROP TYPE color").expect("it is still there");
    connection.execute_script("DROP TYPE mood").expect_err("it went with the table");
}
