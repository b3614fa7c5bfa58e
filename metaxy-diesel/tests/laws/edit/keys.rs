use super::{foreign_keys::DEFERRABLE, names, table, table_with};
use crate::dice::Dice;
use metaxy_diesel::{
    Schema,
    naming::{Named, name},
    schema::{PrimaryKey, Unique},
};

/// Another primary key, one where there is none, or none.
pub fn primary(schema: &mut Schema, dice: &mut Dice<'_>) {
    let Some(table) = table(schema, dice) else { return };
    let columns = dice.some(&names(&table.columns), 3);
    let gone = table.primary_key.is_some() && dice.once_in(2);
    let name = Some(name(Named::PrimaryKey, &table.name.name, &[], None));
    table.primary_key = (!gone).then_some(PrimaryKey { name, columns });
}

pub fn add_unique(schema: &mut Schema, dice: &mut Dice<'_>) {
    let Some(table) = table(schema, dice) else { return };
    let columns = dice.some(&names(&table.columns), 2);
    let parts: Vec<_> = columns.iter().map(String::as_str).collect();
    let name = name(Named::Unique, &table.name.name, &parts, None);
    table.uniques.push(Unique::new(name, columns));
}

pub fn drop_unique(schema: &mut Schema, dice: &mut Dice<'_>) {
    let Some(table) = table_with(schema, dice, |it| !it.uniques.is_empty()) else { return };
    if !table.uniques.is_empty() {
        table.uniques.remove(dice.below(table.uniques.len()));
    }
}

/// Checked at another time, with another column besides, or with NULLs that are the same value.
pub fn vary_unique(schema: &mut Schema, dice: &mut Dice<'_>) {
    let Some(table) = table_with(schema, dice, |it| !it.uniques.is_empty()) else { return };
    let at = dice.below(table.uniques.len());
    let Some(unique) = table.uniques.get_mut(at) else { return };
    match dice.below(3) {
        0 => unique.deferrable = dice.one(&DEFERRABLE).unwrap_or_default(),
        1 => unique.include = dice.some(&names(&table.columns), 1),
        _ => unique.nulls_not_distinct ^= true,
    }
}

/// Another name of a constraint.
pub fn rename(schema: &mut Schema, dice: &mut Dice<'_>) {
    let Some(table) = table(schema, dice) else { return };
    let key = table.primary_key.iter_mut().filter_map(|it| it.name.as_mut());
    let names = key
        .chain(table.uniques.iter_mut().map(|it| &mut it.name))
        .chain(table.foreign_keys.iter_mut().map(|it| &mut it.name))
        .chain(table.checks.iter_mut().map(|it| &mut it.name));
    let mut names: Vec<_> = names.collect();
    let at = dice.below(names.len());
    if let Some(name) = names.get_mut(at) {
        name.push_str(" 'n'");
    }
}
