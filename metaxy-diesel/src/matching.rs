//! Matches indexes and constraints of two tables: by name, then by what they are.

use crate::{
    schema::{Action, Check, Deferrable, ForeignKey, Index, IndexKey, TableName, Unique},
    tokens::mentions,
};
use std::collections::{BTreeMap, BTreeSet};

/// A part of a table that has a name.
pub(crate) trait Part {
    /// What it is, but for its name.
    type Content<'a>: Ord
    where
        Self: 'a;

    fn name(&self) -> &str;

    fn content(&self) -> Self::Content<'_>;

    /// Whether it is of one of these columns.
    fn is_of(&self, columns: &BTreeSet<&str>) -> bool;
}

/// The parts of two tables that differ.
pub(crate) struct Matched<'a, T> {
    /// Those that differ in their name alone: before, after.
    pub(crate) renamed: Vec<(&'a T, &'a T)>,
    /// Those that are gone, or differ.
    pub(crate) removed: Vec<&'a T>,
    /// Those that are new, or differ.
    pub(crate) added: Vec<&'a T>,
}

impl<'a, T: Part> Matched<'a, T> {
    /// With each renamed part as one that goes and one that is new.
    pub(crate) fn renames_apart(mut self) -> Self {
        for (before, after) in self.renamed.drain(..) {
            self.removed.push(before);
            self.added.push(after);
        }
        self
    }

    /// With those of these names as ones that go and come back: they are in the way of something else.
    pub(crate) fn step_aside(
        &mut self,
        current: &'a [T],
        desired: &'a [T],
        names: &BTreeSet<&str>,
    ) {
        for at in (0..self.renamed.len()).rev() {
            if names.contains(self.renamed[at].0.name()) {
                let (before, after) = self.renamed.remove(at);
                self.removed.push(before);
                self.added.push(after);
            }
        }
        let changed: BTreeSet<&str> = self.removed.iter().map(|it| it.name()).collect();
        let renamed: BTreeSet<&str> = self.renamed.iter().map(|(it, _)| it.name()).collect();
        let stays = |it: &&T| !changed.contains(it.name()) && !renamed.contains(it.name());
        let stay: BTreeSet<&str> = current
            .iter()
            .filter(|it| names.contains(it.name()))
            .filter(stays)
            .map(Part::name)
            .collect();
        self.removed.extend(current.iter().filter(|it| stay.contains(it.name())));
        self.added.extend(desired.iter().filter(|it| stay.contains(it.name())));
    }

    /// Takes out those that go and come with one name and differ as `alike` says: before, after.
    pub(crate) fn take_pairs(&mut self, alike: impl Fn(&T, &T) -> bool) -> Vec<(&'a T, &'a T)> {
        let removed: BTreeMap<&str, &'a T> =
            self.removed.iter().map(|it| (it.name(), *it)).collect();
        let added = std::mem::take(&mut self.added);
        let mut pairs = Vec::new();
        for after in added {
            match removed.get(after.name()).filter(|before| alike(before, after)) {
                Some(before) => pairs.push((*before, after)),
                None => self.added.push(after),
            }
        }
        let taken: BTreeSet<&str> = pairs.iter().map(|(before, _)| before.name()).collect();
        self.removed.retain(|it| !taken.contains(it.name()));
        pairs
    }

    pub(crate) fn renamed_names(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.renamed.iter().map(|(before, after)| (before.name(), after.name()))
    }
}

/// Matches the parts of a table as it is with those that it should have.
///
/// A part is renamed only to a name that is free, so that renames can be done in any order. One that is of columns which are
/// made anew goes with them, and comes again.
pub(crate) fn match_parts<'a, T: Part>(
    current: &'a [T],
    desired: &'a [T],
    anew: &BTreeSet<&str>,
) -> Matched<'a, T> {
    let by_name: BTreeMap<&str, &T> = current.iter().map(|it| (it.name(), it)).collect();
    let wanted: BTreeSet<&str> = desired.iter().map(Part::name).collect();
    let mut nameless: BTreeMap<T::Content<'a>, Vec<&'a T>> = BTreeMap::new();
    let is_free = |it: &&T| !wanted.contains(it.name()) && !it.is_of(anew);
    for part in current.iter().rev().filter(is_free) {
        nameless.entry(part.content()).or_default().push(part);
    }
    let mut matched = Matched { renamed: Vec::new(), removed: Vec::new(), added: Vec::new() };
    let mut stays = BTreeSet::new();
    for part in desired {
        match by_name.get(part.name()) {
            Some(before) if before.content() == part.content() && !part.is_of(anew) => {
                stays.insert(part.name());
            }
            Some(_) => matched.added.push(part),
            None => match nameless.get_mut(&part.content()).and_then(Vec::pop) {
                Some(before) => {
                    stays.insert(before.name());
                    matched.renamed.push((before, part));
                }
                None => matched.added.push(part),
            },
        }
    }
    matched.removed = current.iter().filter(|it| !stays.contains(it.name())).collect();
    matched
}

impl Part for Index {
    type Content<'a> = (&'a [IndexKey], bool, Option<&'a str>, Option<&'a str>, &'a [String], bool);

    fn name(&self) -> &str {
        &self.name
    }

    fn content(&self) -> Self::Content<'_> {
        let (predicate, method) = (self.predicate.as_deref(), self.method.as_deref());
        (&self.keys, self.unique, predicate, method, &self.include, self.nulls_not_distinct)
    }

    fn is_of(&self, columns: &BTreeSet<&str>) -> bool {
        self.columns().any(|it| columns.contains(it))
            || self.expressions().any(|it| mentions(it, columns))
    }
}

impl Part for Unique {
    type Content<'a> = (&'a [String], &'a [String], bool, Deferrable);

    fn name(&self) -> &str {
        &self.name
    }

    fn content(&self) -> Self::Content<'_> {
        (&self.columns, &self.include, self.nulls_not_distinct, self.deferrable)
    }

    fn is_of(&self, columns: &BTreeSet<&str>) -> bool {
        let mut all = self.columns.iter().chain(&self.include);
        all.any(|it| columns.contains(it.as_str()))
    }
}

impl Part for ForeignKey {
    type Content<'a> = (Vec<(&'a str, &'a str)>, &'a TableName, [Action; 2], bool, Deferrable);

    fn name(&self) -> &str {
        &self.name
    }

    fn content(&self) -> Self::Content<'_> {
        let columns = self.columns.iter().map(String::as_str);
        let mut pairs: Vec<_> =
            columns.zip(self.referenced_columns.iter().map(String::as_str)).collect();
        // The order of the columns says nothing.
        pairs.sort_unstable();
        let actions = [self.on_delete, self.on_update];
        (pairs, &self.references, actions, self.match_full, self.deferrable)
    }

    fn is_of(&self, columns: &BTreeSet<&str>) -> bool {
        self.columns.iter().any(|it| columns.contains(it.as_str()))
    }
}

impl Part for Check {
    type Content<'a> = &'a str;

    fn name(&self) -> &str {
        &self.name
    }

    fn content(&self) -> Self::Content<'_> {
        &self.expression
    }

    fn is_of(&self, columns: &BTreeSet<&str>) -> bool {
        mentions(&self.expression, columns)
    }
}
