//! Features in a schema of PostgreSQL: from the struct to its rows and back, on a real database.

#![cfg(feature = "postgres")]
#![allow(missing_docs)]

#[path = "../metaxy-diesel/tests/support/mod.rs"]
mod support;

use chrono::{TimeDelta, Utc};
use diesel::prelude::*;
use metaxy::{
    Feature, FeatureGraph, FilterOptions, FromRow, Schema, SqlEnum, Store, ToRow,
    filter_feature_schema,
    rows::{OpenStore, ResolveOptions, Sample},
};
use metaxy_core::config::Secret;
use metaxy_diesel::{
    Backend,
    apply::{Count, RevertOptions, RunOptions, revert, run},
    backend::Connection,
    drift::drift,
    generate::{GenerateOptions, draft},
    history::History,
    schema::TableName,
    source::{ReadOptions, Source, applied_schema, compare},
};
use std::{collections::BTreeSet, path::Path};
use support::TestDatabase;

#[derive(Debug, Clone, Copy, PartialEq, Eq, SqlEnum)]
#[metaxy(schema = "kinds")]
pub enum Tone {
    Dark,
    Light,
}

#[derive(Feature, Queryable, Selectable, ToRow, FromRow, Debug, PartialEq)]
#[diesel(table_name = shot)]
#[metaxy(key = "shot", id_columns(shot_id), schema = "media", unique(shot_id, part))]
pub struct Shot {
    shot_id: String,
    part: i32,
    #[metaxy(check = "length(path) > 0")]
    path: String,
}

#[derive(Feature, Queryable, Selectable, Debug, PartialEq)]
#[diesel(table_name = toned)]
#[metaxy(
    key = "toned",
    id_columns(shot_id),
    deps(Shot(select(path))),
    foreign_key(columns(shot_id, part), feature = Shot, match_full)
)]
pub struct Toned {
    shot_id: String,
    part: i32,
    #[metaxy(sql_type = Tone, default = "Dark")]
    tone: Tone,
}

fn store(database: &TestDatabase) -> Store {
    Store::new("test", Backend::Postgres, database.url.clone())
}

fn wanted(store: &Store) -> Schema {
    filter_feature_schema(store, &FilterOptions::default()).expect("the features have tables").1
}

/// Writes the migration that leads to a schema, as `generate` does.
fn generate(history: &History, desired: &Schema, minute: i64) -> bool {
    let options = GenerateOptions {
        name: "test",
        backend: Backend::Postgres,
        scope: "features",
        desired,
        table_prefix: "",
        empty: false,
        allow_destructive: &[],
        renames: &[],
        backfills: &[],
        online: false,
        now: Utc::now() + TimeDelta::minutes(minute),
    };
    let draft = draft(&history.directory, &options).expect("nothing is lost");
    draft.is_some_and(|it| it.write().is_ok())
}

fn history(directory: &Path) -> History {
    let version_table = TableName::new("__diesel_schema_migrations_test");
    History { directory: directory.join("migrations"), version_table }
}

fn run_all(connection: &mut Connection, history: &History) {
    run(connection, history, &RunOptions::default(), &mut |_| {}).expect("the migrations run");
}

fn revert_one(connection: &mut Connection, history: &History) {
    let options = RevertOptions { count: Count::Last(1), ..RevertOptions::default() };
    revert(connection, history, &options, &mut |_| {}).expect("it is reverted");
}

fn namespaces(connection: &mut Connection) -> Vec<String> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Text)]
        name: String,
    }
    let Connection::Postgres(connection) = connection else { panic!("it is PostgreSQL") };
    let query = "SELECT nspname::text AS name FROM pg_namespace WHERE nspname !~ '^pg_'
        AND nspname NOT IN ('information_schema', 'public') ORDER BY 1";
    let rows: Vec<Row> = diesel::sql_query(query).load(connection).expect("they can be read");
    rows.into_iter().map(|it| it.name).collect()
}

