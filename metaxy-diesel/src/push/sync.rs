//! [`Store::lock`] and [`Store::sync`]: the features of other projects as the store has them.

use super::{PushError, Record, Records};
use crate::{backend::Open, store::Store};
use metaxy_core::{
    FeatureDefinition, FeatureGraph, FeatureKey, FieldKey, GraphError, HashLength, SnapshotError,
    config::FeatureSelection,
    lock::{LockError, LockFile, RecordedFeature},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// Why features of other projects were not taken from a store.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The records were not read.
    #[error(transparent)]
    Records(#[from] PushError),
    /// What was read is no lock file.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// What was read makes no graph with the features here.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// A record that is needed is malformed.
    #[error("the store's record of feature `{feature}` is malformed: {source}")]
    Malformed {
        /// The feature.
        feature: FeatureKey,
        /// Why.
        source: Box<SnapshotError>,
    },
    /// External features have other versions in the store than here, which `locked` forbids.
    #[error(
        "external features have other versions in the store: {}; run `metaxy lock`",
        .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    )]
    Mismatch(Vec<VersionMismatch>),
}

/// How external features are read from a store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SyncOptions {
    /// Further features to read.
    pub selection: Vec<FeatureSelection>,
    /// Whether it is an error where an external feature has another version in the store.
    pub locked: bool,
}

/// A graph with the features of other projects as the store has them.
#[derive(Debug, Clone)]
pub struct Synced {
    /// The graph.
    pub graph: FeatureGraph,
    /// The external features that have other versions in the store than they had here.
    pub mismatches: Vec<VersionMismatch>,
    /// The external features that the store does not have.
    pub unresolved: Vec<FeatureKey>,
}

/// An external feature with another version in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionMismatch {
    /// The feature.
    pub key: FeatureKey,
    /// Its version here.
    pub expected: String,
    /// Its version in the store.
    pub actual: String,
    /// The fields that differ, with their versions here and in the store.
    pub fields: Vec<(FieldKey, Option<String>, Option<String>)>,
}

impl Store {
    /// Locks the features of other projects that those here depend on, and those that `selection` means. `own` are the
    /// [linked](metaxy_core::registry::linked_definitions) features, of which those of `project` are here.
    ///
    /// # Errors
    ///
    /// [`SyncError`] where the store does not answer, or lacks a feature.
    pub fn lock(
        &self,
        own: &[FeatureDefinition],
        project: Option<&str>,
        selection: &[FeatureSelection],
        hash_length: HashLength,
    ) -> Result<LockFile, SyncError> {
        let own_keys: BTreeSet<&FeatureKey> =
            own.iter().filter(|it| !it.external).map(|it| &it.spec.key).collect();
        let mut deps = own.iter().filter(|it| !it.external).flat_map(|it| &it.spec.deps);
        if selection.is_empty() && deps.all(|it| own_keys.contains(&it.feature)) {
            return Ok(LockFile::default());
        }
        let mut records = self.present_records()?;
        records.retain(|it| project.is_none_or(|project| it.project != project));
        let recorded = recorded(&records);
        let extra = selected(selection, &recorded).filter(|it| !own_keys.contains(it)).collect();
        let (recorded, malformed) = split(recorded);
        match LockFile::new(own, Vec::from_iter::<BTreeSet<_>>(extra), &recorded, hash_length) {
            Err(LockError::Missing(keys)) => Err(reason(keys, malformed)),
            lock => Ok(lock?),
        }
    }

    /// The graph with its external features as the store has them, and with those that the options select.
    ///
    /// Takes a constant number of queries, and none where there is nothing to read. A store without system tables has no
    /// features.
    ///
    /// # Errors
    ///
    /// [`SyncError`] where the store does not answer, and where versions differ that must not.
    pub fn sync(&self, graph: &FeatureGraph, options: &SyncOptions) -> Result<Synced, SyncError> {
        let external: Vec<&FeatureDefinition> =
            graph.definitions().filter(|it| it.external).collect();
        if external.is_empty() && options.selection.is_empty() {
            return Ok(Synced {
                graph: graph.clone(),
                mismatches: Vec::new(),
                unresolved: Vec::new(),
            });
        }
        let records = match self.present_records() {
            Err(PushError::MissingTable { .. }) => Vec::new(),
            records => records?,
        };
        let recorded = recorded(&records);
        let own: Vec<_> = graph.definitions().filter(|it| !it.external).cloned().collect();
        let known: BTreeSet<&FeatureKey> = own.iter().map(|it| &it.spec.key).collect();
        let mut wanted: Vec<FeatureKey> = external.iter().map(|it| it.spec.key.clone()).collect();
        wanted.extend(selected(&options.selection, &recorded));
        let mut loaded = BTreeMap::new();
        while let Some(key) = wanted.pop() {
            if known.contains(&key) || loaded.contains_key(&key) {
                continue;
            }
            match recorded.get(&key) {
                None => {}
                Some(Err(source)) => {
                    return Err(SyncError::Malformed {
                        feature: key,
                        source: source.clone().into(),
                    });
                }
                Some(Ok(feature)) => {
                    let definition =
                        FeatureDefinition { external: true, ..feature.definition.clone() };
                    wanted.extend(definition.spec.deps.iter().map(|it| it.feature.clone()));
                    loaded.insert(key, definition);
                }
            }
        }
        let kept: Vec<_> = external
            .iter()
            .filter(|it| !loaded.contains_key(&it.spec.key))
            .copied()
            .cloned()
            .collect();
        let unresolved = kept.iter().map(|it| it.spec.key.clone()).collect();
        let definitions = own.iter().cloned().chain(kept).chain(loaded.into_values());
        let synced = FeatureGraph::new(definitions, graph.hash_length())?;
        let mismatches: Vec<_> = external
            .iter()
            .filter_map(|it| VersionMismatch::of(&it.spec.key, graph, &synced))
            .collect();
        match options.locked && !mismatches.is_empty() {
            true => Err(SyncError::Mismatch(mismatches)),
            false => Ok(Synced { graph: synced, mismatches, unresolved }),
        }
    }

