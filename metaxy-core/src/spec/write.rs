//! Specs to JSON, in the order in which pydantic writes them.

use super::{
    ALL_FIELDS, FeatureDep, FeatureSpec, FieldDep, FieldDeps, FieldSpec, FieldsMapping, Lineage,
};
use crate::{FeatureKey, FieldKey, Json};
use indexmap::IndexMap;

impl From<&FeatureSpec> for Json {
    fn from(spec: &FeatureSpec) -> Self {
        Json::from([
            ("key", Json::from(&spec.key)),
            ("id_columns", texts(&spec.id_columns)),
            ("deps", spec.deps.iter().collect()),
            ("fields", spec.fields.iter().collect()),
            ("metadata", metadata(&spec.metadata)),
            ("description", Json::from(spec.description.clone())),
        ])
    }
}

impl From<&FieldSpec> for Json {
    fn from(field: &FieldSpec) -> Self {
        let deps = match &field.deps {
            FieldDeps::All => Json::from(ALL_FIELDS),
            FieldDeps::Explicit(deps) => deps.iter().collect(),
        };
        Json::from([
            ("key", Json::from(&field.key)),
            ("code_version", Json::from(field.code_version.as_str())),
            ("deps", deps),
        ])
    }
}

impl From<&FieldDep> for Json {
    fn from(dep: &FieldDep) -> Self {
        let fields = match &dep.fields {
            None => Json::from(ALL_FIELDS),
            Some(fields) => fields.iter().collect(),
        };
        Json::from([("feature", Json::from(&dep.feature)), ("fields", fields)])
    }
}

impl From<&FeatureDep> for Json {
    fn from(dep: &FeatureDep) -> Self {
        let rename = |names: &IndexMap<String, String>| -> Json {
            names.iter().map(|(old, new)| (old.as_str(), Json::from(new.as_str()))).collect()
        };
        Json::from([
            ("feature", Json::from(&dep.feature)),
            ("select", dep.select.as_deref().map(texts).into()),
            ("rename", dep.rename.as_ref().map(rename).into()),
            ("fields_mapping", Json::from(&dep.fields_mapping)),
            ("sql_filters", dep.sql_filters.as_deref().map(texts).into()),
            ("lineage", Json::from(&dep.lineage)),
            ("optional", Json::from(dep.optional)),
        ])
    }
}

impl From<&FieldsMapping> for Json {
    fn from(mapping: &FieldsMapping) -> Self {
        let entries: Json = match mapping {
            FieldsMapping::Default(options) => Json::from([
                ("type", Json::from("default")),
                ("match_suffix", Json::from(options.match_suffix)),
                ("exclude_fields", options.exclude_fields.iter().collect()),
            ]),
            FieldsMapping::Specific(mapping) => Json::from([
                ("type", Json::from("specific")),
                (
                    "mapping",
                    mapping.iter().map(|(key, fields)| (key.as_str(), parts(fields))).collect(),
                ),
            ]),
            FieldsMapping::All => Json::from([("type", Json::from("all"))]),
            FieldsMapping::None => Json::from([("type", Json::from("none"))]),
        };
        Json::from([("mapping", entries)])
    }
}

impl From<&Lineage> for Json {
    fn from(lineage: &Lineage) -> Self {
        let entries = match lineage {
            Lineage::Identity => Json::from([("type", Json::from("1:1"))]),
            Lineage::Aggregation { on } => {
                Json::from([("type", Json::from("N:1")), ("on", on.as_deref().map(texts).into())])
            }
            Lineage::Expansion { on, id_generation_pattern } => Json::from([
                ("type", Json::from("1:N")),
                ("on", texts(on)),
                ("id_generation_pattern", id_generation_pattern.clone().into()),
            ]),
        };
        Json::from([("relationship", entries)])
    }
}

impl From<&FeatureKey> for Json {
    fn from(key: &FeatureKey) -> Self {
        key.as_str().into()
    }
}

impl From<&FieldKey> for Json {
    fn from(key: &FieldKey) -> Self {
        key.as_str().into()
    }
}

fn metadata(metadata: &IndexMap<String, Json>) -> Json {
    metadata.iter().map(|(key, value)| (key.as_str(), value.finite().into_owned())).collect()
}

fn texts(texts: &[String]) -> Json {
    texts.iter().map(String::as_str).collect()
}

/// The values of a specific mapping are a set in Python, which it writes sorted, each key as its parts.
fn parts(fields: &[FieldKey]) -> Json {
    let mut fields: Vec<&FieldKey> = fields.iter().collect();
    fields.sort();
    fields.dedup();
    fields.into_iter().map(|field| field.parts().collect::<Json>()).collect()
}
