//! [`Source`]: the rows of one feature that count, as plain data.

use super::{Filter, RowsError, filter::Columns};
use crate::{
    backend::statement::Statement,
    schema::{Column, Schema, SqlType, Table, TableName},
};
use metaxy_core::{FeatureGraph, FeatureKey, FeatureSpec, definition::SYSTEM_COLUMNS, nearest};
use std::collections::BTreeMap;

/// A feature's table, and which of its rows are meant.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) feature: FeatureKey,
    pub(super) table: Table,
    /// The version of the rows; `None`: any.
    pub(super) version: Option<String>,
    pub(super) id_columns: Vec<String>,
    /// Whether only the latest row of each sample is meant.
    pub(super) latest: bool,
    /// Whether deleted samples are left out.
    pub(super) active: bool,
    /// All of which hold.
    pub(super) filters: Vec<Filter>,
}

/// The names of the tables of features.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tables<'a> {
    pub(super) graph: &'a FeatureGraph,
    pub(super) prefix: &'a str,
    /// The schemas of those that name one, by key.
    pub(super) schemas: &'a BTreeMap<&'static str, &'static str>,
    /// Tables that others stand for.
    pub(super) instead: Option<&'a BTreeMap<FeatureKey, TableName>>,
}

impl<'a> Tables<'a> {
    pub(super) fn spec(&self, key: &FeatureKey) -> Result<&'a FeatureSpec, RowsError> {
        let definition = self.graph.get(key);
        Ok(&definition.ok_or_else(|| RowsError::UnknownFeature(key.clone()))?.spec)
    }

    pub(super) fn name(&self, key: &FeatureKey) -> TableName {
        if let Some(name) = self.instead.and_then(|it| it.get(key)) {
            return name.clone();
        }
        let schema = self.schemas.get(key.as_str()).map(|it| (*it).to_owned());
        TableName { schema, name: format!("{}{}", self.prefix, key.table_name()) }
    }

    /// The latest active rows of a feature's present version.
    pub(super) fn source(&self, key: &FeatureKey, found: &Schema) -> Result<Source, RowsError> {
        let spec = self.spec(key)?;
        let versions = self.graph.versions(key);
        let versions = versions.ok_or_else(|| RowsError::UnknownFeature(key.clone()))?;
        let name = self.name(key);
        let table = found
            .tables
            .get(&name)
            .cloned()
            .ok_or_else(|| RowsError::MissingTable { feature: key.clone(), table: name })?;
        let source = Source {
            feature: key.clone(),
            table,
            version: Some(versions.feature_version.clone()),
            id_columns: spec.id_columns.clone(),
            latest: true,
            active: true,
            filters: Vec::new(),
        };
        let needed = spec.id_columns.iter().map(String::as_str).chain(SYSTEM_COLUMNS);
        needed.into_iter().try_for_each(|column| source.column(column).map(|_| ()))?;
        Ok(source)
    }
}

impl Source {
    /// The same with filters, whose columns have to be there.
    pub(super) fn filtered<'f>(
        mut self,
        filters: impl IntoIterator<Item = &'f Filter>,
    ) -> Result<Self, RowsError> {
        for filter in filters {
            check_columns(
                filter,
                &self.feature,
                |it| self.find(it).is_some(),
                || self.table.columns.iter().map(|it| it.name.as_str()).collect(),
            )?;
            self.filters.push(filter.clone());
        }
        Ok(self)
    }

    /// A column, which has to be there.
    pub(super) fn column(&self, name: &str) -> Result<&Column, RowsError> {
        self.find(name).ok_or_else(|| self.missing(name))
    }

    /// The error of a column that is not there.
    pub(super) fn missing(&self, column: &str) -> RowsError {
        RowsError::MissingColumn {
            feature: self.feature.clone(),
            table: self.table.name.clone(),
            nearest: nearest(column, self.table.columns.iter().map(|it| it.name.as_str()))
                .map(str::to_owned),
            column: column.to_owned(),
        }
    }

    pub(super) fn find(&self, name: &str) -> Option<&Column> {
        self.table.columns.iter().find(|it| it.name == name)
    }

    /// The user's columns.
    pub(super) fn user_columns(&self) -> impl Iterator<Item = &Column> {
        self.table.columns.iter().filter(|it| !SYSTEM_COLUMNS.contains(&it.name.as_str()))
    }
}

impl Columns for Source {
    fn write(&self, name: &str, out: &mut Statement) -> Option<&SqlType> {
        let column = self.find(name)?;
        out.identifier(&column.name);
        Some(&column.sql_type)
    }
}

/// Refuses a filter on columns that are not there.
pub(super) fn check_columns<'a>(
    filter: &Filter,
    feature: &FeatureKey,
    has: impl Fn(&str) -> bool,
    columns: impl Fn() -> Vec<&'a str>,
) -> Result<(), RowsError> {
    match filter.columns().into_iter().find(|it| !has(it)) {
        None => Ok(()),
        Some(column) => Err(RowsError::FilterColumn {
            filter: filter.to_string(),
            column: column.to_owned(),
            feature: feature.clone(),
            nearest: nearest(column, columns()).map(str::to_owned),
        }),
    }
}
