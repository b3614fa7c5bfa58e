//! [`FeatureGraph`]: all features, how they depend on each other, and their versions.

mod columns;
mod current;
mod difference;
mod error;
mod order;
mod project;
mod snapshot;

use crate::{
    FeatureDefinition, FeatureDep, FeatureKey, FieldKey, HashLength,
    version::{self, FeatureVersions, FieldParent},
};
use indexmap::{IndexMap, map::Entry};
use std::sync::OnceLock;

pub use columns::DepColumns;
pub use current::CurrentGraphError;
pub use difference::{FeatureDifference, FieldDifference, Status, difference};
pub use error::{GraphError, GraphProblem, Origin};
pub use project::{ProjectError, ProjectNameError, check_project_name};
pub use snapshot::SnapshotError;

/// Features that depend on each other without a cycle, with all their versions, which are computed once they are asked for.
///
/// ```
/// use metaxy_core::{FeatureDefinition, FeatureGraph, FeatureKey, FeatureSpec, HashLength, Json};
///
/// let video = FeatureSpec::try_from(&Json::parse(r#"{"key": "video", "id_columns": ["id"]}"#)?)?;
/// let crop = FeatureSpec::try_from(&Json::parse(
///     r#"{"key": "crop", "id_columns": ["id"], "deps": ["video"]}"#,
/// )?)?;
/// let definitions = [crop, video].map(|spec| FeatureDefinition {
///     spec,
///     schema: Json::from([("type", Json::from("object"))]).into(),
///     class_path: None,
///     project: "example".to_owned(),
///     external: false,
///     provenance_by_field: None,
///     location: None,
/// });
/// let graph = FeatureGraph::new(definitions, HashLength::default())?;
/// let order: Vec<_> = graph.topological_order().map(FeatureKey::as_str).collect();
/// assert_eq!(order, ["video", "crop"]);
/// assert_eq!(graph.versions(&FeatureKey::new("video")?).unwrap().feature_version.len(), 8);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct FeatureGraph {
    hash_length: HashLength,
    /// In the order they were added. Features are named by their indexes here.
    definitions: IndexMap<FeatureKey, FeatureDefinition>,
    nodes: Vec<Node>,
    /// Upstream before downstream.
    order: Vec<usize>,
    versions: OnceLock<Vec<FeatureVersions>>,
}

/// What is computed of a feature.
#[derive(Debug, Clone)]
struct Node {
    /// The features that depend on this one.
    downstream: Vec<usize>,
    /// The upstream fields that each of its fields is made from.
    parents: Vec<Vec<FieldParent>>,
}

impl FeatureGraph {
    /// Builds the graph.
    ///
    /// An external definition gives way to a real one with the same key.
    ///
    /// # Errors
    ///
    /// [`GraphError`] with all problems of all features: keys that repeat, specs that break a rule, missing
    /// dependencies, cycles, and fields for which no upstream field is found.
    pub fn new(
        definitions: impl IntoIterator<Item = FeatureDefinition>,
        hash_length: HashLength,
    ) -> Result<Self, GraphError> {
        let mut problems = Vec::new();
        let definitions = unique(definitions, &mut problems);
        for definition in definitions.values() {
            let origin = || Origin::of(definition);
            if let Err(source) = definition.spec.validate() {
                problems.push(GraphProblem::Spec { origin: origin(), source });
            }
            if definition.project.is_empty() {
                problems.push(GraphProblem::NoProject { origin: origin() });
            }
        }
        let upstream = upstream_indexes(&definitions, &mut problems);
        let order = order::topological(&definitions, &upstream, |cycle| {
            let path = cycle.iter().map(|&at| Origin::of(&definitions[at])).collect();
            problems.push(GraphProblem::Cycle { path });
        });
        let parents = version::parents(&definitions, &upstream, &mut problems);
        if !problems.is_empty() {
            return Err(GraphError { problems });
        }
        let mut downstream = vec![Vec::new(); definitions.len()];
        for (feature, upstream) in upstream.iter().enumerate() {
            upstream.iter().flatten().for_each(|&it| downstream[it].push(feature));
        }
        let nodes = parents.into_iter().zip(downstream);
        let nodes = nodes.map(|(parents, downstream)| Node { downstream, parents }).collect();
        Ok(Self { hash_length, definitions, nodes, order, versions: OnceLock::new() })
    }

    /// How many features there are.
    pub fn len(&self) -> usize {
        self.definitions.len()
    }

    /// Whether there is no feature.
    pub fn is_empty(&self) -> bool {
        self.definitions.is_empty()
    }

    /// To how many digits versions are cut.
    pub fn hash_length(&self) -> HashLength {
        self.hash_length
    }

