//! Files, and who has them open.

use std::path::Path;
use std::process::Command;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel_duckdb::DuckDbConnection;

use crate::{is_duckdb_2, run};

fn establish(url: &str) -> ConnectionResult<DuckDbConnection> {
    DuckDbConnection::establish(url)
}

fn error(url: &str) -> String {
    establish(url).err().expect("it cannot be opened").to_string()
}

fn url(path: &Path) -> &str {
    path.to_str().expect("the directory has a name in UTF-8")
}

/// Two databases on one file would not see each other, and one would lose what it wrote.
#[test]
fn connections_of_a_process_share_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("a.duckdb");
    let mut one = establish(url(&file)).unwrap();
    let mut other =
        establish(&format!("duckdb:{}", url(&directory.path().join(".").join("a.duckdb"))))
            .unwrap();
    run(&mut one, "CREATE TABLE of_one (id INTEGER)").unwrap();
    run(&mut other, "CREATE TABLE of_other (id INTEGER)").unwrap();
    run(&mut one, "SELECT * FROM of_other").unwrap();
    let clone = other.try_clone();
    drop((one, other));
    run(&mut clone.unwrap(), "SELECT * FROM of_one, of_other").unwrap();
    let mut again = establish(url(&file)).unwrap();
    run(&mut again, "SELECT * FROM of_one, of_other").unwrap();
}

#[test]
fn threads_share_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("a.duckdb");
    run(&mut establish(url(&file)).unwrap(), "CREATE TABLE t (id INTEGER)").unwrap();
    std::thread::scope(|scope| {
        for id in 0..8 {
            let file = &file;
            scope.spawn(move || {
                for _ in 0..5 {
                    run(
                        &mut establish(url(file)).unwrap(),
                        &format!("INSERT INTO t VALUES ({id})"),
                    )
                    .unwrap();
                }
            });
        }
    });
    let count: i64 =
        diesel::select(diesel::dsl::sql::<diesel::sql_types::BigInt>("count(*) FROM t"))
            .get_result(&mut establish(url(&file)).unwrap())
            .unwrap();
    assert_eq!(count, 40);
}

#[test]
fn databases_in_memory_are_apart() {
    let mut one = establish(":memory:").unwrap();
    run(&mut one, "CREATE TABLE t (id INTEGER)").unwrap();
    run(&mut one.try_clone().unwrap(), "SELECT * FROM t").unwrap();
    run(&mut establish(":memory:").unwrap(), "SELECT * FROM t").unwrap_err();
}

#[test]
fn options_are_those_of_the_url() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("a.duckdb");
    run(&mut establish(url(&file)).unwrap(), "CREATE TABLE t (id INTEGER)").unwrap();
    let read_only = format!("duckdb:{}?access_mode=read_only", url(&file));
    let mut reader = establish(&read_only).unwrap();
    let refused = run(&mut reader, "INSERT INTO t VALUES (1)").unwrap_err();
    assert!(
        matches!(
            refused,
            diesel::result::Error::DatabaseError(
                diesel::result::DatabaseErrorKind::ReadOnlyTransaction,
                _
            )
        ),
        "{refused:?}"
    );
    assert!(error(url(&file)).contains("with other options"));
    assert!(error("duckdb::memory:?nope=1").contains("nope"));
}

#[test]
fn what_cannot_be_opened_says_why() {
    let directory = tempfile::tempdir().unwrap();
    let check = |path: &Path, expected: &str| {
        assert!(error(url(path)).contains(expected), "{}", error(url(path)))
    };
    check(&directory.path().join("no/a.duckdb"), "No such file or directory");
    let text = directory.path().join("text.duckdb");
    std::fs::write(&text, "hello".repeat(2000)).unwrap();
    check(&text, "not a valid DuckDB database file");
}

/// The headers of an empty file of DuckDB 2.0.0, but for zeros: where bytes are, and which.
const NEWER: [(usize, &str); 12] = [
    (0, "dc57963561e491524455434be703"),
    (52, "76322e302e30"),
    (84, "64353463626265336466"),
    (124, "da503ceb05e3caaabb742a88ec9c8b92"),
    (4096, "d83778781c5b443f01"),
    (4127, "0201"),
    (4138, "040000000000000800000000000045"),
    (8192, "1bf0a3ae8ab66680"),
    (8208, "ffffffffffffffffffffffffffffffff"),
    (8234, "040000000000000800000000000045"),
    (8276, "64353463626265336466"),
    (8316, "da503ceb05e3caaabb742a88ec9c8b92"),
];

