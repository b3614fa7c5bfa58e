//! Feature metadata for data and ML pipelines on Diesel: one struct is feature, table and source of migrations.

#[cfg(feature = "cli")]
pub mod cli;
mod environment;
mod filter;
mod init;

pub use environment::{Environment, EnvironmentName, EnvironmentNameError, Scope};
pub use filter::{FilterOptions, SchemaError, filter_feature_schema, system_schema};
pub use init::{InitError, Metaxy, StoreLookupError, init};
pub use metaxy_core::{
    DefaultFieldsMapping, Feature, FeatureDefinition, FeatureDep, FeatureGraph, FeatureKey,
    FeatureSpec, FeatureVersions, FieldDep, FieldDeps, FieldKey, FieldSpec, FieldsMapping,
    GraphError, HashLength, Json, JsonSchema, KeyError, Lineage, Location, config, graph,
    json_schema,
};
pub use metaxy_derive::{Feature, JsonSchema, feature_base};
pub use metaxy_diesel::{
    Backend, FeatureTable, Schema, apply, backend, change, diff, generate, history, migration,
    normal, plan, schema, snapshot, source, sql_types,
    store::{self, Store},
    system, table,
};

/// Makes this binary the command line of the features that are linked into it.
///
/// Name the crates that define them, or the linker leaves them out:
///
/// ```no_run
/// # mod my_features {}
/// use my_features as _;
///
/// metaxy::main!();
/// ```
#[cfg(feature = "cli")]
#[macro_export]
macro_rules! main {
    () => {
        fn main() -> ::std::process::ExitCode {
            $crate::cli::main()
        }
    };
}

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
        check::{Upstream, UpstreamOf, is_stored_as},
        schema::{Action, SqlType},
        sql_types::{ChronoUtc, ColumnType, FieldVersionsMap, SqlTypeInfo, UtcTimestamp},
        system::HasSystemColumns,
        table::{
            ColumnDef, DefaultDef, FeatureTable, ForeignKeyDef, ForeignKeyTarget, IndexDef,
            TableDef, TableRegistration,
        },
    };
}
