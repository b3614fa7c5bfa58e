//! Rows as Arrow's record batches.

use crate::{
    on_every_database,
    stress::{graph, key, store},
    support::TestDatabase,
};
use arrow_array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, DictionaryArray, DurationSecondArray,
    Float64Array, Int16Array, Int64Array, LargeStringArray, ListArray, RecordBatch, StringArray,
    StructArray, TimestampMicrosecondArray,
    cast::AsArray,
    types::{Int8Type, Int32Type},
};
use arrow_schema::{ArrowError, DataType, Field, TimeUnit};
use metaxy_diesel::{
    Backend,
    rows::{OpenStore, ReadOptions, ResolveOptions, RowsError, WriteOptions},
    schema::SqlType,
};
use serde_json::json;
use std::sync::Arc;

on_every_database!(
    batches_are_written_read_and_resolved,
    values_of_arrow_come_back,
    batches_that_fail_write_nothing,
);

const ROWS: usize = 2_345;

/// Rows of the root, versions by field as a struct.
fn batch(from: usize, count: usize) -> RecordBatch {
    let ids = || (from..from + count).map(|it| format!("k{it:04}"));
    let keys: DictionaryArray<Int32Type> =
        ids().collect::<Vec<_>>().iter().map(|it| &**it).collect();
    let version = || Arc::new(ids().map(Some).collect::<StringArray>()) as ArrayRef;
    let field = |name: &str| Arc::new(Field::new(name, DataType::Utf8, true));
    let versions = StructArray::from(vec![(field("f000"), version()), (field("f001"), version())]);
    let text: LargeStringArray = (0..count).map(|it| (it % 2 == 0).then_some("text")).collect();
    RecordBatch::try_from_iter_with_nullable([
        ("k", Arc::new(keys) as ArrayRef, false),
        ("text", Arc::new(text) as ArrayRef, true),
        ("metaxy_provenance_by_field", Arc::new(versions) as ArrayRef, false),
    ])
    .expect("makes a batch")
}

fn write(
    store: &mut OpenStore,
    batches: impl IntoIterator<Item = Result<RecordBatch, ArrowError>>,
) -> Result<usize, RowsError> {
    store.write_batches(&key("root"), batches, &WriteOptions::default())
}

fn batches_are_written_read_and_resolved(database: &TestDatabase) {
    let graph = graph(2);
    let config = store(database);
    let store: &mut OpenStore = &mut config.open(&graph).expect("opens");
    let batches = [Ok(batch(0, 0)), Ok(batch(0, 2_000)), Ok(batch(2_000, 345))];
    assert_eq!(write(store, batches).expect("writes"), ROWS);

    let all = ReadOptions::default();
    let batches = store.read_batches(&key("root"), &all, 1_000).expect("reads");
    let schema = batches.schema();
    let batches: Vec<RecordBatch> = batches.map(|it| it.expect("is a batch")).collect();
    assert_eq!(batches.iter().map(RecordBatch::num_rows).collect::<Vec<_>>(), [1_000, 1_000, 345]);
    assert!(batches.iter().all(|it| it.schema() == schema));
    let type_of = |name: &str| schema.field_with_name(name).expect("is there").data_type();
    assert_eq!(type_of("k"), &DataType::Utf8);
    let moment = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    assert_eq!(type_of("metaxy_updated_at"), &moment);
    assert!(matches!(type_of("metaxy_data_version_by_field"), DataType::Map(..)));

    // What was read is what a store takes, of any database.
    let other = TestDatabase::new(Backend::Sqlite);
    let copy: &mut OpenStore = &mut self::store(&other).open(&graph).expect("opens");
    assert_eq!(write(copy, batches.into_iter().map(Ok)).expect("writes"), ROWS);
    let sorted = |store: &mut OpenStore| {
        let mut rows = store.read_rows(&key("root"), &all).expect("reads");
        rows.sort_by_key(|it| it.text("k").map(str::to_owned));
        let shown = rows.iter().map(|it| {
            let texts = ["k", "text", "metaxy_provenance", "metaxy_data_version"];
            texts.map(|column| it.text(column).map(str::to_owned))
        });
        shown.collect::<Vec<_>>()
    };
    assert_eq!(sorted(copy), sorted(store));

    // Increments, written back as they come.
    let increment = store.resolve_rows(&key("leaf"), ResolveOptions::default()).expect("resolves");
    let batches = increment.new.stream_batches(store, 700).expect("streams");
    let names: Vec<String> = batches.schema().fields().iter().map(|it| it.name().clone()).collect();
    assert_eq!(
        names,
        [
            "k",
            "text",
            "metaxy_provenance",
            "metaxy_provenance_by_field",
            "metaxy_data_version",
            "metaxy_data_version_by_field"
        ]
    );
    let batches: Vec<RecordBatch> = batches.map(|it| it.expect("is a batch")).collect();
    assert_eq!(batches.iter().map(RecordBatch::num_rows).collect::<Vec<_>>(), [700, 700, 700, 245]);
    let batches = batches.into_iter().map(Ok);
    let written = store.write_batches(&key("leaf"), batches, &WriteOptions::default());
    assert_eq!(written.expect("writes"), ROWS);
    assert!(increment.count(store).expect("counts").is_in_sync());
    let none = increment.new.stream_batches(store, 700).expect("streams").next();
    assert!(none.is_none());
}

