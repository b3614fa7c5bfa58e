//! Graphs that are refused say why and where; large ones are built without recursion.

use metaxy_core::{
    FeatureDefinition, FeatureGraph, FeatureKey, FeatureSpec, HashLength, Json, Location,
};

#[test]
fn names_the_path_of_a_cycle() {
    check(
        &[
            (3, r#"{"key": "a", "id_columns": ["id"], "deps": ["c"]}"#),
            (9, r#"{"key": "b", "id_columns": ["id"], "deps": ["a"]}"#),
            (15, r#"{"key": "c", "id_columns": ["id"], "deps": ["b", "root"]}"#),
            (21, r#"{"key": "root", "id_columns": ["id"]}"#),
            (27, r#"{"key": "tail", "id_columns": ["id"], "deps": ["a"]}"#),
        ],
        "features depend on each other in a cycle: `a` (src/lib.rs:3) -> `c` (src/lib.rs:15) -> `b` \
         (src/lib.rs:9) -> `a`; drop one of these dependencies",
    );
    check(
        &[(1, r#"{"key": "a", "id_columns": ["id"], "deps": ["a"]}"#)],
        "features depend on each other in a cycle: `a` (src/lib.rs:1) -> `a`; drop one of these dependencies",
    );
}

#[test]
fn reports_all_problems_at_once() {
    check(
        &[
            (1, r#"{"key": "up", "id_columns": ["id"], "fields": ["x", "y"]}"#),
            (2, r#"{"key": "up", "id_columns": ["id"], "fields": ["x"]}"#),
            (3, r#"{"key": "a", "id_columns": ["id"], "deps": ["nope"]}"#),
            (
                4,
                r#"{"key": "b", "id_columns": ["id"], "deps": ["up"], "fields": [{"key": "f", "deps":
                [{"feature": "up", "fields": ["z"]}, {"feature": "a"}]}]}"#,
            ),
            (
                5,
                r#"{"key": "c", "id_columns": ["id"], "deps":
                [{"feature": "up", "fields_mapping": {"mapping": {"type": "none"}}}]}"#,
            ),
            (6, r#"{"key": "d", "id_columns": ["id"], "deps": ["d"]}"#),
        ],
        "the feature graph has 6 problems:\n\
         - two features have the same key: `up` (src/lib.rs:1) and `up` (src/lib.rs:2); keys are unique, so rename one\n\
         - `a` (src/lib.rs:3) depends on `nope`, which is not in the graph: link the crate that declares it, have \
         `metaxy lock` take it from the store, name its snapshot with `metaxy::external_features!`, or mend the key\n\
         - features depend on each other in a cycle: `d` (src/lib.rs:6) -> `d`; drop one of these dependencies\n\
         - field `f` of `b` (src/lib.rs:4) depends on field `z` of `up` (src/lib.rs:1), which has no such field\n\
         - field `f` of `b` (src/lib.rs:4) depends on fields of `a`, which is no dependency of the feature: add it to \
         `deps`\n\
         - no upstream field is found for field `default` of `c` (src/lib.rs:5): give the field explicit \
         dependencies, or one of the feature's dependencies a fields mapping that finds some",
    );
}

#[test]
fn an_external_feature_gives_way_to_a_real_one() {
    let real = definition(1, r#"{"key": "a", "id_columns": ["id"], "fields": ["real"]}"#);
    let external = FeatureDefinition {
        external: true,
        ..definition(2, r#"{"key": "a", "id_columns": ["id"], "fields": ["x"]}"#)
    };
    for definitions in [[real.clone(), external.clone()], [external, real]] {
        let graph = FeatureGraph::new(definitions, HashLength::default()).unwrap();
        let [only] = graph.definitions().collect::<Vec<_>>()[..] else { panic!("one feature") };
        assert_eq!(only.spec.fields[0].key.as_str(), "real");
    }
}

#[test]
fn versions_of_all_fields_stand_in_for_missing_dependencies() {
    let spec = r#"{"key": "a", "id_columns": ["id"], "deps": ["elsewhere"], "fields": ["x", "y"]}"#;
    let with = |fields: &[&str]| FeatureDefinition {
        external: true,
        provenance_by_field: Some(
            fields.iter().map(|it| (it.to_string(), "v".to_owned())).collect(),
        ),
        ..definition(1, spec)
    };
    let graph = FeatureGraph::new([with(&["x", "y"])], HashLength::default()).unwrap();
    let versions = graph.versions(&FeatureKey::new("a").unwrap()).unwrap();
    assert!(versions.field_versions.values().eq(["v", "v"]));
    assert!(FeatureGraph::new([with(&["x"])], HashLength::default()).is_err());
}

#[test]
fn reads_snapshots_with_specs_as_text_and_externals() {
    let snapshot = r#"{
        "up": {"feature_spec": "{\"key\": \"up\", \"id_columns\": [\"id\"]}", "feature_schema": "{}",
               "feature_class_path": null, "project": "q", "external": true,
               "provenance_by_field": {"default": "cafe"}},
        "down": {"feature_spec": {"key": "down", "id_columns": ["id"], "deps": ["up"]}, "feature_schema": {},
                 "feature_class_path": "m.Down", "project": "p", "metaxy_feature_version": "ignored"}
    }"#;
    let graph = FeatureGraph::from_snapshot(&Json::parse(snapshot).unwrap(), HashLength::default())
        .unwrap();
    assert_eq!(graph.project(), Ok("p"));
    let up = &graph.versions(&FeatureKey::new("up").unwrap()).unwrap().field_versions;
    assert!(up.values().eq(["cafe"]));
    assert_eq!(graph.project_version("q"), "empty");
    assert_eq!(graph.to_snapshot(None).unwrap().as_object().unwrap().len(), 1);
}

#[test]
fn refuses_malformed_snapshots() {
    let check = |snapshot: &str, expected: &str| {
        let json = Json::parse(snapshot).unwrap();
        let error = FeatureGraph::from_snapshot(&json, HashLength::default()).expect_err(snapshot);
        assert_eq!(error.to_string(), expected, "{snapshot}");
    };
    let feature = |spec: &str| {
        format!(
            r#"{{"a": {{"feature_spec": {spec}, "feature_schema": {{}}, "feature_class_path": null, "project": "p"}}}}"#
        )
    };
    check("[]", "a snapshot must be an object of features by key, but is an array");
    check(r#"{"a": {}}"#, "feature `a` of the snapshot lacks `feature_spec`");
    check(
        &feature(r#""{""#),
        "`feature_spec` of feature `a` of the snapshot is no JSON: line 1, column 2: expected a key in double \
         quotes, found the end",
    );
    check(
        &feature(r#"{"key": "b", "id_columns": ["id"]}"#),
        "the snapshot has feature `b` under the key `a`",
    );
    check(
        &feature(r#"{"key": "a", "id_columns": ["id"], "feilds": []}"#),
        "feature `a` of the snapshot: `spec` has no `feilds`: did you mean `fields`?",
    );
    check(
        &feature(
            r#"{"key": "a", "id_columns": ["id"], "deps": [{"feature": "u", "select": [1]}]}"#,
        ),
        "feature `a` of the snapshot: `spec.deps[0].select[0]` must be a string, but is a whole number",
    );
}

#[test]
fn a_long_chain_overflows_no_stack() {
    let spec = |at: usize, upstream: usize| {
        format!(r#"{{"key": "f{at}", "id_columns": ["id"], "deps": ["f{upstream}"]}}"#)
    };
    let root = definition(0, r#"{"key": "f0", "id_columns": ["id"]}"#);
    let chain = (1..10_000).map(|at| definition(at, &spec(at, at - 1)));
    let graph =
        FeatureGraph::new(std::iter::once(root).chain(chain), HashLength::default()).unwrap();
    let order: Vec<_> = graph.topological_order().cloned().collect();
    assert!(order.iter().enumerate().all(|(at, key)| key.as_str() == format!("f{at}")));
    let downstream: Vec<_> = graph.downstream([&order[0]]).into_iter().cloned().collect();
    assert_eq!(downstream, order[1..]);

    let cycle = (0..10_000).map(|at| definition(at, &spec(at, (at + 1) % 10_000)));
    assert!(FeatureGraph::new(cycle, HashLength::default()).is_err());
}

#[expect(clippy::cast_possible_truncation, reason = "lines are few")]
fn definition(line: usize, spec: &str) -> FeatureDefinition {
    let spec = Json::parse(spec).expect("the spec is JSON");
    FeatureDefinition {
        spec: FeatureSpec::try_from(&spec).expect("the spec is valid"),
        schema: Json::from([("type", Json::from("object"))]).into(),
        class_path: None,
        project: "p".to_owned(),
        external: false,
        provenance_by_field: None,
        location: Some(Location { file: "src/lib.rs", line: line as u32 }),
    }
}

fn check(features: &[(usize, &str)], expected: &str) {
    let definitions = features.iter().map(|(line, spec)| definition(*line, spec));
    let error = FeatureGraph::new(definitions, HashLength::default()).expect_err(expected);
    assert_eq!(error.to_string(), expected);
}