    /// The definition of a feature.
    pub fn get(&self, key: &FeatureKey) -> Option<&FeatureDefinition> {
        self.definitions.get(key)
    }

    /// All definitions, in the order they were added.
    pub fn definitions(&self) -> impl ExactSizeIterator<Item = &FeatureDefinition> {
        self.definitions.values()
    }

    /// The versions of a feature.
    pub fn versions(&self, key: &FeatureKey) -> Option<&FeatureVersions> {
        Some(&self.all_versions()[self.definitions.get_index_of(key)?])
    }

    /// All features, each after those it depends on; reverse it for the other direction.
    ///
    /// It is the order of a depth-first walk over sorted keys, as in Metaxy for Python.
    pub fn topological_order(
        &self,
    ) -> impl DoubleEndedIterator<Item = &FeatureKey> + ExactSizeIterator {
        self.order.iter().map(|&at| self.key_at(at))
    }

    /// The features that depend on any of `sources`, directly or through others, each after those it depends on.
    /// Keys that the graph lacks have none.
    ///
    /// It is Python's order: a depth-first walk along the order in which features were added, reversed.
    pub fn downstream<'a>(
        &self,
        sources: impl IntoIterator<Item = &'a FeatureKey>,
    ) -> Vec<&FeatureKey> {
        let sources: Vec<_> =
            sources.into_iter().filter_map(|key| self.definitions.get_index_of(key)).collect();
        let downstream: Vec<_> = self.nodes.iter().map(|node| node.downstream.as_slice()).collect();
        let reached = order::downstream(&sources, &downstream);
        reached.into_iter().map(|at| self.key_at(at)).collect()
    }

    /// The upstream fields that each field of a feature is made from, sorted by `feature/key.field/key`.
    pub fn field_parents(
        &self,
        key: &FeatureKey,
    ) -> Option<IndexMap<&FieldKey, Vec<(&FeatureKey, &FieldKey)>>> {
        let at = self.definitions.get_index_of(key)?;
        let resolve = |parent: &FieldParent| {
            let spec = &self.definitions[parent.feature].spec;
            (&spec.key, &spec.fields[parent.field].key)
        };
        let fields = self.definitions[at].spec.fields.iter().zip(&self.nodes[at].parents);
        Some(fields.map(|(field, of)| (&field.key, of.iter().map(resolve).collect())).collect())
    }

    /// The versions of all features, in the order they were added.
    fn all_versions(&self) -> &[FeatureVersions] {
        self.versions.get_or_init(|| {
            let parents: Vec<_> = self.nodes.iter().map(|it| it.parents.as_slice()).collect();
            version::compute(&self.definitions, &parents, &self.order, self.hash_length)
        })
    }

    fn key_at(&self, at: usize) -> &FeatureKey {
        &self.definitions[at].spec.key
    }
}

/// The definitions by key. Which of two with the same key counts is what Python's `add_feature_definition` says,
/// except that two places in the source are never one feature.
fn unique(
    definitions: impl IntoIterator<Item = FeatureDefinition>,
    problems: &mut Vec<GraphProblem>,
) -> IndexMap<FeatureKey, FeatureDefinition> {
    let mut unique = IndexMap::new();
    for new in definitions {
        match unique.entry(new.spec.key.clone()) {
            Entry::Vacant(entry) => {
                entry.insert(new);
            }
            Entry::Occupied(mut entry) => {
                let old: &FeatureDefinition = entry.get();
                match (old.external, new.external) {
                    (false, true) => {}
                    (true, false) => {
                        entry.insert(new);
                    }
                    _ if old.class_path == new.class_path && old.location == new.location => {
                        entry.insert(new);
                    }
                    _ => problems.push(GraphProblem::Duplicate {
                        origin: Origin::of(old),
                        other: Origin::of(&new),
                    }),
                }
            }
        }
    }
    unique
}

/// The features that each feature depends on, as its `deps` list them. `None`: not in the graph.
fn upstream_indexes(
    definitions: &IndexMap<FeatureKey, FeatureDefinition>,
    problems: &mut Vec<GraphProblem>,
) -> Vec<Vec<Option<usize>>> {
    let of = |definition: &FeatureDefinition| {
        let mut find = |dep: &FeatureDep| {
            let found = definitions.get_index_of(&dep.feature);
            if found.is_none() && !definition.overrides_all_fields() {
                problems.push(GraphProblem::MissingDependency {
                    origin: Origin::of(definition),
                    dependency: dep.feature.clone(),
                });
            }
            found
        };
        definition.spec.deps.iter().map(&mut find).collect()
    };
    definitions.values().map(of).collect()
}
