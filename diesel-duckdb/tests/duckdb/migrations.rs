use diesel::migration::MigrationSource;
use diesel_duckdb::DuckDb;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::{database, run};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("tests/duckdb/migrations");

#[test]
fn embedded_migrations_run_list_and_revert() {
    let c = &mut database("");
    let pending = |c: &mut _| -> Vec<String> {
        let names = MigrationHarness::<DuckDb>::pending_migrations(c, MIGRATIONS).unwrap();
        names.iter().map(|migration| migration.name().to_string()).collect()
    };
    let all: Vec<_> = MigrationSource::<DuckDb>::migrations(&MIGRATIONS).unwrap();
    assert_eq!(all.len(), 2);
    assert_eq!(pending(c), ["2024-01-01-000000_users", "2024-01-02-000000_posts"]);
    c.run_next_migration(MIGRATIONS).unwrap();
    assert_eq!(pending(c), ["2024-01-02-000000_posts"]);
    assert_eq!(c.run_pending_migrations(MIGRATIONS).unwrap().len(), 1);
    assert_eq!(pending(c), [""; 0]);
    run(c, "INSERT INTO posts VALUES (1, 1)").unwrap();
    assert_eq!(MigrationHarness::<DuckDb>::applied_migrations(c).unwrap().len(), 2);
    c.revert_last_migration(MIGRATIONS).unwrap();
    run(c, "SELECT * FROM posts").unwrap_err();
    c.revert_all_migrations(MIGRATIONS).unwrap();
    run(c, "SELECT * FROM users").unwrap_err();
    assert_eq!(pending(c).len(), 2);
}

/// A migration that fails halfway leaves nothing: DuckDB's DDL is transactional.
#[test]
fn a_migration_that_fails_leaves_nothing() {
    let c = &mut database("CREATE TABLE posts (id INTEGER)");
    c.run_pending_migrations(MIGRATIONS).unwrap_err();
    run(c, "SELECT * FROM users").unwrap();
    run(c, "SELECT * FROM half").unwrap_err();
}
