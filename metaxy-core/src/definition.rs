//! [`FeatureDefinition`], all that is known of a feature, and [`Feature`], the struct that declares one.

use crate::{
    FeatureGraph, FeatureKey, FeatureSpec, FeatureVersions, FieldKey, FieldSpec, Json,
    declaration::Declaration, graph::CurrentGraphError,
};
use indexmap::IndexMap;
use std::{borrow::Cow, fmt};

/// The columns that every feature table has besides the user's, in the order that tables have them.
///
/// Source: `metaxy.models.constants` of Metaxy for Python 0.1.11.
pub const SYSTEM_COLUMNS: [&str; 10] = [
    "metaxy_provenance",
    "metaxy_provenance_by_field",
    "metaxy_feature_version",
    "metaxy_project_version",
    "metaxy_data_version",
    "metaxy_data_version_by_field",
    "metaxy_created_at",
    "metaxy_updated_at",
    "metaxy_deleted_at",
    "metaxy_materialization_id",
];

/// A struct that `#[derive(Feature)]` made a feature.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no feature",
    label = "no feature",
    note = "derive it, `#[derive(metaxy::Feature)]`, or name a feature of another project by its key, `deps(\"other/feature\")`"
)]
pub trait Feature: 'static {
    /// The feature's key, as text.
    const KEY: &'static str;
    /// The keys of its fields, in the order they were declared.
    const FIELDS: &'static [&'static str];
    /// The columns that identify a sample.
    const ID_COLUMNS: &'static [&'static str];
    /// The user's columns, by their SQL names, in the order of the struct.
    const COLUMNS: &'static [&'static str];

    /// The whole definition: spec, JSON schema, project, place in the source.
    fn definition() -> FeatureDefinition;

    /// The feature's key.
    fn key() -> FeatureKey {
        FeatureKey::new(Self::KEY).expect("the derive checked the key")
    }

    /// The feature's versions in the [current](FeatureGraph::current) graph.
    ///
    /// # Errors
    ///
    /// [`CurrentGraphError`] where the linked features make no graph, or this one is not among them.
    fn versions() -> Result<&'static FeatureVersions, CurrentGraphError> {
        let key = Self::key();
        let versions = FeatureGraph::current()?.versions(&key);
        versions.ok_or(CurrentGraphError::NotLinked(key))
    }

    /// The version that rows of this feature are marked with.
    ///
    /// # Errors
    ///
    /// As [`versions`](Self::versions).
    fn feature_version() -> Result<&'static str, CurrentGraphError> {
        Ok(&Self::versions()?.feature_version)
    }
}

/// All that is known of a feature.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureDefinition {
    /// What the feature is.
    pub spec: FeatureSpec,
    /// The JSON schema of its columns, as pydantic writes it for a SQLModel feature of the same name.
    pub schema: FeatureSchema,
    /// Where its type lives: `crate::module::Struct`, or a Python class path.
    pub class_path: Option<String>,
    /// The project that owns it.
    pub project: String,
    /// Whether it is defined elsewhere, and only known here.
    pub external: bool,
    /// Versions that stand in for the field versions of an external feature, by field key.
    pub provenance_by_field: Option<IndexMap<String, String>>,
    /// Where it was declared.
    pub location: Option<Location>,
}

/// The JSON schema of a feature's columns. That of a linked feature is made when it is asked for: only versions and graphs as
/// JSON need it.
#[derive(Debug, Clone)]
pub enum FeatureSchema {
    /// It is written out.
    Written(Json),
    /// It follows from what the derive says.
    #[doc(hidden)]
    Declared(&'static Declaration),
}

impl FeatureSchema {
    /// The schema.
    pub fn json(&self) -> Cow<'_, Json> {
        match self {
            Self::Written(schema) => Cow::Borrowed(schema),
            Self::Declared(declaration) => Cow::Owned(declaration.schema()),
        }
    }
}

impl From<Json> for FeatureSchema {
    fn from(schema: Json) -> Self {
        Self::Written(schema)
    }
}

impl PartialEq for FeatureSchema {
    fn eq(&self, other: &Self) -> bool {
        self.json() == other.json()
    }
}

impl FeatureDefinition {
    /// The version that stands in for that of a field: only an external feature can have one.
    pub fn overridden_version(&self, field: &FieldKey) -> Option<&str> {
        let overrides = self.provenance_by_field.as_ref().filter(|_| self.external)?;
        overrides.get(field.as_str()).map(String::as_str)
    }

    /// Whether no field's version has to be computed, so that dependencies may be missing.
    pub(crate) fn overrides_all_fields(&self) -> bool {
        let overridden = |field: &FieldSpec| self.overridden_version(&field.key).is_some();
        self.external && self.spec.fields.iter().all(overridden)
    }
}

/// A place in the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Location {
    /// The file, as the compiler names it.
    pub file: &'static str,
    /// The line, from 1.
    pub line: u32,
}

impl fmt::Display for Location {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.file, self.line)
    }
}
