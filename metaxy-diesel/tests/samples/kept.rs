//! What stays: rows of equal moments, temporary tables, and deletions that are copied.

use crate::{
    model, on_every_database,
    stress::{graph, key, row, store, without_key},
    support::TestDatabase,
};
use diesel::{QueryDsl, RunQueryDsl};
use metaxy_core::{Feature, FeatureDefinition};
use metaxy_diesel::{
    Backend, FeatureTable,
    backend::Connection,
    rows::{
        DeleteOptions, HashAlgorithm, OpenStore, ReadOptions, ResolveOptions, Row, RowsError,
        Value, Version, WriteOptions,
    },
    store::Store,
    table::{ColumnDef, InputDef, TableDef},
};
use serde_json::json;

on_every_database!(
    deletions_are_copied_to_tables_with_and_without_key,
    history_is_copied_with_its_deletions,
    nothing_is_left_after_a_failure,
    a_sample_has_one_present_row,
);

fn write(store: &mut OpenStore, feature: &str, rows: impl IntoIterator<Item = Row>) {
    store.write_rows(&key(feature), rows, &WriteOptions::default()).expect("writes");
}

fn delete(store: &mut OpenStore, feature: &str, k: &str) {
    let filters = vec![format!("k = '{k}'").parse().expect("is a filter")];
    let options = DeleteOptions { filters, ..DeleteOptions::default() };
    assert_eq!(store.delete_rows(&key(feature), &options).expect("deletes"), 1);
}

fn ids(store: &mut OpenStore, options: &ReadOptions) -> Vec<String> {
    let rows = store.read_rows(&key("root"), options).expect("reads");
    let mut ids: Vec<String> =
        rows.iter().map(|it| it.text("k").expect("has an id").to_owned()).collect();
    ids.sort();
    ids
}

fn deletions_are_copied_to_tables_with_and_without_key(database: &TestDatabase) {
    let graph = graph(2);
    let other = TestDatabase::new(Backend::Sqlite);
    let (here, there) = (store(database), store(&other));
    let present = ReadOptions::default();
    let all = ReadOptions { with_deleted: true, ..ReadOptions::default() };
    for keyed_there in [true, false] {
        if !keyed_there {
            without_key(&other, "root");
        }
        let there: &mut OpenStore = &mut there.open(&graph).expect("opens");
        let here: &mut OpenStore = &mut here.open(&graph).expect("opens");
        here.drop_rows(&key("root")).expect("drops");
        there.drop_rows(&key("root")).expect("drops");
        write(there, "root", ["a", "b", "c"].map(|k| row(k, "", 2)));
        assert_eq!(here.copy_rows(there, &key("root"), &present).expect("copies"), 3);
        delete(there, "root", "a");
        // Without them, deletions stay there.
        assert_eq!(here.copy_rows(there, &key("root"), &present).expect("copies"), 0);
        assert_eq!(ids(here, &present), ["a", "b", "c"]);
        assert_eq!(here.copy_rows(there, &key("root"), &all).expect("copies"), 1);
        assert_eq!(ids(here, &present), ["b", "c"]);
        assert_eq!(here.copy_rows(there, &key("root"), &all).expect("copies"), 0);
        // And into an empty table.
        here.drop_rows(&key("root")).expect("drops");
        let history = ReadOptions { with_sample_history: true, ..all.clone() };
        let count = here.copy_rows(there, &key("root"), &history).expect("copies");
        assert_eq!((count, ids(here, &present)), (3, vec!["b".to_owned(), "c".to_owned()]));
    }
}

fn history_is_copied_with_its_deletions(database: &TestDatabase) {
    let graph = graph(2);
    let other = TestDatabase::new(Backend::Sqlite);
    let here: &mut OpenStore = &mut store(database).open(&graph).expect("opens");
    let there = store(&other);
    without_key(&other, "root");
    let there: &mut OpenStore = &mut there.open(&graph).expect("opens");
    write(there, "root", ["a", "b"].map(|k| row(k, "first", 2)));
    write(there, "root", ["a", "b"].map(|k| row(k, "second", 2)));
    delete(there, "root", "a");
    let history =
        ReadOptions { with_sample_history: true, version: Version::Any, ..ReadOptions::default() };
    here.copy_rows(there, &key("root"), &history).expect("copies");
    assert_eq!(ids(here, &ReadOptions::default()), ["b"], "what was deleted stays so");
    let rows = here.count_rows(&key("root"), &ReadOptions { with_deleted: true, ..history });
    assert_eq!(rows.expect("counts"), 4);
}

