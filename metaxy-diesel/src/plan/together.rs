//! Changes where tables are built anew together with those that refer to them.

use super::{Step, in_place, joint_step, step};
use crate::{
    change::{Change, ChangeKind},
    ddl::Rendered,
    dialect::Dialect,
    diff::Difference,
    migration::Direction,
    rebuild::{Move, move_together},
    schema::{Schema, Table, TableName},
};
use std::collections::{BTreeMap, BTreeSet};

/// The steps: each change by itself, but for those of tables that are built anew, or that such a table stands in the way of.
pub(super) fn steps(
    difference: &Difference,
    dialect: &Dialect,
    guard: fn(&Table) -> Vec<String>,
) -> Rendered<Vec<Step>> {
    let groups = groups(difference, dialect);
    let group_of: BTreeMap<&TableName, usize> = (groups.iter().enumerate())
        .flat_map(|(at, tables)| tables.iter().map(move |it| (*it, at)))
        .collect();
    let mut changes: Vec<Vec<&Change>> = vec![Vec::new(); groups.len()];
    let (mut early, mut late) = (Vec::new(), Vec::new());
    for change in &difference.changes {
        match table_of(change).and_then(|it| group_of.get(it)) {
            Some(at) => changes[*at].push(change),
            // New tables that others come to refer to are there before, and those that they referred to go afterwards.
            None if change.kind() <= ChangeKind::CreateTable => early.push(step(change, dialect)?),
            None => late.push(step(change, dialect)?),
        }
    }
    let joint = (groups.iter().zip(&changes))
        .map(|(tables, changes)| together(tables, changes, difference, dialect, guard));
    Ok([early, joint.collect::<Rendered<_>>()?, late].concat())
}

/// The tables that are built anew, on the way there or back, with all that refer to them: in groups that have nothing to do
/// with each other. They are called by their new names.
fn groups<'a>(difference: &'a Difference, dialect: &Dialect) -> Vec<BTreeSet<&'a TableName>> {
    let links = links(difference);
    let stuck = difference
        .changes
        .iter()
        .filter(|it| !it.in_place(dialect) || !it.inverse().in_place(dialect));
    let changes: Vec<&Change> = difference.changes.iter().collect();
    let remade = remade_indexes(&changes).into_iter().map(|(table, _)| table);
    let mut open: Vec<&TableName> = stuck.filter_map(table_of).chain(remade).collect();
    let mut members = BTreeSet::new();
    while let Some(table) = open.pop() {
        if members.insert(table) {
            open.extend(links.get(table).into_iter().flatten());
        }
    }
    let mut neighbours: BTreeMap<&TableName, Vec<&TableName>> = BTreeMap::new();
    for &table in &members {
        for &other in links.get(table).into_iter().flatten() {
            neighbours.entry(table).or_default().push(other);
            neighbours.entry(other).or_default().push(table);
        }
    }
    let mut groups = Vec::new();
    while let Some(first) = members.first().copied() {
        let (mut group, mut open) = (BTreeSet::new(), vec![first]);
        while let Some(table) = open.pop() {
            if members.remove(table) {
                group.insert(table);
                open.extend(neighbours.get(table).into_iter().flatten());
            }
        }
        groups.push(group);
    }
    groups
}

/// For each table those that it drags along where it is built anew: the ones that refer to it before or after, and the one that
/// takes its former name.
fn links(difference: &Difference) -> BTreeMap<&TableName, Vec<&TableName>> {
    let mut links: BTreeMap<&TableName, Vec<&TableName>> = BTreeMap::new();
    for table in difference.before.tables.values().chain(difference.after.tables.values()) {
        for key in table.foreign_keys.iter().filter(|it| it.references != table.name) {
            links.entry(&key.references).or_default().push(&table.name);
        }
    }
    for (name, original) in &difference.originals {
        if *name != original.name
            && let Some((taken, _)) = difference.after.tables.get_key_value(&original.name)
        {
            links.entry(name).or_default().push(taken);
        }
    }
    links
}

/// Indexes of which one goes and another one of the same name comes, with their tables: within a transaction DuckDB does not
/// let go of the name before the table goes.
fn remade_indexes<'a>(changes: &[&'a Change]) -> BTreeSet<(&'a TableName, &'a str)> {
    let dropped = changes.iter().filter_map(|change| match change {
        Change::DropIndex(it) => Some((&it.table, it.index.name.as_str())),
        _ => None,
    });
    let created = changes.iter().filter_map(|change| match change {
        Change::CreateIndex(it) => Some((&it.table, it.index.name.as_str())),
        _ => None,
    });
    let created: BTreeSet<_> = created.collect();
    dropped.filter(|it| created.contains(it)).collect()
}

/// The table that a change is about, by its new name.
fn table_of(change: &Change) -> Option<&TableName> {
    match change {
        Change::RenameTable(it) => Some(&it.to),
        Change::RenameColumn(it) => Some(&it.table),
        Change::CreateTable(it) => Some(&it.table.name),
        Change::DropTable(it) => Some(&it.table.name),
        change => change.alters(),
    }
}

/// All changes of these tables at once.
fn together(
    tables: &BTreeSet<&TableName>,
    changes: &[&Change],
    difference: &Difference,
    dialect: &Dialect,
    guard: fn(&Table) -> Vec<String>,
) -> Rendered<Step> {
    let inverses: Vec<_> = changes.iter().rev().map(|it| it.inverse()).collect();
    let inverses: Vec<_> = inverses.iter().collect();
    let statements = |changes: &[&Change], direction| {
        let remade = remade_indexes(changes);
        if remade.is_empty() && changes.iter().all(|it| it.in_place(dialect)) {
            return in_place(changes, dialect);
        }
        let moves: Vec<_> =
            tables.iter().map(|it| a_move(it, changes, difference, direction)).collect();
        move_together(dialect, guard, &moves, changes)
    };
    let (up, down) = (statements(changes, Direction::Up)?, statements(&inverses, Direction::Down)?);
    let stay = |it: &&&TableName| {
        let is_in = |schema: &Schema| schema.tables.contains_key(**it);
        is_in(&difference.before) && is_in(&difference.after)
    };
    let rebuilds = tables.iter().filter(stay).map(|it| (*it).clone()).collect();
    Ok(Step { rebuilds, ..joint_step(changes, &inverses, up, down) })
}

/// What becomes of a table. Changes call it, and its columns, by the new names, also on the way back.
fn a_move<'a>(
    name: &'a TableName,
    changes: &[&'a Change],
    difference: &'a Difference,
    direction: Direction,
) -> Move<'a> {
    let original = difference.originals.get(name).or_else(|| difference.before.tables.get(name));
    let after = difference.after.tables.get(name);
    let (from, to) = match direction {
        Direction::Up => (original, after),
        Direction::Down => (after, original),
    };
    let renames = changes.iter().filter_map(|change| match change {
        Change::RenameColumn(it) if it.table == *name => Some((it.to.as_str(), it.from.as_str())),
        _ => None,
    });
    let former: BTreeMap<_, _> = renames.collect();
    let called = match direction {
        Direction::Up => BTreeMap::new(),
        Direction::Down => former.clone(),
    };
    Move { name, from, to, former, called }
}