#[test]
fn features_live_in_schemas() {
    let database = TestDatabase::new(Backend::Postgres);
    let (store, history) = (store(&database), history(database.directory()));
    let mut connection = database.connect();
    let schema = wanted(&store);
    // At first without schemas: the tables and the type move, with the rows.
    let mut first: Schema = schema.clone();
    first.enums = schema
        .enums
        .values()
        .cloned()
        .map(|mut it| {
            it.name.schema = None;
            (it.name.clone(), it)
        })
        .collect();
    first.tables = schema
        .tables
        .values()
        .cloned()
        .map(|mut it| {
            it.name.schema = None;
            it.foreign_keys.iter_mut().for_each(|it| it.references.schema = None);
            for column in &mut it.columns {
                if let metaxy::schema::SqlType::Enum(name) = &mut column.sql_type {
                    name.schema = None;
                }
            }
            (it.name.clone(), it)
        })
        .collect();
    assert!(generate(&history, &first, 0));
    run_all(&mut connection, &history);
    assert_eq!(namespaces(&mut connection), [""; 0]);
    assert!(generate(&history, &schema, 1));
    let scratch = Some(&database.url);
    let pending = applied_schema(&mut connection, &history, scratch).expect("it is known");
    assert_eq!(drift(&mut connection, &pending).expect("it can be read"), [""; 0]);
    run_all(&mut connection, &history);
    assert_eq!(namespaces(&mut connection), ["kinds", "media"]);
    assert!(!generate(&history, &schema, 2));
    assert_eq!(drift(&mut connection, &schema).expect("it can be read"), [""; 0]);

    // Tables of others in the same schemas are nobody's business, and keep the schema.
    connection.execute_script("CREATE TABLE media.other (id int)").expect("it is created");
    let compared = |from: &Source, owned: &BTreeSet<TableName>| {
        let options = ReadOptions {
            backend: Backend::Postgres,
            features: &|| Ok(wanted(&store)),
            table_prefix: "",
            database: Some(&database.url),
            version_tables: &BTreeSet::new(),
            owned,
            scratch,
        };
        let found = compare(from, &Source::Features, &options).expect("they compare");
        found.plan.steps.into_iter().map(|it| it.reason).collect::<Vec<_>>()
    };
    let owned: BTreeSet<_> = schema.tables.keys().cloned().collect();
    assert_eq!(compared(&Source::Database(None), &owned), [""; 0]);
    assert_eq!(compared(&Source::Migrations(history.directory.clone()), &owned), [""; 0]);

    rows(&store);

    revert_one(&mut connection, &history);
    assert_eq!(namespaces(&mut connection), ["media"]);
    assert_eq!(connection.count_rows(&TableName::new("shot")).expect("it is back"), 1);
    connection.execute_script("DROP TABLE media.other; DROP SCHEMA media").expect("it is dropped");

    // A schema that somebody else made stays.
    connection.execute_script("CREATE SCHEMA kinds").expect("it is created");
    run_all(&mut connection, &history);
    revert_one(&mut connection, &history);
    assert_eq!(namespaces(&mut connection), ["kinds"]);
}

fn rows(store: &Store) {
    let graph = FeatureGraph::current().expect("the features make a graph");
    let mut store: OpenStore<'_, PgConnection> = store.open(graph).expect("it opens");
    let shot = Shot { shot_id: "s".to_owned(), part: 1, path: "/s".to_owned() };
    store.write([Sample::new(shot, [("default", "d")])]).expect("it is written");
    let new = store.resolve_update::<Toned>(ResolveOptions::default()).expect("it resolves").new;
    assert_eq!(new.count(&mut store).expect("they are counted"), 1);
    let query = store.read::<Shot>().expect("there is no prefix").select(Shot::as_select());
    let found: Vec<Shot> = query.load(store.connection()).expect("it is read");
    assert_eq!(found, [Shot { shot_id: "s".to_owned(), part: 1, path: "/s".to_owned() }]);
    let none: Vec<Toned> = toned::table
        .filter(toned::tone.eq(Tone::Light))
        .select(Toned::as_select())
        .load(store.connection())
        .expect("the type is found");
    assert_eq!(none, []);
}

#[test]
fn the_schema_of_a_store_is_made() {
    let database = TestDatabase::new(Backend::Postgres);
    let history = history(database.directory());
    let url = format!("{}?options=-csearch_path%3D%22My%5C%20shop%22", database.url.expose());
    let store = Store { url: Secret::new(url), ..store(&database) };
    let schema = wanted(&store);
    generate(&history, &schema, 0);
    let mut connection = store.connect(metaxy_diesel::backend::Open::Existing).expect("it opens");
    run_all(&mut connection, &history);
    assert_eq!(namespaces(&mut connection), ["My shop", "kinds", "media"]);
    assert_eq!(drift(&mut connection, &schema).expect("it can be read"), [""; 0]);
}

#[test]
fn the_schema_of_a_store_is_named_or_not() {
    let database = TestDatabase::new(Backend::Postgres);
    let history = history(database.directory());
    let url = format!("{}?options=-csearch_path%3Dmedia", database.url.expose());
    let store = Store { url: Secret::new(url), ..store(&database) };
    let schema = wanted(&store);
    let (shot, toned) = (TableName::new("shot"), TableName::new("toned"));
    assert_eq!(schema.tables.keys().collect::<Vec<_>>(), [&shot, &toned]);
    assert_eq!(schema.tables[&toned].foreign_keys[0].references, shot);
    generate(&history, &schema, 0);
    let mut connection = store.connect(metaxy_diesel::backend::Open::Existing).expect("it opens");
    run_all(&mut connection, &history);
    assert_eq!(namespaces(&mut connection), ["kinds", "media"]);
    assert_eq!(drift(&mut connection, &schema).expect("it can be read"), [""; 0]);
    rows(&store);
}
