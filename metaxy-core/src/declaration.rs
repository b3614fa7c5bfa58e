//! [`Declaration`]: a derived feature as constants, which are cheap to compile, and the definition made of them.

use crate::json_schema::{ColumnSchema, SchemaBuilder, TypeSchema};
use crate::spec::INITIAL_CODE_VERSION;
use crate::{
    DefaultFieldsMapping, FeatureDefinition, FeatureDep, FeatureKey, FeatureSpec, FieldDep,
    FieldDeps, FieldKey, FieldSpec, FieldsMapping, Json, Lineage, Location,
    definition::FeatureSchema,
};

/// What `#[derive(Feature)]` says of a struct.
#[derive(Debug, Clone, Copy)]
pub struct Declaration {
    /// The feature's key.
    pub key: &'static str,
    /// The columns that identify a sample.
    pub id_columns: &'static [&'static str],
    /// The features that this one is made from.
    pub deps: &'static [DepDecl],
    /// The fields.
    pub fields: &'static [FieldDecl],
    /// The metadata: a JSON object as text.
    pub metadata: &'static str,
    /// The description that the struct was given; `None`: its doc comment.
    pub description: Option<&'static str>,
    /// The name of the struct, which is the title of its schema.
    pub title: &'static str,
    /// The doc comment of the struct, as written.
    pub doc: Option<&'static str>,
    /// The user's columns: the schema of the type, and what the column adds to it.
    pub columns: &'static [(TypeSchema, ColumnSchema)],
    /// The project that owns the feature.
    pub project: &'static str,
    /// `crate::module::Struct`.
    pub class_path: &'static str,
    /// Where the struct stands.
    pub location: Location,
}

/// A dependency.
#[derive(Debug, Clone, Copy)]
pub struct DepDecl {
    /// The upstream feature's key.
    pub feature: &'static str,
    /// See [`FeatureDep::select`].
    pub select: Option<&'static [&'static str]>,
    /// See [`FeatureDep::rename`].
    pub rename: Option<&'static [(&'static str, &'static str)]>,
    /// See [`FeatureDep::sql_filters`].
    pub sql_filters: Option<&'static [&'static str]>,
    /// See [`FeatureDep::fields_mapping`].
    pub fields_mapping: MappingDecl,
    /// See [`FeatureDep::lineage`].
    pub lineage: LineageDecl,
    /// See [`FeatureDep::optional`].
    pub optional: bool,
}

impl DepDecl {
    /// A required one-to-one dependency on all columns, with the default field mapping.
    pub const fn new(feature: &'static str) -> Self {
        Self {
            feature,
            select: None,
            rename: None,
            sql_filters: None,
            fields_mapping: MappingDecl::Default { match_suffix: false, exclude_fields: &[] },
            lineage: LineageDecl::Identity,
            optional: false,
        }
    }
}

/// See [`FieldsMapping`].
#[derive(Debug, Clone, Copy)]
pub enum MappingDecl {
    /// See [`FieldsMapping::Default`].
    Default {
        /// See [`DefaultFieldsMapping::match_suffix`].
        match_suffix: bool,
        /// See [`DefaultFieldsMapping::exclude_fields`].
        exclude_fields: &'static [&'static str],
    },
    /// See [`FieldsMapping::Specific`].
    Specific(&'static [(&'static str, &'static [&'static str])]),
    /// See [`FieldsMapping::All`].
    All,
    /// See [`FieldsMapping::None`].
    None,
}

/// See [`Lineage`].
#[derive(Debug, Clone, Copy)]
pub enum LineageDecl {
    /// See [`Lineage::Identity`].
    Identity,
    /// See [`Lineage::Aggregation`].
    Aggregation {
        /// The columns to group by.
        on: Option<&'static [&'static str]>,
    },
    /// See [`Lineage::Expansion`].
    Expansion {
        /// The id columns of the upstream sample.
        on: &'static [&'static str],
        /// How ids are made.
        id_generation_pattern: Option<&'static str>,
    },
}

/// A field.
#[derive(Debug, Clone, Copy)]
pub struct FieldDecl {
    /// Its key.
    pub key: &'static str,
    /// Its code version; `None`: the initial one.
    pub code_version: Option<&'static str>,
    /// The upstream fields that it is made from.
    pub deps: FieldDepsDecl,
}

