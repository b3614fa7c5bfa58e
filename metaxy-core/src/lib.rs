//! Keys, specs, graph, versions and configuration of metaxy: pure, without SQL or a database.

pub mod config;
#[doc(hidden)]
pub mod declaration;
pub mod definition;
pub mod files;
pub mod graph;
pub mod hash;
pub mod json;
pub mod json_schema;
pub mod key;
pub mod lock;
mod nearest;
pub mod registry;
pub mod sample;
pub mod spec;
pub mod version;

pub use definition::{Feature, FeatureDefinition, FeatureSchema, Location};
pub use graph::{CurrentGraphError, FeatureGraph, GraphError, GraphProblem, Origin, SnapshotError};
pub use hash::{HashLength, HashLengthError};
pub use json::{Json, JsonError};
pub use json_schema::{ColumnSchema, JsonSchema, SchemaBuilder};
pub use key::{FeatureKey, FieldKey, KeyError};
pub use nearest::nearest;
pub use spec::{
    DefaultFieldsMapping, FeatureDep, FeatureSpec, FieldDep, FieldDeps, FieldSpec, FieldsMapping,
    Lineage, SpecError,
};
pub use version::FeatureVersions;

#[doc(hidden)]
pub use inventory;
