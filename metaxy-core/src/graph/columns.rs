//! Which columns a feature gets from its dependencies, and what must hold for them.

use super::{FeatureGraph, GraphError, GraphProblem, Origin, check_project_name};
use crate::{
    FeatureDefinition, FeatureDep, FeatureKey, FeatureSpec, Lineage, definition::SYSTEM_COLUMNS,
};
use std::collections::{BTreeSet, HashMap, HashSet};

/// The columns that a feature gets from one dependency, by their names after `rename`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DepColumns {
    /// The user's columns: those that are selected, then those that lineage and join need. `None`: all.
    pub selected: Option<Vec<String>>,
    /// The id columns of the upstream feature that are among them.
    pub selected_ids: Vec<String>,
    /// All id columns of the upstream feature.
    pub upstream_ids: Vec<String>,
    /// The columns that identify an input sample, after lineage: grouped, or before it is expanded.
    pub input_ids: Vec<String>,
}

impl FeatureGraph {
    /// Checks what Metaxy for Python checks only when it computes rows, or when it reads its configuration: that no
    /// column is renamed to a system or id column, that columns of different dependencies do not collide, and that
    /// the names of projects are well formed.
    ///
    /// # Errors
    ///
    /// [`GraphError`] with all problems of all features.
    pub fn validate(&self) -> Result<(), GraphError> {
        let mut problems = Vec::new();
        for definition in self.definitions() {
            if let Err(source) = check_project_name(&definition.project) {
                problems.push(GraphProblem::ProjectName { origin: Origin::of(definition), source });
            }
            for dep in &definition.spec.deps {
                check_rename(definition, dep, self.get(&dep.feature), &mut problems);
            }
            self.check_collisions(definition, &mut problems);
        }
        if problems.is_empty() { Ok(()) } else { Err(GraphError { problems }) }
    }

    /// The columns that a feature gets from each dependency, in their order.
    pub fn dep_columns(&self, key: &FeatureKey) -> Option<Vec<DepColumns>> {
        let spec = &self.get(key)?.spec;
        let columns =
            |dep: &FeatureDep| Some(DepColumns::of(spec, dep, &self.get(&dep.feature)?.spec));
        Some(spec.deps.iter().filter_map(columns).collect())
    }

    /// The id columns of all upstream features after `rename`, on which they are joined.
    pub fn upstream_id_columns(&self, key: &FeatureKey) -> Option<BTreeSet<String>> {
        Some(self.dep_columns(key)?.into_iter().flat_map(|columns| columns.upstream_ids).collect())
    }

    /// The columns that identify an input sample: those that all dependencies have in common, after lineage.
    pub fn input_id_columns(&self, key: &FeatureKey) -> Option<BTreeSet<String>> {
        let deps = self.dep_columns(key)?.into_iter();
        let ids = deps.map(|columns| columns.input_ids).filter(|ids| !ids.is_empty());
        let ids = ids.map(BTreeSet::from_iter);
        Some(ids.reduce(|all, ids| &all & &ids).unwrap_or_default())
    }

    fn check_collisions(&self, definition: &FeatureDefinition, problems: &mut Vec<GraphProblem>) {
        let deps = self.dep_columns(&definition.spec.key).unwrap_or_default();
        let ids = deps.iter().flat_map(|it| it.upstream_ids.iter().chain(&it.input_ids));
        let ids: HashSet<&String> = ids.collect();
        let mut seen: HashMap<&String, usize> = HashMap::new();
        for column in deps.iter().filter_map(|it| it.selected.as_ref()).flatten() {
            let count = seen.entry(column).or_default();
            *count += 1;
            if *count == 2 && !ids.contains(column) {
                let (origin, column) = (Origin::of(definition), column.clone());
                problems.push(GraphProblem::ColumnCollision { origin, column });
            }
        }
    }
}

impl DepColumns {
    fn of(spec: &FeatureSpec, dep: &FeatureDep, upstream: &FeatureSpec) -> Self {
        let renamed = |column: &String| {
            let new = dep.rename.as_ref().and_then(|names| names.get(column));
            new.unwrap_or(column).clone()
        };
        let upstream_ids: Vec<String> = upstream.id_columns.iter().map(renamed).collect();
        let (input_ids, on) = match &dep.lineage {
            Lineage::Identity => (upstream_ids.clone(), None),
            Lineage::Aggregation { on: Some(on) } => (on.clone(), Some(on)),
            Lineage::Aggregation { on: None } => (spec.id_columns.clone(), None),
            Lineage::Expansion { on, .. } => (on.clone(), Some(on)),
        };
        let required = on.filter(|on| !on.is_empty()).unwrap_or(&upstream.id_columns);
        let selected = dep.select.as_ref().map(|select| {
            let known: HashSet<&String> = select.iter().collect();
            let mut added = HashSet::new();
            let required = required.iter().map(renamed);
            let required = required.filter(|it| !known.contains(it) && added.insert(it.clone()));
            select.iter().cloned().chain(required).collect::<Vec<_>>()
        });
        let selected_ids = match &selected {
            None => upstream_ids.clone(),
            Some(selected) => {
                let selected: HashSet<&String> = selected.iter().collect();
                upstream_ids.iter().filter(|it| selected.contains(it)).cloned().collect()
            }
        };
        Self { selected, selected_ids, upstream_ids, input_ids }
    }
}

fn check_rename(
    definition: &FeatureDefinition,
    dep: &FeatureDep,
    upstream: Option<&FeatureDefinition>,
    problems: &mut Vec<GraphProblem>,
) {
    let ids = upstream.map(|it| it.spec.id_columns.as_slice()).unwrap_or_default();
    let mut taken = HashSet::new();
    for (column, renamed) in dep.rename.iter().flatten() {
        let (origin, upstream) = (Origin::of(definition), dep.feature.clone());
        let (column, name) = (column.clone(), renamed.clone());
        if SYSTEM_COLUMNS.contains(&renamed.as_str()) {
            problems.push(GraphProblem::RenameToSystemColumn {
                origin,
                upstream,
                column,
                renamed: name,
            });
        } else if ids.contains(renamed) {
            problems.push(GraphProblem::RenameToIdColumn {
                origin,
                upstream,
                column,
                renamed: name,
            });
        } else if !taken.insert(renamed) {
            problems.push(GraphProblem::RenameTwice { origin, upstream, renamed: name });
        }
    }
}
