//! The filter functions: from the linked features and a store to the schema that its database should have.

use crate::{FeatureGraph, GraphError, Schema};
use metaxy_core::config::Secret;
use metaxy_diesel::{
    filter::{FilterError, Target, feature_schema, filter_schema},
    schema::TableName,
    store::{Store, StoreError, UrlOverrides},
    system::system_tables,
    table::linked_tables,
};

pub use metaxy_diesel::filter::FilterOptions;

/// Why there is no schema.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// The linked features do not make a graph.
    #[error(transparent)]
    Graph(#[from] &'static GraphError),
    /// The features do not make the schema that was asked for.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// The store's URL has no scheme or port to replace.
    #[error(transparent)]
    Url(#[from] StoreError),
}

/// The URL of a store, and the tables that the features of one project have in it.
///
/// It is the counterpart of `filter_feature_sqla_metadata` of Metaxy for Python. Without options, the project is that of
/// metaxy.toml, or the only one that is linked; every table gets its composite primary key; the store's `table_prefix`
/// stands before every name. With [`FilterOptions::source`], the tables come from there instead of from the structs.
///
/// ```no_run
/// use metaxy::{FilterOptions, backend::Backend, filter_feature_schema};
///
/// let metaxy = metaxy::init()?;
/// let store = metaxy.store("dev")?;
/// let (url, schema) = filter_feature_schema(&store, &FilterOptions::default())?;
/// std::fs::write("schema.rs", schema.to_schema_rs(Backend::Sqlite)?)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// [`SchemaError`] where no feature is linked, where the project has none, or where two features want one table.
pub fn filter_feature_schema(
    store: &Store,
    options: &FilterOptions,
) -> Result<(Secret, Schema), SchemaError> {
    let graph = FeatureGraph::current()?;
    let project = options.project.clone().or_else(|| store.project.clone());
    let project = project.or_else(|| graph.project().ok().map(str::to_owned));
    let options = FilterOptions { project, ..options.clone() };
    let namespace = store.namespace();
    let target = Target {
        table_prefix: &store.table_prefix,
        dialect: store.backend.dialect(),
        distributed_by: store.distributed_by.as_ref(),
        namespace: namespace.as_deref(),
    };
    let schema = match &options.source {
        Some(source) => filter_schema(graph.definitions(), source, &target, &options)?,
        None => feature_schema(graph.definitions(), &linked_tables(), &target, &options)?,
    };
    Ok((url(store, &options)?, schema))
}

/// The URL of a store, and metaxy's own tables in it.
///
/// It is the counterpart of `get_system_slqa_metadata` of Metaxy for Python. The store's `table_prefix` stands before
/// every name. With [`FilterOptions::source`], the tables come from there.
///
/// # Errors
///
/// [`SchemaError`] where the URL does not take the scheme or port of the options.
pub fn system_schema(
    store: &Store,
    options: &FilterOptions,
) -> Result<(Secret, Schema), SchemaError> {
    let mut schema = system_tables(&store.table_prefix);
    if let Some(source) = &options.source {
        let given = |name: &TableName| source.tables.get(name).cloned();
        schema = schema.tables.keys().filter_map(given).collect();
    }
    Ok((url(store, options)?, schema))
}

fn url(store: &Store, options: &FilterOptions) -> Result<Secret, StoreError> {
    let FilterOptions { protocol, port, .. } = options;
    store.url_with(&UrlOverrides { protocol: protocol.clone(), port: *port })
}
