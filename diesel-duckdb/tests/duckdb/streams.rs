//! Rows that are loaded as DuckDB finds them.

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel_duckdb::{DuckDbConnection, DuckDbStreamLoadingMode as Stream};

use crate::{database, run};

diesel::table! { t (id) { id -> BigInt, } }

/// Loaded whole, it would fit no memory.
const ENDLESS: &str = "n FROM range(1_000_000_000_000) AS range (n)";

/// Fails far behind what is read ahead.
const FAILING: &str =
    "if(n = 5_000_000, error('five million'), n) FROM range(6_000_000) AS range (n)";

fn stream<R>(
    c: &mut DuckDbConnection,
    query: &str,
    read: impl FnOnce(&mut dyn Iterator<Item = QueryResult<i64>>) -> R,
) -> R {
    let query = diesel::select(sql::<BigInt>(query));
    read(&mut query.load_iter::<i64, Stream>(c).unwrap())
}

#[test]
fn rows_come_before_the_last_is_found() {
    let alone = database("CREATE TABLE t (id BIGINT)");
    let shared = database("CREATE TABLE t (id BIGINT)");
    let mut other = shared.try_clone().unwrap();
    for mut c in [alone, shared] {
        for _ in 0..2 {
            let first =
                stream(&mut c, ENDLESS, |rows| rows.take(5_000).collect::<QueryResult<Vec<_>>>());
            assert_eq!(first.unwrap(), (0..5_000).collect::<Vec<_>>());
            // Left in the middle, nothing of it is open.
            c.transaction(|c| run(c, "INSERT INTO t VALUES (1)")).unwrap();
        }
        run(&mut c, "ALTER TABLE t ADD COLUMN more INTEGER").unwrap();
    }
    run(&mut other, "ALTER TABLE t DROP COLUMN more").unwrap();
}

#[test]
fn all_rows_come_and_values_are_bound() {
    let c = &mut database("CREATE TABLE t (id BIGINT); INSERT INTO t SELECT * FROM range(100_000)");
    for _ in 0..2 {
        let query = t::table.select(t::id).filter(t::id.ge(10)).order(t::id);
        let rows: Vec<i64> =
            query.load_iter::<i64, Stream>(c).unwrap().collect::<QueryResult<_>>().unwrap();
        assert_eq!(rows, (10..100_000).collect::<Vec<_>>());
    }
    let none =
        t::table.select(t::id).filter(t::id.lt(0)).load_iter::<i64, Stream>(c).unwrap().count();
    assert_eq!(none, 0);
}

/// DuckDB answers OK to the commit of a transaction in which a stream failed, and has rolled back.
#[test]
fn a_stream_that_fails_aborts_its_transaction() {
    let c = &mut database("CREATE TABLE t (id BIGINT)");
    let failed = |c: &mut DuckDbConnection| {
        stream(c, FAILING, |rows| {
            rows.filter_map(Result::err).next().expect("a row fails").to_string()
        })
    };
    assert!(failed(c).contains("five million"));
    run(c, "INSERT INTO t VALUES (1)").unwrap();
    let result = c.transaction(|c| {
        run(c, "INSERT INTO t VALUES (2)")?;
        assert!(failed(c).contains("five million"));
        QueryResult::Ok(())
    });
    let error = result.unwrap_err().to_string();
    assert!(error.contains("is aborted") && error.contains("five million"), "{error}");
    assert_eq!(t::table.select(t::id).load::<i64>(c), Ok(vec![1]));
}

#[test]
fn a_stream_is_part_of_the_transaction_that_is_open() {
    let c = &mut database("CREATE TABLE t (id BIGINT)");
    c.transaction(|c| {
        run(c, "INSERT INTO t VALUES (7)")?;
        let rows =
            t::table.select(t::id).load_iter::<i64, Stream>(c)?.collect::<QueryResult<Vec<_>>>();
        assert_eq!(rows, Ok(vec![7]));
        run(c, "INSERT INTO t VALUES (8)")
    })
    .unwrap();
    c.batch_execute("BEGIN").unwrap();
    assert_eq!(t::table.select(t::id).load_iter::<i64, Stream>(c).unwrap().count(), 2);
    run(c, "INSERT INTO t VALUES (9)").unwrap();
    c.batch_execute("ROLLBACK").unwrap();
    assert_eq!(t::table.count().get_result(c), Ok(2_i64));
}
