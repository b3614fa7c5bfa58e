//! The graph as text.

use super::{definitions, line};
use metaxy_core::FeatureGraph;

/// Each feature with its fields, and what each field is made from.
pub fn draw(graph: &FeatureGraph) -> String {
    let mut text = String::new();
    for (key, definition) in definitions(graph) {
        let versions = graph.versions(key).expect("every feature of a graph has versions");
        let upstream: Vec<_> = definition.spec.deps.iter().map(|it| it.feature.as_str()).collect();
        let from = if upstream.is_empty() {
            String::new()
        } else {
            format!("  from {}", upstream.join(", "))
        };
        let external = if definition.external { "  (external)" } else { "" };
        line(&mut text, format_args!("● {key}  {}{from}{external}", versions.feature_version));
        let parents = graph.field_parents(key).unwrap_or_default();
        let width = parents.keys().map(|it| it.as_str().len()).max().unwrap_or_default();
        for (at, (field, parents)) in parents.iter().enumerate() {
            let branch = if at + 1 == versions.field_versions.len() { "└" } else { "├" };
            let version = &versions.field_versions[*field];
            let parents: Vec<_> =
                parents.iter().map(|(key, field)| format!("{key}.{field}")).collect();
            let arrow = if parents.is_empty() { "" } else { "  ◄ " };
            line(
                &mut text,
                format_args!(
                    "  {branch} {:width$}  {version}{arrow}{}",
                    field.as_str(),
                    parents.join(", ")
                ),
            );
        }
    }
    text
}
