//! Fallback stores, and sets that are written within the database.

use crate::{
    model, on_every_database,
    stress::{graph, key, row, store},
    support::TestDatabase,
};
use metaxy_diesel::{
    Backend,
    rows::{
        DeleteOptions, Doing, HashAlgorithm, OpenStore, ReadOptions, ResolveOptions, Row,
        RowsError, RowsEvent, Value, WriteOptions,
    },
    store::{Fallback, Store},
};
use std::sync::mpsc::channel;

on_every_database!(
    what_is_missing_is_read_behind,
    what_is_upstream_elsewhere_is_brought,
    what_is_joined_comes_from_several_stores,
    sets_are_written_within_the_database,
);

const ROWS: usize = 1_234;

fn rows(count: usize) -> impl Iterator<Item = Row> {
    (0..count).map(|it| row(&format!("k{it:04}"), "text", 2))
}

fn write(store: &mut OpenStore, feature: &str, rows: impl IntoIterator<Item = Row>) {
    store.write_rows(&key(feature), rows, &WriteOptions::default()).expect("writes");
}

fn drop_table(database: &TestDatabase, table: &str) {
    let sql = database.sql(&format!("DROP TABLE \"{table}\";"));
    database.connect().execute_script(&sql).expect("drops the table");
}

/// A store with the leaf only, before one with nothing, before one with the root.
fn chain(last: &TestDatabase, middle: &TestDatabase, first: &TestDatabase) -> (Store, Store) {
    let last_store = store(last);
    drop_table(last, "leaf");
    let fallbacks = vec![Fallback::Store(last_store.clone())];
    let middle_store = Store { fallbacks, ..store(middle) };
    drop_table(middle, "leaf");
    drop_table(middle, "root");
    let fallbacks = vec![Fallback::Store(middle_store)];
    let first_store = Store { fallbacks, ..store(first) };
    drop_table(first, "root");
    (first_store, last_store)
}

fn what_is_missing_is_read_behind(database: &TestDatabase) {
    let graph = graph(2);
    let (middle, last) = (TestDatabase::new(Backend::Sqlite), TestDatabase::new(Backend::Sqlite));
    let (here, there) = chain(&last, &middle, database);
    write(&mut there.open(&graph).expect("opens"), "root", rows(ROWS));

    let store: &mut OpenStore = &mut here.open(&graph).expect("opens");
    let all = ReadOptions::default();
    assert_eq!(store.count_rows(&key("root"), &all).expect("counts"), ROWS as u64);
    assert_eq!(store.read_rows(&key("root"), &all).expect("reads").len(), ROWS);
    let own = ReadOptions { this_store_only: true, ..all.clone() };
    let refused = store.read_rows(&key("root"), &own);
    assert!(matches!(refused, Err(RowsError::MissingTable { .. })), "{refused:?}");
    // What is here counts, however little it is.
    assert_eq!(store.count_rows(&key("leaf"), &all).expect("counts"), 0);

    // Copies take what is behind, unless it is not asked for.
    let copy = TestDatabase::new(Backend::Sqlite);
    let copied: &mut OpenStore = &mut self::store(&copy).open(&graph).expect("opens");
    let refused = copied.copy_rows(store, &key("root"), &own);
    assert!(matches!(refused, Err(RowsError::MissingTable { .. })), "{refused:?}");
    assert_eq!(copied.copy_rows(store, &key("root"), &all).expect("copies"), ROWS);

    // Deletions are of this store.
    let refused = store.delete_rows(&key("root"), &DeleteOptions::default());
    assert!(matches!(refused, Err(RowsError::MissingTable { .. })), "{refused:?}");

    let check = |fallback: Fallback, expected: &str| {
        let here = Store { fallbacks: vec![fallback], ..here.clone() };
        let store: &mut OpenStore = &mut here.open(&graph).expect("opens all the same");
        assert_eq!(store.count_rows(&key("leaf"), &all).expect("counts"), 0);
        let refused = store.count_rows(&key("root"), &all).expect_err("is refused");
        assert_eq!(refused.to_string(), expected);
    };
    let hash_algorithm = Some(HashAlgorithm::Md5.name().to_owned());
    check(
        Fallback::Store(Store { hash_algorithm, ..there }),
        "fallback store `test` hashes versions with md5, and this one with sha256: give all stores of a chain the same \
         `hash_algorithm`",
    );
    let (name, why) = ("prod".to_owned(), "it has no database".to_owned());
    check(
        Fallback::Unusable { name, why },
        "fallback store `prod` cannot be read: it has no database",
    );
}

