//! Every graph that Metaxy for Python 0.1.11 wrote down: versions, parents, orders, columns, and refusals.

use indexmap::IndexMap;
use metaxy_core::{
    FeatureDefinition, FeatureGraph, FeatureKey, FeatureSpec, GraphError, GraphProblem, HashLength,
    Json,
};
use std::sync::LazyLock;

#[test]
fn versions_are_those_of_python() {
    for_each_graph(|case| {
        let Ok(graph) = case.graph() else { return };
        for feature in case.features() {
            let versions = graph.versions(&feature.spec.key).expect("the feature is in the graph");
            let mut ours =
                vec![&versions.code_version, &versions.spec_version, &versions.definition_version];
            ours.push(&versions.feature_version);
            ours.extend(versions.field_versions.values());
            assert_eq!(
                ours,
                texts(feature.json, "versions"),
                "{}: {}",
                case.name,
                feature.spec.key
            );
        }
        for (project, version) in case.json.get("project_versions").unwrap().as_object().unwrap() {
            assert_eq!(graph.project_version(project), version.as_str().unwrap(), "{}", case.name);
        }
    });
}

#[test]
fn orders_are_those_of_python() {
    for_each_graph(|case| {
        let Ok(graph) = case.graph() else { return };
        let order: Vec<_> = graph.topological_order().map(FeatureKey::as_str).collect();
        assert_eq!(order, texts(case.json, "topological_order"), "{}", case.name);
        let downstream = case.json.get("downstream").unwrap();
        for key in graph.topological_order() {
            let ours: Vec<_> =
                graph.downstream([key]).into_iter().map(FeatureKey::as_str).collect();
            let theirs = downstream.get(key.as_str()).map(|_| texts(downstream, key.as_str()));
            assert_eq!(ours, theirs.unwrap_or_default(), "{}: {key}", case.name);
        }
    });
}

#[test]
fn columns_and_parents_are_those_of_python() {
    for_each_graph(|case| {
        let Ok(graph) = case.graph() else { return };
        for feature in case.features() {
            let (key, at) = (&feature.spec.key, format!("{}: {}", case.name, feature.spec.key));
            if let Some(theirs) = feature.json.get("parents") {
                let ours = graph.field_parents(key).unwrap();
                let ours: Json = ours
                    .into_iter()
                    .map(|(field, of)| {
                        let names =
                            of.into_iter().map(|(feature, field)| format!("{feature}.{field}"));
                        (field.as_str(), names.collect())
                    })
                    .collect();
                assert_eq!(&ours, theirs, "{at}");
            }
            if !feature.spec.deps.is_empty() {
                let ids = |name| texts(feature.json, name);
                assert!(
                    graph.input_id_columns(key).unwrap().iter().eq(ids("input_id_columns")),
                    "{at}"
                );
                assert!(
                    graph.upstream_id_columns(key).unwrap().iter().eq(ids("upstream_id_columns")),
                    "{at}"
                );
            }
            if let Some(theirs) = feature.json.get("selected") {
                let ours: Json = graph
                    .dep_columns(key)
                    .unwrap()
                    .into_iter()
                    .map(|it| it.selected.map(sorted))
                    .collect();
                assert_eq!(&ours, theirs, "{at}");
            }
        }
    });
}

#[test]
fn refusals_are_those_of_python() {
    for_each_graph(|case| {
        let expected: Vec<_> =
            case.features().filter_map(|it| it.json.get("error")?.as_str()).collect();
        let refused = case.json.get("refused").and_then(Json::as_str);
        let Err(error) = case.graph() else {
            assert_eq!((expected, refused), (vec![], None), "{}", case.name);
            return;
        };
        let ours: Vec<_> = error.problems.iter().map(python_error).collect();
        match refused {
            // Python stopped at the first.
            Some(refused) => assert!(ours.contains(&refused), "{}: {error}", case.name),
            None => assert_eq!(ours, expected, "{}: {error}", case.name),
        }
    });
}

#[test]
fn collisions_are_those_of_python() {
    for_each_graph(|case| {
        let Ok(graph) = case.graph() else { return };
        let collides = case.features().any(|it| it.json.get("column_error").is_some());
        assert_eq!(graph.validate().is_err(), collides, "{}", case.name);
    });
}

