//! [`Line`]: the order that migrations of several branches get.

use super::{RebaseError, RebaseOptions};
use crate::migration::Migration;
use std::collections::{BTreeMap, BTreeSet};

/// Migrations in a line, by their places among all.
pub(super) struct Line {
    pub(super) order: Vec<usize>,
    /// What each was written after.
    parents: Vec<Option<usize>>,
}

impl Line {
    /// Those that are meant to come last do, and the older come before the newer, each after the one that it was written for.
    pub(super) fn of(all: &[Migration], options: &RebaseOptions<'_>) -> Result<Self, RebaseError> {
        let parents = (0..all.len()).map(|at| parent(all, at)).collect();
        let mut line = Self { order: Vec::new(), parents };
        let mut last: BTreeSet<usize> = BTreeSet::new();
        for name in options.last {
            let version = name.replace('-', "");
            let found = all.iter().position(|it| it.name == *name || it.version == version);
            last.insert(found.ok_or_else(|| RebaseError::NoSuchMigration(name.clone()))?);
        }
        let is_last = |at: &usize| match last.is_empty() {
            true => !options.applied.is_empty() && !is_applied(&all[*at], &options.applied),
            false => last.contains(at) || line.ancestors(*at).iter().any(|it| last.contains(it)),
        };
        let (late, early): (Vec<usize>, Vec<usize>) = (0..all.len()).partition(is_last);
        early.into_iter().chain(late).for_each(|at| line.push(at));
        Ok(line)
    }

    /// What a migration was written after, the first of all first.
    pub(super) fn ancestors(&self, at: usize) -> Vec<usize> {
        let mut ancestors: Vec<usize> = Vec::new();
        let mut next = self.parents[at];
        while let Some(parent) = next.filter(|it| !ancestors.contains(it)) {
            ancestors.push(parent);
            next = self.parents[parent];
        }
        ancestors.reverse();
        ancestors
    }

    fn push(&mut self, at: usize) {
        for at in self.ancestors(at).into_iter().chain([at]) {
            if !self.order.contains(&at) {
                self.order.push(at);
            }
        }
    }
}

/// Whether a database has a migration, or what it takes the place of. Two branches may have written one version.
fn is_applied(migration: &Migration, applied: &BTreeMap<String, Option<String>>) -> bool {
    let is_of = |name: &Option<String>| name.as_ref().is_none_or(|it| *it == migration.name);
    let former = migration.metadata.metaxy.iter().flat_map(|it| &it.formerly);
    applied.get(&migration.version).is_some_and(is_of)
        || former.into_iter().any(|it| it.iter().all(|it| applied.contains_key(&it.version)))
}

/// What a migration was written after: the one that it names; where it names none that is there, the one before it.
fn parent(all: &[Migration], at: usize) -> Option<usize> {
    let before = at.checked_sub(1);
    let Some(origin) = &all[at].metadata.metaxy else { return before };
    let Some(follows) = &origin.follows else { return None };
    let found = all.iter().position(|it| it.name == *follows);
    found.filter(|it| *it != at).or(before)
}
