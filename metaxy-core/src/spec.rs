//! [`FeatureSpec`] and what it is made of: fields, dependencies, lineage, field mappings.
//!
//! In JSON a spec is what pydantic writes of Metaxy for Python's, which also enters the hashes.

mod cursor;
mod error;
mod read;
mod serde;
mod write;

pub use error::SpecError;

use crate::{FeatureKey, FieldKey, Json};
use indexmap::IndexMap;

/// The code version of a field that names none.
pub const INITIAL_CODE_VERSION: &str = "__metaxy_initial__";

/// What stands for "all fields" (of a feature, or of all upstream features).
pub const ALL_FIELDS: &str = "__METAXY_ALL_DEP__";

/// What a feature is: its key, the columns that identify a sample, its fields, and what it depends on.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureSpec {
    /// The feature's key.
    pub key: FeatureKey,
    /// The columns that identify a sample, at least one.
    pub id_columns: Vec<String>,
    /// The features that this one is made from.
    pub deps: Vec<FeatureDep>,
    /// The logical parts of a sample. Python's default is one field `default`.
    pub fields: Vec<FieldSpec>,
    /// Free metadata, which enters the spec version only.
    pub metadata: IndexMap<String, Json>,
    /// What the feature is, in words; the doc comment of a derived struct.
    pub description: Option<String>,
}

/// A logical part of a feature.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldSpec {
    /// The field's key, unique in its feature.
    pub key: FieldKey,
    /// The version of the code that makes the field. A new one recomputes what depends on it.
    pub code_version: String,
    /// The upstream fields that it is made from.
    pub deps: FieldDeps,
}

/// The upstream fields of a field.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldDeps {
    /// All fields of all upstream features.
    All,
    /// The listed ones; none: as the [`FieldsMapping`] of each dependency says.
    Explicit(Vec<FieldDep>),
}

/// A field's dependency on fields of one upstream feature.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldDep {
    /// The upstream feature.
    pub feature: FeatureKey,
    /// Its fields; `None`: all of them.
    pub fields: Option<Vec<FieldKey>>,
}

/// A feature's dependency on another.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureDep {
    /// The upstream feature.
    pub feature: FeatureKey,
    /// The upstream columns to take, by their names after `rename`; `None`: all.
    pub select: Option<Vec<String>>,
    /// Upstream columns to rename, old name to new.
    pub rename: Option<IndexMap<String, String>>,
    /// How upstream fields are matched to fields that name no dependency of their own.
    pub fields_mapping: FieldsMapping,
    /// Conditions on upstream rows, as SQL text.
    pub sql_filters: Option<Vec<String>>,
    /// How samples upstream relate to samples here.
    pub lineage: Lineage,
    /// Whether a sample may lack this dependency.
    pub optional: bool,
}

/// How samples of an upstream feature relate to those of the feature that depends on it.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Lineage {
    /// One sample makes one (`1:1`).
    #[default]
    Identity,
    /// Many samples make one (`N:1`), grouped by `on`; `None`: all id columns of the downstream feature.
    Aggregation {
        /// The columns to group by.
        on: Option<Vec<String>>,
    },
    /// One sample makes many (`1:N`).
    Expansion {
        /// The id columns of the upstream sample.
        on: Vec<String>,
        /// How the ids of the new samples are made, for people.
        id_generation_pattern: Option<String>,
    },
}

/// How upstream fields are matched to a field that names no dependency of its own.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldsMapping {
    /// Fields of the same key; where there is none, all.
    Default(DefaultFieldsMapping),
    /// The listed upstream fields for each field.
    Specific(IndexMap<FieldKey, Vec<FieldKey>>),
    /// All upstream fields.
    All,
    /// No upstream field.
    None,
}

/// The options of [`FieldsMapping::Default`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DefaultFieldsMapping {
    /// Whether an upstream field also matches where its last parts are the field's key.
    pub match_suffix: bool,
    /// Upstream fields that are never taken.
    pub exclude_fields: Vec<FieldKey>,
}

impl Default for FieldsMapping {
    fn default() -> Self {
        Self::Default(DefaultFieldsMapping::default())
    }
}

impl FeatureSpec {
    /// A spec without dependencies, fields, metadata or description.
    pub fn new(key: FeatureKey, id_columns: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            key,
            id_columns: id_columns.into_iter().map(Into::into).collect(),
            deps: Vec::new(),
            fields: Vec::new(),
            metadata: IndexMap::new(),
            description: None,
        }
    }
}

impl FieldSpec {
    /// A field with the initial code version, whose upstream fields the mappings find.
    pub fn new(key: FieldKey) -> Self {
        Self {
            key,
            code_version: INITIAL_CODE_VERSION.to_owned(),
            deps: FieldDeps::Explicit(Vec::new()),
        }
    }
}

impl FeatureDep {
    /// A required one-to-one dependency on all columns, with the default field mapping.
    pub fn new(feature: FeatureKey) -> Self {
        Self {
            feature,
            select: None,
            rename: None,
            fields_mapping: FieldsMapping::default(),
            sql_filters: None,
            lineage: Lineage::Identity,
            optional: false,
        }
    }
}
