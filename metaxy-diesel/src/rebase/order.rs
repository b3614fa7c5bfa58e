//! [`Line`]: the order that migrations of several branches get.

use super::RebaseOptions;
use crate::migration::{Migration, MigrationError, position};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// Migrations in a line, by their places among all.
pub(super) struct Line {
    pub(super) order: Vec<usize>,
    /// What each was written after.
    parents: Vec<Option<usize>>,
}

impl Line {
    /// Those that are meant to come last do, and the older come before the newer, each after the one that it was written for.
    pub(super) fn of(
        path: &Path,
        all: &[Migration],
        options: &RebaseOptions<'_>,
    ) -> Result<Self, MigrationError> {
        let mut line = Self { order: Vec::new(), parents: parents(all) };
        let last = options.last.iter().map(|name| position(path, all, name));
        let last: BTreeSet<usize> = last.collect::<Result<_, _>>()?;
        let is_last = |at: &usize| match last.is_empty() {
            true => !options.applied.is_empty() && !is_applied(&all[*at], &options.applied),
            false => last.contains(at) || line.ancestors(*at).iter().any(|it| last.contains(it)),
        };
        let (late, early): (Vec<usize>, Vec<usize>) = (0..all.len()).partition(is_last);
        let mut placed = BTreeSet::new();
        for at in early.into_iter().chain(late) {
            // Those that come before one that is placed are placed, too.
            let mut next = line.ancestors_but(at, &placed);
            next.push(at);
            line.order.extend(next.into_iter().filter(|it| placed.insert(*it)));
        }
        Ok(line)
    }

    /// What a migration was written after, the first of all first.
    pub(super) fn ancestors(&self, at: usize) -> Vec<usize> {
        self.ancestors_but(at, &BTreeSet::new())
    }

    /// As [`ancestors`](Self::ancestors), but for those from one of these on.
    fn ancestors_but(&self, at: usize, known: &BTreeSet<usize>) -> Vec<usize> {
        let (mut ancestors, mut seen) = (Vec::new(), BTreeSet::new());
        let mut next = self.parents[at];
        while let Some(parent) = next.filter(|it| !known.contains(it) && seen.insert(*it)) {
            ancestors.push(parent);
            next = self.parents[parent];
        }
        ancestors.reverse();
        ancestors
    }
}

/// Whether a database has a migration, or what it takes the place of. Two branches may have written one version.
fn is_applied(migration: &Migration, applied: &BTreeMap<String, Option<String>>) -> bool {
    let is_of = |name: &Option<String>| name.as_ref().is_none_or(|it| *it == migration.name);
    let former = migration.metadata.metaxy.iter().flat_map(|it| &it.formerly);
    applied.get(&migration.version).is_some_and(is_of)
        || former.into_iter().any(|it| it.iter().all(|it| applied.contains_key(&it.version)))
}

/// What each migration was written after: the one that it names; where it names none that is there, the one before it.
fn parents(all: &[Migration]) -> Vec<Option<usize>> {
    let names: BTreeMap<&str, usize> =
        all.iter().enumerate().map(|(at, it)| (it.name.as_str(), at)).collect();
    let parent = |(at, migration): (usize, &Migration)| {
        let before = at.checked_sub(1);
        let Some(origin) = &migration.metadata.metaxy else { return before };
        let found = names.get(origin.follows.as_ref()?.as_str()).copied();
        found.filter(|it| *it != at).or(before)
    };
    all.iter().enumerate().map(parent).collect()
}
