//! Rows that come and go some at a time.

use crate::{
    on_every_database,
    stress::{graph, key, row, store},
    support::TestDatabase,
};
use metaxy_diesel::{
    rows::{
        HashAlgorithm, OpenStore, ReadOptions, ResolveOptions, Row, RowsError, Value, WriteOptions,
    },
    schema::SqlType,
    store::Store,
};
use std::collections::BTreeSet;

on_every_database!(
    sets_are_streamed_and_taken_in_batches,
    what_fails_on_the_way_writes_nothing,
    rows_have_columns_of_their_own,
    values_come_back,
);

const ROWS: usize = 2_345;

fn rows(count: usize) -> impl Iterator<Item = Row> {
    (0..count).map(|it| row(&format!("k{it}"), "text", 2))
}

fn write(store: &mut OpenStore, rows: impl IntoIterator<Item = Row>) -> Result<usize, RowsError> {
    store.write_rows(&key("root"), rows, &WriteOptions::default())
}

fn sets_are_streamed_and_taken_in_batches(database: &TestDatabase) {
    let graph = graph(2);
    let config = store(database);
    for algorithm in [HashAlgorithm::Sha256, HashAlgorithm::Xxhash64] {
        let config = Store { hash_algorithm: Some(algorithm.name().to_owned()), ..config.clone() };
        let store: &mut OpenStore = &mut config.open(&graph).expect("opens");
        store.drop_rows(&key("root")).expect("drops");
        store.drop_rows(&key("leaf")).expect("drops");
        assert_eq!(write(store, rows(ROWS)).expect("writes"), ROWS);
        let increment =
            store.resolve_rows(&key("leaf"), ResolveOptions::default()).expect("resolves");

        // A stream may be left at any row.
        let first = increment.new.stream_rows(store).expect("streams").next();
        first.expect("is there").expect("is a row");
        let streamed = increment.new.stream_rows(store).expect("streams");
        let ids: BTreeSet<String> =
            streamed.map(|it| it.expect("is a row").text("k").expect("has an id").into()).collect();
        assert_eq!(ids.len(), ROWS);

        let mut sizes = Vec::new();
        let made = increment.new.each_batch_of_rows(store, 700, |store, rows| {
            sizes.push(rows.len());
            store.write_rows(&key("leaf"), rows, &WriteOptions::default()).map(|_| ())
        });
        made.expect("makes");
        assert_eq!(sizes, [700, 700, 700, 245]);
        assert_eq!(increment.new.count(store).expect("counts"), 0);

        let stale = |it: usize| it.is_multiple_of(10);
        let changed = (0..ROWS).filter(|it| stale(*it)).map(|it| {
            let mut row = row(&format!("k{it}"), "text", 2);
            row.insert("metaxy_provenance_by_field", serde_json::json!({"f000": "x", "f001": "y"}));
            row
        });
        let changed: Vec<Row> = changed.collect();
        assert_eq!(write(store, changed.clone()).expect("writes"), changed.len());
        assert_eq!(increment.stale.count(store).expect("counts"), changed.len() as u64);
        let stopped = increment.stale.each_batch_of_rows(store, 10, |_, _| Err(Stopped));
        assert!(matches!(stopped, Err(Stopped)));
        let mut found = 0;
        let made = increment.stale.each_batch_of_rows(store, 1_000, |store, rows| {
            found += rows.len();
            store.write_rows(&key("leaf"), rows, &WriteOptions::default()).map(|_| ())
        });
        made.expect("makes");
        assert_eq!(found, changed.len());
        assert_eq!(increment.stale.count(store).expect("counts"), 0);
    }
}

#[derive(Debug)]
struct Stopped;

impl From<RowsError> for Stopped {
    fn from(error: RowsError) -> Self {
        panic!("{error}")
    }
}

