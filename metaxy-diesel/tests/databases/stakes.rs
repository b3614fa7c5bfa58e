//! What a migration loses is counted before it runs.

use crate::{on_every_database, support::TestDatabase};
use metaxy_diesel::{
    Schema,
    apply::{ApplyError, Event, RunOptions, run},
    backend::Connection,
    generate::{GenerateOptions, draft},
    history::History,
    schema::TableName,
    stake::pending_stakes,
};

on_every_database!(what_a_migration_loses_is_counted, names_are_those_before_a_rename);

const BEFORE: &str = r#"
    [[tables]]
    name = "clip"
    columns = [
        { name = "id", type = "integer" },
        { name = "gone", type = "text", nullable = true },
        { name = "short", type = "big_int" },
        { name = "maybe", type = "integer", nullable = true },
    ]
    primary_key = { name = "clip_pkey", columns = ["id"] }

    [[tables]]
    name = "cut"
    columns = [{ name = "id", type = "integer" }]
    primary_key = { name = "cut_pkey", columns = ["id"] }
"#;

const AFTER: &str = r#"
    [[tables]]
    name = "clip"
    columns = [
        { name = "id", type = "integer" },
        { name = "short", type = "small_int" },
        { name = "maybe", type = "integer" },
    ]
    primary_key = { name = "clip_pkey", columns = ["id"] }
"#;

fn history(database: &TestDatabase) -> History {
    History {
        directory: database.directory().join("migrations"),
        version_table: TableName::new("__diesel_schema_migrations_metaxy_features"),
    }
}

fn generate(database: &TestDatabase, schema: &str, allow: &[&str]) {
    let desired: Schema = toml::from_str(schema).expect("the test's schema is well-formed");
    let allow_destructive: Vec<_> = allow.iter().map(ToString::to_string).collect();
    let options = GenerateOptions {
        name: "step",
        backend: database.backend,
        scope: "features",
        desired: &desired,
        table_prefix: "",
        empty: false,
        allow_destructive: &allow_destructive,
        renames: &[],
        backfills: &[],
        online: false,
        now: chrono::DateTime::UNIX_EPOCH,
    };
    let draft = draft(&history(database).directory, &options).expect("can be drafted");
    draft.expect("it differs").write().expect("can be written");
}

/// What a run says is at stake, and how it ends.
fn stakes_of_run(
    connection: &mut Connection,
    history: &History,
) -> (Vec<String>, Result<Vec<String>, ApplyError>) {
    let mut said = Vec::new();
    let outcome = run(connection, history, &RunOptions::default(), &mut |event| {
        if let Event::AtStake { stakes, .. } = event {
            said.extend(stakes.iter().map(ToString::to_string));
        }
    });
    (said, outcome)
}

fn pending(connection: &mut Connection, history: &History) -> Vec<String> {
    let stakes = pending_stakes(connection, history).expect("it can be counted");
    stakes.values().flatten().map(ToString::to_string).collect()
}

fn what_a_migration_loses_is_counted(database: &TestDatabase) {
    let (history, connection) = (history(database), &mut database.connect());
    generate(database, BEFORE, &[]);
    assert_eq!(stakes_of_run(connection, &history).0, [""; 0]);
    generate(database, AFTER, &["clip.gone", "clip.short", "cut"]);
    assert_eq!(pending(connection, &history), [""; 0]);
    let rows = "INSERT INTO clip VALUES (1, 'a', 1, NULL), (2, NULL, 70000, 2), (3, 'c', 3, NULL);
        INSERT INTO cut VALUES (1), (2)";
    connection.execute_script(rows).expect("rows can be inserted");
    let mut expected = vec![
        "column `clip.gone` with 2 values",
        "column `clip.maybe` with 2 NULLs, which it forbids",
        "column `clip.short` with 1 value",
        "table `cut` with 2 rows",
    ];
    let mut found = pending(connection, &history);
    found.sort();
    assert_eq!(found, expected);

    connection
        .execute_script("UPDATE clip SET maybe = 0 WHERE maybe IS NULL; UPDATE clip SET short = 7")
        .expect("rows can be updated");
    expected.drain(1..3);
    let (mut found, outcome) = stakes_of_run(connection, &history);
    found.sort();
    assert_eq!(found, expected);
    outcome.expect("nothing is in the way");
    assert_eq!(pending(connection, &history), [""; 0]);
}

fn names_are_those_before_a_rename(database: &TestDatabase) {
    let (history, connection) = (history(database), &mut database.connect());
    generate(database, BEFORE, &[]);
    run(connection, &history, &RunOptions::default(), &mut |_| {}).expect("it runs");
    connection
        .execute_script("INSERT INTO clip VALUES (1, 'a', 70000, NULL)")
        .expect("rows can be inserted");
    let renamed = AFTER
        .replace(r#"name = "clip""#, r#"name = "film", renamed_from = { name = "clip" }"#)
        .replace(r#"name = "maybe""#, r#"name = "one", renamed_from = "maybe""#)
        .replace(r#"name = "film", renamed_from"#, "name = \"film\"\n    renamed_from");
    generate(database, &renamed, &["film.gone", "film.short", "cut"]);
    let mut found = pending(connection, &history);
    found.sort();
    let expected = [
        "column `clip.gone` with 1 value",
        "column `clip.maybe` with 1 NULL, which it forbids",
        "column `clip.short` with 1 value",
    ];
    assert_eq!(found, expected);
}
