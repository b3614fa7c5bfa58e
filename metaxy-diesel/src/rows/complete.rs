//! What a writer leaves to metaxy: the versions of samples.

use super::{Row, RowsError, Value, plan::Hashing};
use metaxy_core::{FeatureKey, FeatureSpec};
use serde_json::Value as JsonValue;

const PROVENANCE: &str = "metaxy_provenance";
const PROVENANCE_BY_FIELD: &str = "metaxy_provenance_by_field";
const DATA_VERSION: &str = "metaxy_data_version";
const DATA_VERSION_BY_FIELD: &str = "metaxy_data_version_by_field";

/// Gives rows the versions that they lack.
///
/// Of the columns that no row has, `metaxy_provenance` is the hash of the provenance by field, and the data versions are copies
/// of the provenance. Where some rows have data versions by field, those of the others are copies, and `metaxy_data_version` is
/// the hash of them. `before` rows were there before these. Source: `MetadataStore._add_system_columns` of Metaxy for Python 0.1.11.
pub(super) fn complete(
    rows: &mut [Row],
    spec: &FeatureSpec,
    hashing: Hashing,
    before: usize,
) -> Result<(), RowsError> {
    let mut fields: Vec<String> = spec.fields.iter().map(|it| it.key.struct_key()).collect();
    fields.sort();
    let some = |column: &str| rows.iter().any(|row| row.get(column).is_some());
    let has_data = some(DATA_VERSION_BY_FIELD);
    let has_data_version = has_data && some(DATA_VERSION);
    for (at, row) in rows.iter_mut().enumerate() {
        let mut row =
            Versions { row, at: before + at + 1, feature: &spec.key, fields: &fields, hashing };
        row.complete(has_data, has_data_version)?;
    }
    Ok(())
}

struct Versions<'a> {
    row: &'a mut Row,
    at: usize,
    feature: &'a FeatureKey,
    fields: &'a [String],
    hashing: Hashing,
}

impl Versions<'_> {
    fn complete(&mut self, has_data: bool, has_data_version: bool) -> Result<(), RowsError> {
        let Some(by_field) = self.map(PROVENANCE_BY_FIELD)? else {
            let (feature, row) = (self.feature.clone(), self.at);
            return Err(RowsError::NoProvenance { feature, row });
        };
        let given = self.row.get(PROVENANCE).filter(|it| !it.is_null()).cloned();
        let provenance = given.unwrap_or_else(|| self.hash(&by_field));
        let data_by_field = match has_data {
            true => self.map(DATA_VERSION_BY_FIELD)?,
            false => None,
        };
        let given = self.row.get(DATA_VERSION).filter(|it| has_data_version && !it.is_null());
        let data_version = match (given.cloned(), &data_by_field) {
            (Some(given), _) => given,
            (None, Some(by_field)) if !has_data_version => self.hash(by_field),
            (None, _) => provenance.clone(),
        };
        let data_by_field = data_by_field.unwrap_or_else(|| by_field.clone());
        self.row.insert(PROVENANCE_BY_FIELD, by_field);
        self.row.insert(PROVENANCE, provenance);
        self.row.insert(DATA_VERSION_BY_FIELD, data_by_field);
        self.row.insert(DATA_VERSION, data_version);
        Ok(())
    }

    /// A map of versions; `None` where it is NULL or not there.
    fn map(&self, column: &'static str) -> Result<Option<JsonValue>, RowsError> {
        let map = match self.row.get(column) {
            None | Some(Value::Null | Value::Json(JsonValue::Null)) => return Ok(None),
            Some(Value::Json(map)) => Some(map.clone()),
            Some(Value::Text(text)) => serde_json::from_str(text).ok(),
            Some(_) => None,
        };
        let is_version = |it: &JsonValue| it.is_string() || it.is_null();
        match map.filter(|it| it.as_object().is_some_and(|it| it.values().all(is_version))) {
            Some(map) => Ok(Some(map)),
            None => {
                let (feature, row) = (self.feature.clone(), self.at);
                Err(RowsError::NotVersions { feature, row, column })
            }
        }
    }

    /// The hash of the versions of all fields; NULL where one of them is.
    fn hash(&self, by_field: &JsonValue) -> Value {
        let versions: Option<Vec<&str>> =
            self.fields.iter().map(|field| by_field.get(field)?.as_str()).collect();
        versions.map(|it| self.hashing.hash(&it.join("|"))).into()
    }
}
