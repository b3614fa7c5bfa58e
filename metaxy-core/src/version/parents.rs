//! Which upstream fields a field is made from.

use crate::{
    FeatureDefinition, FeatureDep, FeatureKey, FieldDep, FieldDeps, FieldKey, FieldSpec,
    FieldsMapping,
    graph::{GraphProblem, Origin},
};
use indexmap::IndexMap;
use std::collections::{HashMap, HashSet};

/// A field of an upstream feature, both by index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FieldParent {
    pub(crate) feature: usize,
    pub(crate) field: usize,
}

/// The features, and their fields by the same indexes.
pub(super) struct Fields<'a> {
    definitions: &'a IndexMap<FeatureKey, FeatureDefinition>,
    /// The index of a field in its feature.
    index: Vec<HashMap<&'a FieldKey, usize>>,
    /// The names of fields in the whole graph: `feature/key.field/key`.
    names: Vec<Vec<String>>,
}

/// The dependencies of the feature whose fields are looked at.
struct Deps<'a> {
    list: Vec<Dep<'a>>,
    features: HashSet<usize>,
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
    pub(super) fn new(definitions: &'a IndexMap<FeatureKey, FeatureDefinition>) -> Self {
        let index = |definition: &'a FeatureDefinition| {
            definition.spec.fields.iter().enumerate().map(|(at, field)| (&field.key, at)).collect()
        };
        let names = |definition: &FeatureDefinition| {
            let fields = definition.spec.fields.iter();
            fields.map(|field| format!("{}.{}", definition.spec.key, field.key)).collect()
        };
        Self {
            definitions,
            index: definitions.values().map(index).collect(),
            names: definitions.values().map(names).collect(),
        }
    }

    pub(super) fn name(&self, feature: usize, field: usize) -> &str {
        &self.names[feature][field]
    }

    /// The parents of each field of a feature, sorted by name. They are a set: found twice, a parent counts once.
    pub(super) fn parents(
        &self,
        feature: usize,
        problems: &mut Vec<GraphProblem>,
    ) -> Vec<Vec<FieldParent>> {
        let definition = &self.definitions[feature];
        let deps = self.deps(definition);
        let parents = |field: &FieldSpec| {
            let mut ignored = Vec::new();
            let problems = match definition.overridden_version(&field.key) {
                // What is not computed cannot fail.
                Some(_) => &mut ignored,
                None => &mut *problems,
            };
            let mut parents = self.of_field(definition, &deps, field, problems);
            parents.sort_unstable_by_key(|it| self.name(it.feature, it.field));
            parents.dedup();
            parents
        };
        definition.spec.fields.iter().map(parents).collect()
    }

    fn deps(&self, definition: &'a FeatureDefinition) -> Deps<'a> {
        let list: Vec<Dep> = definition.spec.deps.iter().filter_map(|dep| self.dep(dep)).collect();
        Deps {
            features: list.iter().map(|dep| dep.feature).collect(),
            incomplete: list.len() < definition.spec.deps.len(),
            list,
        }
    }

    fn dep(&self, dep: &'a FeatureDep) -> Option<Dep<'a>> {
        let excluded = match &dep.fields_mapping {
            FieldsMapping::Default(options) => options.exclude_fields.iter().collect(),
            _ => HashSet::new(),
        };
        let feature = self.definitions.get_index_of(&dep.feature)?;
        Some(Dep { feature, mapping: &dep.fields_mapping, excluded })
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
                let found: Vec<_> =
                    deps.list.iter().flat_map(|dep| self.mapped(dep, &field.key)).collect();
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
        let Some(feature) = feature.filter(|it| deps.features.contains(it)) else {
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

    /// The upstream fields that the mapping of a dependency finds for a field.
    fn mapped(&self, dep: &Dep, field: &FieldKey) -> Vec<FieldParent> {
        match dep.mapping {
            FieldsMapping::None => Vec::new(),
            FieldsMapping::All => self.all(dep.feature).collect(),
            FieldsMapping::Specific(mapping) => {
                let wanted = mapping.get(field).into_iter().flatten();
                wanted.filter_map(|key| self.find(dep.feature, key)).collect()
            }
            FieldsMapping::Default(options) => {
                let key =
                    |it: &FieldParent| &self.definitions[it.feature].spec.fields[it.field].key;
                let taken = || self.all(dep.feature).filter(|it| !dep.excluded.contains(key(it)));
                let matching: Vec<_> = if options.match_suffix {
                    taken().filter(|it| key(it).ends_with(field)).collect()
                } else {
                    let same = self.find(dep.feature, field);
                    same.into_iter().filter(|_| !dep.excluded.contains(field)).collect()
                };
                if matching.is_empty() { taken().collect() } else { matching }
            }
        }
    }

    fn all(&self, feature: usize) -> impl Iterator<Item = FieldParent> + use<> {
        (0..self.index[feature].len()).map(move |field| FieldParent { feature, field })
    }

    fn find(&self, feature: usize, key: &FieldKey) -> Option<FieldParent> {
        self.index[feature].get(key).map(|&field| FieldParent { feature, field })
    }
}
