use std::sync::Arc;

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};
use diesel_duckdb::duckdb::arrow::array::{ArrayRef, Int32Array, RecordBatch, StringArray};
use diesel_duckdb::{DuckDbBindValue, DuckDbConnection};

use crate::{database, run};

diesel::table! {
    items (id) {
        id -> Integer,
        name -> Nullable<Text>,
        rank -> Integer,
    }
}

mod other {
    diesel::table! {
        #[sql_name = "an \"odd\" name"]
        other.odd (id) {
            id -> Integer,
        }
    }
}

#[derive(Insertable)]
#[diesel(table_name = items, treat_none_as_default_value = false)]
struct Item<'a> {
    id: i32,
    name: Option<&'a str>,
}

fn connect() -> DuckDbConnection {
    database(
        "CREATE TABLE items (id INTEGER PRIMARY KEY, name VARCHAR, rank INTEGER NOT NULL DEFAULT 5)",
    )
}

fn count(connection: &mut DuckDbConnection) -> i64 {
    items::table.count().get_result(connection).expect("the table is there")
}

#[test]
fn rows_are_appended() {
    let c = &mut connect();
    let names = ["a", "b"];
    let rows = (0..10_000).map(|id| Item { id, name: names.get(id as usize % 3).copied() });
    assert_eq!(c.append(items::table, rows), Ok(10_000));
    let last: (i32, Option<String>, i32) = items::table.find(9_999).first(c).unwrap();
    assert_eq!(
        last,
        (9_999, Some("a".to_owned()), 5),
        "columns that are not given have their default"
    );
    assert_eq!(c.append(items::table, Vec::<Item>::new()), Ok(0));
    assert_eq!(c.append(items::table, [(items::id.eq(-1), items::rank.eq(9))]), Ok(1));
}

#[test]
fn names_are_what_they_are() {
    let c = &mut database(
        "CREATE SCHEMA other; CREATE TABLE other.\"an \"\"odd\"\" name\" (id INTEGER)",
    );
    assert_eq!(c.append(other::odd::table, [other::odd::id.eq(1)].map(|id| (id,))), Ok(1));
    assert_eq!(other::odd::table.select(other::odd::id).load::<i32>(c), Ok(vec![1]));
}

#[test]
fn rows_that_do_not_fit_leave_none() {
    let c = &mut connect();
    let twice = (0..5_000).chain([7]).map(|id| Item { id, name: None });
    let error = c.append(items::table, twice).unwrap_err();
    assert!(
        matches!(error, Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)),
        "{error:?}"
    );
    assert_eq!(count(c), 0);
    let rolled_back = c.transaction(|c| {
        c.append(items::table, [Item { id: 1, name: None }])?;
        Err::<(), _>(Error::RollbackTransaction)
    });
    assert_eq!((rolled_back, count(c)), (Err(Error::RollbackTransaction), 0));
}

#[test]
fn only_values_are_appended() {
    #[derive(Insertable)]
    #[diesel(table_name = items)]
    struct Defaulted {
        id: i32,
        name: Option<String>,
    }

    let c = &mut connect();
    let rows =
        [Some("a".to_owned()), None].into_iter().zip(0..).map(|(name, id)| Defaulted { id, name });
    let error = c.append(items::table, rows).unwrap_err().to_string();
    assert!(error.contains("row 1 is not of the shape of the first"), "{error}");
    let error = c.append(items::table, [Defaulted { id: 1, name: None }]).unwrap_err().to_string();
    assert!(error.contains("treat_none_as_default_value = false"), "{error}");
    let expression = items::id.eq(diesel::dsl::sql::<diesel::sql_types::Integer>("1 + 1"));
    let error = c.append(items::table, [(expression, items::rank.eq(1))]).unwrap_err().to_string();
    assert!(error.contains("is more than values"), "{error}");
    assert_eq!(count(c), 0);
}

/// What the appender wrote before the error is not committed, though DuckDB knows of no error.
#[test]
fn rows_that_do_not_fit_abort_the_transaction() {
    let c = &mut connect();
    let result = c.transaction(|c| {
        let rows = [Some(1), None]
            .map(|rank| (items::id.eq(rank.unwrap_or(2)), rank.map(|rank| items::rank.eq(rank))));
        c.append(items::table, rows).unwrap_err();
        QueryResult::Ok(())
    });
    assert!(result.unwrap_err().to_string().contains("since rows could not be appended"));
    assert_eq!(count(c), 0);
}

