//! The graph for Mermaid.

use super::{definitions, line};
use metaxy_core::{FeatureGraph, FeatureKey, FieldKey};

/// A flowchart with a subgraph for each feature.
pub fn draw(graph: &FeatureGraph) -> String {
    let id = |key: &FeatureKey| key.table_name();
    let field_id =
        |key: &FeatureKey, field: &FieldKey| format!("{}.{}", id(key), field.struct_key());
    let mut text = String::from("flowchart LR\n");
    for (key, definition) in definitions(graph) {
        line(&mut text, format_args!("  subgraph {}[\"{key}\"]", id(key)));
        for field in definition.spec.fields.iter().map(|it| &it.key) {
            line(&mut text, format_args!("    {}[\"{field}\"]", field_id(key, field)));
        }
        text.push_str("  end\n");
    }
    for (key, _) in definitions(graph) {
        for (field, parents) in graph.field_parents(key).unwrap_or_default() {
            for (upstream, parent) in parents {
                line(
                    &mut text,
                    format_args!("  {} --> {}", field_id(upstream, parent), field_id(key, field)),
                );
            }
        }
    }
    text
}
