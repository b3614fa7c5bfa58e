//! [`Room`]: names that a table which goes gives up before, since others get them.

use crate::{
    change::{RenameConstraint, RenameIndex},
    dialect::Dialect,
    naming::aside,
    schema::{Index, Table, TableName},
    support::index_names,
};
use std::collections::{BTreeMap, BTreeSet};

/// The renames that make room: tables are dropped last, and the names of indexes are those of a namespace.
#[derive(Default)]
pub(crate) struct Room {
    pub(crate) indexes: Vec<RenameIndex>,
    pub(crate) constraints: Vec<RenameConstraint>,
}

impl Room {
    /// Gives what tables that go have by a name of `desired` another one.
    pub(super) fn make(
        dropped: &mut [Table],
        desired: &BTreeMap<TableName, Table>,
        dialect: &Dialect,
    ) -> Self {
        let mut room = Self::default();
        if dialect.table_owns_indexes || dropped.is_empty() {
            return room;
        }
        // Some databases do not tell `a` from `A`.
        let names = desired.values().flat_map(|table| {
            let namespace = table.name.schema.as_ref();
            let names = index_names(table, dialect.constraint_names);
            names.map(move |it| (namespace, it.to_lowercase()))
        });
        let taken: BTreeSet<_> = names.collect();
        for table in dropped {
            let (name, schema) = (table.name.clone(), table.name.schema.clone());
            let is_taken = |name: &String| taken.contains(&(schema.as_ref(), name.to_lowercase()));
            let other = |name: &String| aside(name, dialect.max_identifier_bytes);
            for index in table.indexes.iter_mut().filter(|it| is_taken(&it.name)) {
                let to = Index { name: other(&index.name), ..index.clone() };
                let from = std::mem::replace(index, to.clone());
                room.indexes.push(RenameIndex { table: name.clone(), from, to });
            }
            let key = table.primary_key.iter_mut().filter_map(|it| it.name.as_mut());
            let constraints = key.chain(table.uniques.iter_mut().map(|it| &mut it.name));
            let constraints = constraints.filter(|it| dialect.rename_constraint && is_taken(it));
            for constraint in constraints {
                let to = other(constraint);
                let from = std::mem::replace(constraint, to.clone());
                room.constraints.push(RenameConstraint { table: name.clone(), from, to });
            }
        }
        room
    }
}
