//! `metaxy schema` and `metaxy migration diff` of the example, as a user calls them.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};
use tempfile::TempDir;

const CONFIG: &str = "\
project = 'video'
[stores.dev]
type = 'sqlite'
config = { database = 'dev.db' }
";

fn metaxy(directory: &Path, args: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_video"))
        .args(args.split_whitespace())
        .current_dir(directory)
        .env_remove("CARGO_MANIFEST_DIR")
        .env_remove("METAXY_SCRATCH_URL")
        .env("NO_COLOR", "1")
        .output()
        .expect("the program runs")
}

/// Runs the program, checks its exit code, and gives what it printed to both streams.
#[track_caller]
fn check(directory: &Path, args: &str, code: i32, fragments: &[&str]) -> String {
    let output = metaxy(directory, args);
    let text =
        [output.stdout, output.stderr].map(|it| String::from_utf8_lossy(&it).into_owned()).concat();
    assert_eq!(output.status.code(), Some(code), "{args}: {text}");
    // The lines of an error begin with a bar.
    let flat = text.replace('│', " ");
    let flat = flat.split_whitespace().collect::<Vec<_>>().join(" ");
    for fragment in fragments {
        assert!(flat.contains(fragment), "{args}: `{fragment}` is not in: {text}");
    }
    text
}

fn directory(files: &[(&str, &str)]) -> TempDir {
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    for (name, text) in files {
        fs::write(directory.path().join(name), text).expect("files are written");
    }
    directory
}

#[test]
fn any_two_schemas_are_compared_without_a_store() {
    let directory = directory(&[
        ("a.sql", "CREATE TABLE v (id INTEGER NOT NULL PRIMARY KEY, \"it's\" TEXT DEFAULT 'x');"),
        ("b.sql", "CREATE TABLE v (id INTEGER NOT NULL PRIMARY KEY);"),
        ("bad.sql", "CREATE TABLE v (id INTEGER);\n\nCREATE TABEL w (x);\n"),
        ("schema.rs", "diesel::table! {\n    v (id) {\n        id -> Integer,\n    }\n}\n"),
    ]);
    let run = |args, code, fragments| check(directory.path(), args, code, fragments);
    run("schema diff --backend sqlite --from sql:a.sql --to sql:a.sql", 0, &["are the same"]);
    run("schema diff --backend sqlite --from schema-rs:schema.rs --to sql:b.sql", 0, &[]);
    run(
        "schema diff --backend sqlite --from sql:a.sql --to sql:b.sql",
        1,
        &[
            "- column `it's` text default 'x'",
            "Drops all values of v.it's.",
            "DROP COLUMN \"it's\";",
            "ADD COLUMN \"it's\" TEXT DEFAULT 'x';",
        ],
    );
    let json = run(
        "schema diff --backend sqlite --from sql:a.sql --to schema-rs:schema.rs --json",
        1,
        &[],
    );
    assert!(json.contains("\"equal\": false") && json.contains("\"data_loss\": true"), "{json}");
    run(
        "schema inspect sql:a.sql --backend sqlite",
        0,
        &["[[tables]] name = \"v\"", "text = \"x\""],
    );
    run("schema inspect sql:a.sql --backend sqlite --format json", 0, &["\"tables\": ["]);
    run("schema inspect system --backend sqlite", 0, &["metaxy_system__events"]);
    run("schema inspect sql:bad.sql --backend sqlite", 2, &["`bad.sql`, line 3: ", "TABEL"]);
    run("schema inspect sql:a.sql", 2, &["`--backend sqlite`"]);
    run("schema inspect sql:a.sql --backend postgres", 2, &["--scratch URL"]);
    run("schema inspect database --backend sqlite", 2, &["none is configured"]);
    run("schema inspect database:nowhere.db", 3, &["nowhere.db"]);
}

#[test]
fn passwords_are_never_printed() {
    let directory = directory(&[("a.sql", "SELECT 1;")]);
    for args in [
        "schema inspect databse:postgres://ann:hunter2@127.0.0.1:1/v",
        "schema inspect postgres://ann:hunter2@127.0.0.1:1/v",
        "schema inspect features:hunter2",
        "schema inspect database:postgres://ann:hunter2@127.0.0.1:1/v",
        "schema inspect database:postgres://ann:hunter2@127.0.0.1:x/v",
        "schema inspect sql:a.sql --backend postgres --scratch postgres://ann:hunter2@127.0.0.1:1/v",
        "schema diff --from database:postgres://ann:hunter2@127.0.0.1:1/v --to features",
        "schema diff --from database:postgres://ann:hunter2@127.0.0.1:1/v",
    ] {
        let output = metaxy(directory.path(), args);
        let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(!output.status.success(), "{args}");
        assert!(!text.contains("hunter2"), "{args}: {text}");
    }
}

#[test]
fn a_database_is_compared_with_features_and_with_its_migrations() {
    let directory = directory(&[("metaxy.toml", CONFIG)]);
    let run = |args, code, fragments| check(directory.path(), args, code, fragments);
    run("migration diff", 0, &["dev:features: the database is what its migrations made"]);
    run("migration generate initialize", 0, &[]);
    run("migration run", 0, &[]);
    run("migration diff", 0, &["dev:system: the database is what its migrations made"]);
    run("schema diff --from database --to features", 0, &[]);
    run("schema diff --from system --to database", 0, &[]);
    run("schema diff --from migrations:migrations/dev/features --to features", 0, &[]);

    // A table of somebody else is nobody's business.
    run("schema inspect database", 0, &["name = \"video__raw\""]);
    let sql = "CREATE TABLE theirs (a TEXT); ALTER TABLE video__raw ADD COLUMN theirs TEXT;";
    let mut connection = metaxy_diesel::backend::connect(
        metaxy_diesel::Backend::Sqlite,
        &directory.path().join("dev.db").to_str().expect("a path of text").into(),
        metaxy_diesel::backend::Open::Existing,
    )
    .expect("it opens");
    connection.execute_script(sql).expect("it runs");
    let text = run("migration diff", 1, &["to bring it back: drop column `video__raw.theirs`"]);
    assert!(!text.contains("`theirs`"), "{text}");
    run("migration diff --json", 1, &["\"drop column `video__raw.theirs`\""]);
    let text = run("schema diff --from database --to features", 1, &["DROP COLUMN \"theirs\";"]);
    assert!(!text.contains("DROP TABLE"), "{text}");
    run("-n dev:system migration diff", 0, &[]);
}

#[test]
fn help_has_examples() {
    let directory = directory(&[]);
    for args in ["schema diff --help", "schema inspect --help", "migration diff --help"] {
        check(directory.path(), args, 0, &["Examples: metaxy"]);
    }
}
