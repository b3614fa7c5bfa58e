//! What a cluster can push down to its workers of the queries.

use super::Queries;
use crate::{
    Backend,
    backend::statement::Statement,
    rows::{
        HashAlgorithm, ResolveOptions,
        plan::{Hashing, Plan},
        source::Tables,
    },
    schema::{Column, Schema, SqlType, Table, TableName},
    system::system_columns,
};
use metaxy_core::{FeatureDefinition, FeatureGraph, FeatureKey, FeatureSpec, Json};
use std::collections::BTreeMap;

/// A feature of each kind of lineage, by the user's columns of its table.
const FEATURES: &[(&str, &[&str])] = &[
    (r#"{"key": "video", "id_columns": ["id"], "fields": [{"key": "audio"}]}"#, &["id"]),
    (r#"{"key": "sound", "id_columns": ["id"], "fields": [{"key": "audio"}]}"#, &["id"]),
    (
        r#"{"key": "scene", "id_columns": ["id", "scene"], "fields": [{"key": "audio"}]}"#,
        &["id", "scene"],
    ),
    (
        r#"{"key": "joined", "id_columns": ["id"], "fields": [{"key": "audio"}],
            "deps": ["video", {"feature": "sound", "optional": true}]}"#,
        &["id"],
    ),
    (
        r#"{"key": "either", "id_columns": ["id"], "fields": [{"key": "audio"}],
            "deps": [{"feature": "video", "optional": true}, {"feature": "sound", "optional": true}]}"#,
        &["id"],
    ),
    (
        r#"{"key": "gathered", "id_columns": ["id"], "fields": [{"key": "audio"}],
            "deps": [{"feature": "scene", "lineage": {"relationship": {"type": "N:1", "on": ["id"]}}}]}"#,
        &["id"],
    ),
];

fn queries(feature: &str, distributed: bool) -> Queries {
    let definitions = FEATURES.iter().map(|(spec, _)| FeatureDefinition {
        spec: FeatureSpec::try_from(&Json::parse(spec).expect("is JSON")).expect("is a spec"),
        schema: Json::Null.into(),
        class_path: None,
        project: "far".to_owned(),
        external: false,
        provenance_by_field: None,
        location: None,
    });
    let graph = FeatureGraph::new(definitions, Default::default()).expect("a graph");
    let tables = FEATURES.iter().map(|(spec, columns)| {
        let spec = FeatureSpec::try_from(&Json::parse(spec).expect("is JSON")).expect("is a spec");
        let columns = columns.iter().map(|it| Column::new(*it, SqlType::Text));
        let columns = columns.chain(system_columns()).collect();
        let table = Table::new(TableName::new(spec.key.table_name()), columns);
        Table { distributed_by: distributed.then(|| "id".to_owned()), ..table }
    });
    let found: Schema = tables.collect();
    let schemas = BTreeMap::new();
    let tables = Tables { graph: &graph, prefix: "", schemas: &schemas, instead: None };
    let key = FeatureKey::new(feature).expect("a key");
    let hashing = Hashing { algorithm: HashAlgorithm::Sha256, length: graph.hash_length() };
    let options = ResolveOptions::default();
    let plan = Plan::new(tables, &found, &key, &options, None, hashing).expect("can be resolved");
    plan.queries(Backend::Postgres.dialect(), &TableName::new("groups"))
}

fn texts(queries: &Queries) -> Vec<String> {
    let sets = [Some(&queries.new), queries.stale.as_ref(), queries.orphaned.as_ref()];
    let text = |query: &Statement| diesel::debug_query::<diesel::pg::Pg, _>(query).to_string();
    sets.into_iter().flatten().map(|it| text(&it.query)).collect()
}

/// Citus gathers what is computed once, or is named more than once, unless it says otherwise.
#[test]
fn nothing_is_gathered_before_the_end() {
    for feature in ["joined", "either", "gathered"] {
        let (whole, spread) = (texts(&queries(feature, false)), texts(&queries(feature, true)));
        for (whole, spread) in whole.iter().zip(&spread) {
            // What a node numbers within a sample's rows, the one that has all of them need not.
            let is_numbered = |it: &str| (it.contains("row_number"), it.contains("DISTINCT ON"));
            assert_eq!((is_numbered(whole), is_numbered(spread)), ((false, true), (true, false)));
            assert!(!spread.replace(" NOT MATERIALIZED", "").contains("MATERIALIZED"), "{spread}");
            assert!(!spread.contains("OFFSET"), "{spread}");
            let parts = spread.split(" AS NOT MATERIALIZED (").skip(1);
            assert!(parts.count() > 0, "{spread}");
            for name in names_of_parts(spread) {
                let is_inline = spread.contains(&format!("{name} AS NOT MATERIALIZED ("));
                let uses = spread.matches(&format!(" FROM {name} ")).count()
                    + spread.matches(&format!(" JOIN {name} ")).count()
                    + spread.matches(&format!(" FROM {name})")).count();
                assert!(is_inline || uses <= 1, "{feature}: {name} is gathered: {spread}");
            }
        }
        assert!(whole.concat().contains(" OFFSET 0)"), "{feature}: only a cluster merges them");
    }
}

/// The names of common table expressions.
fn names_of_parts(query: &str) -> Vec<&str> {
    let starts = query.match_indices(" AS NOT MATERIALIZED (").chain(query.match_indices(" AS ("));
    let name = |(at, _): (usize, &str)| query[..at].rsplit([' ', ',', '(']).next();
    starts.filter_map(name).filter(|it| !it.is_empty() && !it.starts_with('"')).collect()
}

/// All that is known of a sample is on one worker: what ranks, groups or joins goes by the distribution column.
#[test]
fn all_goes_by_the_distribution_column() {
    for feature in ["joined", "either", "gathered"] {
        for text in texts(&queries(feature, true)) {
            for (word, end) in [("PARTITION BY ", ')'), ("GROUP BY ", ')'), (" ON ", ')')] {
                for part in text.split(word).skip(1) {
                    let part = part.split(end).next().unwrap_or_default();
                    assert!(part.contains("\"id\""), "{feature}: {word}{part}");
                }
            }
        }
    }
}
