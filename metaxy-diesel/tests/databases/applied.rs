//! What a database should be, by the migrations that it has.

use crate::{on_every_database, support::TestDatabase};
use metaxy_diesel::{
    Backend,
    apply::{RunOptions, run},
    backend::Scratch,
    drift::{drift, drift_judged_by},
    history::History,
    schema::TableName,
    source::{AppliedError, applied_schema},
};
use std::fs;

on_every_database!(
    the_applied_migrations_count,
    histories_in_one_database_are_compared_with_their_own_tables,
    a_history_that_is_not_that_of_the_database_is_refused,
);

/// A history of Diesel's own kind, without snapshot.
fn history(database: &TestDatabase, name: &str, migrations: &[(&str, &str)]) -> History {
    let directory = database.directory().join(name);
    for (migration, up) in migrations {
        let directory = directory.join(migration);
        fs::create_dir_all(&directory).expect("directories are made");
        fs::write(directory.join("up.sql"), up).expect("files are written");
    }
    History { directory, version_table: TableName::new(format!("versions of {name}")) }
}

fn run_to(database: &TestDatabase, history: &History, to: Option<&str>) {
    let options = RunOptions { to: to.map(str::to_owned), ..RunOptions::default() };
    run(&mut database.connect(), history, &options, &mut |_| {}).expect("the migrations run");
}

/// What is not as the applied migrations say.
fn found(database: &TestDatabase, history: &History) -> Vec<String> {
    let mut connection = database.connect();
    let wanted =
        applied_schema(&mut connection, history, Some(&database.url)).expect("it is known");
    drift(&mut connection, &wanted).expect("they compare")
}

/// The same for a user who may not create tables; another database says what is made of them.
fn found_by_reader(database: &TestDatabase, history: &History) -> Vec<String> {
    let mut connection = database.connect();
    let mut scratch = Scratch::open(database.backend, Some(&database.url)).expect("it opens");
    let wanted =
        applied_schema(&mut connection, history, Some(&database.url)).expect("it is known");
    if database.backend == Backend::Postgres {
        connection.run_script("SET default_transaction_read_only = on").expect("it is set");
        let found = drift(&mut connection, &wanted);
        match connection.count_rows(&TableName::new("a")) {
            // Only a table that differs has to be made elsewhere.
            Ok(_) => assert!(found.unwrap_err().to_string().contains("--scratch URL")),
            Err(_) => assert_eq!(found.expect("they compare"), ["create table `a`"]),
        }
    }
    drift_judged_by(&mut connection, Some(scratch.connection()), &wanted).expect("they compare")
}

fn the_applied_migrations_count(database: &TestDatabase) {
    let migrations = [
        ("1_a", "CREATE TABLE a (b TEXT DEFAULT ('x'), CHECK (b <> 'y'));"),
        ("2_more", "ALTER TABLE a ADD COLUMN c TEXT; CREATE TABLE d (e TEXT);"),
    ];
    let history = history(database, "ours", &migrations);
    let nothing = [""; 0];
    assert_eq!(found(database, &history), nothing);
    run_to(database, &history, Some("1"));
    assert_eq!(found(database, &history), nothing);

    let mut connection = database.connect();
    connection
        .run_script("CREATE TABLE d (theirs TEXT); CREATE TABLE f (g TEXT)")
        .expect("it runs");
    assert_eq!(found(database, &history), nothing);
    connection.run_script("ALTER TABLE a ADD COLUMN c INTEGER").expect("it runs");
    assert_eq!(found(database, &history), ["drop column `a.c`"]);
    assert_eq!(found_by_reader(database, &history), ["drop column `a.c`"]);
    connection.run_script("DROP TABLE a").expect("it runs");
    assert_eq!(found(database, &history), ["create table `a`"]);

    assert_eq!(found_by_reader(database, &history), ["create table `a`"]);
    if !matches!(database.backend, Backend::Sqlite | Backend::DuckDb) {
        let error = applied_schema(&mut connection, &history, None).unwrap_err();
        assert!(error.to_string().contains("1 of them are pending"), "{error}");
        assert!(matches!(error, AppliedError::Scratch { pending: 1, .. }));
    }
}

fn histories_in_one_database_are_compared_with_their_own_tables(database: &TestDatabase) {
    let one = history(database, "dev", &[("1_a", "CREATE TABLE dev_a (b TEXT);")]);
    let other = history(database, "prod", &[("1_a", "CREATE TABLE prod_a (b TEXT);")]);
    run_to(database, &one, None);
    run_to(database, &other, None);
    let nothing = [""; 0];
    assert_eq!([found(database, &one), found(database, &other)], [nothing, nothing]);
    database.connect().run_script("ALTER TABLE prod_a ADD COLUMN c TEXT").expect("it runs");
    assert_eq!(found(database, &one), nothing);
    assert_eq!(found(database, &other), ["drop column `prod_a.c`"]);
}

fn a_history_that_is_not_that_of_the_database_is_refused(database: &TestDatabase) {
    let ours = history(database, "ours", &[("1_a", "CREATE TABLE a (b TEXT);")]);
    run_to(database, &ours, None);
    fs::write(ours.directory.join("1_a/up.sql"), "CREATE TABLE a (c TEXT);").expect("it is edited");
    let error = applied_schema(&mut database.connect(), &ours, None).unwrap_err();
    assert!(error.to_string().contains("was edited after it was applied"), "{error}");
}
