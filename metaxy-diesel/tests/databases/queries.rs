//! Comparing and pushing take as many queries for many tables and features as for few.

use crate::{on_every_database, push, support::TestDatabase};
use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};
use metaxy_core::{FeatureGraph, HashLength, Json};
use metaxy_diesel::{
    backend::{Connection, Within},
    diff::diff,
    push::PushOptions,
    schema::{Column, ForeignKey, Index, PrimaryKey, Schema, SqlType, Table, TableName},
    snapshot::{SNAPSHOT_FORMAT, Snapshot},
    source::{ReadOptions, Source, compare},
};
use std::{cell::Cell, collections::BTreeSet, fs};

on_every_database!(
    comparing_takes_a_constant_number_of_queries,
    pushing_takes_a_constant_number_of_queries,
);

thread_local! {
    /// The queries of all connections of a test, which has a thread of its own.
    static QUERIES: Cell<usize> = const { Cell::new(0) };
}

fn counter() -> Option<Box<dyn Instrumentation>> {
    Some(Box::new(|event: InstrumentationEvent<'_>| {
        if matches!(event, InstrumentationEvent::StartQuery { .. }) {
            QUERIES.set(QUERIES.get() + 1);
        }
    }))
}

/// Tables with an index each, each of which refers to the one before.
fn chain(database: &TestDatabase, length: usize) -> Schema {
    let tables = (0..length).map(|at| {
        let name = |at: usize| format!("t{at:03}");
        let id = Column::new("id", SqlType::Varchar(20));
        let parent = Column { nullable: true, ..Column::new("parent", SqlType::Varchar(20)) };
        let columns = vec!["parent".to_owned()];
        let mut table = Table::new(TableName::new(name(at)), vec![id, parent]);
        table.primary_key = Some(PrimaryKey {
            name: Some(format!("{}_pkey", name(at))),
            columns: vec!["id".to_owned()],
        });
        table.indexes =
            vec![Index::new(format!("{}_parent_idx", name(at)), columns.clone(), false)];
        table.foreign_keys = Vec::from_iter(at.checked_sub(1).map(|before| {
            let (name, target) =
                (format!("{}_parent_fkey", name(at)), TableName::new(name(before)));
            ForeignKey::new(name, columns, target, vec!["id".to_owned()])
        }));
        table
    });
    database.backend.dialect().normalise(&tables.collect())
}

/// Makes the tables of a schema that are not there yet.
fn create(connection: &mut Connection, schema: &Schema) {
    let dialect = connection.backend().dialect();
    let there = connection.inspect_all(Within::Everything, &BTreeSet::new()).expect("it is read");
    let changes = diff(&there, schema, dialect).expect("they differ").changes;
    let script: Vec<_> =
        changes.iter().flat_map(|it| it.render(dialect).expect("it is SQL")).collect();
    connection.run_script(&script.join("\n")).expect("it runs");
}

fn comparing_takes_a_constant_number_of_queries(database: &TestDatabase) {
    set_default_instrumentation(counter).expect("nothing else sets one");
    let file = database.directory().join("snapshot.json");
    let counts = [5, 500].map(|length| {
        let schema = chain(database, length);
        create(&mut database.connect(), &schema);
        let snapshot = Snapshot {
            format: SNAPSHOT_FORMAT,
            backend: database.backend,
            scope: "features".to_owned(),
            migration: "1".to_owned(),
            table_prefix: String::new(),
            schema,
        };
        fs::write(&file, snapshot.to_json()).expect("it is written");
        QUERIES.set(0);
        let options = ReadOptions {
            backend: database.backend,
            features: &|| unreachable!("no source is of features"),
            table_prefix: "",
            database: Some(&database.url),
            version_tables: &BTreeSet::new(),
            owned: &BTreeSet::new(),
            scratch: None,
        };
        let difference =
            compare(&Source::Database(None), &Source::Snapshot(file.clone()), &options)
                .expect("they compare");
        assert!(difference.is_empty(), "{difference:?}");
        QUERIES.get()
    });
    assert!(counts[0] > 0);
    assert_eq!(counts[0], counts[1]);
}

fn pushing_takes_a_constant_number_of_queries(database: &TestDatabase) {
    set_default_instrumentation(counter).expect("nothing else sets one");
    push::create_tables(database, true);
    let counts = [1, 5, 800].map(|length| {
        let features = (0..length).map(|at| {
            let key = format!("f{at}");
            let entry = Json::from([
                (
                    "feature_spec",
                    Json::from([
                        ("key", key.as_str().into()),
                        ("id_columns", ["id"].into_iter().collect()),
                    ]),
                ),
                ("feature_schema", Json::from([("type", "object".into())])),
                ("feature_class_path", "crate::F".into()),
                ("project", "p".into()),
            ]);
            (key, entry)
        });
        let graph = FeatureGraph::from_snapshot(&features.collect(), HashLength::default());
        let (graph, store) = (graph.expect("is a graph"), push::store(database));
        QUERIES.set(0);
        store.push(&graph, &PushOptions::default()).expect("pushes");
        QUERIES.get()
    });
    // From the second on, each gives way to the next.
    assert!(counts[0] > 0);
    assert_eq!(counts[1], counts[2]);
}
