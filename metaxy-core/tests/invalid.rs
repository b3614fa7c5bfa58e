//! What Metaxy for Python 0.1.11 refuses is refused, and what it accepts is accepted.

use metaxy_core::{
    FeatureDefinition, FeatureGraph, FeatureKey, FeatureSpec, HashLength, Json,
    graph::check_project_name,
};
use std::collections::BTreeSet;

#[test]
fn refuses_what_python_refuses() {
    let cases = Json::parse(include_str!("data/invalid.json")).expect("the file is JSON");
    let mut differing = Vec::new();
    let mut labels = BTreeSet::new();
    for case in cases.as_array().unwrap() {
        let label = case.get("label").unwrap().as_str().unwrap();
        let input = case.get("input").unwrap();
        let Some(accepted) = accepts(label, input) else { continue };
        labels.insert(label);
        if Json::from(accepted) != *case.get("accepted").unwrap() {
            differing.push(format!("{label}: {input}"));
        }
    }
    assert_eq!(differing, Vec::<String>::new());
    assert_eq!(labels.len(), 19);
}

/// Whether ours accepts the input of a case. Of filters only the empty one is refused before they are applied.
fn accepts(label: &str, input: &Json) -> Option<bool> {
    let text = || input.as_str().expect("the input is a text");
    Some(match label {
        "feature_key" => FeatureKey::new(text()).is_ok(),
        "project" => check_project_name(text()).is_ok(),
        "hash_truncation_length" => match input {
            Json::Int(length) => HashLength::new(usize::try_from(*length).unwrap()).is_ok(),
            other => panic!("{other}"),
        },
        "filter" if text().is_empty() => {
            spec_is_ok(&dep(&[("filters", Json::from([text()].map(Json::from).to_vec()))]))
        }
        "filter" => return None,
        "select_pre_rename" | "select_swap" | "extra_field_dep_arg" => {
            spec_is_ok(&Json::from([("deps", Json::from(vec![with_feature(input)]))]))
        }
        "expansion_requires_on" => {
            let lineage = Json::parse(r#"{"relationship": {"type": "1:N"}}"#).unwrap();
            spec_is_ok(&dep(&[("lineage", lineage)]))
        }
        "rename_to_system" | "rename_to_id" | "rename_dup_target" => {
            columns_are_ok(&Json::from([("u", input.clone())]))
        }
        "collision" | "collision_without_select" => columns_are_ok(input),
        _ => spec_is_ok(input),
    })
}

/// Whether a spec is accepted that has these entries, and what else it needs.
fn spec_is_ok(entries: &Json) -> bool {
    let mut spec = entries.as_object().unwrap().clone();
    spec.entry("key".to_owned()).or_insert("k".into());
    spec.entry("id_columns".to_owned()).or_insert(vec!["id".into()].into());
    FeatureSpec::try_from(&Json::Object(spec)).is_ok()
}

/// A spec with one dependency that has these entries.
fn dep(entries: &[(&str, Json)]) -> Json {
    let entries: Json = entries.iter().cloned().collect();
    Json::from([("deps", Json::from(vec![with_feature(&entries)]))])
}

fn with_feature(dep: &Json) -> Json {
    let mut dep = dep.as_object().unwrap().clone();
    dep.entry("feature".to_owned()).or_insert("u".into());
    Json::Object(dep)
}

/// Whether the columns are accepted that a feature takes from `u` and `u2`; `deps` has the options by feature.
fn columns_are_ok(deps: &Json) -> bool {
    let deps = deps.as_object().unwrap();
    let upstream = deps.keys().map(|key| spec(key, Json::Array(vec![])));
    let options = deps.iter().map(|(key, options)| {
        let mut dep = options.as_object().unwrap().clone();
        dep.insert("feature".to_owned(), key.as_str().into());
        Json::Object(dep)
    });
    let downstream = spec("d", options.collect());
    let definitions = upstream.chain([downstream]).map(|spec| FeatureDefinition {
        spec,
        schema: Json::from([("type", Json::from("object"))]).into(),
        class_path: None,
        project: "p".to_owned(),
        external: false,
        provenance_by_field: None,
        location: None,
    });
    let graph = FeatureGraph::new(definitions, HashLength::default());
    graph.expect("columns are checked later").validate().is_ok()
}

fn spec(key: &str, deps: Json) -> FeatureSpec {
    let ids = ["id", "sub"].map(Json::from).to_vec();
    let spec = Json::from([("key", key.into()), ("id_columns", ids.into()), ("deps", deps)]);
    FeatureSpec::try_from(&spec).expect("the spec is valid")
}
