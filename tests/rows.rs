//! Rows of derived features, written, read and resolved as structs.

#![allow(missing_docs)]

mod common;

use common::{Video, video__raw};
use diesel::{connection::SimpleConnection, prelude::*};
use metaxy::{
    Backend, Feature, FeatureGraph, FeatureInput, FilterOptions, FromRow, Schema, Store, ToRow,
    diff, filter_feature_schema, plan,
    rows::{
        DeleteOptions, IncrementOf, OpenStore, ReadOptions, ResolveOptions, Row, RowSet, RowsError,
        Sample, WriteOptions,
    },
    sql_types::UtcDateTime,
};

/// Crops of videos.
#[derive(Feature, ToRow, FromRow, Debug, Clone, PartialEq)]
#[metaxy(
    key = "video/crop",
    id_columns(video_id),
    deps(Video(select(raw_path), rename(path = "raw_path"))),
    fields(audio(deps(Video(audio))), image(deps(Video(frames))))
)]
struct Crop {
    video_id: String,
    #[diesel(column_name = size)]
    side: Option<i32>,
    made_at: UtcDateTime,
}

#[derive(FeatureInput, Debug, PartialEq)]
#[metaxy(feature = Crop)]
struct Input {
    video_id: String,
    raw_path: String,
}

type Opened = OpenStore<'static, SqliteConnection>;

fn open() -> Opened {
    let store = Store::new("test", Backend::Sqlite, ":memory:");
    let graph = FeatureGraph::current().expect("the features make a graph");
    let mut open: Opened = store.open(graph).expect("opens in memory");
    let (_, schema) =
        filter_feature_schema(&store, &FilterOptions::default()).expect("the features have tables");
    let dialect = store.backend.dialect();
    let changes = diff::diff(&Schema::default(), &schema, dialect).expect("tables are new");
    let plan = plan::plan(&changes, dialect, &[]).expect("creating loses nothing");
    open.connection().batch_execute(&plan.up_sql()).expect("creates the tables");
    open
}

fn video(id: &str, audio: &str) -> Sample<Video> {
    let video = Video { video_id: id.to_owned(), path: format!("/{id}"), duration: 1.5 };
    Sample::new(video, [("audio", audio), ("frames", "f"), ("audio_french", "x")])
}

fn resolve(store: &mut Opened) -> IncrementOf<Crop> {
    store.resolve_update::<Crop>(ResolveOptions::default()).expect("resolves")
}

fn ids<R>(set: &RowSet<R>, store: &mut Opened) -> Vec<String> {
    let rows = set.rows(store).expect("loads");
    let mut ids: Vec<String> = rows.iter().map(|it| it.read("video_id").unwrap()).collect();
    ids.sort();
    ids
}

#[test]
fn structs_go_the_whole_way() {
    let store = &mut open();
    assert_eq!(store.write([video("v1", "a1"), video("v2", "a2")]).expect("writes"), 2);

    let increment = resolve(store);
    let inputs = increment.new.load::<Input>(store).expect("loads");
    assert_eq!(inputs.len(), 2);
    assert!(inputs.iter().all(|it| it.value.raw_path == format!("/{}", it.value.video_id)));
    let made_at = UtcDateTime::now();
    let crops = inputs
        .into_iter()
        .map(|sample| sample.map(|it| Crop { video_id: it.video_id, side: Some(720), made_at }));
    let options = WriteOptions { materialization_id: Some("run-1".to_owned()) };
    store.write_with(crops, &options).expect("writes");
    let increment = resolve(store);
    assert!(increment.clone().count(store).expect("counts").is_in_sync());
    // Without types, into any struct.
    let any = increment.new.clone().untyped().load::<Crop>(store).expect("loads");
    assert_eq!((any.len(), format!("{increment:?}").as_str()), (0, "Increment(video/crop)"));

    let filters = vec!["video_id = 'v1'".parse().expect("is a filter")];
    let crops =
        store.load::<Crop>(&ReadOptions { filters: filters.clone(), ..ReadOptions::default() });
    let crops = crops.expect("loads");
    let expected = Crop { video_id: "v1".to_owned(), side: Some(720), made_at };
    assert_eq!(crops.iter().map(|it| &it.value).collect::<Vec<_>>(), [&expected]);
    assert_eq!(crops[0].versions.data_version, crops[0].versions.provenance);

    // What was written is seen by the sets: they are queries.
    store.write([video("v1", "a1x")]).expect("writes");
    assert_eq!(ids(&increment.stale, store), ["v1"]);
    store.delete::<Video>(&DeleteOptions { filters, ..DeleteOptions::default() }).expect("deletes");
    assert_eq!(ids(&increment.stale, store), [""; 0]);
    assert_eq!(ids(&increment.orphaned, store), ["v1"]);
    let orphan = increment.orphaned.load::<Crop>(store).expect("loads");
    assert_eq!(orphan[0].value, expected);
    assert_eq!(store.drop_feature::<Video>().expect("drops"), 3);
    assert_eq!(ids(&increment.orphaned, store), ["v1", "v2"]);
}

