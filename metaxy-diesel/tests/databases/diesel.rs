//! Diesel's own tools on our files: `diesel_migrations`, and the `diesel` command line where it is installed.

use crate::{on_every_database, support::TestDatabase};
use diesel::migration::MigrationSource;
use diesel_migrations::{FileBasedMigrations, MigrationHarness};
use metaxy_diesel::{
    Backend, Schema,
    backend::Connection,
    diff::diff,
    drift::drift,
    generate::{GenerateOptions, draft},
    plan::plan,
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

on_every_database!(diesel_runs_and_reverts_our_migrations, diesel_finds_our_schema_in_the_database);

fn schema() -> Schema {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schema_rs/schema.toml");
    toml::from_str(&fs::read_to_string(file).expect("the schema is there")).expect("well-formed")
}

/// Two migrations: the tables but for one column, and that column with a new table.
fn generate(database: &TestDatabase) -> PathBuf {
    let directory = database.directory().join("migrations");
    let mut first = schema();
    first.tables.values_mut().for_each(|table| {
        table.columns.retain(|column| !column.nullable);
    });
    let options = |name, desired| GenerateOptions {
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
        now: chrono::DateTime::UNIX_EPOCH,
    };
    for (name, desired) in [("first", &first), ("second", &schema())] {
        let draft = draft(&directory, &options(name, desired)).expect("can be drafted");
        draft.expect("it differs").write().expect("can be written");
    }
    directory
}

fn diesel_runs_and_reverts_our_migrations(database: &TestDatabase) {
    let directory = generate(database);
    let source = FileBasedMigrations::from_path(&directory).expect("Diesel finds the directory");
    let mut connection = database.connect();
    for _ in 0..2 {
        match &mut connection {
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(connection) => up(connection, &source),
            #[cfg(feature = "postgres")]
            Connection::Postgres(connection) => up(connection, &source),
            #[cfg(feature = "mysql")]
            Connection::Mysql(connection) | Connection::MariaDb(connection) => {
                up(connection, &source);
            }
            #[cfg(feature = "duckdb")]
            Connection::DuckDb(connection) => up(connection, &source),
            _ => unreachable!("these are all"),
        }
        assert_eq!(drift(&mut connection, &schema()).expect("can be compared"), [""; 0]);
        match &mut connection {
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(connection) => down(connection, &source),
            #[cfg(feature = "postgres")]
            Connection::Postgres(connection) => down(connection, &source),
            #[cfg(feature = "mysql")]
            Connection::Mysql(connection) | Connection::MariaDb(connection) => {
                down(connection, &source);
            }
            #[cfg(feature = "duckdb")]
            Connection::DuckDb(connection) => down(connection, &source),
            _ => unreachable!("these are all"),
        }
        let names = schema().tables.into_keys().collect();
        assert!(connection.inspect(&names).expect("can be read").tables.is_empty());
    }
}

fn up<DB: diesel::backend::Backend>(
    connection: &mut impl MigrationHarness<DB>,
    source: &(impl MigrationSource<DB> + Clone),
) {
    let ran = connection.run_pending_migrations(source.clone()).expect("Diesel runs them");
    assert_eq!(ran.len(), 2);
}

fn down<DB: diesel::backend::Backend>(
    connection: &mut impl MigrationHarness<DB>,
    source: &(impl MigrationSource<DB> + Clone),
) {
    let reverted = connection.revert_all_migrations(source.clone()).expect("Diesel reverts them");
    assert_eq!(reverted.len(), 2);
}

/// Where `diesel` is not installed, the golden files of `schema_rs` stand for it.
fn diesel_finds_our_schema_in_the_database(database: &TestDatabase) {
    // Its command line knows no DuckDB.
    if database.backend == Backend::DuckDb {
        return;
    }
    if Command::new("diesel").arg("--version").output().is_err() {
        eprintln!("`diesel` is not installed: its --diff-schema was not tried");
        return;
    }
    let mut schema = schema();
    // The command line of Diesel 2.3 creates tables in an order of chance, whatever refers to what.
    schema.tables.values_mut().for_each(|table| table.foreign_keys.clear());
    let text = schema.to_schema_rs(database.backend).expect("all types are known");
    let directory = database.directory();
    fs::write(directory.join("schema.rs"), text).expect("a file can be written");
    let configuration = "[print_schema]\nfile = \"printed.rs\"";
    fs::write(directory.join("diesel.toml"), configuration).expect("a file can be written");
    fs::create_dir(directory.join("diesel")).expect("a directory can be made");
    // What it generates for the tables that are there.
    let generate = |version: &str| {
        let version = ["--version", version, "--diff-schema=schema.rs"];
        diesel(database, &[&["migration", "generate", "step"][..], &version].concat());
        let file = directory.join(format!("diesel/{}_step/up.sql", version[1]));
        fs::read_to_string(file).expect("it was written")
    };

    database.connect();
    let create = generate("1");
    assert!(create.contains("CREATE TABLE \"video__raw\""), "{create}");
    diesel(database, &["migration", "run"]);
    assert_eq!(generate("2").trim(), "-- Your SQL goes here", "nothing is left to do");

    // Nor does anything differ where our own migrations made the tables.
    diesel(database, &["migration", "revert"]);
    let ours =
        diff(&Schema::default(), &schema, database.backend.dialect()).expect("can be created");
    let ours = plan(&ours, database.backend.dialect(), &[]).expect("loses nothing").up_sql();
    database.connect().execute_script(&ours).expect("tables can be created");
    assert_eq!(generate("3").trim(), "-- Your SQL goes here", "nothing differs");
}

fn diesel(database: &TestDatabase, arguments: &[&str]) {
    let output = Command::new("diesel")
        .current_dir(database.directory())
        .env("DATABASE_URL", database.url.expose())
        .args(arguments)
        .args(["--migration-dir", "diesel", "--config-file", "diesel.toml"])
        .output()
        .expect("diesel runs");
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "diesel {arguments:?}: {words}");
}
