//! Specs to JSON, in the order in which pydantic writes them.

use super::{
    ALL_FIELDS, FeatureDep, FeatureSpec, FieldDep, FieldDeps, FieldSpec, FieldsMapping, Lineage,
};
use crate::{FeatureKey, FieldKey, Json, json::View};

impl<'a> From<&'a FeatureSpec> for View<'a> {
    fn from(spec: &'a FeatureSpec) -> Self {
        let metadata = spec.metadata.iter().map(|(key, value)| (key.as_str(), value));
        View::Object(vec![
            ("key", View::from(&spec.key)),
            ("id_columns", View::array(&spec.id_columns)),
            ("deps", View::array(&spec.deps)),
            ("fields", View::array(&spec.fields)),
            ("metadata", View::object(metadata)),
            ("description", View::from(spec.description.as_deref())),
        ])
    }
}

impl<'a> From<&'a FieldSpec> for View<'a> {
    fn from(field: &'a FieldSpec) -> Self {
        let deps = match &field.deps {
            FieldDeps::All => View::from(ALL_FIELDS),
            FieldDeps::Explicit(deps) => View::array(deps),
        };
        View::Object(vec![
            ("key", View::from(&field.key)),
            ("code_version", View::from(&field.code_version)),
            ("deps", deps),
        ])
    }
}

impl<'a> From<&'a FieldDep> for View<'a> {
    fn from(dep: &'a FieldDep) -> Self {
        let fields = match &dep.fields {
            None => View::from(ALL_FIELDS),
            Some(fields) => View::array(fields),
        };
        View::Object(vec![("feature", View::from(&dep.feature)), ("fields", fields)])
    }
}

impl<'a> From<&'a FeatureDep> for View<'a> {
    fn from(dep: &'a FeatureDep) -> Self {
        let rename = dep
            .rename
            .as_ref()
            .map(|names| View::object(names.iter().map(|(old, new)| (old.as_str(), new))));
        View::Object(vec![
            ("feature", View::from(&dep.feature)),
            ("select", View::from(dep.select.as_deref())),
            ("rename", View::from(rename)),
            ("fields_mapping", View::from(&dep.fields_mapping)),
            ("sql_filters", View::from(dep.sql_filters.as_deref())),
            ("lineage", View::from(&dep.lineage)),
            ("optional", View::from(dep.optional)),
        ])
    }
}

impl<'a> From<&'a FieldsMapping> for View<'a> {
    fn from(mapping: &'a FieldsMapping) -> Self {
        let entries = match mapping {
            FieldsMapping::Default(options) => vec![
                ("type", View::from("default")),
                ("match_suffix", View::from(options.match_suffix)),
                ("exclude_fields", View::array(&options.exclude_fields)),
            ],
            FieldsMapping::Specific(mapping) => {
                let fields =
                    mapping.iter().map(|(key, fields)| (key.as_str(), sorted_parts(fields)));
                vec![("type", View::from("specific")), ("mapping", View::object(fields))]
            }
            FieldsMapping::All => vec![("type", View::from("all"))],
            FieldsMapping::None => vec![("type", View::from("none"))],
        };
        View::Object(vec![("mapping", View::Object(entries))])
    }
}

impl<'a> From<&'a Lineage> for View<'a> {
    fn from(lineage: &'a Lineage) -> Self {
        let entries = match lineage {
            Lineage::Identity => vec![("type", View::from("1:1"))],
            Lineage::Aggregation { on } => {
                vec![("type", View::from("N:1")), ("on", View::from(on.as_deref()))]
            }
            Lineage::Expansion { on, id_generation_pattern } => vec![
                ("type", View::from("1:N")),
                ("on", View::array(on)),
                ("id_generation_pattern", View::from(id_generation_pattern.as_deref())),
            ],
        };
        View::Object(vec![("relationship", View::Object(entries))])
    }
}

impl<'a> From<&'a FeatureKey> for View<'a> {
    fn from(key: &'a FeatureKey) -> Self {
        View::Text(key.as_str())
    }
}

impl<'a> From<&'a FieldKey> for View<'a> {
    fn from(key: &'a FieldKey) -> Self {
        View::Text(key.as_str())
    }
}

/// The values of a specific mapping are a set in Python, which it writes sorted, each key as its parts.
fn sorted_parts(fields: &[FieldKey]) -> View<'_> {
    let mut fields: Vec<&FieldKey> = fields.iter().collect();
    fields.sort();
    fields.dedup();
    View::array(fields.into_iter().map(|field| View::array(field.parts())))
}

macro_rules! json_from {
    ($($type:ty)*) => {$(
        impl From<&$type> for Json {
            fn from(value: &$type) -> Self {
                View::from(value).into()
            }
        }
    )*};
}

json_from! { FeatureSpec FieldSpec FieldDep FeatureDep FieldsMapping Lineage FeatureKey FieldKey }