fn what_is_upstream_elsewhere_is_brought(database: &TestDatabase) {
    let graph = graph(2);
    let leaf = key("leaf");
    // The database is the one that is read, then the one that it is brought to.
    for is_here in [false, true] {
        let other = TestDatabase::new(Backend::Sqlite);
        let middle = TestDatabase::new(Backend::Sqlite);
        let again = TestDatabase::new(database.backend);
        let (last, first) = if is_here { (&other, &again) } else { (&again, &other) };
        let (here, there) = chain(last, &middle, first);
        let there: &mut OpenStore = &mut there.open(&graph).expect("opens");
        write(there, "root", rows(ROWS));
        write(there, "root", rows(3));

        let store: &mut OpenStore = &mut here.open(&graph).expect("opens");
        let (tell, told) = channel();
        store.listen(move |event| {
            if let RowsEvent::Done { doing: Doing::Bring, feature, rows } = event {
                tell.send((feature.to_string(), rows)).expect("the test reads it");
            }
        });
        let increment = store.resolve_rows(&leaf, ResolveOptions::default()).expect("resolves");
        assert_eq!(told.recv().expect("is told"), ("root".to_owned(), ROWS));
        let made = increment.new.each_batch_of_rows(store, 500, |store, rows| {
            store.write_rows(&leaf, rows, &WriteOptions::default()).map(|_| ())
        });
        made.expect("makes");
        let written = store.read_rows(&leaf, &ReadOptions::default()).expect("reads");
        assert_eq!(written.len(), ROWS);
        assert!(written.iter().all(|it| it.text("text") == Some("text")));
        assert!(increment.count(store).expect("counts").is_in_sync());

        // What changes there is seen by the next increment, filters see what is brought.
        let mut changed = row("k0007", "changed", 2);
        let by_field = serde_json::json!({"f000": "x", "f001": "y"});
        changed.insert("metaxy_provenance_by_field", by_field);
        write(there, "root", [changed]);
        let filters = vec!["k = 'k0001'".parse().expect("is a filter")];
        let one = DeleteOptions { filters, ..DeleteOptions::default() };
        there.delete_rows(&key("root"), &one).expect("deletes");
        let increment = store.resolve_rows(&leaf, ResolveOptions::default()).expect("resolves");
        let counts = increment.count(store).expect("counts");
        assert_eq!((counts.new, counts.stale, counts.orphaned), (0, 1, 1));
        let options = ResolveOptions {
            global_filters: vec!["text = 'text'".parse().expect("is a filter")],
            ..ResolveOptions::default()
        };
        let counts = store.resolve_rows(&leaf, options).expect("resolves").count(store);
        assert_eq!(counts.expect("counts").stale, 0);
        let own = ResolveOptions { this_store_only: true, ..ResolveOptions::default() };
        let refused = store.resolve_rows(&leaf, own);
        assert!(matches!(refused, Err(RowsError::MissingTable { .. })), "{refused:?}");
    }
}

/// A row of one of the model's roots.
fn root_row(root: &str, at: i64) -> Row {
    let fields: &[&str] = match root {
        "r" => &["a", "b"],
        "s" => &["c"],
        _ => &["d_x"],
    };
    let versions: serde_json::Map<_, _> =
        fields.iter().map(|it| ((*it).to_owned(), format!("{it}{at}").into())).collect();
    Row::from([
        ("k", Value::from(format!("k{at}"))),
        ("n", (at % 3).into()),
        ("x", (at % 4).into()),
        ("metaxy_provenance_by_field", Value::Json(versions.into())),
    ])
}

