//! How fast rows are appended through Diesel, beside the `duckdb` crate's own appender without it: `cargo bench -p diesel-duckdb`.
//!
//! The same 200,000 rows of twelve columns go into a table in memory, in one transaction, by either in turn. Fails where Diesel's way
//! has less than 80 % of the rows a second, by the medians.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_duckdb::DuckDbConnection;
use diesel_duckdb::duckdb::types::{TimeUnit, Value};
use diesel_duckdb::duckdb::{self, params};

use self::schema::samples;

const ROWS: i64 = 200_000;
const ROUNDS: usize = 9;
const LIMIT: f64 = 0.8;

mod schema {
    diesel::table! {
        samples (id) {
            id -> Text,
            path -> Text,
            size -> BigInt,
            duration -> Double,
            checked -> Bool,
            provenance -> Text,
            feature_version -> Text,
            project_version -> Text,
            data_version -> Text,
            created_at -> Timestamptz,
            updated_at -> Timestamptz,
            note -> Nullable<Text>,
        }
    }
}

#[derive(Insertable)]
#[diesel(table_name = samples, treat_none_as_default_value = false)]
struct Sample {
    id: String,
    path: String,
    size: i64,
    duration: f64,
    checked: bool,
    provenance: String,
    feature_version: String,
    project_version: String,
    data_version: String,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    note: Option<String>,
}

const TABLE: &str = "CREATE OR REPLACE TABLE samples (
    id VARCHAR NOT NULL, path VARCHAR NOT NULL, size BIGINT NOT NULL, duration DOUBLE NOT NULL, checked BOOLEAN NOT NULL,
    provenance VARCHAR NOT NULL, feature_version VARCHAR NOT NULL, project_version VARCHAR NOT NULL,
    data_version VARCHAR NOT NULL, created_at TIMESTAMPTZ NOT NULL, updated_at TIMESTAMPTZ NOT NULL, note VARCHAR
)";

fn main() -> ExitCode {
    let rows: Vec<Sample> = (0..ROWS).map(sample).collect();
    let mut connection = DuckDbConnection::establish(":memory:").expect("a database opens");
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(timed(&mut connection, |it| append(it, &rows)));
        theirs.push(timed(&mut connection, |it| append_without_diesel(it.raw(), &rows)));
    }
    let [ours, theirs] = [ours, theirs].map(rows_a_second);
    let ratio = ours / theirs;
    println!("appender through Diesel  {ours:>9.0} rows/s");
    println!("appender of duckdb       {theirs:>9.0} rows/s");
    println!("ratio {ratio:.2}, wanted {LIMIT}");
    if ratio < LIMIT { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn sample(at: i64) -> Sample {
    let moment = DateTime::from_timestamp_micros(1_700_000_000_000_000 + at).expect("is a moment");
    Sample {
        id: format!("sample-{at}"),
        path: format!("/videos/{}/{at}.mp4", at % 100),
        size: at * 1000,
        duration: at as f64 / 7.0,
        checked: at % 3 == 0,
        provenance: format!("{:032x}", at.wrapping_mul(0x9e37_79b9)),
        feature_version: "0123456789abcdef0123456789abcdef".to_owned(),
        project_version: "fedcba9876543210fedcba9876543210".to_owned(),
        data_version: format!("{:032x}", at.wrapping_mul(0x85eb_ca6b)),
        created_at: moment,
        updated_at: moment,
        note: (at % 2 == 0).then(|| "even".to_owned()),
    }
}

/// The time of a task, into an empty table.
fn timed(connection: &mut DuckDbConnection, task: impl FnOnce(&mut DuckDbConnection)) -> Duration {
    diesel::sql_query(TABLE).execute(connection).expect("the table is made");
    let start = Instant::now();
    task(connection);
    let time = start.elapsed();
    assert_eq!(samples::table.count().get_result(connection), Ok(ROWS));
    time
}

fn append(connection: &mut DuckDbConnection, rows: &[Sample]) {
    connection.append(samples::table, rows).expect("the rows fit");
}

fn append_without_diesel(connection: &duckdb::Connection, rows: &[Sample]) {
    connection.execute_batch("BEGIN TRANSACTION").expect("a transaction begins");
    let mut appender = connection.appender("samples").expect("the table is there");
    let moment =
        |at: &DateTime<Utc>| Value::Timestamp(TimeUnit::Microsecond, at.timestamp_micros());
    for row in rows {
        let values = params![
            row.id,
            row.path,
            row.size,
            row.duration,
            row.checked,
            row.provenance,
            row.feature_version,
            row.project_version,
            row.data_version,
            moment(&row.created_at),
            moment(&row.updated_at),
            row.note
        ];
        appender.append_row(values).expect("the row fits");
    }
    appender.flush().expect("the rows fit");
    drop(appender);
    connection.execute_batch("COMMIT").expect("the transaction ends");
}

/// By the median.
fn rows_a_second(mut times: Vec<Duration>) -> f64 {
    times.sort();
    ROWS as f64 / times[times.len() / 2].as_secs_f64()
}
