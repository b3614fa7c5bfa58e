//! A store whose answers are awaited does as one that waits: on PostgreSQL and MariaDB.

#![cfg(all(feature = "async", feature = "postgres", feature = "mysql"))]

mod support;

use diesel_async::RunQueryDsl as _;
use futures_util::{StreamExt, TryStreamExt};
use metaxy_core::{FeatureDefinition, FeatureGraph, FeatureKey, FeatureSpec, Json};
use metaxy_diesel::{
    Backend, Schema,
    diff::diff,
    filter::{FilterOptions, Target, feature_schema},
    plan::plan,
    rows::{
        AsyncStore, DeleteOptions, OpenStore, ReadOptions, ResolveOptions, Row, RowSet, RowsError,
        Value, WriteOptions,
    },
    schema::SqlType,
    store::Store,
    table::{ColumnDef, TableDef},
};
use std::{collections::BTreeMap, future::Future, pin::pin, task::Poll};
use support::{TestDatabase, mysql_servers};

/// Rows of each kind of lineage, in a hash that databases have, and one that they lack.
const HASHES: [&str; 2] = ["sha256", "xxhash64"];

fn run<T>(future: impl Future<Output = T> + Send) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime can be built").block_on(future)
}

fn graph() -> FeatureGraph {
    let specs = [
        r#"{"key": "video", "id_columns": ["id"], "fields": [{"key": "audio"}, {"key": "frames"}]}"#,
        r#"{"key": "scene", "id_columns": ["id", "scene"], "fields": [{"key": "audio"}]}"#,
        r#"{"key": "crop", "id_columns": ["id"], "deps": ["video"], "fields": [{"key": "audio"}]}"#,
        r#"{"key": "gathered", "id_columns": ["id"], "fields": [{"key": "audio"}],
            "deps": [{"feature": "scene", "lineage": {"relationship": {"type": "N:1", "on": ["id"]}}}]}"#,
    ];
    let definitions = specs.map(|spec| FeatureDefinition {
        spec: FeatureSpec::try_from(&Json::parse(spec).expect("is JSON")).expect("is a spec"),
        schema: Json::Null.into(),
        class_path: None,
        project: "awaited".to_owned(),
        external: false,
        provenance_by_field: None,
        location: None,
    });
    FeatureGraph::new(definitions, Default::default()).expect("a graph")
}

/// A store with the tables of the graph.
fn store(database: &TestDatabase, graph: &FeatureGraph, hash: &str) -> Store {
    const ID: ColumnDef = ColumnDef::new("id", || SqlType::Text);
    const SCENE: ColumnDef = ColumnDef::new("scene", || SqlType::BigInt);
    const TABLE: TableDef = TableDef::new(const { &[ID] });
    const SCENES: TableDef = TableDef::new(const { &[ID, SCENE] });
    let tables = ["video", "crop", "gathered"].map(|it| (it, TABLE));
    let tables: BTreeMap<&str, TableDef> = tables.into_iter().chain([("scene", SCENES)]).collect();
    let dialect = database.backend.dialect();
    let target = Target { table_prefix: "", dialect, distributed_by: None, namespace: None };
    let options = FilterOptions { filter_by_project: false, ..FilterOptions::default() };
    let desired = feature_schema(graph.definitions(), &tables, &target, &options);
    let desired = desired.expect("features have tables");
    let changes = diff(&Schema::default(), &desired, dialect).expect("can be created");
    let created = plan(&changes, dialect, &[]).expect("creating loses nothing");
    database.connect().execute_script(&created.up_sql()).expect("tables are created");
    Store {
        hash_algorithm: Some(hash.to_owned()),
        ..Store::new("dev", database.backend, database.url.clone())
    }
}

async fn opened<'g>(store: &Store, graph: &'g FeatureGraph) -> Result<AsyncStore<'g>, RowsError> {
    store.open_async(graph).await
}

fn key(name: &str) -> FeatureKey {
    FeatureKey::new(name).expect("a key")
}

fn videos(count: u32, version: &str) -> Vec<Row> {
    let row = |at: u32| {
        let made_from = serde_json::json!({ "audio": format!("{version}{at}"), "frames": "f" });
        let row = [
            ("id", Value::from(format!("v{at}"))),
            ("metaxy_provenance_by_field", made_from.into()),
        ];
        Row::from(row)
    };
    (0..count).map(row).collect()
}