fn what_fails_on_the_way_writes_nothing(database: &TestDatabase) {
    let graph = graph(2);
    let store: &mut OpenStore = &mut store(database).open(&graph).expect("opens");
    let check = |store: &mut OpenStore, last: Row, expected: &str| {
        let refused = write(store, rows(ROWS).chain([last])).expect_err("is refused").to_string();
        assert!(refused.contains(expected), "{refused}");
        let all = ReadOptions { with_sample_history: true, ..ReadOptions::default() };
        assert_eq!(store.count_rows(&key("root"), &all).expect("counts"), 0);
    };
    check(store, Row::from([("k", "last")]), "row 2346 of feature `root` has no `metaxy_prov");
    let misspelt = [row("last", "", 2), Row::from([("tekst", "")])];
    let misspelt = misspelt.into_iter().flatten().collect();
    check(store, misspelt, "no column `tekst` (did you mean `text`?)");
    check(store, row("k7", "", 2), "cannot write rows of feature `root`");
    // MariaDB fills a key in silence where it is not strict, and SQLite leaves it NULL.
    let mut nameless = row("", "", 2);
    nameless.insert("k", Value::Null);
    check(store, nameless.clone(), "row 2346 of feature `root` has no `k`, which tells its sample");
    nameless.remove("k");
    check(store, nameless, "row 2346 of feature `root` has no `k`");
    assert_eq!(write(store, rows(ROWS)).expect("writes"), ROWS);
}

fn rows_have_columns_of_their_own(database: &TestDatabase) {
    let graph = graph(2);
    let store: &mut OpenStore = &mut store(database).open(&graph).expect("opens");
    let rows = (0..ROWS).map(|it| {
        let mut row = row(&format!("k{it}"), "text", 2);
        if it >= 2_000 {
            row.remove("text");
        }
        row
    });
    assert_eq!(write(store, rows).expect("writes"), ROWS);
    let filters = vec!["text IS NULL".parse().expect("is a filter")];
    let lacking = ReadOptions { filters, ..ReadOptions::default() };
    assert_eq!(store.count_rows(&key("root"), &lacking).expect("counts"), 345);
}

fn values_come_back(database: &TestDatabase) {
    let graph = graph(1);
    let config = store(database);
    let dialect = database.backend.dialect();
    let columns = [
        ("yes", SqlType::Bool),
        ("small", SqlType::SmallInt),
        ("large", SqlType::BigInt),
        ("real", SqlType::Double),
        ("bytes", SqlType::Binary),
        ("day", SqlType::Date),
        ("json", SqlType::Json),
    ];
    for (name, sql_type) in &columns {
        let sql_type = (dialect.type_name)(sql_type).expect("every database has the type");
        let sql = database.sql(&format!("ALTER TABLE \"root\" ADD \"{name}\" {sql_type};"));
        database.connect().execute_script(&sql).expect("adds the column");
    }
    let mut of_its_own = Vec::new();
    if database.backend == metaxy_diesel::Backend::Postgres {
        let sql = "CREATE TYPE mood AS ENUM ('happy', 'it''s ok'); ALTER TABLE root ADD mood mood;";
        database.connect().execute_script(sql).expect("adds the column");
        of_its_own.push(("mood", Value::from("it's ok")));
    }
    let store: &mut OpenStore = &mut config.open(&graph).expect("opens");
    let text = "a\tb\nc\\d\re\\N\\.\u{1}é'\"";
    let mut full = row("full", text, 1);
    let values = [
        ("yes", Value::Bool(true)),
        ("small", Value::Int(-7)),
        ("large", Value::Int(i64::MAX)),
        ("real", Value::Float(-1.5e-300)),
        ("bytes", Value::Bytes(vec![0, 9, 10, 92, 255])),
        ("day", Value::Text("2024-02-29".to_owned())),
        ("json", Value::Json(serde_json::json!({"a\n": ["\\", 1.5, null]}))),
    ];
    for (column, value) in values.into_iter().chain(of_its_own) {
        full.insert(column, value);
    }
    let empty = columns.iter().map(|(name, _)| (*name, Value::Null)).collect::<Row>();
    let empty: Row = row("empty", "", 1).into_iter().chain(empty).collect();
    write(store, [full.clone(), empty.clone()]).expect("writes");
    for row in store.read_rows(&key("root"), &ReadOptions::default()).expect("reads") {
        let expected = if row.text("k") == Some("full") { &full } else { &empty };
        for (column, value) in expected.iter() {
            let found = row.get(column).expect("is there");
            let same = match (value, found) {
                // Databases without a type of their own for it return what they keep.
                (Value::Bool(value), Value::Int(found)) => i64::from(*value) == *found,
                (Value::Json(value), Value::Text(found)) => {
                    serde_json::from_str::<serde_json::Value>(found).ok().as_ref() == Some(value)
                }
                (value, found) => value == found,
            };
            assert!(same, "{column}: {found:?}, and not {value:?}");
        }
    }
}