#[test]
fn specs_and_snapshots_read_back() {
    for_each_graph(|case| {
        for feature in case.features() {
            let spec = Json::from(&feature.spec);
            let text = serde_json::to_string(&feature.spec).unwrap();
            assert_eq!(Json::parse(&text).unwrap().dumps(), spec.dumps(), "{}", case.name);
            assert_eq!(
                serde_json::from_str::<FeatureSpec>(&text).unwrap(),
                feature.spec,
                "{}",
                case.name
            );
            // Hand-built graphs hold what pydantic wrote, the others its short forms.
            let theirs = feature.json.get("spec").unwrap();
            if feature.json.get("class_path").is_some() {
                assert_eq!(spec.dumps(), theirs.dumps(), "{}", case.name);
            }
        }
        let Ok(graph) = case.graph() else { return };
        for project in graph.projects() {
            let snapshot = graph.to_snapshot(Some(project)).unwrap();
            let keys: Vec<_> = snapshot.as_object().unwrap().keys().cloned().collect();
            let owned: Vec<_> =
                graph.features_of(project).map(|it| it.spec.key.to_string()).collect();
            assert_eq!(keys, owned, "{}", case.name);
        }
        if let Ok(project) = graph.project()
            && graph.definitions().all(|it| !it.external)
        {
            let snapshot = graph.to_snapshot(None).unwrap();
            let read = FeatureGraph::from_snapshot(&snapshot, graph.hash_length()).unwrap();
            assert_eq!(read.to_snapshot(Some(project)).unwrap().dumps(), snapshot.dumps());
        }
    });
}

/// A graph of the files.
struct Case {
    name: &'static str,
    json: &'static Json,
    schemas: &'static [Json],
}

/// A feature of such a graph.
struct Feature {
    spec: FeatureSpec,
    json: &'static Json,
}

/// `graphs.json` has what pydantic wrote, its random graphs in short forms; `more.json` what `generate.py` made.
static FILES: LazyLock<[Json; 2]> = LazyLock::new(|| {
    [include_str!("data/graphs.json"), include_str!("data/more.json")]
        .map(|text| Json::parse(text).expect("the file is JSON"))
});

fn for_each_graph(check: impl Fn(&Case)) {
    for file in FILES.iter() {
        let schemas = file.get("schemas").and_then(Json::as_array).unwrap_or_default();
        for json in file.get("graphs").unwrap().as_array().unwrap() {
            check(&Case { name: json.get("name").unwrap().as_str().unwrap(), json, schemas });
        }
    }
}

impl Case {
    fn features(&self) -> impl Iterator<Item = Feature> {
        self.json.get("features").unwrap().as_array().unwrap().iter().map(|json| {
            let spec = FeatureSpec::try_from(json.get("spec").unwrap());
            Feature { spec: spec.unwrap_or_else(|error| panic!("{}: {error}", self.name)), json }
        })
    }

    fn graph(&self) -> Result<FeatureGraph, GraphError> {
        let length = HashLength::new(int(self.json, "hash_truncation_length")).unwrap();
        let definition = |feature: Feature| {
            let text = |name| feature.json.get(name).map(|it| it.as_str().unwrap().to_owned());
            let overrides = feature.json.get("provenance_override").map(|it| {
                let fields = it.as_object().unwrap().iter();
                fields
                    .map(|(key, version)| (key.clone(), version.as_str().unwrap().to_owned()))
                    .collect::<IndexMap<_, _>>()
            });
            FeatureDefinition {
                schema: match feature.json.get("schema") {
                    Some(Json::Int(at)) => self.schemas[usize::try_from(*at).unwrap()].clone(),
                    schema => schema.unwrap().clone(),
                }
                .into(),
                class_path: text("class_path"),
                project: text("project").unwrap(),
                external: feature.json.get("external").is_some(),
                provenance_by_field: overrides,
                location: None,
                spec: feature.spec,
            }
        };
        FeatureGraph::new(self.features().map(definition), length)
    }
}

/// What Python raises where a graph has this problem.
fn python_error(problem: &GraphProblem) -> &'static str {
    match problem {
        GraphProblem::MissingDependency { .. } => "MetaxyMissingFeatureDependency",
        GraphProblem::NoUpstreamField { .. } => "RuntimeError",
        GraphProblem::UnknownField { .. } | GraphProblem::FieldDepOnStranger { .. } => "KeyError",
        other => panic!("Python accepts this: {other}"),
    }
}

fn texts<'a>(json: &'a Json, name: &str) -> Vec<&'a str> {
    let list = json.get(name).unwrap_or_else(|| panic!("`{name}` is in the file"));
    list.as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect()
}

fn int(json: &Json, name: &str) -> usize {
    match json.get(name) {
        Some(Json::Int(number)) => usize::try_from(*number).unwrap(),
        other => panic!("`{name}` is {other:?}"),
    }
}

fn sorted(mut columns: Vec<String>) -> Json {
    columns.sort();
    columns.into_iter().collect()
}
