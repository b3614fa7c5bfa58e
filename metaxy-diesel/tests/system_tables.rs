//! The system tables as Python's SQLAlchemy makes them (`data/system_tables.sql`): a check finds nothing to do, and
//! Diesel reads and writes them.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::{Connection as _, prelude::*};
use metaxy_diesel::{
    backend::Connection,
    diff::diff,
    system::{events, feature_versions, system_tables},
};

const PYTHON_SQL: &str = include_str!("data/system_tables.sql");

#[derive(Debug, PartialEq, Insertable, Queryable)]
#[diesel(table_name = events)]
struct Event {
    project: String,
    execution_id: String,
    timestamp: NaiveDateTime,
    event_type: Option<String>,
    feature_key: Option<String>,
    payload: Option<String>,
}

fn event() -> Event {
    let day = NaiveDate::from_ymd_opt(2025, 1, 31).expect("a date");
    Event {
        project: "proj".to_owned(),
        execution_id: "run-7".to_owned(),
        timestamp: day.and_hms_micro_opt(9, 30, 0, 1).expect("a time"),
        event_type: Some("feature_computation_started".to_owned()),
        feature_key: None,
        payload: Some("{}".to_owned()),
    }
}

/// Nothing separates these tables from ours; where one of ours is missing, that is seen.
#[track_caller]
fn check_nothing_to_do(connection: &mut Connection) {
    let dialect = connection.backend().dialect();
    for prefix in ["", "myproject_"] {
        let desired = system_tables(prefix);
        let names = desired.tables.keys().cloned().collect();
        let current = connection.inspect(&names).expect("inspects");
        let difference = diff(&current, &desired, dialect).expect("compares");
        assert_eq!(difference.changes, [], "prefix {prefix:?}");
    }
    let other = system_tables("other_");
    let names = other.tables.keys().cloned().collect();
    let current = connection.inspect(&names).expect("inspects");
    assert_eq!(current.tables.len(), 0);
    assert!(!diff(&current, &other, dialect).expect("compares").is_empty());
}

macro_rules! round_trip {
    ($connection:expr) => {{
        let connection = $connection;
        diesel::insert_into(events::table).values(event()).execute(connection).expect("inserts");
        let read = events::table.load::<Event>(connection).expect("loads");
        assert_eq!(read, [event()]);
        diesel::insert_into(feature_versions::table)
            .values((
                feature_versions::project.eq("proj"),
                feature_versions::feature_key.eq("video/raw"),
                feature_versions::metaxy_definition_version.eq("ebd84bd8"),
                feature_versions::recorded_at.eq(event().timestamp),
            ))
            .execute(connection)
            .expect("inserts");
        let joined = feature_versions::table
            .filter(feature_versions::recorded_at.le(event().timestamp))
            .select((feature_versions::feature_key, feature_versions::tags))
            .load::<(String, Option<String>)>(connection)
            .expect("loads");
        assert_eq!(joined, [("video/raw".to_owned(), None)]);
    }};
}

#[cfg(feature = "sqlite")]
#[test]
fn sqlite() {
    let connection = SqliteConnection::establish(":memory:").expect("opens in memory");
    let mut connection = Connection::Sqlite(connection);
    // As SQLAlchemy calls the type on SQLite.
    let sql = PYTHON_SQL.replace("TIMESTAMP WITHOUT TIME ZONE", "DATETIME");
    connection.execute_script(&sql).expect("creates the tables");
    check_nothing_to_do(&mut connection);
    match &mut connection {
        Connection::Sqlite(connection) => round_trip!(connection),
        #[allow(unreachable_patterns, reason = "more databases come with Cargo features")]
        _ => unreachable!("opened above"),
    }
}

#[cfg(feature = "postgres")]
#[test]
fn postgres() {
    let url = std::env::var("METAXY_TEST_POSTGRES_URL")
        .expect("METAXY_TEST_POSTGRES_URL names a PostgreSQL server: run `cargo xtask test`");
    let mut connection = PgConnection::establish(&url).expect("connects");
    // A namespace of this process's own, which goes with it.
    let namespace = format!("system_tables_{}", std::process::id());
    let execute = |connection: &mut PgConnection, sql: &str| {
        diesel::sql_query(sql).execute(connection).expect("executes");
    };
    execute(&mut connection, &format!(r#"CREATE SCHEMA "{namespace}""#));
    execute(&mut connection, &format!(r#"SET search_path TO "{namespace}""#));
    let mut connection = Connection::Postgres(connection);
    connection.execute_script(PYTHON_SQL).expect("creates the tables");
    check_nothing_to_do(&mut connection);
    match &mut connection {
        Connection::Postgres(connection) => {
            round_trip!(&mut *connection);
            execute(connection, &format!(r#"DROP SCHEMA "{namespace}" CASCADE"#));
        }
        #[allow(unreachable_patterns, reason = "more databases come with Cargo features")]
        _ => unreachable!("opened above"),
    }
}

/// Python's cannot be made there: a text in a key needs a length. Ours are, and are found as they are wanted.
#[cfg(feature = "mysql")]
#[test]
fn mariadb() {
    use metaxy_diesel::{Backend, Schema, plan::plan};

    let url = std::env::var("METAXY_TEST_MARIADB_URL")
        .expect("METAXY_TEST_MARIADB_URL names a MariaDB server: run `cargo xtask test`");
    let connection = MysqlConnection::establish(&url).expect("connects");
    let mut connection = Connection::MariaDb(connection);
    // A database of this process's own, which goes with it.
    let database = format!("system_tables_{}", std::process::id());
    let begin = format!("CREATE DATABASE {database}; USE {database};");
    connection.execute_script(&begin).expect("creates the database");
    for prefix in ["", "myproject_"] {
        let dialect = Backend::MariaDb.dialect();
        let changes = diff(&Schema::default(), &system_tables(prefix), dialect).expect("compares");
        let sql = plan(&changes, dialect, &[]).expect("loses nothing").up_sql();
        connection.execute_script(&sql).expect("creates the tables");
    }
    check_nothing_to_do(&mut connection);
    match &mut connection {
        Connection::MariaDb(connection) => round_trip!(&mut *connection),
        _ => unreachable!("opened above"),
    }
    connection.execute_script(&format!("DROP DATABASE {database}")).expect("drops the database");
}
