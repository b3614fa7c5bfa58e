//! Programs that migrate themselves, by connections of their own, while other versions of them are running.

use crate::{on_every_database, support::TestDatabase};
use diesel::{
    Connection as _, QueryableByName, RunQueryDsl, connection::SimpleConnection, sql_query,
    sql_types::Text,
};
use metaxy_diesel::{
    Backend,
    apply::RunOptions,
    backend::{Connection, Database},
    embedded::{EmbeddedHistory, EmbeddedMigrations, NotCurrent},
};

on_every_database!(
    a_program_runs_what_it_has,
    an_older_program_takes_a_newer_database,
    connections_of_diesel_are_taken,
);

type File = (&'static str, &'static str);

const FIRST: File = ("1_first/up.sql", "CREATE TABLE a (x INTEGER);");
const SECOND: File = ("2_second/up.sql", "CREATE TABLE b (x INTEGER);");
const THIRD: File = ("3_third/up.sql", "CREATE TABLE c (x INTEGER);");
const SYSTEM: &[File] = &[("1_system/up.sql", "CREATE TABLE s (x INTEGER);")];

/// A program that has these migrations of features.
fn program(features: &'static [File]) -> EmbeddedMigrations {
    let history = |scope, version_table, files| EmbeddedHistory {
        store: "prod",
        scope,
        directory: "migrations",
        version_table,
        files,
    };
    let histories =
        vec![history("system", "versions_s", SYSTEM), history("features", "versions_f", features)];
    EmbeddedMigrations { histories: histories.leak() }
}

fn run(
    program: EmbeddedMigrations,
    connection: &mut impl Database,
) -> Result<Vec<String>, NotCurrent> {
    program.run_pending(connection, "prod", &RunOptions::default(), &mut |_| {})
}

fn a_program_runs_what_it_has(database: &TestDatabase) {
    let connection = &mut database.connect();
    let program = program(&[FIRST, SECOND]);
    let pending = |connection: &mut Connection| {
        program.ensure_current(connection, "prod").expect_err("some are pending").to_string()
    };
    assert_eq!(pending(connection), "prod:system: 1 migration is not applied: 1_system");
    let no_store = program.ensure_current(connection, "dev").expect_err("there is none");
    assert_eq!(
        no_store.to_string(),
        "no migrations of store `dev` are embedded; there are those of: prod"
    );
    let all = ["prod:system 1_system", "prod:features 1_first", "prod:features 2_second"];
    assert_eq!(run(program, connection).expect("it runs"), all);
    assert_eq!(run(program, connection).expect("nothing is left"), [""; 0]);
    let current = program.ensure_current(connection, "prod").expect("all are applied");
    current.exactly().expect("and no others");
    let later = self::program(&[FIRST, SECOND, THIRD]).ensure_current(connection, "prod");
    let words = later.expect_err("one is pending").to_string();
    assert_eq!(words, "prod:features: 1 migration is not applied: 3_third");
}

/// While a later version is deployed, instances of the one before run, and start.
fn an_older_program_takes_a_newer_database(database: &TestDatabase) {
    let connection = &mut database.connect();
    let (older, newer) = (program(&[FIRST]), program(&[FIRST, SECOND, THIRD]));
    assert_eq!(run(newer, connection).expect("it runs").len(), 4);
    assert_eq!(run(older, connection).expect("nothing is to do"), [""; 0]);
    let current = older.ensure_current(connection, "prod").expect("it has what it needs");
    assert_eq!(current.unknown, ["prod:features 2_second", "prod:features 3_third"]);
    assert_eq!(
        current.exactly().expect_err("it has more").to_string(),
        "2 migrations are applied that this program does not know: prod:features 2_second, prod:features 3_third; run a \
         later version of it"
    );
    // Nothing is lost of what the newer one knows.
    newer.ensure_current(connection, "prod").expect("it is there").exactly().expect("and no more");

    // What it has and the database lacks is not passed over: neither a migration of another branch, nor an edited one.
    let branched = program(&[FIRST, ("2_a/up.sql", "CREATE TABLE d (x INTEGER);"), THIRD]);
    let words = branched.ensure_current(connection, "prod").expect_err("it is edited").to_string();
    assert!(words.contains("`2_a/up.sql` was edited after it was applied"), "{words}");
    let late = program(&[FIRST, ("20_a/up.sql", "CREATE TABLE d (x INTEGER);")]);
    let words = late.ensure_current(connection, "prod").expect_err("it is late").to_string();
    assert!(words.contains("migration `20_a` is not applied, and older than 3"), "{words}");
}

#[derive(QueryableByName)]
struct Setting {
    #[diesel(sql_type = Text)]
    value: String,
}

/// Runs on a connection that Diesel opened, as a pool does, and gives the setting that `query` asks for before and after.
macro_rules! settings {
    ($connection:ty, $database:expr, $set:expr, $query:expr) => {{
        let url = $database.url.expose().replace("mariadb://", "mysql://");
        let mut connection = <$connection>::establish(&url).expect("Diesel connects");
        connection.batch_execute($set).expect("it can be set");
        let before: Setting = sql_query($query).get_result(&mut connection).expect("it is set");
        let program = program(&[FIRST, SECOND]);
        assert_eq!(run(program, &mut connection).expect("it runs").len(), 3);
        let current = program.ensure_current(&mut connection, "prod").expect("all are applied");
        current.exactly().expect("and no others");
        let after: Setting = sql_query($query).get_result(&mut connection).expect("it is set");
        // Within a transaction of the program they would be undone with it.
        let refused = connection.transaction(|connection| {
            let refused = run(self::program(&[FIRST, SECOND, THIRD]), connection);
            assert!(matches!(refused, Err(NotCurrent::Connection(_))), "{refused:?}");
            Err::<(), _>(diesel::result::Error::RollbackTransaction)
        });
        assert!(refused.is_err());
        [before.value, after.value]
    }};
}

fn connections_of_diesel_are_taken(database: &TestDatabase) {
    let [before, after] = match database.backend {
        #[cfg(feature = "sqlite")]
        Backend::Sqlite => settings!(
            diesel::SqliteConnection,
            database,
            "PRAGMA foreign_keys = OFF; PRAGMA busy_timeout = 1234;",
            "SELECT foreign_keys || ' ' || timeout AS value FROM pragma_foreign_keys, pragma_busy_timeout"
        ),
        #[cfg(feature = "postgres")]
        Backend::Postgres => settings!(
            diesel::PgConnection,
            database,
            "SET statement_timeout = '90s'",
            "SELECT current_setting('statement_timeout') || current_setting('search_path') AS value"
        ),
        #[cfg(feature = "mysql")]
        Backend::Mysql | Backend::MariaDb => settings!(
            diesel::MysqlConnection,
            database,
            "SET SESSION sql_mode = 'ANSI_QUOTES'",
            "SELECT @@SESSION.sql_mode AS value"
        ),
        #[cfg(feature = "duckdb")]
        Backend::DuckDb => settings!(
            diesel_duckdb::DuckDbConnection,
            database,
            "SET threads = 1",
            "SELECT current_setting('threads')::VARCHAR AS value"
        ),
        #[allow(unreachable_patterns, reason = "more databases come with Cargo features")]
        other => unreachable!("{other} is not tested"),
    };
    assert_eq!(before, after);
}
