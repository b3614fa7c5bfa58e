//! Specs from JSON: what pydantic accepts, and its short forms.

use super::{
    ALL_FIELDS, DefaultFieldsMapping, FeatureDep, FeatureSpec, FieldDep, FieldDeps, FieldSpec,
    FieldsMapping, INITIAL_CODE_VERSION, Lineage, SpecError,
    cursor::{Cursor, boolean, text, texts},
};
use crate::{FeatureKey, FieldKey, Json, KeyError};
use indexmap::IndexMap;

type Read<T> = Result<T, SpecError>;

impl TryFrom<&Json> for FeatureSpec {
    type Error = SpecError;

    /// Reads and [validates](FeatureSpec::validate) a spec.
    fn try_from(json: &Json) -> Read<Self> {
        let spec = feature_spec(&Cursor::root("spec", json))?;
        spec.validate()?;
        Ok(spec)
    }
}

macro_rules! try_from_json {
    ($($type:ty: $read:ident, $name:literal;)*) => {$(
        impl TryFrom<&Json> for $type {
            type Error = SpecError;

            fn try_from(json: &Json) -> Read<Self> {
                $read(&Cursor::root($name, json))
            }
        }
    )*};
}

try_from_json! {
    FieldSpec: field_spec, "field";
    FieldDep: field_dep, "field dependency";
    FeatureDep: feature_dep, "dependency";
    FieldsMapping: fields_mapping, "fields mapping";
    Lineage: lineage, "lineage";
}

fn feature_spec(at: &Cursor) -> Read<FeatureSpec> {
    at.known_keys(&["key", "id_columns", "deps", "fields", "metadata", "description"])?;
    Ok(FeatureSpec {
        key: at.required("key", feature_key)?,
        id_columns: at.required("id_columns", texts)?,
        deps: at.optional("deps", |at| at.each(feature_dep))?.unwrap_or_default(),
        fields: match at.optional("fields", |at| at.each(field_spec))? {
            Some(fields) => fields,
            None => vec![FieldSpec::new(default_field())],
        },
        metadata: at.optional("metadata", metadata)?.unwrap_or_default(),
        description: at.optional("description", |at| at.nullable(text))?.flatten(),
    })
}

fn metadata(at: &Cursor) -> Read<IndexMap<String, Json>> {
    Ok(at.object()?.iter().map(|(key, value)| (key.clone(), value.finite().into_owned())).collect())
}

/// A field, or only its key.
fn field_spec(at: &Cursor) -> Read<FieldSpec> {
    if at.json.as_str().is_some() {
        return Ok(FieldSpec::new(field_key(at)?));
    }
    at.known_keys(&["key", "code_version", "deps"])?;
    Ok(FieldSpec {
        key: at.optional("key", field_key)?.unwrap_or_else(default_field),
        code_version: at
            .optional("code_version", text)?
            .unwrap_or_else(|| INITIAL_CODE_VERSION.to_owned()),
        deps: at.optional("deps", field_deps)?.unwrap_or(FieldDeps::Explicit(Vec::new())),
    })
}

fn field_deps(at: &Cursor) -> Read<FieldDeps> {
    if at.json.as_str() == Some(ALL_FIELDS) {
        return Ok(FieldDeps::All);
    }
    at.each(field_dep).map(FieldDeps::Explicit)
}

fn field_dep(at: &Cursor) -> Read<FieldDep> {
    at.known_keys(&["feature", "fields"])?;
    let fields = |at: &Cursor| match at.json.as_str() {
        Some(ALL_FIELDS) => Ok(None),
        _ => at.each(field_key).map(Some),
    };
    Ok(FieldDep {
        feature: at.required("feature", feature_key)?,
        fields: at.optional("fields", fields)?.flatten(),
    })
}