fn scenes(count: i64) -> Vec<Row> {
    let row = |at: i64| {
        let made_from = serde_json::json!({ "audio": format!("s{at}") });
        let row = [
            ("id", Value::from(format!("v{}", at / 3))),
            ("scene", Value::from(at)),
            ("metaxy_provenance_by_field", made_from.into()),
        ];
        Row::from(row)
    };
    (0..count).map(row).collect()
}

/// Rows in an order.
fn sorted(mut rows: Vec<Row>) -> Vec<Row> {
    rows.sort_by_key(|it| format!("{it:?}"));
    rows
}

const WRITE: WriteOptions = WriteOptions { materialization_id: None };

fn on_each_database(test: impl Fn(&TestDatabase)) {
    for backend in [Backend::Postgres].into_iter().chain(mysql_servers()) {
        test(&TestDatabase::new(backend));
    }
}

/// Everything that is written one way is read the other way.
#[test]
fn an_awaited_store_does_as_one_that_waits() {
    for hash in HASHES {
        on_each_database(|database| {
            let graph = graph();
            let store = store(database, &graph, hash);
            let mut waiting: OpenStore = store.open(&graph).expect("opens");
            let mut sync = |it: &RowSet| sorted(it.rows(&mut waiting).expect("rows are read"));
            run(async {
                let mut store: AsyncStore = store.open_async(&graph).await?;
                let (video, crop, gathered) = (key("video"), key("crop"), key("gathered"));
                assert_eq!(store.write_rows(&video, videos(2_500, "a"), &WRITE).await?, 2_500);
                assert_eq!(store.write_rows(&key("scene"), scenes(2_000), &WRITE).await?, 2_000);
                let increment = store.resolve_rows(&crop, ResolveOptions::default()).await?;
                assert_eq!(store.count(&increment.new).await?, 2_500);
                assert_eq!(store.count(&increment.stale).await?, 0);
                let new = sorted(store.rows(&increment.new).await?);
                assert_eq!(new, sync(&increment.new));
                let grouped = store.resolve_rows(&gathered, ResolveOptions::default()).await?;
                let rows = sorted(store.rows(&grouped.new).await?);
                assert_eq!((rows.len(), &rows), (2_000, &sync(&grouped.new)));

                // Some at a time, and written meanwhile.
                let mut sizes = Vec::new();
                let mut batches = store.batches(&increment.new, 1_000).await?;
                while let Some(rows) = batches.next_rows(&mut store).await? {
                    sizes.push(rows.len());
                    store.write_rows(&crop, rows, &WRITE).await?;
                }
                assert_eq!(sizes, [1_000, 1_000, 500]);
                let increment = store.resolve_rows(&crop, ResolveOptions::default()).await?;
                assert_eq!(store.count(&increment.new).await?, 0);

                // What changes upstream is stale.
                store.write_rows(&video, videos(10, "b"), &WRITE).await?;
                assert_eq!(store.count(&increment.stale).await?, 10);
                let stale = store.stream_rows(&increment.stale).await?;
                let stale: Vec<Row> = stale.try_collect().await?;
                assert_eq!(sorted(stale), sync(&increment.stale));

                // What is deleted upstream is orphaned.
                let filters = vec!["id = 'v3'".parse().expect("a filter")];
                let delete = DeleteOptions { filters, ..DeleteOptions::default() };
                assert_eq!(store.delete_rows(&video, &delete).await?, 1);
                assert_eq!(store.rows(&increment.orphaned).await?.len(), 1);
                assert_eq!(store.count_rows(&video, &ReadOptions::default()).await?, 2_499);
                let read = store.read_rows(&video, &ReadOptions::default()).await?;
                assert_eq!(read.len(), 2_499);

                // Samples of a feature without dependencies.
                let options =
                    ResolveOptions { samples: Some(videos(12, "b")), ..ResolveOptions::default() };
                let increment = store.resolve_rows(&video, options).await?;
                assert_eq!(store.count(&increment.new).await?, 1);
                assert_eq!(store.count(&increment.stale).await?, 2);
                assert_eq!(store.drop_rows(&crop).await?, 2_500);
                Ok::<_, RowsError>(())
            })
            .expect("the database does as it is told");
        });
    }
}

