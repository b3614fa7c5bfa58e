//! [`Loss`]: what a migration would lose, and what it may have been renamed to.

use crate::{
    change::{Change, Risk},
    diff::Difference,
    hints::Rename,
    schema::{Column, Schema, SqlType, Table, TableName},
    system::SYSTEM_COLUMNS,
};
use std::{cmp::Reverse, collections::BTreeMap};

/// A table or column that would be lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// `table` or `table.column`: what `--allow-destructive` has to name.
    pub object: String,
    /// Whether values are lost that do not fit a new type; not so: all of it is.
    pub narrows: bool,
    /// What it may be in truth: a rename to a new table of nearly the same columns, or to a new column of the same table
    /// and type, or of a value of an enumerated type (`table.column.value`). The likeliest first.
    pub candidates: Vec<Rename>,
}

impl Loss {
    /// The flag that allows it.
    pub fn flag(&self) -> String {
        format!("--allow-destructive {}", self.object)
    }
}

/// What would be lost, and may not be.
pub(crate) fn losses(difference: &Difference, allowed: &[String]) -> Vec<Loss> {
    let new = New::of(difference);
    let losses = difference.changes.iter().flat_map(|change| {
        let losses = change.risks().into_iter().filter(Risk::is_loss).map(|risk| {
            let object = risk.object();
            let narrows = matches!(risk, Risk::Narrows { .. });
            Loss { candidates: new.candidates(difference, change, &object), object, narrows }
        });
        losses.collect::<Vec<_>>()
    });
    losses.filter(|loss| !allowed.contains(&loss.object)).collect()
}

/// The refusal, with the flags that allow what is refused.
pub(crate) fn refusal(losses: &[Loss]) -> String {
    let objects = |narrows: bool, words: (&str, &str)| {
        let losses = losses.iter().filter(|loss| loss.narrows == narrows);
        let objects: Vec<_> = losses.map(|loss| format!("`{}`", loss.object)).collect();
        (!objects.is_empty()).then(|| format!("{} {} {}", words.0, objects.join(", "), words.1))
    };
    let parts = [
        objects(false, ("drops", "with all data in it")),
        objects(true, ("gives", "a type that does not hold all of its values")),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    let flags: Vec<_> = losses.iter().map(Loss::flag).collect();
    let mut words =
        format!("this {}; if that is meant, add {}", parts.join(" and "), flags.join(" "));
    for loss in losses.iter().filter(|loss| !loss.candidates.is_empty()) {
        let flags = loss.candidates.iter().map(|it| format!("`{}`", it.flag()));
        words += &format!(
            "\nif {} was renamed, add {} (or write `renamed_from` there), and nothing is lost",
            if loss.narrows { "a value of it".to_owned() } else { format!("`{}`", loss.object) },
            flags.collect::<Vec<_>>().join(" or ")
        );
    }
    words
}

/// What a migration creates.
struct New<'a> {
    tables: Vec<&'a Table>,
    /// By the name of a column of the user's: the places of the tables that have it.
    tables_with: BTreeMap<&'a str, Vec<usize>>,
    columns: BTreeMap<&'a TableName, Vec<&'a Column>>,
}

impl<'a> New<'a> {
    fn of(difference: &'a Difference) -> Self {
        let mut new =
            Self { tables: Vec::new(), tables_with: BTreeMap::new(), columns: BTreeMap::new() };
        for change in &difference.changes {
            match change {
                Change::CreateTable(create) => {
                    for column in own_columns(&create.table) {
                        new.tables_with.entry(column).or_default().push(new.tables.len());
                    }
                    new.tables.push(&create.table);
                }
                Change::AddColumn(add) => {
                    new.columns.entry(&add.table).or_default().push(&add.column);
                }
                _ => {}
            }
        }
        new
    }

    /// What the change may be in truth, which loses `object`.
    fn candidates(&self, difference: &Difference, change: &Change, object: &str) -> Vec<Rename> {
        let renames = |from: &str, names: Vec<String>| {
            let rename = |to: String| Rename { from: from.to_owned(), to };
            names.into_iter().map(rename).collect::<Vec<_>>()
        };
        let of_values = |removed: Vec<&String>, added: Vec<&String>| {
            let added = || added.iter().map(|it| (*it).clone()).collect();
            let all = removed.iter().map(|it| renames(&format!("{object}.{it}"), added()));
            all.collect::<Vec<_>>().concat()
        };
        match change {
            Change::DropTable(drop) => renames(object, self.tables_like(&drop.table)),
            Change::DropColumn(drop) => {
                let schemas = [&difference.before, &difference.after];
                renames(object, self.columns_like(&drop.table, &drop.column, schemas))
            }
            Change::AlterEnum(alter) => {
                of_values(alter.removed().collect(), alter.added().collect())
            }
            Change::AlterColumn(alter) => match (&alter.from.sql_type, &alter.to.sql_type) {
                (SqlType::Values(before), SqlType::Values(after)) => of_values(
                    before.iter().filter(|it| !after.contains(it)).collect(),
                    after.iter().filter(|it| !before.contains(it)).collect(),
                ),
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    /// The names of new tables that share at least half of the columns, whichever of the two has more; of one in another
    /// namespace with that.
    fn tables_like(&self, gone: &Table) -> Vec<String> {
        let mut shared: BTreeMap<usize, usize> = BTreeMap::new();
        for column in own_columns(gone) {
            for at in self.tables_with.get(column).into_iter().flatten() {
                *shared.entry(*at).or_default() += 1;
            }
        }
        let count = own_columns(gone).count();
        let mut alike: Vec<_> = shared
            .into_iter()
            .map(|(at, shared)| (shared, self.tables[at]))
            .filter(|(shared, it)| 2 * shared >= count.max(own_columns(it).count()))
            .collect();
        alike.sort_by_key(|(shared, it)| (Reverse(*shared), &it.name));
        let name = |new: &TableName| match new.schema == gone.name.schema {
            true => new.name.clone(),
            false => new.to_string(),
        };
        alike.into_iter().map(|(_, it)| name(&it.name)).collect()
    }

    /// The names of new columns of the table that have the same type, the nearest first: what was renamed mostly stays
    /// where it was.
    fn columns_like(
        &self,
        table: &TableName,
        gone: &Column,
        [before, after]: [&Schema; 2],
    ) -> Vec<String> {
        let place = |schema: &Schema, name: &str| {
            let mut columns = schema.tables[table].columns.iter();
            columns.position(|it| it.name == name).unwrap_or_default()
        };
        let was = place(before, &gone.name);
        let added = self.columns.get(table).into_iter().flatten();
        let alike = added.filter(|it| it.sql_type == gone.sql_type);
        let mut alike: Vec<_> = alike.map(|it| it.name.clone()).collect();
        alike.sort_by_key(|name| place(after, name).abs_diff(was));
        alike
    }
}

/// The columns that tell tables apart: all features have the system's.
fn own_columns(table: &Table) -> impl Iterator<Item = &str> {
    let names = table.columns.iter().map(|it| it.name.as_str());
    names.filter(|name| !SYSTEM_COLUMNS.contains(name))
}
