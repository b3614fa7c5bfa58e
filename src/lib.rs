//! Feature metadata for data and ML pipelines on Diesel: one struct is feature, table and source of migrations.

pub use metaxy_core::{
    DefaultFieldsMapping, Feature, FeatureDefinition, FeatureDep, FeatureGraph, FeatureKey,
    FeatureSpec, FieldDep, FieldDeps, FieldKey, FieldSpec, FieldsMapping, Json, JsonSchema,
    KeyError, Lineage, Location,
};
pub use metaxy_derive::{Feature, JsonSchema, feature_base};
pub use metaxy_diesel::{FeatureTable, Schema, schema, sql_types, system, table};

/// What the derive's output names. Not for users: no promise of stability.
#[doc(hidden)]
pub mod __private {
    pub use metaxy_core::{
        declaration::{Declaration, DepDecl, FieldDecl, FieldDepsDecl, LineageDecl, MappingDecl},
        inventory,
        json_schema::{ColumnSchema, Definitions},
        registry::Registration,
        *,
    };
    pub use metaxy_derive::feature_with_base;
    pub use metaxy_diesel::{
        check::Upstream,
        schema::{Action, SqlType},
        sql_types::{ChronoUtc, ColumnType, FieldVersionsMap, SqlTypeInfo, UtcTimestamp},
        system::HasSystemColumns,
        table::{
            ColumnDef, DefaultDef, FeatureTable, ForeignKeyDef, ForeignKeyTarget, IndexDef,
            TableDef, TableRegistration,
        },
    };
}
