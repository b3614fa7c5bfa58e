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
#[cfg(feature = "postgres")]
use metaxy_diesel::{
    apply::{Count, RevertOptions, RunOptions, revert, run},
    backend::{Open, connect},
    diesel_toml::{DIESEL_TOML, diesel_toml},
    history::{DIESEL_VERSION_TABLE, History, MigrationState, status},
    schema::{Column, SqlType, TableName},
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
    for (name, desired) in [("first", &first), ("second", &schema())] {
        generate_one(database.backend, &directory, name, desired);
    }
    directory
}

fn generate_one(backend: Backend, directory: &Path, name: &str, desired: &Schema) {
    let options = GenerateOptions {
        name,
        backend,
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
    let draft = draft(directory, &options).expect("can be drafted");
    draft.expect("it differs").write().expect("can be written");
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
    if !has_command_line(database.backend) {
        eprintln!(
            "`diesel` is not installed for {}: its --diff-schema was not tried",
            database.backend
        );
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
    assert!(create.replace('`', "\"").contains("CREATE TABLE \"video__raw\""), "{create}");
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

/// Whether `diesel` is installed, and knows the database.
fn has_command_line(backend: Backend) -> bool {
    let name = match backend {
        Backend::MariaDb => "mysql",
        backend => backend.name(),
    };
    let output = Command::new("diesel").arg("--version").output();
    output.is_ok_and(|it| String::from_utf8_lossy(&it.stdout).contains(name))
}

fn diesel(database: &TestDatabase, arguments: &[&str]) {
    let own = ["--migration-dir", "diesel", "--config-file", "diesel.toml"];
    call_diesel(database, database.url.expose(), &[arguments, &own].concat());
}

fn call_diesel(database: &TestDatabase, url: &str, arguments: &[&str]) -> String {
    let output = Command::new("diesel")
        .current_dir(database.directory())
        .env("DATABASE_URL", url)
        .args(arguments)
        .output()
        .expect("diesel runs");
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "diesel {arguments:?}: {words}");
    String::from_utf8(output.stdout).expect("it prints text")
}

/// And what it says of a look at a history that metaxy runs: a view in place of Diesel's table.
#[cfg(feature = "postgres")]
#[test]
fn diesel_looks_at_our_history_through_a_view() {
    let database = &TestDatabase::new(Backend::Postgres);
    let directory = generate(database);
    let version_table = TableName::new("__diesel_schema_migrations_metaxy_features");
    let history = History { directory, version_table };
    let options =
        RunOptions { to: Some("1970-01-01-000000_first".to_owned()), ..RunOptions::default() };
    let connection = &mut database.connect();
    run(connection, &history, &options, &mut |_| {}).expect("it runs");
    connection
        .execute_script(
            "CREATE SCHEMA looks;
            CREATE VIEW looks.__diesel_schema_migrations AS SELECT version, run_on FROM
                public.__diesel_schema_migrations_metaxy_features;",
        )
        .expect("it can be made");
    let url = format!("{}?options=-c%20search_path%3Dlooks,public", database.url.expose());
    let looking = connect(Backend::Postgres, &url.as_str().into(), Open::Existing);
    let Ok(Connection::Postgres(mut looking)) = looking else { panic!("it can be opened") };
    let source = FileBasedMigrations::from_path(&history.directory).expect("it is found");
    let pending = looking.pending_migrations(source).expect("it can be read");
    let pending: Vec<_> = pending.iter().map(|it| it.name().to_string()).collect();
    assert_eq!(pending, ["1970-01-01-000001_second"]);
}

/// What the book says to do where several histories are in one database: Diesel has one table of versions in each schema.
#[cfg(feature = "postgres")]
#[test]
fn each_history_has_a_schema_and_both_tools_work_on_it() {
    let database = &TestDatabase::new(Backend::Postgres);
    let places = ["one", "other"].map(|name| {
        let history = History {
            directory: database.directory().join(name),
            version_table: TableName::new(DIESEL_VERSION_TABLE),
        };
        let url = format!("{}?options=-c%20search_path%3D{name},public", database.url.expose());
        let schema: Schema = toml::from_str(&format!(
            "[[tables]]\nname = \"{name}_a\"\ncolumns = [{{ name = \"id\", type = \"integer\" }}]\n\
             primary_key = {{ name = \"{name}_a_pkey\", columns = [\"id\"] }}\n"
        ))
        .expect("it is well-formed");
        let script = format!("CREATE SCHEMA {name}");
        database.connect().execute_script(&script).expect("a schema can be made");
        (name, history, url, schema)
    });
    let has_command_line = has_command_line(Backend::Postgres);
    for (name, history, url, schema) in &places {
        generate_one(Backend::Postgres, &history.directory, "first", schema);
        let text = diesel_toml(name, schema.tables.keys(), Some(name));
        fs::write(history.directory.join(DIESEL_TOML), text).expect("a file can be written");
        let mut connection = connect(Backend::Postgres, &url.as_str().into(), Open::Existing)
            .expect("it can be opened");
        if has_command_line {
            let file = format!("{name}/{DIESEL_TOML}");
            let call = |args: &[&str]| {
                call_diesel(database, url, &[&["--config-file", &file], args].concat())
            };
            call(&["migration", "run"]);
            assert!(call(&["migration", "list"]).contains("[X] 1970-01-01-000000_first"));
            let printed = call(&["print-schema"]);
            assert_eq!(printed.matches("diesel::table!").count(), 1, "{printed}");
            assert!(printed.contains(&format!("{name}.{name}_a (id)")), "{printed}");
        } else {
            let Connection::Postgres(connection) = &mut connection else { panic!("it is one") };
            let source = FileBasedMigrations::from_path(&history.directory).expect("it is found");
            connection.run_pending_migrations(source).expect("Diesel runs them");
        }
        // Ours finds what Diesel did, and goes on; Diesel's finds that.
        let states = status(Some(&mut connection), history).expect("it can be read");
        let states: Vec<_> = states.into_iter().map(|it| it.state).collect();
        assert_eq!(states, [MigrationState::Applied]);
        assert_eq!(drift(&mut connection, schema).expect("can be compared"), [""; 0]);
        let mut more = schema.clone();
        let tables = more.tables.values_mut();
        let column = Column { nullable: true, ..Column::new("note", SqlType::Text) };
        tables.for_each(|it| it.columns.push(column.clone()));
        generate_one(Backend::Postgres, &history.directory, "second", &more);
        let ran = run(&mut connection, history, &RunOptions::default(), &mut |_| {});
        assert_eq!(ran.expect("it goes on"), ["1970-01-01-000001_second"]);
        let Connection::Postgres(connection) = &mut connection else { panic!("it is one") };
        let source = FileBasedMigrations::from_path(&history.directory).expect("it is found");
        assert!(!connection.has_pending_migration(source).expect("it can be read"));
    }
    let (_, first, url, _) = &places[0];
    let mut connection =
        connect(Backend::Postgres, &url.as_str().into(), Open::Existing).expect("can be opened");
    let options = RevertOptions { count: Count::All, ..RevertOptions::default() };
    revert(&mut connection, first, &options, &mut |_| {}).expect("one is reverted");
    let mut left = |name: &str| {
        let table =
            TableName { schema: Some(name.to_owned()), ..TableName::new(format!("{name}_a")) };
        connection.count_rows(&table).is_ok()
    };
    assert_eq!(["one", "other"].map(&mut left), [false, true]);
}