/// Two dependencies of one feature, one here and one behind; groups and children of what is behind.
fn what_is_joined_comes_from_several_stores(database: &TestDatabase) {
    let graph = model::graph();
    let (whole, behind) = (TestDatabase::new(Backend::Sqlite), TestDatabase::new(Backend::Sqlite));
    for database in [database, &whole, &behind] {
        database.connect().execute_script(&model::script(database)).expect("creates the tables");
    }
    drop_table(database, "r");
    drop_table(database, "t");
    drop_table(&behind, "s");
    for algorithm in [HashAlgorithm::Md5, HashAlgorithm::Xxhash64] {
        let config = |database: &TestDatabase| Store {
            hash_algorithm: Some(algorithm.name().to_owned()),
            ..Store::new("test", database.backend, database.url.clone())
        };
        let whole: &mut OpenStore = &mut config(&whole).open(&graph).expect("opens");
        let there: &mut OpenStore = &mut config(&behind).open(&graph).expect("opens");
        let fallbacks = vec![Fallback::Store(config(&behind))];
        let here = Store { fallbacks, ..config(database) };
        let here: &mut OpenStore = &mut here.open(&graph).expect("opens");
        for (root, from) in [("r", 0), ("s", 5), ("t", 3)] {
            let store = if root == "s" { &mut *here } else { &mut *there };
            whole.drop_rows(&key(root)).expect("drops");
            store.drop_rows(&key(root)).expect("drops");
            write(whole, root, (from..from + 10).map(|it| root_row(root, it)));
            write(store, root, (from..from + 10).map(|it| root_row(root, it)));
        }
        for feature in ["joined", "either", "total", "many"] {
            if database.backend == Backend::Mysql && feature == "either" {
                // A limit of MySQL, which no temporary table is read twice by in one query.
                let increment = here.resolve_rows(&key(feature), ResolveOptions::default());
                let rows = increment.expect("resolves").new.rows(here);
                let error = rows.expect_err("the rows that were brought are needed twice");
                assert!(error.to_string().contains("Can't reopen table"), "{error}");
                continue;
            }
            let new = |store: &mut OpenStore| {
                let increment = store.resolve_rows(&key(feature), ResolveOptions::default());
                let rows = increment.expect("resolves").new.rows(store).expect("loads");
                let shown = rows.iter().map(|it| {
                    let height = it.get("height").map(|it| format!("{it:?}"));
                    (
                        it.text("k").map(str::to_owned),
                        height,
                        it.text(PROVENANCE).map(str::to_owned),
                    )
                });
                let mut shown: Vec<_> = shown.collect();
                shown.sort();
                shown
            };
            let expected = new(whole);
            assert!(expected.len() > 2, "{feature}");
            assert_eq!(new(here), expected, "{feature}");
        }
    }
}

const PROVENANCE: &str = "metaxy_provenance";

fn sets_are_written_within_the_database(database: &TestDatabase) {
    let graph = graph(2);
    let leaf = key("leaf");
    let config = store(database);
    for algorithm in [HashAlgorithm::Sha256, HashAlgorithm::Xxhash64] {
        let config = Store { hash_algorithm: Some(algorithm.name().to_owned()), ..config.clone() };
        let store: &mut OpenStore = &mut config.open(&graph).expect("opens");
        store.drop_rows(&key("root")).expect("drops");
        store.drop_rows(&leaf).expect("drops");
        write(store, "root", rows(ROWS));
        let increment = store.resolve_rows(&leaf, ResolveOptions::default()).expect("resolves");
        let expected = increment.new.rows(store).expect("loads");
        let options = WriteOptions { materialization_id: Some("run".to_owned()) };
        assert_eq!(store.write_set(&increment.new, &options).expect("writes"), ROWS);
        assert!(increment.count(store).expect("counts").is_in_sync());
        let written = store.read_rows(&leaf, &ReadOptions::default()).expect("reads");
        for row in expected {
            let found = written.iter().find(|it| it.text("k") == row.text("k"));
            let found = found.expect("is written");
            for column in ["text", "metaxy_provenance", "metaxy_data_version"] {
                assert_eq!(found.text(column), row.text(column), "{column}");
            }
            assert_eq!(found.text("metaxy_materialization_id"), Some("run"));
        }
        assert_eq!(store.write_set(&increment.new, &options).expect("writes"), 0);
    }
    if database.backend == Backend::Postgres {
        let sql = "DELETE FROM leaf; ALTER TABLE leaf ADD own INTEGER NOT NULL;";
        database.connect().execute_script(sql).expect("adds the column");
        let store: &mut OpenStore = &mut config.open(&graph).expect("opens");
        let new = store.resolve_rows(&leaf, ResolveOptions::default()).expect("resolves").new;
        let refused = store.write_set(&new, &WriteOptions::default()).expect_err("is refused");
        assert_eq!(
            refused.to_string(),
            "column `own` of feature `leaf` is not upstream: only its pipeline can fill it, which loads the set and writes \
             what it makes"
        );
    }
}
