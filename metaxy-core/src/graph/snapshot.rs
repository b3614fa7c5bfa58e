//! Graphs as JSON, as Metaxy for Python's `to_snapshot` and `from_snapshot` write and read them.

use super::{FeatureGraph, GraphError, ProjectError};
use crate::{
    FeatureDefinition, FeatureKey, FeatureSpec, FeatureVersions, FieldKey, HashLength, Json,
    JsonError, SpecError,
};
use indexmap::IndexMap;
use std::borrow::Cow;

/// Why a snapshot was refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SnapshotError {
    /// The snapshot is no object.
    #[error("a snapshot must be an object of features by key, but is {found}")]
    NotAnObject {
        /// What it is.
        found: &'static str,
    },
    /// A feature lacks an entry.
    #[error("feature `{feature}` of the snapshot lacks `{entry}`")]
    Missing {
        /// The key it stands under.
        feature: String,
        /// The entry.
        entry: &'static str,
    },
    /// An entry is of the wrong kind.
    #[error("`{entry}` of feature `{feature}` of the snapshot must be {expected}, but is {found}")]
    Kind {
        /// The key it stands under.
        feature: String,
        /// The entry.
        entry: &'static str,
        /// What belongs there.
        expected: &'static str,
        /// What stands there.
        found: &'static str,
    },
    /// An entry that is JSON as text cannot be read.
    #[error("`{entry}` of feature `{feature}` of the snapshot is no JSON: {source}")]
    Json {
        /// The key it stands under.
        feature: String,
        /// The entry.
        entry: &'static str,
        /// Why.
        source: JsonError,
    },
    /// A spec was refused.
    #[error("feature `{feature}` of the snapshot: {source}")]
    Spec {
        /// The key it stands under.
        feature: String,
        /// Why.
        source: SpecError,
    },
    /// A spec stands under another key than its own.
    #[error("the snapshot has feature `{spec}` under the key `{feature}`")]
    OtherKey {
        /// The key it stands under.
        feature: String,
        /// The key it has.
        spec: FeatureKey,
    },
    /// The features make no graph.
    #[error(transparent)]
    Graph(#[from] GraphError),
}

impl FeatureGraph {
    /// The features of a project, or of the graph's one project, as JSON: spec, schema, versions, class path and
    /// project by key. External features are left out: their own project records them.
    ///
    /// # Errors
    ///
    /// [`ProjectError`] where `project` is not given and the graph has none, or several.
    pub fn to_snapshot(&self, project: Option<&str>) -> Result<Json, ProjectError> {
        let project = match project {
            Some(project) => project,
            None => self.project()?,
        };
        let features = self.versions_of(project).map(|(definition, versions)| {
            (definition.spec.key.as_str(), entry(definition, versions))
        });
        Ok(features.collect())
    }

    /// Reads a graph back. An entry may also say `"external": true`, and then give a `provenance_by_field`; its spec
    /// and schema may be JSON as text. Recorded versions are ignored: they are computed.
    ///
    /// # Errors
    ///
    /// [`SnapshotError`] where the snapshot is malformed, or its features make no graph.
    pub fn from_snapshot(snapshot: &Json, hash_length: HashLength) -> Result<Self, SnapshotError> {
        Ok(Self::new(definitions(snapshot)?, hash_length)?)
    }
}

impl FeatureDefinition {
    /// Reads a feature as [`to_snapshot`](FeatureGraph::to_snapshot) writes it, and as stores record it.
    ///
    /// ```
    /// use metaxy_core::{FeatureDefinition, Json};
    ///
    /// let entry = Json::from([
    ///     ("feature_spec", r#"{"key": "video", "id_columns": ["id"]}"#.into()),
    ///     ("feature_schema", "{}".into()),
    ///     ("feature_class_path", "videos.Video".into()),
    ///     ("project", "videos".into()),
    /// ]);
    /// assert_eq!(FeatureDefinition::from_snapshot("video", &entry)?.project, "videos");
    /// # Ok::<(), metaxy_core::SnapshotError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`SnapshotError`] where it is malformed, or where its key is another one.
    pub fn from_snapshot(key: &str, entry: &Json) -> Result<Self, SnapshotError> {
        Entry { key, json: entry }.definition()
    }
}

