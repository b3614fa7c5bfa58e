//! What is left to Rust where a database lacks the store's hash: versions are made of its rows as they come.

use super::{
    FromValue, OpenStore, Row, RowsError, Value,
    open::database,
    plan::{FieldRecipe, Hashing, Joined, RecipePart},
    query::{CURRENT, STALE, value_name},
};
use crate::{
    backend::{driver::Driver, statement::Statement},
    dialect::Dialect,
    schema::{Column, SqlType, TableName},
};
use diesel::QueryResult;
use metaxy_core::FeatureKey;
use serde_json::Value as JsonValue;

/// From a row of upstream versions to one with the versions of the resolved feature.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Finish {
    /// The columns of the upstream versions.
    values: Vec<String>,
    fields: Vec<FieldRecipe>,
    hashing: Hashing,
    /// Whether only rows are meant that are stale.
    stale: bool,
}

/// The versions of groups of upstream rows, which the query takes from a temporary table.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Groups {
    pub(super) table: TableName,
    /// The groups, with what their versions are the hash of.
    pub(super) query: Statement,
    /// What tells groups apart.
    pub(super) columns: Vec<Column>,
    /// The columns of the versions.
    pub(super) values: Vec<String>,
    pub(super) hashing: Hashing,
}

impl Finish {
    pub(super) fn new(joined: &Joined, stale: bool) -> Self {
        Self {
            values: (0..joined.values.len()).map(value_name).collect(),
            fields: joined.fields.clone(),
            hashing: joined.hashing,
            stale,
        }
    }

    /// Whether some rows of the query are not in the set.
    pub(super) fn leaves_out(&self) -> bool {
        self.stale
    }

    /// The row with its versions; `None`: it is not in the set.
    pub(super) fn row(&self, mut row: Row) -> Option<Row> {
        let stale = row.remove(STALE);
        let current = row.remove(CURRENT);
        let values: Vec<Option<String>> =
            self.values.iter().map(|it| text(row.remove(it))).collect();
        let versions: Vec<Option<String>> =
            self.fields.iter().map(|it| self.version(it, &values)).collect();
        let all: Option<Vec<&str>> = versions.iter().map(Option::as_deref).collect();
        let provenance = all.map(|it| self.hashing.hash(&it.join("|")));
        if self.stale {
            let differs = match (text(current), &provenance) {
                (None, _) => true,
                (Some(_), None) => false,
                (Some(current), Some(provenance)) => current != *provenance,
            };
            if !differs && !stale.as_ref().and_then(bool::from_value).unwrap_or_default() {
                return None;
            }
        }
        let keys = self.fields.iter().map(|it| it.struct_key.clone());
        let by_field: JsonValue = keys
            .zip(versions.into_iter().map(JsonValue::from))
            .collect::<serde_json::Map<_, _>>()
            .into();
        row.insert("metaxy_provenance_by_field", by_field.clone());
        row.insert("metaxy_provenance", provenance.clone());
        row.insert("metaxy_data_version_by_field", by_field);
        row.insert("metaxy_data_version", provenance);
        Some(row)
    }

    /// The version of a field; `None` where a version is NULL that it needs.
    fn version(&self, field: &FieldRecipe, values: &[Option<String>]) -> Option<String> {
        let mut joined = String::new();
        for (at, part) in field.parts.iter().enumerate() {
            if at > 0 {
                joined.push('|');
            }
            joined.push_str(match part {
                RecipePart::Text(text) => text,
                RecipePart::Value { at, optional: true } => {
                    values[*at].as_deref().unwrap_or_default()
                }
                RecipePart::Value { at, optional: false } => values[*at].as_deref()?,
            });
        }
        Some(self.hashing.hash(&joined))
    }
}

impl Groups {
    /// Makes the temporary table, or makes it anew.
    pub(super) fn make(&self, driver: &mut dyn Driver, dialect: &Dialect) -> QueryResult<()> {
        for statement in self.begin() {
            driver.execute(statement)?;
        }
        let texts = self.texts();
        driver.keep(&texts, &self.query)?;
        let hashed = self.hash_all(driver, dialect, &texts);
        let forgotten = driver.forget(&texts);
        // What failed first is what to tell.
        hashed.and(forgotten)
    }

    /// Puts groups into the temporary table, hashed.
    fn hash_all(
        &self,
        driver: &mut dyn Driver,
        dialect: &Dialect,
        texts: &TableName,
    ) -> QueryResult<()> {
        let (columns, mut after) = (self.all_columns(), 0);
        loop {
            let groups = driver.kept(texts, after, GROUPS)?;
            if groups.is_empty() {
                return Ok(());
            }
            after += groups.len() as u64;
            let mut groups = Some(self.hashed(groups));
            driver.append(dialect, &self.table, &columns, &mut || groups.take())?;
        }
    }

    /// What makes the temporary table where it is not there, and empties it.
    pub(super) fn begin(&self) -> [Statement; 2] {
        let mut create = Statement::new("CREATE TEMPORARY TABLE IF NOT EXISTS ");
        create.table(&self.table).sql(" AS SELECT * FROM (").append(&self.query);
        create.sql(") AS grouped WHERE 1 = 0");
        let mut empty = Statement::new("DELETE FROM ");
        empty.table(&self.table);
        [create, empty]
    }

    /// Where the groups are meanwhile.
    pub(super) fn texts(&self) -> TableName {
        TableName::new(format!("{}_texts", self.table.name))
    }

    /// The columns of the temporary table.
    pub(super) fn all_columns(&self) -> Vec<Column> {
        let values = self.values.iter().map(|it| Column::new(it, SqlType::Text));
        self.columns.iter().cloned().chain(values).collect()
    }

    /// Groups with their versions.
    pub(super) fn hashed(&self, mut groups: Vec<Row>) -> Vec<Row> {
        for group in &mut groups {
            for value in &self.values {
                let version = text(group.take(value)).map(|it| self.hashing.hash(&it));
                group.insert(value.clone(), version);
            }
        }
        groups
    }
}

/// How many groups are hashed at a time.
pub(super) const GROUPS: usize = 1_000;

pub(super) const PREPARING: &str = "cannot prepare to resolve";

impl<C> OpenStore<'_, C> {
    /// Makes all ready for a query, with the temporary tables that it needs.
    pub(super) fn begin_query(
        &mut self,
        feature: &FeatureKey,
        groups: &[Groups],
    ) -> Result<(), RowsError> {
        let dialect = self.backend.dialect();
        let mut groups = groups.iter();
        let ready = self.expect_whole_tables();
        let made = ready.and_then(|()| groups.try_for_each(|it| it.make(self.driver(), dialect)));
        made.map_err(database(PREPARING, feature))
    }
}

fn text(value: Option<Value>) -> Option<String> {
    match value? {
        Value::Text(text) => Some(text),
        _ => None,
    }
}