    fn present_records(&self) -> Result<Vec<Record>, PushError> {
        let mut connection = self.connect(Open::Existing)?;
        let records = Records::of(&mut connection, &self.table_prefix)?;
        records.present(&mut connection)
    }
}

/// Records as features; one that is malformed matters only where it is needed.
type Recorded = BTreeMap<FeatureKey, Result<RecordedFeature, SnapshotError>>;

fn recorded(records: &[Record]) -> Recorded {
    let feature = |record: &Record| {
        let key = FeatureKey::new(&record.feature_key).ok()?;
        let definition = record.definition();
        let version = record.feature_version.clone();
        Some((key, definition.map(|definition| RecordedFeature { definition, version })))
    };
    records.iter().filter_map(feature).collect()
}

fn split(
    recorded: Recorded,
) -> (BTreeMap<FeatureKey, RecordedFeature>, BTreeMap<FeatureKey, SnapshotError>) {
    let (mut fine, mut malformed) = (BTreeMap::new(), BTreeMap::new());
    for (key, feature) in recorded {
        match feature {
            Ok(feature) => _ = fine.insert(key, feature),
            Err(error) => _ = malformed.insert(key, error),
        }
    }
    (fine, malformed)
}

/// Why features are missing: that they are not there, or malformed.
fn reason(keys: Vec<FeatureKey>, mut malformed: BTreeMap<FeatureKey, SnapshotError>) -> SyncError {
    match keys.iter().find_map(|key| malformed.remove_entry(key)) {
        Some((feature, source)) => SyncError::Malformed { feature, source: source.into() },
        None => LockError::Missing(keys).into(),
    }
}

/// The features that selections mean.
fn selected<'a>(
    selection: &'a [FeatureSelection],
    recorded: &'a Recorded,
) -> impl Iterator<Item = FeatureKey> + 'a {
    let of_records = recorded.iter().filter_map(|(key, feature)| {
        let project = &feature.as_ref().ok()?.definition.project;
        let is_meant = |it: &FeatureSelection| it.all || it.projects.contains(project);
        selection.iter().any(is_meant).then(|| key.clone())
    });
    let named = selection.iter().filter(|it| !it.all).flat_map(|it| it.keys.clone());
    of_records.chain(named)
}

impl VersionMismatch {
    fn of(key: &FeatureKey, before: &FeatureGraph, after: &FeatureGraph) -> Option<Self> {
        let (before, after) = (before.versions(key)?, after.versions(key)?);
        if before.feature_version == after.feature_version {
            return None;
        }
        let fields: BTreeSet<&FieldKey> =
            before.field_versions.keys().chain(after.field_versions.keys()).collect();
        let fields = fields.into_iter().map(|field| {
            let version = |it: &metaxy_core::FeatureVersions| it.field_versions.get(field).cloned();
            (field.clone(), version(before), version(after))
        });
        Some(Self {
            key: key.clone(),
            expected: before.feature_version.clone(),
            actual: after.feature_version.clone(),
            fields: fields.filter(|(_, before, after)| before != after).collect(),
        })
    }
}

impl fmt::Display for VersionMismatch {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, expected, actual, fields } = self;
        write!(out, "`{key}` is `{expected}` here and `{actual}` there (")?;
        for (at, (field, here, there)) in fields.iter().enumerate() {
            let separator = if at > 0 { ", " } else { "" };
            let word = |it: &Option<String>| it.clone().unwrap_or_else(|| "missing".to_owned());
            write!(out, "{separator}{field}: {} and {}", word(here), word(there))?;
        }
        write!(out, ")")
    }
}
