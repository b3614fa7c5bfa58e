//! Specs to JSON, in the order in which pydantic writes them.

use super::{
    ALL_FIELDS, FeatureDep, FeatureSpec, FieldDep, FieldDeps, FieldSpec, FieldsMapping, Lineage,
};
use crate::{
    FeatureKey, FieldKey, Json,
    json::{Entry, Sink, ToJson},
};
use indexmap::IndexMap;
use std::fmt;

impl ToJson for FeatureSpec {
    fn to_json(&self, out: &mut dyn Sink) -> fmt::Result {
        out.object(&mut [
            ("key", &self.key),
            ("id_columns", &self.id_columns),
            ("deps", &self.deps),
            ("fields", &self.fields),
            ("metadata", &self.metadata),
            ("description", &self.description),
        ])
    }
}

impl ToJson for FieldSpec {
    fn to_json(&self, out: &mut dyn Sink) -> fmt::Result {
        let deps: &dyn ToJson = match &self.deps {
            FieldDeps::All => &ALL_FIELDS,
            FieldDeps::Explicit(deps) => deps,
        };
        out.object(&mut [("key", &self.key), ("code_version", &self.code_version), ("deps", deps)])
    }
}

impl ToJson for FieldDep {
    fn to_json(&self, out: &mut dyn Sink) -> fmt::Result {
        let fields: &dyn ToJson = match &self.fields {
            None => &ALL_FIELDS,
            Some(fields) => fields,
        };
        out.object(&mut [("feature", &self.feature), ("fields", fields)])
    }
}

impl ToJson for FeatureDep {
    fn to_json(&self, out: &mut dyn Sink) -> fmt::Result {
        out.object(&mut [
            ("feature", &self.feature),
            ("select", &self.select),
            ("rename", &self.rename),
            ("fields_mapping", &self.fields_mapping),
            ("sql_filters", &self.sql_filters),
            ("lineage", &self.lineage),
            ("optional", &self.optional),
        ])
    }
}

impl ToJson for FieldsMapping {
    fn to_json(&self, out: &mut dyn Sink) -> fmt::Result {
        match self {
            Self::Default(options) => mapping(
                out,
                &[
                    ("type", &"default"),
                    ("match_suffix", &options.match_suffix),
                    ("exclude_fields", &options.exclude_fields),
                ],
            ),
            Self::Specific(fields) => {
                mapping(out, &[("type", &"specific"), ("mapping", &Specific(fields))])
            }
            Self::All => mapping(out, &[("type", &"all")]),
            Self::None => mapping(out, &[("type", &"none")]),
        }
    }
}

fn mapping<const N: usize>(out: &mut dyn Sink, entries: &[Entry; N]) -> fmt::Result {
    out.object(&mut [("mapping", entries)])
}

impl ToJson for Lineage {
    fn to_json(&self, out: &mut dyn Sink) -> fmt::Result {
        match self {
            Self::Identity => relationship(out, &[("type", &"1:1")]),
            Self::Aggregation { on } => relationship(out, &[("type", &"N:1"), ("on", on)]),
            Self::Expansion { on, id_generation_pattern: pattern } => relationship(
                out,
                &[("type", &"1:N"), ("on", on), ("id_generation_pattern", pattern)],
            ),
        }
    }
}

fn relationship<const N: usize>(out: &mut dyn Sink, entries: &[Entry; N]) -> fmt::Result {
    out.object(&mut [("relationship", entries)])
}

impl ToJson for FeatureKey {
    fn to_json(&self, out: &mut dyn Sink) -> fmt::Result {
        out.text(self.as_str())
    }
}

impl ToJson for FieldKey {
    fn to_json(&self, out: &mut dyn Sink) -> fmt::Result {
        out.text(self.as_str())
    }
}

/// The entries of a specific mapping. Its values are a set in Python, which it writes sorted, each key as its parts.
struct Specific<'a>(&'a IndexMap<FieldKey, Vec<FieldKey>>);

impl ToJson for Specific<'_> {
    fn to_json(&self, out: &mut dyn Sink) -> fmt::Result {
        let fields: Vec<_> = self.0.values().map(|fields| sorted_parts(fields)).collect();
        let keys = self.0.keys().map(FieldKey::as_str);
        let entries = keys.zip(&fields).map(|(key, fields)| (key, fields as &dyn ToJson));
        out.object(&mut entries.collect::<Vec<_>>())
    }
}

fn sorted_parts(fields: &[FieldKey]) -> Vec<Vec<&str>> {
    let mut fields: Vec<&FieldKey> = fields.iter().collect();
    fields.sort();
    fields.dedup();
    fields.into_iter().map(|field| field.parts().collect()).collect()
}

macro_rules! json_from {
    ($($type:ty)*) => {$(
        impl From<&$type> for Json {
            fn from(value: &$type) -> Self {
                Self::of(value)
            }
        }
    )*};
}

json_from! { FeatureSpec FieldSpec FieldDep FeatureDep FieldsMapping Lineage FeatureKey FieldKey }