/// See [`FieldDeps`].
#[derive(Debug, Clone, Copy)]
pub enum FieldDepsDecl {
    /// See [`FieldDeps::All`].
    All,
    /// Keys of features, each with the keys of its fields; `None`: all of them.
    Explicit(&'static [(&'static str, Option<&'static [&'static str]>)]),
}

impl Declaration {
    /// The definition.
    ///
    /// # Panics
    ///
    /// Where a key or the metadata is malformed: the derive has refused those.
    pub fn definition(&'static self) -> FeatureDefinition {
        FeatureDefinition {
            spec: self.spec(),
            schema: FeatureSchema::Declared(self),
            class_path: Some(self.class_path.to_owned()),
            project: self.project.to_owned(),
            external: false,
            provenance_by_field: None,
            location: Some(self.location),
        }
    }

    /// The JSON schema of the columns.
    pub(crate) fn schema(&self) -> Json {
        let mut schema = SchemaBuilder::new(self.title, self.doc);
        for &(type_schema, column) in self.columns {
            schema = schema.column_of(type_schema, column);
        }
        schema.build()
    }

    fn spec(&self) -> FeatureSpec {
        let Ok(Json::Object(metadata)) = Json::parse(self.metadata) else {
            unreachable!("the derive wrote the metadata as a JSON object")
        };
        FeatureSpec {
            key: feature_key(self.key),
            id_columns: strings(self.id_columns),
            deps: self.deps.iter().map(DepDecl::dep).collect(),
            fields: self.fields.iter().map(FieldDecl::field).collect(),
            metadata,
            description: match self.description {
                Some(description) => Some(description.to_owned()),
                None => self.doc.map(crate::json_schema::clean_doc),
            },
        }
    }
}

impl DepDecl {
    fn dep(&self) -> FeatureDep {
        FeatureDep {
            feature: feature_key(self.feature),
            select: self.select.map(strings),
            rename: self.rename.map(|pairs| {
                pairs.iter().map(|&(old, new)| (old.to_owned(), new.to_owned())).collect()
            }),
            fields_mapping: match self.fields_mapping {
                MappingDecl::Default { match_suffix, exclude_fields } => {
                    FieldsMapping::Default(DefaultFieldsMapping {
                        match_suffix,
                        exclude_fields: field_keys(exclude_fields),
                    })
                }
                MappingDecl::Specific(pairs) => FieldsMapping::Specific(
                    pairs
                        .iter()
                        .map(|&(field, upstream)| (field_key(field), field_keys(upstream)))
                        .collect(),
                ),
                MappingDecl::All => FieldsMapping::All,
                MappingDecl::None => FieldsMapping::None,
            },
            sql_filters: self.sql_filters.map(strings),
            lineage: match self.lineage {
                LineageDecl::Identity => Lineage::Identity,
                LineageDecl::Aggregation { on } => Lineage::Aggregation { on: on.map(strings) },
                LineageDecl::Expansion { on, id_generation_pattern } => Lineage::Expansion {
                    on: strings(on),
                    id_generation_pattern: id_generation_pattern.map(str::to_owned),
                },
            },
            optional: self.optional,
        }
    }
}

impl FieldDecl {
    fn field(&self) -> FieldSpec {
        FieldSpec {
            key: field_key(self.key),
            code_version: self.code_version.unwrap_or(INITIAL_CODE_VERSION).to_owned(),
            deps: match self.deps {
                FieldDepsDecl::All => FieldDeps::All,
                FieldDepsDecl::Explicit(deps) => FieldDeps::Explicit(
                    deps.iter()
                        .map(|&(feature, fields)| FieldDep {
                            feature: feature_key(feature),
                            fields: fields.map(field_keys),
                        })
                        .collect(),
                ),
            },
        }
    }
}

const CHECKED: &str = "the derive checked the key";

fn feature_key(key: &str) -> FeatureKey {
    FeatureKey::new(key).expect(CHECKED)
}

fn field_key(key: &str) -> FieldKey {
    FieldKey::new(key).expect(CHECKED)
}

fn field_keys(keys: &[&str]) -> Vec<FieldKey> {
    keys.iter().map(|key| field_key(key)).collect()
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}