/// A graph whose groups are hashed in Rust on the databases without the hash.
fn nothing_is_left_after_a_failure(database: &TestDatabase) {
    database.connect().execute_script(&model::script(database)).expect("creates the tables");
    let graph = model::graph();
    let config = Store {
        hash_algorithm: Some(HashAlgorithm::Xxhash64.name().to_owned()),
        ..Store::new("test", database.backend, database.url.clone())
    };
    let store: &mut OpenStore = &mut config.open(&graph).expect("opens");
    let part = |n: i64| {
        let versions = json!({"d_x": format!("d{n}")});
        let row = [("k", Value::from("k")), ("n", n.into())];
        let made_from = ("metaxy_provenance_by_field", versions.into());
        row.into_iter().chain([made_from]).collect::<Row>()
    };
    write(store, "t", (0..3).map(part));
    let total = key("total");
    let increment = store.resolve_rows(&total, ResolveOptions::default()).expect("resolves");
    // A table of another shape stands in the way of the versions of groups, which fails after they were begun to be read.
    let run = |store: &mut OpenStore, sql: &str| store.connection().execute_script(sql);
    run(store, "CREATE TEMPORARY TABLE metaxy_groups_1_0 (x INTEGER);").expect("creates it");
    for _ in 0..2 {
        let refused = increment.new.rows(store);
        // SQLite hashes by itself, and needs no such table.
        assert_eq!(refused.is_ok(), database.backend == Backend::Sqlite, "{refused:?}");
    }
    run(store, "DROP TABLE metaxy_groups_1_0;").expect("drops it");
    assert_eq!(increment.new.count(store).expect("counts"), 3);
    for _ in 0..2 {
        assert_eq!(increment.new.rows(store).expect("loads").len(), 3);
    }
    assert_eq!(store.rebase_rows(&total, "before").expect("rebases"), 0);
    let other = TestDatabase::new(Backend::Sqlite);
    other.connect().execute_script(&model::script(&other)).expect("creates the tables");
    let there = Store {
        hash_algorithm: config.hash_algorithm.clone(),
        ..Store::new("other", other.backend, other.url.clone())
    };
    let there: &mut OpenStore = &mut there.open(&graph).expect("opens");
    let copied = store.copy_rows(there, &key("t"), &ReadOptions::default());
    assert_eq!(copied.expect("copies"), 0);
    for of in ["versions", "copied"] {
        for at in 1..9 {
            let sql = format!("SELECT count(*) FROM metaxy_{of}_{at};");
            run(store, &sql).expect_err("no such table is left");
        }
    }
}

mod tables {
    diesel::table! {
        root (k) {
            k -> Text,
        }
    }
}

/// The feature `root`, for Diesel.
struct Root;

impl Feature for Root {
    const KEY: &'static str = "root";
    const FIELDS: &'static [&'static str] = &["f000", "f001"];
    const ID_COLUMNS: &'static [&'static str] = &["k"];
    const COLUMNS: &'static [&'static str] = &["k"];

    fn definition() -> FeatureDefinition {
        graph(2).get(&key("root")).expect("is there").clone()
    }
}

impl FeatureTable for Root {
    type Table = tables::root::table;
    const TABLE: TableDef =
        TableDef::new(&[ColumnDef::new("k", || metaxy_diesel::schema::SqlType::Text)]);
    const COLUMN_TYPES: &'static [&'static str] = &["Text"];
    const INPUTS: &'static [InputDef] = &[];
}

fn a_sample_has_one_present_row(database: &TestDatabase) {
    let graph = graph(2);
    let config = store(database);
    without_key(database, "root");
    let store: &mut OpenStore = &mut config.open(&graph).expect("opens");
    let other = |k: &str| {
        let mut row = row(k, "", 2);
        row.insert("metaxy_provenance_by_field", json!({"f000": "x", "f001": "y"}));
        row
    };
    // Each sample twice in one batch, and so at one moment.
    write(store, "root", [row("a", "", 2), other("a"), other("b"), row("b", "", 2)]);
    if !matches!(database.backend, Backend::Mysql | Backend::MariaDb) {
        // Rows of nothing to tell them apart by are two to MySQL and MariaDB, whose tables have no rows with names.
        write(store, "root", [row("c", "", 2), row("c", "", 2)]);
    }
    delete(store, "root", "a");
    let plain = ReadOptions::default();
    let deleted = ReadOptions { with_deleted: true, ..plain.clone() };
    let history = ReadOptions { with_sample_history: true, ..plain.clone() };
    let other = ReadOptions { version: Version::Of("other".to_owned()), ..plain.clone() };
    let any = ReadOptions { version: Version::Any, ..deleted.clone() };
    let filters = vec!["k = 'a' OR metaxy_updated_at < '2020-01-01'".parse().expect("is a filter")];
    let filtered = ReadOptions { filters, ..deleted.clone() };
    for options in [plain, deleted, history, other, any, filtered] {
        let count = store.count_rows(&key("root"), &options).expect("counts");
        let query = store.read_with::<Root>(&options).expect("is a query").select(tables::root::k);
        let found = match store.connection() {
            Connection::Sqlite(connection) => query.load::<String>(connection),
            Connection::Postgres(connection) => query.load::<String>(connection),
            Connection::Mysql(connection) | Connection::MariaDb(connection) => {
                query.load::<String>(connection)
            }
            Connection::DuckDb(connection) => query.load::<String>(connection),
            other => panic!("{other:?} is none of the test's"),
        };
        assert_eq!(found.expect("loads").len() as u64, count, "{options:?}");
    }
    let filters = vec!["kk = 'a'".parse().expect("is a filter")];
    let refused = store.read_with::<Root>(&ReadOptions { filters, ..ReadOptions::default() });
    assert!(matches!(refused.map(|_| ()), Err(RowsError::FilterColumn { .. })));
}