fn values_of_arrow_come_back(database: &TestDatabase) {
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
        ("at", SqlType::Timestamp),
        ("json", SqlType::Json),
    ];
    for (name, sql_type) in &columns {
        let sql_type = (dialect.type_name)(sql_type).expect("every database has the type");
        let sql = database.sql(&format!("ALTER TABLE \"root\" ADD \"{name}\" {sql_type};"));
        database.connect().execute_script(&sql).expect("adds the column");
    }
    let store: &mut OpenStore = &mut config.open(&graph).expect("opens");
    let versions = StructArray::from(vec![(
        Arc::new(Field::new("f000", DataType::Utf8, true)),
        Arc::new(StringArray::from(vec!["x", "y"])) as ArrayRef,
    )]);
    let list = ListArray::from_iter_primitive::<Int8Type, _, _>([Some([Some(1), None]), None]);
    let values: Vec<(&str, ArrayRef)> = vec![
        ("k", Arc::new(StringArray::from(vec!["full", "empty"]))),
        ("metaxy_provenance_by_field", Arc::new(versions)),
        ("yes", Arc::new(BooleanArray::from(vec![Some(true), None]))),
        ("small", Arc::new(Int16Array::from(vec![Some(-7), None]))),
        ("large", Arc::new(Int64Array::from(vec![Some(i64::MAX), None]))),
        ("real", Arc::new(Float64Array::from(vec![Some(-1.5e-300), None]))),
        ("bytes", Arc::new(BinaryArray::from(vec![Some(&[0, 9, 92, 255][..]), None]))),
        ("day", Arc::new(Date32Array::from(vec![Some(19_782), None]))),
        ("at", Arc::new(TimestampMicrosecondArray::from(vec![Some(1_709_209_800_000_001), None]))),
        ("json", Arc::new(list)),
    ];
    let written = RecordBatch::try_from_iter(values.clone()).expect("makes a batch");
    write(store, [Ok(written)]).expect("writes");
    let read: Vec<RecordBatch> = store
        .read_batches(&key("root"), &ReadOptions::default(), 10)
        .expect("reads")
        .map(|it| it.expect("is a batch"))
        .collect();
    assert_eq!(read.len(), 1);
    let ids = read[0].column_by_name("k").expect("is there").as_string::<i32>();
    let full = ids.iter().position(|it| it == Some("full")).expect("is there");
    for (name, array) in &values[2..9] {
        let found = read[0].column_by_name(name).expect("is there");
        assert_eq!(&found.slice(full, 1), &array.slice(0, 1), "{name}");
        assert!(found.is_null(1 - full), "{name}");
    }
    let json = read[0].column_by_name("json").expect("is there").as_string::<i32>().value(full);
    assert_eq!(serde_json::from_str::<serde_json::Value>(json).expect("is JSON"), json!([1, null]));
}

fn batches_that_fail_write_nothing(database: &TestDatabase) {
    let graph = graph(2);
    let store: &mut OpenStore = &mut store(database).open(&graph).expect("opens");
    let check = |store: &mut OpenStore, last: Result<RecordBatch, ArrowError>, expected: &str| {
        let refused = write(store, [Ok(batch(0, ROWS)), last]).expect_err("is refused");
        assert!(refused.to_string().contains(expected), "{refused}");
        let count = store.count_rows(&key("root"), &ReadOptions::default()).expect("counts");
        assert_eq!(count, 0);
    };
    check(store, Err(ArrowError::DivideByZero), "batches of feature `root`: Divide by zero");
    let duration: ArrayRef = Arc::new(DurationSecondArray::from(vec![1]));
    let other = RecordBatch::try_from_iter([("text", duration)]).expect("makes a batch");
    check(
        store,
        Ok(other),
        "column `text` for feature `root` is of Arrow's type Duration(s), which",
    );
    let nameless: ArrayRef = Arc::new(StringArray::from(vec!["x"]));
    let nameless = RecordBatch::try_from_iter([("text", nameless)]).expect("makes a batch");
    check(store, Ok(nameless), "row 2346 of feature `root` has no `k`");
    assert_eq!(write(store, [Ok(batch(0, ROWS))]).expect("writes"), ROWS);
}
