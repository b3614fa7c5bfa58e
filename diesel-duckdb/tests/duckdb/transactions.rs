use diesel::connection::{Connection, SimpleConnection, TransactionManager};
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};
use diesel_duckdb::{DuckDbConnection, DuckDbTransactionManager as Manager};

use crate::{database, is_duckdb_2, run};

diesel::table! { t (id) { id -> Integer, } }

fn connect() -> DuckDbConnection {
    database("CREATE TABLE t (id INTEGER PRIMARY KEY)")
}

fn insert(connection: &mut DuckDbConnection, id: i32) -> QueryResult<()> {
    diesel::insert_into(t::table).values(t::id.eq(id)).execute(connection).map(drop)
}

fn ids(connection: &mut DuckDbConnection) -> Vec<i32> {
    t::table.select(t::id).order(t::id).load(connection).expect("the table is there")
}

#[test]
fn a_transaction_commits_or_rolls_back() {
    let c = &mut connect();
    c.transaction(|c| insert(c, 1)).unwrap();
    let failed = c.transaction(|c| insert(c, 2).and(Err::<(), _>(Error::RollbackTransaction)));
    assert_eq!(failed, Err(Error::RollbackTransaction));
    assert_eq!(ids(c), [1]);
}

#[test]
fn transactions_within_one_are_flattened() {
    let c = &mut connect();
    c.transaction(|c| {
        insert(c, 1)?;
        c.transaction(|c| c.transaction(|c| insert(c, 2)))?;
        insert(c, 3)
    })
    .unwrap();
    assert_eq!(ids(c), [1, 2, 3]);
}

/// Nothing of what was rolled back within may be committed without.
#[test]
fn an_inner_rollback_aborts_the_outermost() {
    let c = &mut connect();
    let mut after = None;
    let result = c.transaction(|c| {
        insert(c, 1)?;
        let inner = c.transaction(|c| insert(c, 2).and(Err::<(), _>(Error::RollbackTransaction)));
        assert_eq!(inner, Err(Error::RollbackTransaction));
        after = Some(insert(c, 3));
        QueryResult::Ok(())
    });
    for error in [after.unwrap().unwrap_err(), result.unwrap_err()] {
        assert!(error.to_string().contains("DuckDB has no savepoints"), "{error}");
    }
    assert!(ids(c).is_empty());
    c.transaction(|c| insert(c, 4)).unwrap();
    assert_eq!(ids(c), [4]);
}

/// DuckDB answers OK to this commit, and has rolled back.
#[test]
fn a_commit_after_an_error_is_an_error() {
    let c = &mut connect();
    insert(c, 1).unwrap();
    let mut after = None;
    let result = c.transaction(|c| {
        insert(c, 2)?;
        assert!(matches!(
            insert(c, 1),
            Err(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _))
        ));
        after = Some(insert(c, 3));
        QueryResult::Ok(())
    });
    for error in [after.unwrap().unwrap_err(), result.unwrap_err()] {
        assert!(
            error.to_string().contains("since a statement failed: Constraint Error: Duplicate key"),
            "{error}"
        );
    }
    assert_eq!(ids(c), [1]);
}

/// DuckDB 1 does not abort for what it refuses before it runs, and DuckDB 2 does.
#[test]
fn an_error_of_the_parser_aborts_nothing_before_duckdb_2() {
    let c = &mut connect();
    let result = c.transaction(|c| {
        insert(c, 1)?;
        run(c, "SELECT * FROM nope").unwrap_err();
        insert(c, 2)
    });
    match is_duckdb_2(c) {
        false => assert_eq!((result, ids(c)), (Ok(()), vec![1, 2])),
        true => {
            let error = result.unwrap_err().to_string();
            assert!(error.contains("since a statement failed: Catalog Error"), "{error}");
            assert_eq!(ids(c), [0; 0]);
        }
    }
}

#[test]
fn a_commit_that_fails_has_rolled_back() {
    let a = &mut connect();
    let b = &mut a.try_clone().unwrap();
    let result = a.transaction(|a| {
        insert(a, 1)?;
        b.transaction(|b| insert(b, 1))
    });
    assert!(
        matches!(result, Err(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _))),
        "{result:?}"
    );
    assert_eq!(ids(a), [1]);
    a.transaction(|a| insert(a, 2)).unwrap();
}

#[test]
fn a_conflict_is_a_serialization_failure() {
    let a = &mut connect();
    insert(a, 1).unwrap();
    let b = &mut a.try_clone().unwrap();
    let result = a.transaction(|a| {
        run(a, "UPDATE t SET id = id")?;
        b.transaction(|b| run(b, "UPDATE t SET id = id"))
    });
    assert!(
        matches!(result, Err(Error::DatabaseError(DatabaseErrorKind::SerializationFailure, _))),
        "{result:?}"
    );
    assert!(
        !Manager::is_broken_transaction_manager(a) && !Manager::is_broken_transaction_manager(b)
    );
}

#[test]
fn ends_without_a_beginning_are_errors() {
    let c = &mut connect();
    assert!(matches!(Manager::commit_transaction(c), Err(Error::NotInTransaction)));
    assert!(matches!(Manager::rollback_transaction(c), Err(Error::NotInTransaction)));
}

#[test]
fn a_test_transaction_leaves_nothing() {
    let a = &mut connect();
    let b = &mut a.try_clone().unwrap();
    a.begin_test_transaction().unwrap();
    insert(a, 1).unwrap();
    assert_eq!((ids(a), ids(b)), (vec![1], vec![]));
}

#[test]
fn transactions_of_sql_are_left_alone() {
    let alone = connect();
    let shared = connect();
    let _other = shared.try_clone().unwrap();
    for mut c in [alone, shared] {
        for end in ["ROLLBACK", "COMMIT"] {
            run(&mut c, "BEGIN").unwrap();
            run(&mut c, "INSERT INTO t VALUES (1)").unwrap();
            insert(&mut c, 2).unwrap();
            run(&mut c, end).unwrap();
        }
        c.batch_execute("BEGIN; INSERT INTO t VALUES (3)").unwrap();
        run(&mut c, "INSERT INTO t VALUES (4)").unwrap();
        c.batch_execute("ROLLBACK").unwrap();
        assert_eq!(ids(&mut c), [1, 2]);
    }
}
