//! Which upstream fields a field is made from.

use super::sorted;
use crate::{
    FeatureDefinition, FeatureDep, FeatureKey, FieldDep, FieldDeps, FieldKey, FieldSpec,
    FieldsMapping,
    graph::{GraphProblem, Origin},
};
use indexmap::IndexMap;
use std::{cmp::Ordering, collections::HashSet};

/// A field of an upstream feature, both by index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FieldParent {
    pub(crate) feature: usize,
    pub(crate) field: usize,
}

/// The upstream fields that each field of each feature is made from, by the indexes of `definitions`.
///
/// `upstream` has what each of their dependencies is.
pub(crate) fn parents(
    definitions: &IndexMap<FeatureKey, FeatureDefinition>,
    upstream: &[Vec<Option<usize>>],
    problems: &mut Vec<GraphProblem>,
) -> Vec<Vec<Vec<FieldParent>>> {
    let fields = Fields::new(definitions, upstream);
    (0..definitions.len()).map(|at| fields.parents(at, problems)).collect()
}

/// The features, and their fields by the same indexes.
struct Fields<'a> {
    definitions: &'a IndexMap<FeatureKey, FeatureDefinition>,
    /// The features that each feature depends on, as its `deps` list them. `None`: not in the graph.
    upstream: &'a [Vec<Option<usize>>],
    /// The indexes of each feature's fields, sorted by the text of their keys.
    sorted: Vec<Vec<usize>>,
}

/// The dependencies of the feature whose fields are looked at.
struct Deps<'a> {
    list: Vec<Dep<'a>>,
    /// The features of the list, sorted.
    features: Vec<usize>,
    /// Whether one of them is not in the graph, which is reported elsewhere.
    incomplete: bool,
}

struct Dep<'a> {
    feature: usize,
    mapping: &'a FieldsMapping,
    /// The upstream fields that the default mapping never takes.
    excluded: HashSet<&'a FieldKey>,
}

impl<'a> Fields<'a> {
    fn new(
        definitions: &'a IndexMap<FeatureKey, FeatureDefinition>,
        upstream: &'a [Vec<Option<usize>>],
    ) -> Self {
        let sorted = definitions.values().map(|it| sorted(&it.spec.fields)).collect();
        Self { definitions, upstream, sorted }
    }

    /// The parents of each field of a feature, sorted by their names in the whole graph, `feature/key.field/key`.
    /// They are a set: found twice, a parent counts once.
    fn parents(&self, feature: usize, problems: &mut Vec<GraphProblem>) -> Vec<Vec<FieldParent>> {
        let definition = &self.definitions[feature];
        let deps = self.deps(feature);
        let parents = |field: &FieldSpec| {
            let mut ignored = Vec::new();
            let problems = match definition.overridden_version(&field.key) {
                // What is not computed cannot fail.
                Some(_) => &mut ignored,
                None => &mut *problems,
            };
            let mut parents = self.of_field(definition, &deps, field, problems);
            parents.sort_unstable_by(|a, b| self.compare(a, b));
            parents.dedup();
            parents
        };
        definition.spec.fields.iter().map(parents).collect()
    }

    fn compare(&self, a: &FieldParent, b: &FieldParent) -> Ordering {
        let spec = |it: &FieldParent| &self.definitions[it.feature].spec;
        let field = |it: &FieldParent| spec(it).fields[it.field].key.as_str();
        let features = match a.feature == b.feature {
            true => Ordering::Equal,
            false => compare_dotted(spec(a).key.as_str(), spec(b).key.as_str()),
        };
        features.then_with(|| field(a).cmp(field(b)))
    }

