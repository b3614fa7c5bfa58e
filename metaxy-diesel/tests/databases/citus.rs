//! Tables on a cluster of Citus, where `METAXY_TEST_CITUS_URL` names a database of one (through its coordinator).

use crate::{
    cases::{Expected, cases},
    golden,
    support::TestDatabase,
};
use metaxy_core::{
    FeatureDefinition, FeatureGraph, FeatureKey, FeatureSpec, Json,
    config::{DistributedBy, Secret},
};
use metaxy_diesel::{
    Backend, Schema,
    diff::diff,
    filter::{FilterOptions, Target, feature_schema},
    plan::plan,
    rows::{OpenStore, ResolveOptions, Row, Value, WriteOptions},
    schema::SqlType,
    store::Store,
    table::{ColumnDef, TableDef},
};
use std::{
    collections::BTreeMap,
    env,
    io::{Write, stderr},
    process,
};

/// A namespace of its own on the cluster, which goes with the value.
struct Cluster {
    database: TestDatabase,
    schema: String,
}

impl Cluster {
    /// `None`, and said so, where there is none.
    fn new(test: &str) -> Option<Self> {
        let Ok(url) = env::var("METAXY_TEST_CITUS_URL") else {
            // Not by a macro, which tests capture.
            let words = format!(
                "\n!!! {test} DID NOT RUN: METAXY_TEST_CITUS_URL names no database of a Citus cluster !!!\n\n"
            );
            stderr().write_all(words.as_bytes()).expect("there is an output for errors");
            return None;
        };
        let schema = format!("metaxy_test_{}_{test}", process::id());
        let cluster = TestDatabase::existing(Backend::Postgres, Secret::new(url.clone()));
        cluster
            .connect()
            .execute_script(&format!("CREATE SCHEMA {schema}"))
            .expect("may be created");
        let separator = if url.contains('?') { '&' } else { '?' };
        let url = format!("{url}{separator}options=-csearch_path%3D{schema},public");
        let database = TestDatabase::existing(Backend::Postgres, Secret::new(url));
        Some(Self { database, schema })
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let drop = format!("DROP SCHEMA {} CASCADE", self.schema);
        _ = self.database.connect().execute_script(&drop);
    }
}

/// The golden cases of distribution, there and back twice.
#[test]
fn a_cluster_takes_the_migrations() {
    let Some(cluster) = Cluster::new("a_cluster_takes_the_migrations") else { return };
    let mut tried = 0;
    for case in cases() {
        if golden::is_distributed(&case)
            && let Some(Expected::Migration { .. }) = case.expected.get(&Backend::Postgres)
        {
            let mut connection = cluster.database.connect();
            let checked = golden::check(&cluster.database, &mut connection, &case);
            assert_eq!(checked, Ok(()), "{}", case.path.display());
            tried += 1;
        }
    }
    assert!(tried > 2, "only {tried} cases were found");
}

/// Nothing of an increment is gathered on the coordinator, which has room for a thousandth of it.
#[test]
fn a_cluster_resolves_rows_where_they_are() {
    let Some(cluster) = Cluster::new("a_cluster_resolves_rows_where_they_are") else { return };
    let definitions = [
        definition(r#"{"key": "video", "id_columns": ["id"], "fields": [{"key": "audio"}]}"#),
        definition(
            r#"{"key": "crop", "id_columns": ["id"], "deps": ["video"], "fields": [{"key": "audio"}]}"#,
        ),
    ];
    let desired = tables(&definitions);
    let dialect = Backend::Postgres.dialect();
    let changes = diff(&Schema::default(), &desired, dialect).expect("a cluster can do it");
    let created = plan(&changes, dialect, &[]).expect("creating loses nothing");
    cluster.database.connect().execute_script(&created.up_sql()).expect("the tables are created");
    let names = desired.tables.keys().cloned().collect();
    let found = cluster.database.connect().inspect(&names).expect("tables can be read");
    assert_eq!(diff(&found, &desired, dialect).expect("compares").changes, []);

    let graph = FeatureGraph::new(definitions, Default::default()).expect("a graph");
    let store = Store {
        hash_algorithm: Some("sha256".to_owned()),
        ..Store::new("far", Backend::Postgres, cluster.database.url.clone())
    };
    let mut store: OpenStore = store.open(&graph).expect("the store opens");
    // In kilobytes. A query of which a larger part is gathered fails.
    let limit = "SET citus.max_intermediate_result_size TO 1";
    store.connection().execute_script(limit).expect("is a setting of Citus");
    let (video, crop) = ["video", "crop"].map(|it| FeatureKey::new(it).expect("a key")).into();
    let write = |store: &mut OpenStore<'_>, count: u32, version: &str| {
        let rows = (0..count).map(|at| {
            let made_from = serde_json::json!({ "audio": format!("{version}{at}") });
            let row = [
                ("id", Value::from(format!("v{at}"))),
                ("metaxy_provenance_by_field", made_from.into()),
            ];
            Row::from(row)
        });
        store.write_rows(&video, rows, &WriteOptions::default()).expect("rows are written");
    };
    let resolve = |store: &mut OpenStore<'_>| {
        let increment = store.resolve_rows(&crop, ResolveOptions::default()).expect("resolves");
        let counts = [&increment.new, &increment.stale, &increment.orphaned]
            .map(|it| it.count(store).expect("counts"));
        (increment, counts)
    };
    write(&mut store, 10_000, "a");
    let (increment, counts) = resolve(&mut store);
    assert_eq!(counts, [10_000, 0, 0]);
    let new = increment.new.rows(&mut store).expect("rows are read");
    store.write_rows(&crop, new, &WriteOptions::default()).expect("rows are written");
    assert_eq!(resolve(&mut store).1, [0, 0, 0]);
    write(&mut store, 1_000, "b");
    assert_eq!(resolve(&mut store).1, [0, 1_000, 0]);
}

fn definition(spec: &str) -> FeatureDefinition {
    let spec = Json::parse(spec).expect("is JSON");
    FeatureDefinition {
        spec: FeatureSpec::try_from(&spec).expect("is a spec"),
        schema: Json::from([("type", Json::from("object"))]).into(),
        class_path: None,
        project: "far".to_owned(),
        external: false,
        provenance_by_field: None,
        location: None,
    }
}

fn tables(definitions: &[FeatureDefinition]) -> Schema {
    const TABLE: TableDef = TableDef::new(const { &[ColumnDef::new("id", || SqlType::Text)] });
    let tables = BTreeMap::from([("video", TABLE), ("crop", TABLE)]);
    let target = Target {
        table_prefix: "",
        dialect: Backend::Postgres.dialect(),
        distributed_by: Some(&DistributedBy::IdColumns),
        namespace: None,
    };
    let options = FilterOptions { project: Some("far".to_owned()), ..FilterOptions::default() };
    feature_schema(definitions, &tables, &target, &options).expect("features have tables")
}
