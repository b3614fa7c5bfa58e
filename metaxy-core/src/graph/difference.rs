//! [`difference`]: what separates two states of a project, feature by feature and field by field.

use super::FeatureGraph;
use crate::{FeatureDefinition, FeatureKey, FeatureVersions, FieldKey};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// What became of a feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// Its definition changed, and its version with it: its rows are made anew.
    Changed,
    /// Its definition changed, but not what its rows are made from: descriptions, metadata, columns.
    Restated,
    /// What it is made from changed: its rows are made anew.
    Touched,
    /// Upstream features changed, but none of the fields that it is made from: its rows stay.
    Untouched,
    /// Neither it nor anything upstream changed.
    Unchanged,
}

/// A feature in two states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeatureDifference {
    /// The feature.
    pub key: FeatureKey,
    /// What became of it.
    pub status: Status,
    /// Its version before, where it was there.
    pub from: Option<String>,
    /// Its version after, where it is there.
    pub to: Option<String>,
    /// The fields whose versions differ, in the order of the spec, gone ones last.
    pub fields: Vec<FieldDifference>,
}

/// A field in two states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldDifference {
    /// The field.
    pub field: FieldKey,
    /// Its version before, where it was there.
    pub from: Option<String>,
    /// Its version after, where it is there.
    pub to: Option<String>,
    /// The upstream fields that it is made from and whose versions changed.
    pub because_of: Vec<(FeatureKey, FieldKey)>,
}

/// What separates two states of a project's features, upstream first, gone ones last. Upstream features of other projects are
/// there where their versions differ.
///
/// ```
/// use metaxy_core::{FeatureGraph, HashLength, Json, graph::{Status, difference}};
///
/// let graph = |code: &str| {
///     let fields = format!(r#"[{{"key": "audio", "code_version": "{code}"}}, {{"key": "frames"}}]"#);
///     let video = format!(r#"{{"key": "video", "id_columns": ["id"], "fields": {fields}}}"#);
///     let faces = r#"{"key": "faces", "id_columns": ["id"], "deps": ["video"], "fields": [{"key": "frames"}]}"#;
///     let features = [("video", video.as_str()), ("faces", faces)].map(|(key, spec)| {
///         (key, Json::from([
///             ("feature_spec", spec.into()), ("feature_schema", "{}".into()),
///             ("feature_class_path", Json::Null), ("project", "example".into()),
///         ]))
///     });
///     FeatureGraph::from_snapshot(&Json::from_iter(features), HashLength::default())
/// };
/// let found = difference(&graph("1")?, &graph("2")?, "example");
/// let found: Vec<_> = found.iter().map(|it| (it.key.as_str(), it.status)).collect();
/// assert_eq!(found, [("video", Status::Changed), ("faces", Status::Untouched)]);
/// # Ok::<(), metaxy_core::SnapshotError>(())
/// ```
pub fn difference(from: &FeatureGraph, to: &FeatureGraph, project: &str) -> Vec<FeatureDifference> {
    let mut found: Vec<_> = to
        .topological_order()
        .filter_map(|key| Some(compare(Side::of(from, key), Some(Side::of(to, key)?), key)))
        .collect();
    let gone = from.topological_order().filter(|key| to.get(key).is_none());
    found.extend(gone.map(|key| compare(Side::of(from, key), None, key)));

    let changed = |it: &&FeatureDifference| it.from != it.to;
    let sources: BTreeSet<FeatureKey> =
        found.iter().filter(changed).map(|it| it.key.clone()).collect();
    let downstream: BTreeSet<&FeatureKey> = to.downstream(&sources).into_iter().collect();
    for it in &mut found {
        if it.status == Status::Unchanged && downstream.contains(&it.key) {
            it.status = Status::Untouched;
        }
    }
    explain(&mut found, to);
    let is_own = |key: &FeatureKey| [from, to].into_iter().any(|it| it.owns(key, project));
    found
        .retain(|it| is_own(&it.key) || (it.from != it.to && it.from.is_some() && it.to.is_some()));
    found
}

/// A feature in one of the states.
#[derive(Clone, Copy)]
struct Side<'a> {
    definition: &'a FeatureDefinition,
    versions: &'a FeatureVersions,
}

impl<'a> Side<'a> {
    fn of(graph: &'a FeatureGraph, key: &FeatureKey) -> Option<Self> {
        Some(Self { definition: graph.get(key)?, versions: graph.versions(key)? })
    }

    fn field(self, field: &FieldKey) -> Option<&'a String> {
        self.versions.field_versions.get(field)
    }
}

impl FeatureGraph {
    fn owns(&self, key: &FeatureKey, project: &str) -> bool {
        self.get(key).is_some_and(|it| !it.external && it.project == project)
    }
}

fn compare(from: Option<Side<'_>>, to: Option<Side<'_>>, key: &FeatureKey) -> FeatureDifference {
    let status = match (from, to) {
        (None, _) => Status::Added,
        (_, None) => Status::Removed,
        (Some(from), Some(to)) => {
            let same_version = from.versions.feature_version == to.versions.feature_version;
            // Of an external feature only the versions count: it may be known by less than its definition.
            let external = from.definition.external || to.definition.external;
            let same = from.versions.definition_version == to.versions.definition_version;
            match (same || external, same_version) {
                (true, true) => Status::Unchanged,
                (true, false) => Status::Touched,
                (false, true) => Status::Restated,
                (false, false) => Status::Changed,
            }
        }
    };
    let version = |side: Option<Side<'_>>| side.map(|it| it.versions.feature_version.clone());
    let keys = [to, from].into_iter().flatten().flat_map(|it| it.versions.field_versions.keys());
    let mut seen = BTreeSet::new();
    let fields = keys.filter(|it| seen.insert(*it)).filter_map(|field| {
        let version = |side: Option<Side<'_>>| side.and_then(|it| it.field(field)).cloned();
        let (from, to) = (version(from), version(to));
        let field = field.clone();
        (from != to).then(|| FieldDifference { field, from, to, because_of: Vec::new() })
    });
    FeatureDifference {
        key: key.clone(),
        status,
        from: version(from),
        to: version(to),
        fields: fields.collect(),
    }
}

/// Says of each changed field which changed fields it is made from.
fn explain(found: &mut [FeatureDifference], to: &FeatureGraph) {
    let changed: BTreeMap<FeatureKey, BTreeSet<FieldKey>> = found
        .iter()
        .map(|it| (it.key.clone(), it.fields.iter().map(|it| it.field.clone()).collect()))
        .collect();
    let is_changed = |feature: &FeatureKey, field: &FieldKey| {
        changed.get(feature).is_some_and(|fields| fields.contains(field))
    };
    for feature in found {
        let parents = to.field_parents(&feature.key).unwrap_or_default();
        for field in &mut feature.fields {
            let parents = parents.get(&field.field).into_iter().flatten();
            let changed = parents.filter(|(feature, field)| is_changed(feature, field));
            field.because_of =
                changed.map(|&(feature, field)| (feature.clone(), field.clone())).collect();
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
            Self::Restated => "restated",
            Self::Touched => "touched",
            Self::Untouched => "untouched",
            Self::Unchanged => "unchanged",
        })
    }
}
