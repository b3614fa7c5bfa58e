//! The system columns of feature tables and the system tables of a store.

/// Names of the system columns, in the order that tables have them.
///
/// Source: "System columns" of Metaxy for Python 0.1.11 (`metaxy.models.constants`).
pub const SYSTEM_COLUMNS: [&str; 10] = [
    "metaxy_provenance",
    "metaxy_provenance_by_field",
    "metaxy_feature_version",
    "metaxy_project_version",
    "metaxy_data_version",
    "metaxy_data_version_by_field",
    "metaxy_created_at",
    "metaxy_updated_at",
    "metaxy_deleted_at",
    "metaxy_materialization_id",
];