/// A dependency, or only the key of the feature.
fn feature_dep(at: &Cursor) -> Read<FeatureDep> {
    if at.json.as_object().is_none() {
        return Ok(FeatureDep::new(feature_key(at)?));
    }
    // Of the two names of the filters pydantic takes `filters`, and then refuses the other.
    let (filters, other) = match at.json.get("filters") {
        Some(_) => ("filters", "filters"),
        None => ("sql_filters", "filters"),
    };
    at.known_keys(&[
        "feature",
        "select",
        "rename",
        "fields_mapping",
        filters,
        other,
        "lineage",
        "optional",
    ])?;
    Ok(FeatureDep {
        feature: at.required("feature", feature_key)?,
        select: at.optional("select", |at| at.nullable(texts))?.flatten(),
        rename: at.optional("rename", |at| at.nullable(rename))?.flatten(),
        fields_mapping: at.optional("fields_mapping", fields_mapping)?.unwrap_or_default(),
        sql_filters: at.optional(filters, |at| at.nullable(texts))?.flatten(),
        lineage: at.optional("lineage", lineage)?.unwrap_or_default(),
        optional: at.optional("optional", boolean)?.unwrap_or_default(),
    })
}

fn rename(at: &Cursor) -> Read<IndexMap<String, String>> {
    at.entries(|name, at| Ok((name.to_owned(), text(at)?)))
}

fn lineage(at: &Cursor) -> Read<Lineage> {
    at.required("relationship", |at| match at.required("type", text)?.as_str() {
        "1:1" => Ok(Lineage::Identity),
        "N:1" => {
            Ok(Lineage::Aggregation { on: at.optional("on", |at| at.nullable(texts))?.flatten() })
        }
        "1:N" => Ok(Lineage::Expansion {
            on: at.required("on", texts)?,
            id_generation_pattern: at
                .optional("id_generation_pattern", |at| at.nullable(text))?
                .flatten(),
        }),
        _ => Err(at.child("type").wrong("`1:1`, `N:1` or `1:N`")),
    })
}

fn fields_mapping(at: &Cursor) -> Read<FieldsMapping> {
    at.required("mapping", |at| match at.required("type", text)?.as_str() {
        "default" => Ok(FieldsMapping::Default(DefaultFieldsMapping {
            match_suffix: at.optional("match_suffix", boolean)?.unwrap_or_default(),
            exclude_fields: at
                .optional("exclude_fields", |at| at.each(field_key))?
                .unwrap_or_default(),
        })),
        "specific" => at.required("mapping", specific).map(FieldsMapping::Specific),
        "all" => Ok(FieldsMapping::All),
        "none" => Ok(FieldsMapping::None),
        _ => Err(at.child("type").wrong("`default`, `specific`, `all` or `none`")),
    })
}

fn specific(at: &Cursor) -> Read<IndexMap<FieldKey, Vec<FieldKey>>> {
    at.entries(|name, at| {
        let key = FieldKey::new(name).map_err(|source| at.malformed(source))?;
        let mut fields = at.each(field_key)?;
        fields.sort();
        fields.dedup();
        Ok((key, fields))
    })
}

fn feature_key(at: &Cursor) -> Read<FeatureKey> {
    key(at, |text| FeatureKey::new(text), FeatureKey::from_parts)
}

fn field_key(at: &Cursor) -> Read<FieldKey> {
    key(at, |text| FieldKey::new(text), FieldKey::from_parts)
}

/// A key as its text, as a list of its parts, or as `{"parts": […]}`, which old versions of Python's wrote.
fn key<K>(
    at: &Cursor,
    from_text: impl Fn(&str) -> Result<K, KeyError>,
    from_parts: impl Fn(Vec<String>) -> Result<K, KeyError>,
) -> Read<K> {
    let key = match at.json {
        Json::String(text) => from_text(text),
        Json::Array(_) => from_parts(texts(at)?),
        Json::Object(_) => from_parts(at.required("parts", texts)?),
        _ => return Err(at.wrong("a key such as \"video/raw\"")),
    };
    key.map_err(|source| at.malformed(source))
}

fn default_field() -> FieldKey {
    FieldKey::new("default").expect("the key is well formed")
}