    fn deps(&self, feature: usize) -> Deps<'a> {
        let deps = self.definitions[feature].spec.deps.iter();
        let dep = |(dep, &feature): (&'a FeatureDep, &Option<usize>)| {
            let excluded = match &dep.fields_mapping {
                FieldsMapping::Default(options) => options.exclude_fields.iter().collect(),
                _ => HashSet::new(),
            };
            Some(Dep { feature: feature?, mapping: &dep.fields_mapping, excluded })
        };
        let list: Vec<Dep> = deps.clone().zip(&self.upstream[feature]).filter_map(dep).collect();
        let mut features: Vec<usize> = list.iter().map(|dep| dep.feature).collect();
        features.sort_unstable();
        Deps { features, incomplete: list.len() < deps.len(), list }
    }

    fn of_field(
        &self,
        definition: &FeatureDefinition,
        deps: &Deps,
        field: &FieldSpec,
        problems: &mut Vec<GraphProblem>,
    ) -> Vec<FieldParent> {
        // As in Python, a feature without dependencies ignores those of its fields.
        if definition.spec.deps.is_empty() {
            return Vec::new();
        }
        match &field.deps {
            FieldDeps::All => deps.list.iter().flat_map(|dep| self.all(dep.feature)).collect(),
            FieldDeps::Explicit(explicit) if !explicit.is_empty() => {
                let strangers =
                    |dep: &FieldDep| self.explicit(definition, deps, field, dep, problems);
                explicit.iter().flat_map(strangers).collect()
            }
            FieldDeps::Explicit(_) => {
                let mut found = Vec::new();
                deps.list.iter().for_each(|dep| self.mapped(dep, &field.key, &mut found));
                if found.is_empty() && !deps.incomplete {
                    let origin = Origin::of(definition);
                    problems
                        .push(GraphProblem::NoUpstreamField { origin, field: field.key.clone() });
                }
                found
            }
        }
    }

    /// The fields that an explicit dependency of a field names.
    fn explicit(
        &self,
        definition: &FeatureDefinition,
        deps: &Deps,
        field: &FieldSpec,
        dep: &FieldDep,
        problems: &mut Vec<GraphProblem>,
    ) -> Vec<FieldParent> {
        let feature = self.definitions.get_index_of(&dep.feature);
        let Some(feature) = feature.filter(|it| deps.features.binary_search(it).is_ok()) else {
            if !definition.spec.deps.iter().any(|it| it.feature == dep.feature) {
                problems.push(GraphProblem::FieldDepOnStranger {
                    origin: Origin::of(definition),
                    field: field.key.clone(),
                    upstream: dep.feature.clone(),
                });
            }
            return Vec::new();
        };
        let Some(fields) = &dep.fields else { return self.all(feature).collect() };
        let mut parent = |key: &FieldKey| {
            let found = self.find(feature, key);
            if found.is_none() {
                problems.push(GraphProblem::UnknownField {
                    origin: Origin::of(definition),
                    field: field.key.clone(),
                    upstream: Origin::of(&self.definitions[feature]),
                    upstream_field: key.clone(),
                });
            }
            found
        };
        fields.iter().filter_map(&mut parent).collect()
    }

    /// Adds the upstream fields that the mapping of a dependency finds for a field.
    fn mapped(&self, dep: &Dep, field: &FieldKey, found: &mut Vec<FieldParent>) {
        match dep.mapping {
            FieldsMapping::None => {}
            FieldsMapping::All => found.extend(self.all(dep.feature)),
            FieldsMapping::Specific(mapping) => {
                let wanted = mapping.get(field).into_iter().flatten();
                found.extend(wanted.filter_map(|key| self.find(dep.feature, key)));
            }
            FieldsMapping::Default(options) => {
                let fields = &self.definitions[dep.feature].spec.fields;
                let key = |it: &FieldParent| &fields[it.field].key;
                let taken = || self.all(dep.feature).filter(|it| !dep.excluded.contains(key(it)));
                let before = found.len();
                if options.match_suffix {
                    found.extend(taken().filter(|it| key(it).ends_with(field)));
                } else if !dep.excluded.contains(field) {
                    found.extend(self.find(dep.feature, field));
                }
                if found.len() == before {
                    found.extend(taken());
                }
            }
        }
    }

    fn all(&self, feature: usize) -> impl Iterator<Item = FieldParent> + use<> {
        (0..self.sorted[feature].len()).map(move |field| FieldParent { feature, field })
    }

    fn find(&self, feature: usize, key: &FieldKey) -> Option<FieldParent> {
        let (fields, sorted) = (&self.definitions[feature].spec.fields, &self.sorted[feature]);
        let found = sorted.binary_search_by_key(&key.as_str(), |&at| fields[at].key.as_str());
        found.ok().map(|at| FieldParent { feature, field: sorted[at] })
    }
}

/// Compares two different keys as if a `.` followed each, which no key holds.
fn compare_dotted(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let shared = a.len().min(b.len());
    let next = |key: &[u8]| key.get(shared).copied().unwrap_or(b'.');
    a[..shared].cmp(&b[..shared]).then_with(|| next(a).cmp(&next(b)))
}