#[test]
fn values_are_appended_to_a_table_by_its_name() {
    let c = &mut database(
        "SET TimeZone = 'America/New_York';
         CREATE SCHEMA other; CREATE TABLE other.\"odd \"\" name\" (id INTEGER, moment TIMESTAMPTZ, size DOUBLE DEFAULT 1.5)",
    );
    let moment = chrono::DateTime::from_timestamp_micros(1_720_000_000_123_456).unwrap();
    let table = ["other", "odd \" name"];
    let rows = |ids: std::ops::Range<i32>| {
        ids.map(|id| Ok([DuckDbBindValue::from(id), (id > 0).then_some(moment).into()]))
    };
    assert_eq!(c.append_values(&table, &["id", "moment"], rows(0..5_000)), Ok(5_000));
    diesel::table! {
        #[sql_name = "odd \" name"]
        other.odd (id) { id -> Integer, moment -> Nullable<Timestamptz>, size -> Double, }
    }
    let read = |c: &mut DuckDbConnection, id: i32| {
        odd::table.find(id).first::<(i32, Option<chrono::DateTime<chrono::Utc>>, f64)>(c)
    };
    assert_eq!(read(c, 0), Ok((0, None, 1.5)));
    assert_eq!(read(c, 4_999), Ok((4_999, Some(moment), 1.5)));

    let failing = rows(0..3_000).chain([Err(Error::NotFound)]);
    assert_eq!(c.append_values(&table, &["id", "moment"], failing), Err(Error::NotFound));
    assert_eq!(odd::table.count().get_result(c), Ok(5_000_i64));
    let error = c.append_values(&table, &["nope"], rows(0..1)).unwrap_err().to_string();
    assert!(error.contains("column must exist in the table"), "{error}");
    let error =
        c.append_values(&["a", "b", "c", "d"], &["id"], rows(0..1)).unwrap_err().to_string();
    assert!(error.contains("a.b.c.d is not the name of a table"), "{error}");
}

fn batch(ids: impl Iterator<Item = i32> + Clone) -> RecordBatch {
    let names: StringArray =
        ids.clone().map(|id| (id % 2 == 0).then(|| format!("n{id}"))).collect();
    let ids: Int32Array = ids.collect();
    // In another order than the table's.
    RecordBatch::try_from_iter([
        ("name", Arc::new(names) as ArrayRef),
        ("id", Arc::new(ids) as ArrayRef),
    ])
    .expect("the columns are as long as each other")
}

#[test]
fn record_batches_go_in_and_out() {
    let c = &mut connect();
    assert_eq!(c.append_arrow(items::table, [batch(0..3_000), batch(3_000..5_000)]), Ok(5_000));
    assert_eq!(c.append_arrow(items::table, []), Ok(0));
    let none = c.load_arrow(&items::table.filter(items::id.lt(0))).unwrap();
    assert_eq!((none.len(), none[0].num_rows(), none[0].num_columns()), (1, 0, 3));
    let batches =
        c.load_arrow(&items::table.select((items::name, items::id)).order(items::id)).unwrap();
    let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
    assert_eq!(rows, 5_000);
    assert_eq!(batches[0].slice(0, 100).columns(), batch(0..100).columns());
    let names: Vec<_> =
        batches[0].schema().fields().iter().map(|field| field.name().clone()).collect();
    assert_eq!(names, ["name", "id"]);
    let error = c.append_arrow(items::table, [batch(6_000..6_001), batch(0..1)]).unwrap_err();
    assert!(
        matches!(error, Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)),
        "{error:?}"
    );
    assert_eq!(count(c), 5_000);
}

/// Results stay with a cached statement only where they are small.
#[test]
fn the_cache_keeps_no_large_result() {
    let c = &mut connect();
    c.append(items::table, (0..5_000).map(|id| Item { id, name: None })).unwrap();
    for _ in 0..2 {
        assert_eq!(items::table.select(items::id).load::<i32>(c).map(|ids| ids.len()), Ok(5_000));
    }
    run(c, "DROP TABLE items").unwrap();
}
