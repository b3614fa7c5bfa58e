//! [`Base`]: what an open store knows besides its connection.

use super::{HashAlgorithm, RowsError, plan::Hashing, source::Tables};
use crate::{
    backend::Backend,
    dialect::Dialect,
    schema::{Schema, TableName},
    sql_types::UtcDateTime,
    store::Store,
    table::linked_tables,
};
use chrono::TimeDelta;
use metaxy_core::{FeatureGraph, FeatureKey, FeatureSpec};
use std::collections::{BTreeMap, BTreeSet};

/// What an open store knows: the same, whatever it reaches its database by.
pub struct Base<'g> {
    pub(super) backend: Backend,
    pub(super) graph: &'g FeatureGraph,
    pub(super) table_prefix: String,
    /// The schemas of features that are linked and name one, by key.
    schemas: BTreeMap<&'static str, &'static str>,
    pub(super) hashing: Hashing,
    /// The tables that were looked at.
    known: Schema,
    /// The moment of the last write: none happens at the same one.
    last: Option<UtcDateTime>,
    /// How many temporary tables were made.
    temporary: usize,
}

impl<'g> Base<'g> {
    pub(super) fn new(store: &Store, graph: &'g FeatureGraph) -> Result<Self, RowsError> {
        let algorithm: HashAlgorithm = match &store.hash_algorithm {
            Some(name) => name.parse()?,
            None => store.backend.dialect().rows.default_hash,
        };
        let schemas = linked_tables().into_iter();
        Ok(Self {
            backend: store.backend,
            graph,
            table_prefix: store.table_prefix.clone(),
            schemas: schemas.filter_map(|(key, table)| Some((key, table.schema?))).collect(),
            hashing: Hashing { algorithm, length: graph.hash_length() },
            known: Schema::default(),
            last: None,
            temporary: 0,
        })
    }

    pub(super) fn dialect(&self) -> &'static Dialect {
        self.backend.dialect()
    }

    pub(super) fn tables(&self) -> Tables<'_> {
        let (prefix, schemas) = (&self.table_prefix, &self.schemas);
        Tables { graph: self.graph, prefix, schemas, instead: None }
    }

    pub(super) fn spec(&self, feature: &FeatureKey) -> Result<&'g FeatureSpec, RowsError> {
        let definition = self.graph.get(feature);
        Ok(&definition.ok_or_else(|| RowsError::UnknownFeature(feature.clone()))?.spec)
    }

    /// The version of the project that a feature is of.
    pub(super) fn project_version(&self, feature: &FeatureKey) -> String {
        let project = self.graph.get(feature).map(|it| it.project.as_str());
        self.graph.project_version(project.unwrap_or_default())
    }

    /// Those of these tables that were not looked at yet.
    pub(super) fn unknown(&self, tables: &BTreeSet<TableName>) -> BTreeSet<TableName> {
        tables.iter().filter(|it| !self.known.tables.contains_key(it)).cloned().collect()
    }

    /// Remembers tables.
    pub(super) fn learn(&mut self, found: Schema) {
        self.known.tables.extend(found.tables);
    }

    /// Those of these tables that are there, as far as they were looked at.
    pub(super) fn known(&self, tables: &BTreeSet<TableName>) -> Schema {
        tables.iter().filter_map(|it| self.known.tables.get(it).cloned()).collect()
    }

    /// The moment of a write: later than that of the last one, so that the order of rows is that of the writes.
    pub(super) fn now(&mut self) -> UtcDateTime {
        let now = UtcDateTime::now();
        let next = self.last.map(|it| UtcDateTime::from(*it + TimeDelta::microseconds(1)));
        let now = next.map_or(now, |it| it.max(now));
        self.last = Some(now);
        now
    }

    /// A name for a temporary table.
    pub(super) fn temporary_table(&mut self, of: &str) -> TableName {
        self.temporary += 1;
        TableName::new(format!("metaxy_{of}_{}", self.temporary))
    }
}