/// The definitions of a snapshot.
pub(super) fn definitions(snapshot: &Json) -> Result<Vec<FeatureDefinition>, SnapshotError> {
    let features = snapshot.as_object();
    let features = features.ok_or(SnapshotError::NotAnObject { found: snapshot.kind() })?;
    features.iter().map(|(key, entry)| FeatureDefinition::from_snapshot(key, entry)).collect()
}

fn entry(definition: &FeatureDefinition, versions: &FeatureVersions) -> Json {
    Json::from([
        ("feature_spec", Json::from(&definition.spec)),
        ("feature_schema", definition.schema.json().finite().into_owned()),
        ("metaxy_feature_version", versions.feature_version.as_str().into()),
        ("metaxy_definition_version", versions.definition_version.as_str().into()),
        ("feature_class_path", definition.class_path.clone().into()),
        ("project", definition.project.as_str().into()),
    ])
}

/// A feature of a snapshot.
struct Entry<'a> {
    key: &'a str,
    json: &'a Json,
}

impl Entry<'_> {
    fn definition(&self) -> Result<FeatureDefinition, SnapshotError> {
        let spec = self.parsed("feature_spec")?;
        let spec = FeatureSpec::try_from(&*spec)
            .map_err(|source| SnapshotError::Spec { feature: self.key.to_owned(), source })?;
        if spec.key.as_str() != self.key {
            return Err(SnapshotError::OtherKey { feature: self.key.to_owned(), spec: spec.key });
        }
        let schema = self.parsed("feature_schema")?;
        if schema.as_object().is_none() {
            return Err(self.wrong("feature_schema", "an object", &schema));
        }
        let external = match self.json.get("external") {
            None => false,
            Some(Json::Bool(external)) => *external,
            Some(other) => return Err(self.wrong("external", "true or false", other)),
        };
        let class_path = match self.required("feature_class_path")? {
            Json::Null => None,
            Json::String(path) => Some(path.clone()),
            other => return Err(self.wrong("feature_class_path", "a string or null", other)),
        };
        let project = match self.required("project")? {
            Json::String(project) => project.clone(),
            other => return Err(self.wrong("project", "a string", other)),
        };
        Ok(FeatureDefinition {
            schema: schema.finite().into_owned().into(),
            provenance_by_field: self.provenance_by_field()?,
            spec,
            class_path,
            project,
            external,
            location: None,
        })
    }

    fn provenance_by_field(&self) -> Result<Option<IndexMap<String, String>>, SnapshotError> {
        const ENTRY: &str = "provenance_by_field";
        let fields = match self.json.get(ENTRY) {
            None | Some(Json::Null) => return Ok(None),
            Some(Json::Object(fields)) => fields,
            Some(other) => return Err(self.wrong(ENTRY, "an object", other)),
        };
        let field = |(key, version): (&String, &Json)| {
            let malformed = |source| {
                let source = SpecError::Key { at: ENTRY.to_owned(), source };
                SnapshotError::Spec { feature: self.key.to_owned(), source }
            };
            FieldKey::new(key).map_err(malformed)?;
            match version {
                Json::String(version) => Ok((key.clone(), version.clone())),
                other => Err(self.wrong(ENTRY, "an object of strings", other)),
            }
        };
        fields.iter().map(field).collect::<Result<_, _>>().map(Some)
    }

    /// An entry that is JSON, or JSON as text.
    fn parsed(&self, entry: &'static str) -> Result<Cow<'_, Json>, SnapshotError> {
        match self.required(entry)? {
            Json::String(text) => Json::parse(text).map(Cow::Owned).map_err(|source| {
                SnapshotError::Json { feature: self.key.to_owned(), entry, source }
            }),
            other => Ok(Cow::Borrowed(other)),
        }
    }

    fn required(&self, entry: &'static str) -> Result<&Json, SnapshotError> {
        let missing = || SnapshotError::Missing { feature: self.key.to_owned(), entry };
        self.json.get(entry).ok_or_else(missing)
    }

    fn wrong(&self, entry: &'static str, expected: &'static str, found: &Json) -> SnapshotError {
        SnapshotError::Kind { feature: self.key.to_owned(), entry, expected, found: found.kind() }
    }
}