#[test]
fn a_write_that_fails_or_is_given_up_writes_nothing() {
    on_each_database(|database| {
        let graph = graph();
        let config = store(database, &graph, "md5");
        run(async {
            let mut store = opened(&config, &graph).await?;
            let (video, all) = (key("video"), ReadOptions::default());
            let twice = videos(1_500, "a").into_iter().chain(videos(1, "a"));
            let error = store.write_rows(&video, twice, &WRITE).await.expect_err("one is twice");
            assert!(error.to_string().starts_with("cannot write rows of"), "{error}");
            let lacking = videos(1_500, "a").into_iter().chain([Row::from([("id", "x")])]);
            store.write_rows(&video, lacking, &WRITE).await.expect_err("one lacks its provenance");
            assert_eq!(store.count_rows(&video, &all).await?, 0);
            // Given up while the first rows are on their way, and after others were written.
            for polls in [1, 2, 4] {
                let mut write = Box::pin(store.write_rows(&video, videos(5_000, "a"), &WRITE));
                for _ in 0..polls {
                    let polled = std::future::poll_fn(|it| Poll::Ready(write.as_mut().poll(it)));
                    assert!(polled.await.is_pending(), "nobody waited for the database");
                    tokio::time::sleep(std::time::Duration::from_millis(1)).await;
                }
                drop(write);
                if database.backend != Backend::Postgres {
                    let error = store.count_rows(&video, &all).await.expect_err("cannot go on");
                    assert!(error.to_string().contains("open the store anew"), "{error}");
                    store = opened(&config, &graph).await?;
                }
                assert_eq!(store.count_rows(&video, &all).await?, 0);
            }
            assert_eq!(store.write_rows(&video, videos(3, "a"), &WRITE).await?, 3);
            assert_eq!(store.count_rows(&video, &all).await?, 3);
            Ok::<_, RowsError>(())
        })
        .expect("the database does as it is told");
    });
}

/// Stores are used by tasks that move from one thread to another, and by several at once.
#[test]
fn stores_go_from_thread_to_thread() {
    on_each_database(|database| {
        let graph: &'static FeatureGraph = Box::leak(Box::new(graph()));
        let store = store(database, graph, "sha256");
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(2).enable_all().build();
        runtime.expect("a runtime can be built").block_on(async {
            let tasks = (0..4_i64).map(|task| {
                let store = store.clone();
                tokio::spawn(async move {
                    let mut store: AsyncStore = store.open_async(graph).await?;
                    let rows = scenes(900).into_iter().map(|mut row| {
                        row.insert("id", format!("task {task}"));
                        row
                    });
                    store.write_rows(&key("scene"), rows.collect::<Vec<_>>(), &WRITE).await?;
                    let increment =
                        store.resolve_rows(&key("gathered"), ResolveOptions::default()).await?;
                    let rows = store.stream_rows(&increment.new).await?;
                    Ok::<_, RowsError>(pin!(rows).next().await.is_some())
                })
            });
            for task in tasks.collect::<Vec<_>>() {
                let found = task.await.expect("it ends").expect("the database does as it is told");
                assert!(found, "its own rows are there");
            }
        });
        let mut waiting: OpenStore = store.open(graph).expect("opens");
        let count = waiting.count_rows(&key("scene"), &ReadOptions::default()).expect("counts");
        assert_eq!(count, 3_600);
    });
}

#[test]
fn connections_are_the_programs_too() {
    let database = TestDatabase::new(Backend::Postgres);
    let graph = graph();
    let store = store(&database, &graph, "sha256");
    run(async {
        let connection =
            <diesel_async::AsyncPgConnection as diesel_async::AsyncConnection>::establish(
                database.url.expose(),
            );
        let connection = connection.await.expect("connects");
        let mut store: AsyncStore<diesel_async::AsyncPgConnection> =
            store.open_async_with(connection, &graph).await?;
        let increment = store.resolve_rows(&key("crop"), ResolveOptions::default()).await?;
        assert_eq!(store.count(&increment.new).await?, 0);
        let setting = "SELECT current_setting('enable_nestloop') AS value";
        let connection = store.connection().await?;
        let row: Setting = diesel::sql_query(setting).get_result(connection).await.expect("reads");
        assert_eq!(row.value, "on", "what increments need is taken back");
        Ok::<_, RowsError>(())
    })
    .expect("the database does as it is told");
    let sqlite = Store::new("dev", Backend::Sqlite, ":memory:");
    let opened = run(async { sqlite.open_async(&graph).await.map(|_: AsyncStore| ()) });
    let error = opened.expect_err("SQLite is no server");
    assert!(matches!(error, RowsError::OtherDatabase { found: Backend::Sqlite }), "{error}");
    let other: Result<AsyncStore<diesel_async::AsyncMysqlConnection>, _> =
        run(async { store.open_async(&graph).await });
    assert!(matches!(other, Err(RowsError::OtherDatabase { found: Backend::Postgres })));
}

#[derive(diesel::QueryableByName)]
struct Setting {
    #[diesel(sql_type = diesel::sql_types::Text)]
    value: String,
}
