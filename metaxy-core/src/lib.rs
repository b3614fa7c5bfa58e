//! Keys, specs, graph, versions and configuration of metaxy: pure, without SQL or a database.

pub mod check;
pub mod definition;
pub mod json;
pub mod json_schema;
pub mod key;
pub mod registry;
pub mod spec;

pub use definition::{Feature, FeatureDefinition, Location};
pub use json::{Json, JsonError};
pub use json_schema::{ColumnSchema, JsonSchema, SchemaBuilder};
pub use key::{FeatureKey, FieldKey, KeyError};
pub use spec::{
    DefaultFieldsMapping, FeatureDep, FeatureSpec, FieldDep, FieldDeps, FieldSpec, FieldsMapping,
    Lineage, SpecError,
};

#[doc(hidden)]
pub use inventory;
