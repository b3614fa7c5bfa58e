//! The order of renames.

use crate::{
    change::{RenameColumn, RenameConstraint, RenameIndex, RenameTable},
    dialect::Dialect,
    naming::aside,
    schema::{Index, TableName},
};
use std::collections::{BTreeMap, BTreeSet};

/// A rename of something whose names are those of one place.
pub(crate) trait Step: Sized {
    /// A name, with its place.
    type Name: Ord;

    /// The name until now, and the new one.
    fn names(&self) -> (Self::Name, Self::Name);

    /// The same in two steps, by way of a name that nothing else has.
    fn in_two(self, dialect: &Dialect) -> [Self; 2];
}

/// Renames in an order in which each finds its new name free. Of those that exchange their names, one has another name
/// for a while.
pub(crate) fn in_steps<T: Step>(renames: Vec<T>, dialect: &Dialect) -> Vec<T> {
    let by_former: BTreeMap<T::Name, usize> =
        renames.iter().enumerate().map(|(at, rename)| (rename.names().0, at)).collect();
    let next = |at: usize| by_former.get(&renames[at].names().1).copied();
    let mut seen = vec![false; renames.len()];
    let mut chains = Vec::new();
    for first in 0..renames.len() {
        let (mut chain, mut at) = (Vec::new(), Some(first));
        while let Some(here) = at.filter(|at| !std::mem::replace(&mut seen[*at], true)) {
            chain.push(here);
            at = next(here);
        }
        let is_circle = chain.len() > 1 && at == Some(first);
        chains.push((chain, is_circle));
    }
    let mut renames: Vec<Option<T>> = renames.into_iter().map(Some).collect();
    let mut steps = Vec::with_capacity(renames.len());
    for (chain, is_circle) in chains {
        let mut chain = chain.into_iter().filter_map(|at| renames[at].take());
        // What makes room for the last of the chain waits for it in turn.
        let (begin, end) = match chain.next() {
            Some(first) if is_circle => {
                let [begin, end] = first.in_two(dialect);
                (Some(begin), Some(end))
            }
            first => (None, first),
        };
        let between: Vec<T> = chain.collect();
        steps.extend(begin.into_iter().chain(between.into_iter().rev()).chain(end));
    }
    steps
}

/// Tables that get another name and another namespace, of which one is taken where the other one is given up, by way of a
/// name that nothing else has.
pub(super) fn around<'a>(
    steps: Vec<RenameTable>,
    names: impl Iterator<Item = &'a TableName>,
    dialect: &Dialect,
) -> Vec<RenameTable> {
    let names: BTreeSet<&TableName> = names.collect();
    let crosses = |it: &RenameTable| {
        let (from, to) = (&it.from, &it.to);
        let (renamed, moved) = (
            TableName { name: to.name.clone(), ..from.clone() },
            TableName { name: from.name.clone(), ..to.clone() },
        );
        from.schema != to.schema
            && from.name != to.name
            && (names.contains(&renamed) || names.contains(&moved))
    };
    let steps = steps.into_iter().flat_map(|it| match crosses(&it) {
        false => vec![it],
        true => {
            let moved = |of: &TableName| TableName {
                name: aside(&it.from.name, dialect.max_identifier_bytes),
                ..of.clone()
            };
            let (here, there) = (moved(&it.from), moved(&it.to));
            vec![
                RenameTable { from: it.from, to: here.clone() },
                RenameTable { from: here, to: there.clone() },
                RenameTable { from: there, to: it.to },
            ]
        }
    });
    steps.collect()
}

impl Step for RenameTable {
    type Name = TableName;

    fn names(&self) -> (TableName, TableName) {
        (self.from.clone(), self.to.clone())
    }

    fn in_two(self, dialect: &Dialect) -> [Self; 2] {
        let name = aside(&self.from.name, dialect.max_identifier_bytes);
        let aside = TableName { name, ..self.from.clone() };
        [Self { from: self.from, to: aside.clone() }, Self { from: aside, to: self.to }]
    }
}

impl Step for RenameColumn {
    type Name = (TableName, String);

    fn names(&self) -> (Self::Name, Self::Name) {
        let name = |name: &String| (self.table.clone(), name.clone());
        (name(&self.from), name(&self.to))
    }

    fn in_two(self, dialect: &Dialect) -> [Self; 2] {
        let aside = aside(&self.from, dialect.max_identifier_bytes);
        let begin = Self::new(self.table.clone(), self.from, aside.clone());
        [begin, Self::new(self.table, aside, self.to)]
    }
}

/// The names of indexes, and of the indexes behind constraints, are those of a namespace.
impl Step for RenameConstraint {
    type Name = (Option<String>, String);

    fn names(&self) -> (Self::Name, Self::Name) {
        let name = |name: &String| (self.table.schema.clone(), name.clone());
        (name(&self.from), name(&self.to))
    }

    fn in_two(self, dialect: &Dialect) -> [Self; 2] {
        let aside = aside(&self.from, dialect.max_identifier_bytes);
        let table = self.table.clone();
        [Self { table, from: self.from, to: aside.clone() }, Self { from: aside, ..self }]
    }
}

impl Step for RenameIndex {
    type Name = (Option<String>, String);

    fn names(&self) -> (Self::Name, Self::Name) {
        let name = |index: &Index| (self.table.schema.clone(), index.name.clone());
        (name(&self.from), name(&self.to))
    }

    fn in_two(self, dialect: &Dialect) -> [Self; 2] {
        let name = aside(&self.from.name, dialect.max_identifier_bytes);
        let (table, aside) = (self.table.clone(), Index { name, ..self.from.clone() });
        [Self { table, from: self.from, to: aside.clone() }, Self { from: aside, ..self }]
    }
}