#[test]
fn a_file_of_a_newer_duckdb_says_so() {
    if is_duckdb_2(&mut establish(":memory:").unwrap()) {
        // To DuckDB 2 it is none.
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("newer.duckdb");
    let mut bytes = vec![0; 3 * 4096];
    for (at, hex) in NEWER {
        for (index, digits) in hex.as_bytes().chunks(2).enumerate() {
            let digits = std::str::from_utf8(digits).unwrap();
            bytes[at + index] = u8::from_str_radix(digits, 16).unwrap();
        }
    }
    std::fs::write(&file, bytes).unwrap();
    let error = error(url(&file));
    for words in
        ["was made by a newer DuckDB than the v1.", "`storage_compatibility_version = 'v1.5.0'`"]
    {
        assert!(error.contains(words), "{words}: {error}");
    }
}

/// The name of the test that this program runs again, as another process that holds a file.
const HOLDER: &str = "connection::holds_a_file";
const HELD: &str = "DIESEL_DUCKDB_TEST_HELD";

#[test]
fn a_file_of_another_process_names_its_holder() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("a.duckdb");
    let ready = directory.path().join("ready");
    let mut holder = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", HOLDER])
        .env(HELD, &file)
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    for _ in 0..200 {
        if ready.exists() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let error = error(url(&file));
    let pid = holder.id();
    holder.kill().unwrap();
    holder.wait().unwrap();
    assert!(
        error.contains(&format!("(PID {pid})")) && error.contains("only one process at a time"),
        "{error}"
    );
    establish(url(&file)).unwrap();
}

/// Does nothing by itself: see [`a_file_of_another_process_names_its_holder`].
#[test]
fn holds_a_file() {
    let Some(file) = std::env::var_os(HELD) else { return };
    let file = Path::new(&file);
    let mut connection = establish(url(file)).unwrap();
    connection.batch_execute("CREATE TABLE t (id INTEGER)").unwrap();
    std::fs::write(file.with_file_name("ready"), "").unwrap();
    std::thread::sleep(std::time::Duration::from_secs(60));
}

/// The name of the test that this program runs again, as one of many processes that make a file.
const MAKER: &str = "connection::makes_a_file";
const MADE: &str = "DIESEL_DUCKDB_TEST_MADE";

/// A second one would see the file of the first before it is one.
#[test]
fn processes_that_make_one_file_at_once_do_not_destroy_it() {
    for round in 0..5 {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("a.duckdb");
        let makers: Vec<_> = (0..6)
            .map(|_| {
                Command::new(std::env::current_exe().unwrap())
                    .args(["--exact", MAKER, "--nocapture"])
                    .env(MADE, &file)
                    .stdout(std::process::Stdio::null())
                    .spawn()
                    .unwrap()
            })
            .collect();
        // None begins before all are there.
        std::thread::sleep(std::time::Duration::from_millis(100));
        std::fs::write(file.with_extension("begin"), "").unwrap();
        for mut maker in makers {
            assert!(maker.wait().unwrap().success(), "round {round}");
        }
        let mut connection = establish(url(&file)).unwrap();
        let query = diesel::sql_query("SELECT count(*) AS n FROM made");
        assert_eq!(query.get_result::<Count>(&mut connection).unwrap().n, 6);
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 2, "nothing is left over");
    }
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    n: i64,
}

/// Does nothing by itself: see [`processes_that_make_one_file_at_once_do_not_destroy_it`].
#[test]
fn makes_a_file() {
    let Some(file) = std::env::var_os(MADE) else { return };
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while !Path::new(&file).with_extension("begin").exists() {
        assert!(std::time::Instant::now() < deadline, "the sign to begin comes");
        std::hint::spin_loop();
    }
    let mut connection = loop {
        match establish(url(Path::new(&file))) {
            Ok(connection) => break connection,
            Err(error) if error.to_string().contains("is open in another process") => {
                assert!(std::time::Instant::now() < deadline, "{error}");
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
            Err(error) => panic!("{error}"),
        }
    };
    connection
        .batch_execute("CREATE TABLE IF NOT EXISTS made (i INTEGER); INSERT INTO made VALUES (1)")
        .unwrap();
}
