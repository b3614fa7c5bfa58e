//! The properties of the system columns.

use super::{title::title, types};
use crate::Json;
use indexmap::IndexMap;
use std::sync::LazyLock;

/// A system column, and its description.
type SystemProperty = (&'static str, fn() -> Json, &'static str);

/// The system columns in the order of `BaseSQLModelFeature`, with its words.
const SYSTEM_PROPERTIES: [SystemProperty; 10] = [
    (
        "metaxy_provenance_by_field",
        // Not nullable, though it has the default of those that are.
        versions,
        "Field-level provenance hashes (maps field names to hashes)",
    ),
    ("metaxy_provenance", text, "Hash of metaxy_provenance_by_field"),
    (
        "metaxy_feature_version",
        text,
        "Hash of the feature definition (dependencies + fields + code_versions)",
    ),
    ("metaxy_project_version", text, "Hash of the entire feature graph snapshot"),
    (
        "metaxy_data_version_by_field",
        || types::optional(versions()),
        "Field-level data version hashes (maps field names to version hashes)",
    ),
    ("metaxy_data_version", text, "Hash of metaxy_data_version_by_field"),
    ("metaxy_created_at", moment, "Timestamp when the metadata row was created (UTC)"),
    ("metaxy_materialization_id", text, "External orchestration run ID (e.g., Dagster Run ID)"),
    ("metaxy_updated_at", moment, "Timestamp when the metadata row was last updated (UTC)"),
    ("metaxy_deleted_at", moment, "Soft delete timestamp (UTC); null means active row"),
];

/// The properties of the system columns: the same for every feature, and made once.
pub(super) fn properties() -> IndexMap<String, Json> {
    static PROPERTIES: LazyLock<IndexMap<String, Json>> = LazyLock::new(made);
    PROPERTIES.clone()
}

fn made() -> IndexMap<String, Json> {
    let property = |(name, schema, description): SystemProperty| {
        let mut property = super::entries(schema());
        property.insert("default".to_owned(), Json::Null);
        property.insert("description".to_owned(), Json::String(description.to_owned()));
        property.insert("title".to_owned(), Json::String(title(name)));
        (name.to_owned(), Json::Object(property))
    };
    SYSTEM_PROPERTIES.into_iter().map(property).collect()
}

fn versions() -> Json {
    types::map(types::of("string"))
}

fn text() -> Json {
    types::optional(types::of("string"))
}

fn moment() -> Json {
    types::optional(types::formatted("date-time"))
}
