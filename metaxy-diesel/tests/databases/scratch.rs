//! Places to try SQL out in.

use crate::{on_every_database, support::TestDatabase};
use metaxy_core::config::Secret;
use metaxy_diesel::{
    Backend,
    backend::{Scratch, ScratchError, Within},
    schema::TableName,
};
use std::collections::BTreeSet;

on_every_database!(scripts_touch_nothing_else, a_failure_says_its_line);

fn tables(connection: &mut metaxy_diesel::backend::Connection) -> Vec<String> {
    let schema =
        connection.inspect_all(Within::Everything, &BTreeSet::new()).expect("tables can be read");
    schema.tables.keys().map(ToString::to_string).collect()
}

fn scripts_touch_nothing_else(database: &TestDatabase) {
    let mut connection = database.connect();
    connection.execute_script("CREATE TABLE mine (a TEXT)").expect("a table can be made");
    let mut scratch = Scratch::open(database.backend, Some(&database.url)).expect("it opens");
    assert_eq!(tables(scratch.connection()), [""; 0]);
    let script =
        "CREATE TABLE mine (b TEXT); BEGIN; CREATE TABLE other (a TEXT); COMMIT; DROP TABLE mine;";
    scratch.connection().run_script(script).expect("the script runs");
    assert_eq!(tables(scratch.connection()), ["other"]);
    drop(scratch);
    assert_eq!(tables(&mut connection), ["mine"]);
}

fn a_failure_says_its_line(database: &TestDatabase) {
    let mut connection = database.connect();
    for (script, line) in [
        ("CREATE TABEL a (b TEXT);", 1),
        ("-- größe\nCREATE TABLE a (b TEXT); -- ';\n\n\nINSERT INTO nowhere VALUES (1);", 5),
        ("CREATE TABLE c (b TEXT);\n\nSELECT '\n;\n';\nSELECT FROM FROM;\nSELECT 1;", 6),
    ] {
        let error = connection.run_script(script).unwrap_err();
        assert_eq!(error.line, Some(line), "{error}");
    }
}

#[cfg(feature = "postgres")]
#[test]
fn databases_go_also_when_something_fails() {
    let database = TestDatabase::new(Backend::Postgres);
    // A namespace that scripts of the database itself are in, and that a new one does not have.
    let separator = if database.url.expose().contains('?') { '&' } else { '?' };
    let url = Secret::new(format!(
        "{}{separator}options=-csearch_path%3Delsewhere",
        database.url.expose()
    ));
    let failed = std::panic::catch_unwind(|| {
        let mut scratch = Scratch::open(Backend::Postgres, Some(&url)).expect("it opens");
        let name = format!("{scratch:?}");
        let name = name.split('"').nth(1).expect("its name is shown").to_owned();
        scratch.connection().run_script("CREATE TABLE a (b TEXT); CREATE").unwrap_err();
        assert_eq!(tables(scratch.connection()), ["a"]);
        std::panic::panic_any(name);
    });
    let name = *failed.unwrap_err().downcast::<String>().expect("the name was thrown");
    let mut connection = database.connect();
    assert!(name.starts_with("metaxy_scratch_"), "{name}");
    let left = TableName { schema: Some("pg_catalog".into()), name: "pg_database".into() };
    assert!(connection.count_rows(&left).expect("databases are counted") > 0);
    let query = format!(
        "DO $$ BEGIN IF EXISTS (SELECT FROM pg_database WHERE datname = '{name}') \
                         THEN RAISE 'it is still there'; END IF; END $$"
    );
    connection.run_script(&query).expect("the database is gone");
}

#[cfg(feature = "postgres")]
#[test]
fn a_server_has_to_be_named_and_give_the_right() {
    let error = Scratch::open(Backend::Postgres, None).unwrap_err();
    assert!(matches!(error, ScratchError::NoServer { .. }));
    assert!(error.to_string().contains("--scratch"), "{error}");

    let database = TestDatabase::new(Backend::Postgres);
    // A role of its own, which goes with the test.
    let role = format!("metaxy_no_createdb_{}", std::process::id());
    crate::support::administrate(&format!("CREATE ROLE {role} LOGIN"));
    let user = database.url.expose().replacen("postgres@", &format!("{role}@"), 1);
    let error = Scratch::open(Backend::Postgres, Some(&Secret::new(user))).map(drop);
    crate::support::administrate(&format!("DROP ROLE {role}"));
    assert!(error.unwrap_err().to_string().ends_with("the user needs the right to"));
}
