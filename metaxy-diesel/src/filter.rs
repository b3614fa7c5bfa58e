//! The filter function: the tables of one project's features, for one store.

use crate::{
    dialect::Dialect,
    distribution::distribute,
    lower::{self, FeatureInput, LowerError, LowerOptions},
    schema::{Schema, Table, TableName},
    table::TableDef,
};
use metaxy_core::{FeatureDefinition, FeatureKey, config::DistributedBy};
use std::collections::BTreeMap;

/// What [`feature_schema`] and [`filter_schema`] take, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct FilterOptions {
    /// The project whose features are taken.
    pub project: Option<String>,
    /// Whether only the project's features are taken; else those of all projects.
    pub filter_by_project: bool,
    /// Whether tables that do not say get the composite primary key (feature version, id columns, time of update).
    /// `None`: they do, but for a table of a given schema that has a primary key of its own.
    pub inject_primary_key: Option<bool>,
    /// Whether tables that do not say get an index on the same columns. `None`: they do not.
    pub inject_index: Option<bool>,
    /// The scheme of the URL, in place of the store's.
    pub protocol: Option<String>,
    /// The port of the URL, in place of the store's.
    pub port: Option<u16>,
    /// The schema to take the tables from; `None`: the structs' own declarations.
    pub source: Option<Schema>,
}

impl Default for FilterOptions {
    fn default() -> Self {
        Self {
            project: None,
            filter_by_project: true,
            inject_primary_key: None,
            inject_index: None,
            protocol: None,
            port: None,
            source: None,
        }
    }
}

/// Why there is no schema.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// No feature is linked into the program.
    #[error(
        "no feature is linked into this program: name the crate that defines them, `use my_features as _;`"
    )]
    NoFeatures,
    /// Features are filtered by project, and none is named.
    #[error(
        "no project is named: set `project` in metaxy.toml, or take the features of all projects"
    )]
    NoProject,
    /// The project has no feature.
    #[error(
        "project `{project}` has no feature here: the linked ones belong to {}", known.join(", ")
    )]
    UnknownProject {
        /// The project.
        project: String,
        /// The projects that have features.
        known: Vec<String>,
    },
    /// A feature has no table.
    #[error(
        "feature `{key}` has no table: derive `Feature` for its struct, or give a schema that has `{table}`"
    )]
    NoTable {
        /// The feature.
        key: FeatureKey,
        /// The table that it would have.
        table: String,
    },
    /// A table cannot be.
    #[error(transparent)]
    Lower(#[from] LowerError),
}

/// The store that a schema is for.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// What stands before every table's name.
    pub table_prefix: &'a str,
    /// How the store's database writes.
    pub dialect: &'a Dialect,
    /// What rows are spread over the nodes of a cluster by; `None`: they are all in one place.
    pub distributed_by: Option<&'a DistributedBy>,
    /// The namespace that its connections are to, where the store names it: what names it too is not elsewhere.
    pub namespace: Option<&'a str>,
}

impl Target<'_> {
    fn names(&self, schema: Schema) -> Schema {
        match self.namespace {
            Some(namespace) => schema.seen_from(namespace),
            None => schema,
        }
    }
}

/// The tables of features, as their structs declare them.
///
/// `tables` are the declarations by feature key, as [`linked_tables`](crate::table::linked_tables) has them. External
/// features have no table here.
///
/// # Errors
///
/// [`FilterError`] where there is no feature, no such project, or no table for a feature.
pub fn feature_schema<'a>(
    definitions: impl IntoIterator<Item = &'a FeatureDefinition>,
    tables: &BTreeMap<&str, TableDef>,
    target: &Target<'_>,
    options: &FilterOptions,
) -> Result<Schema, FilterError> {
    let mut features = Vec::new();
    for definition in select(definitions, options)? {
        let key = &definition.spec.key;
        let table = *tables.get(key.as_str()).ok_or_else(|| FilterError::NoTable {
            key: key.clone(),
            table: format!("{}{}", target.table_prefix, key.table_name()),
        })?;
        features.push(FeatureInput { key, id_columns: &definition.spec.id_columns, table });
    }
    let options = LowerOptions {
        table_prefix: target.table_prefix,
        inject_primary_key: options.inject_primary_key.unwrap_or(true),
        inject_index: options.inject_index.unwrap_or(false),
        dialect: target.dialect,
        distributed_by: target.distributed_by,
        others: tables,
    };
    Ok(target.names(lower::lower(features, &options)?))
}

/// The tables of features out of a schema that the user gives, with keys and indexes injected.
///
/// Tables of the schema that are no feature's are left out, and so are features that it has no table for.
///
/// # Errors
///
/// [`FilterError`] where there is no feature or no such project, or where a table lacks a column of the key.
pub fn filter_schema<'a>(
    definitions: impl IntoIterator<Item = &'a FeatureDefinition>,
    source: &Schema,
    target: &Target<'_>,
    options: &FilterOptions,
) -> Result<Schema, FilterError> {
    let limit = target.dialect.max_identifier_bytes;
    let mut schema = Schema::default();
    let definitions = select(definitions, options)?;
    lower::check_tables(definitions.iter().map(|it| &it.spec.key))?;
    for definition in definitions {
        let table = definition.spec.key.table_name();
        let name = format!("{}{table}", target.table_prefix);
        let Some(mut table) = named(source, name) else { continue };
        let id_columns = &definition.spec.id_columns;
        if options.inject_primary_key.unwrap_or(table.primary_key.is_none()) {
            lower::inject_primary_key(&mut table, id_columns, limit)?;
        }
        if options.inject_index.unwrap_or(false) {
            lower::inject_index(&mut table, id_columns, limit)?;
        }
        if let Some(by) = target.distributed_by {
            distribute(&mut table, id_columns, by).map_err(LowerError::from)?;
        }
        schema.tables.insert(table.name.clone(), table);
    }
    Ok(target.names(schema))
}

/// The table of this name in the default namespace, else the only one in another.
fn named(source: &Schema, name: String) -> Option<Table> {
    let mut elsewhere = source.tables.values().filter(|it| it.name.name == name);
    let default = source.tables.get(&TableName::new(&name));
    let only = || elsewhere.next().filter(|_| elsewhere.next().is_none());
    default.or_else(only).cloned()
}

/// The features that have tables here: defined here, and of the project.
fn select<'a>(
    definitions: impl IntoIterator<Item = &'a FeatureDefinition>,
    options: &FilterOptions,
) -> Result<Vec<&'a FeatureDefinition>, FilterError> {
    let own: Vec<_> = definitions.into_iter().filter(|it| !it.external).collect();
    if own.is_empty() {
        return Err(FilterError::NoFeatures);
    }
    if !options.filter_by_project {
        return Ok(own);
    }
    let project = options.project.as_ref().ok_or(FilterError::NoProject)?;
    let (chosen, others): (Vec<_>, Vec<_>) = own.into_iter().partition(|it| it.project == *project);
    if chosen.is_empty() {
        let mut known: Vec<_> = others.into_iter().map(|it| it.project.clone()).collect();
        known.sort();
        known.dedup();
        return Err(FilterError::UnknownProject { project: project.clone(), known });
    }
    Ok(chosen)
}
