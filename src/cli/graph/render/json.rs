//! The graph for programs.

use super::definitions;
use metaxy_core::FeatureGraph;
use serde::Serialize;

#[derive(Serialize)]
struct Feature<'a> {
    key: &'a str,
    project: &'a str,
    external: bool,
    table: String,
    version: &'a str,
    description: Option<&'a str>,
    deps: Vec<&'a str>,
    fields: Vec<Field<'a>>,
}

#[derive(Serialize)]
struct Field<'a> {
    key: &'a str,
    version: &'a str,
    code_version: &'a str,
    /// Feature and field, of each field that it is made from.
    from: Vec<[&'a str; 2]>,
}

/// `{"features": […]}`, upstream first.
pub fn draw(graph: &FeatureGraph) -> String {
    let features: Vec<_> = definitions(graph)
        .map(|(key, definition)| {
            let spec = &definition.spec;
            let versions = graph.versions(key).expect("every feature of a graph has versions");
            let parents = graph.field_parents(key).unwrap_or_default();
            let fields = spec.fields.iter().map(|it| {
                let from = parents.get(&it.key).map(Vec::as_slice).unwrap_or_default();
                Field {
                    key: it.key.as_str(),
                    version: &versions.field_versions[&it.key],
                    code_version: &it.code_version,
                    from: from.iter().map(|(key, field)| [key.as_str(), field.as_str()]).collect(),
                }
            });
            Feature {
                key: key.as_str(),
                project: &definition.project,
                external: definition.external,
                table: key.table_name(),
                version: &versions.feature_version,
                description: spec.description.as_deref(),
                deps: spec.deps.iter().map(|it| it.feature.as_str()).collect(),
                fields: fields.collect(),
            }
        })
        .collect();
    let graph = serde_json::json!({ "features": features });
    let text = serde_json::to_string_pretty(&graph).expect("plain data has no failing serializer");
    text + "\n"
}
