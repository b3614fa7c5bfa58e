use super::{names, table};
use crate::dice::Dice;
use metaxy_diesel::{
    Schema,
    naming::{Named, name},
    schema::Index,
};

pub fn create(schema: &mut Schema, dice: &mut Dice<'_>) {
    let Some(table) = table(schema, dice) else { return };
    let columns = dice.some(&names(&table.columns), 2);
    let parts: Vec<_> = columns.iter().map(String::as_str).collect();
    let name = name(Named::Index, &table.name.name, &parts, None);
    table.indexes.push(Index::new(name, columns, dice.once_in(3)));
}

pub fn drop(schema: &mut Schema, dice: &mut Dice<'_>) {
    let Some(table) = table(schema, dice) else { return };
    if !table.indexes.is_empty() {
        table.indexes.remove(dice.below(table.indexes.len()));
    }
}

/// Another name, other columns, or the values once only.
pub fn change(schema: &mut Schema, dice: &mut Dice<'_>) {
    let Some(table) = table(schema, dice) else { return };
    let at = dice.below(table.indexes.len());
    let Some(index) = table.indexes.get_mut(at) else { return };
    match dice.below(3) {
        0 => index.name.push_str(" 'i'"),
        1 => {
            index.keys = dice.some(&names(&table.columns), 2).into_iter().map(Into::into).collect()
        }
        _ => index.unique = !index.unique,
    }
}
