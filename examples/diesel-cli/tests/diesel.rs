//! The example, with the harness that Diesel's command line runs migrations by.

use diesel::{prelude::*, sqlite::SqliteConnection};
use diesel_cli::schema::photo;
use diesel_migrations::{FileBasedMigrations, MigrationHarness};
use std::{path::Path, process::Command};

fn home() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_schema_is_what_the_features_have() {
    let program = env!("CARGO_BIN_EXE_diesel-cli");
    let output = Command::new(program).current_dir(home()).output().expect("it starts");
    let printed = String::from_utf8_lossy(&output.stdout);
    assert_eq!(printed, include_str!("../src/schema.rs"), "cargo run -q > src/schema.rs");
}

#[test]
fn the_migrations_make_the_schema() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let mut connection = SqliteConnection::establish(":memory:")?;
    let migrations = FileBasedMigrations::from_path(home().join("migrations"))?;
    connection.run_pending_migrations(migrations.clone())?;
    assert_eq!(photo::table.count().get_result(&mut connection), Ok(0));
    let columns = photo::table.select(photo::all_columns);
    assert!(columns.execute(&mut connection).is_ok());
    connection.revert_all_migrations(migrations)?;
    assert!(photo::table.count().get_result::<i64>(&mut connection).is_err());
    Ok(())
}
