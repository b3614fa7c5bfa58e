//! The edits that schemas are made and changed by. Each may leave behind what no database takes: `settle` mends it.

use crate::dice::Dice;
use metaxy_diesel::{
    Schema,
    schema::{Column, Table, TableName},
};

pub mod checks;
pub mod columns;
mod comments;
pub mod enums;
pub mod foreign_keys;
pub mod generated;
pub mod identity;
pub mod indexes;
mod keys;
pub mod tables;

/// A kind of edit.
pub struct Edit {
    /// How often it comes, compared with others.
    pub weight: usize,
    pub make: fn(&mut Schema, &mut Dice<'_>),
}

/// The place of the edit that creates a table: the first.
pub const CREATE_TABLE: usize = 0;

/// All kinds of edits.
pub const EDITS: &[Edit] = &[
    Edit { weight: 3, make: tables::create },
    Edit { weight: 2, make: tables::drop },
    Edit { weight: 2, make: tables::rename },
    Edit { weight: 2, make: tables::move_away },
    Edit { weight: 4, make: columns::add },
    Edit { weight: 3, make: columns::drop },
    Edit { weight: 3, make: columns::rename },
    Edit { weight: 4, make: columns::retype },
    Edit { weight: 3, make: columns::allow_or_forbid_null },
    Edit { weight: 3, make: columns::default },
    Edit { weight: 1, make: columns::reorder },
    Edit { weight: 3, make: generated::add },
    Edit { weight: 4, make: generated::change },
    Edit { weight: 3, make: identity::change },
    Edit { weight: 3, make: enums::take },
    Edit { weight: 4, make: enums::alter },
    Edit { weight: 2, make: enums::rename_value },
    Edit { weight: 1, make: enums::rename },
    Edit { weight: 2, make: enums::default },
    Edit { weight: 3, make: keys::primary },
    Edit { weight: 3, make: keys::add_unique },
    Edit { weight: 2, make: keys::drop_unique },
    Edit { weight: 2, make: keys::vary_unique },
    Edit { weight: 4, make: foreign_keys::add },
    Edit { weight: 2, make: foreign_keys::drop },
    Edit { weight: 4, make: foreign_keys::actions },
    Edit { weight: 3, make: indexes::create },
    Edit { weight: 2, make: indexes::drop },
    Edit { weight: 2, make: indexes::change },
    Edit { weight: 4, make: indexes::vary },
    Edit { weight: 3, make: checks::add },
    Edit { weight: 2, make: checks::drop },
    Edit { weight: 3, make: keys::rename },
    Edit { weight: 1, make: comments::of_table },
    Edit { weight: 2, make: comments::of_column },
];

/// The sum of all weights.
pub fn weights() -> usize {
    EDITS.iter().map(|it| it.weight).sum()
}

/// Any table.
fn table<'a>(schema: &'a mut Schema, dice: &mut Dice<'_>) -> Option<&'a mut Table> {
    table_with(schema, dice, |_| true)
}

/// Any table of which this holds.
fn table_with<'a>(
    schema: &'a mut Schema,
    dice: &mut Dice<'_>,
    holds: impl Fn(&Table) -> bool,
) -> Option<&'a mut Table> {
    let tables = schema.tables.values().filter(|it| holds(it));
    let names: Vec<TableName> = tables.map(|it| it.name.clone()).collect();
    schema.tables.get_mut(&dice.one(&names)?)
}

/// Any column of any table.
fn column<'a>(schema: &'a mut Schema, dice: &mut Dice<'_>) -> Option<&'a mut Column> {
    let columns = &mut table(schema, dice)?.columns;
    let at = dice.below(columns.len());
    columns.get_mut(at)
}

fn names(columns: &[Column]) -> Vec<String> {
    columns.iter().map(|it| it.name.clone()).collect()
}