#[test]
fn present_rows_are_a_query_of_diesel() {
    let store = &mut open();
    store.write([video("v1", "a1"), video("v2", "a2")]).expect("writes");
    store.write([video("v2", "a3"), video("v3", "a4")]).expect("writes");
    let filters = vec!["video_id = 'v3'".parse().expect("is a filter")];
    store.delete::<Video>(&DeleteOptions { filters, ..DeleteOptions::default() }).expect("deletes");

    let present = store.read::<Video>().expect("the table has its own name");
    let ids = present
        .clone()
        .filter(video__raw::duration.gt(1.0))
        .order(video__raw::video_id)
        .select((video__raw::video_id, video__raw::metaxy_provenance_by_field));
    let ids: Vec<(String, metaxy::sql_types::FieldVersions)> =
        ids.load(store.connection()).expect("loads");
    let ids: Vec<_> = ids.iter().map(|(id, it)| (id.as_str(), it["audio"].as_str())).collect();
    assert_eq!(ids, [("v1", "a1"), ("v2", "a3")]);
    let crops =
        present.left_join(video__crop::table.on(video__crop::video_id.eq(video__raw::video_id)));
    assert_eq!(crops.count().get_result::<i64>(store.connection()), Ok(2));
}

#[test]
fn a_write_is_whole_or_nothing() {
    let store = &mut open();
    let twice = store.write([video("v1", "a1"), video("v2", "a1"), video("v1", "a2")]);
    assert!(matches!(twice, Err(RowsError::Database { .. })), "{twice:?}");
    let mut row = Row::from(video("v3", "a"));
    row.insert("pth", "typo");
    let misspelt = store.write_rows(
        &Video::key(),
        [video("v4", "a").into(), row.clone()],
        &WriteOptions::default(),
    );
    assert_eq!(
        misspelt.unwrap_err().to_string(),
        "table `video__raw` of feature `video/raw` has no column `pth` (did you mean `path`?): `metaxy migration generate` \
         and `metaxy migration run` add what the code declares"
    );
    row.remove("pth");
    row.remove("metaxy_provenance_by_field");
    let unknown = store.write_rows(&Video::key(), [row], &WriteOptions::default());
    assert!(
        unknown
            .unwrap_err()
            .to_string()
            .starts_with("row 1 of feature `video/raw` has no `metaxy_prov")
    );
    assert_eq!(store.count_rows(&Video::key(), &ReadOptions::default()).expect("counts"), 0);
}

#[test]
fn what_cannot_be_resolved_says_why() {
    let store = &mut open();
    let check = |store: &mut Opened, options: ResolveOptions, expected: &str| {
        let refused = store.resolve_update::<Crop>(options).map(|_| ());
        assert_eq!(refused.unwrap_err().to_string(), expected);
    };
    let filters = |text: &str| vec![text.parse().expect("is a filter")];
    check(
        store,
        ResolveOptions { global_filters: filters("path = 'x'"), ..ResolveOptions::default() },
        "filter `path = 'x'` names the column `path`, which feature `video/crop` does not have",
    );
    check(
        store,
        ResolveOptions { stale_where: filters("sizes > 1"), ..ResolveOptions::default() },
        "filter `sizes > 1` names the column `sizes`, which feature `video/crop` does not have (did you mean `size`?)",
    );
    let root = store.resolve_update::<Video>(ResolveOptions::default());
    assert_eq!(
        root.unwrap_err().to_string(),
        "feature `video/raw` has no dependencies: only you know its samples, give them as `samples`"
    );
    store.connection().batch_execute("ALTER TABLE video__raw RENAME TO other").expect("renames");
    let mut store: OpenStore<SqliteConnection> = Store::new("test", Backend::Sqlite, ":memory:")
        .open(FeatureGraph::current().expect("the features make a graph"))
        .expect("opens");
    let missing = store.resolve_update::<Crop>(ResolveOptions::default());
    assert_eq!(
        missing.unwrap_err().to_string(),
        "feature `video/crop` has no table `video__crop` in the store: run `metaxy migration run`"
    );
}
