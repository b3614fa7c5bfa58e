use super::columns::new_column;
use crate::dice::Dice;
use metaxy_diesel::{
    Schema,
    naming::{Named, name},
    schema::{PrimaryKey, Table, TableName},
};

/// Names that have to be quoted, and one that need not.
const NAMES: [&str; 6] = ["t", "u", "order", "It's \"so\"", "Über `x`", "Mixed"];

/// Namespaces, where there are some; first the default one.
const NAMESPACES: [Option<&str>; 4] = [None, Some("media"), None, Some("It's \"a\" place")];

pub fn create(schema: &mut Schema, dice: &mut Dice<'_>) {
    let Some(table_name) = free_name(schema, dice) else { return };
    let mut table = Table::new(table_name, Vec::new());
    for _ in 0..=dice.below(4) {
        let column = new_column(&table, dice);
        table.columns.extend(column);
    }
    if !dice.once_in(4) {
        let name = Some(name(Named::PrimaryKey, &table.name.name, &[], None));
        table.primary_key = Some(PrimaryKey { name, columns: vec![table.columns[0].name.clone()] });
    }
    schema.tables.insert(table.name.clone(), table);
}

pub fn drop(schema: &mut Schema, dice: &mut Dice<'_>) {
    let names: Vec<TableName> = schema.tables.keys().cloned().collect();
    if let Some(name) = dice.one(&names) {
        schema.tables.remove(&name);
    }
}

pub fn rename(schema: &mut Schema, dice: &mut Dice<'_>) {
    let names: Vec<TableName> = schema.tables.keys().cloned().collect();
    let (Some(old), Some(new)) = (dice.one(&names), free_name(schema, dice)) else { return };
    call(schema, &old, new.clone());
    if dice.once_in(2) {
        follow(schema.tables.get_mut(&new).expect("it is called so"), &old.name);
    }
}

/// Gives a table another name.
fn call(schema: &mut Schema, old: &TableName, new: TableName) {
    let mut table = schema.tables.remove(old).expect("it was picked from the names");
    table.name = new.clone();
    // Else it is new, by a name that a rename freed.
    if schema.tables.values().all(|it| it.renamed_from.as_ref() != Some(old)) {
        table.renamed_from.get_or_insert_with(|| old.clone());
    }
    schema.tables.insert(new.clone(), table);
    for key in schema.tables.values_mut().flat_map(|it| &mut it.foreign_keys) {
        if key.references == *old {
            key.references = new.clone();
        }
    }
}

/// Gives the parts the names that they have by convention: those of metaxy have the name of their table.
fn follow(table: &mut Table, old: &str) {
    let new = table.name.name.clone();
    let key = table.primary_key.iter_mut().filter_map(|it| it.name.as_mut());
    let names = key
        .chain(table.uniques.iter_mut().map(|it| &mut it.name))
        .chain(table.foreign_keys.iter_mut().map(|it| &mut it.name))
        .chain(table.checks.iter_mut().map(|it| &mut it.name))
        .chain(table.indexes.iter_mut().map(|it| &mut it.name));
    for name in names {
        if let Some(rest) = name.strip_prefix(old) {
            *name = format!("{new}{rest}");
        }
    }
}

/// To another namespace, by the same name.
pub fn move_away(schema: &mut Schema, dice: &mut Dice<'_>) {
    let names: Vec<TableName> = schema.tables.keys().cloned().collect();
    let Some(old) = dice.one(&names) else { return };
    let new = TableName { schema: namespace(dice), ..old.clone() };
    if !schema.tables.contains_key(&new) {
        call(schema, &old, new);
    }
}

fn free_name(schema: &Schema, dice: &mut Dice<'_>) -> Option<TableName> {
    let namespace = namespace(dice);
    let names = NAMES.map(|it| TableName { schema: namespace.clone(), ..TableName::new(it) });
    let free: Vec<_> = names.into_iter().filter(|it| !schema.tables.contains_key(it)).collect();
    dice.one(&free)
}

/// Where something is to be.
pub fn namespace(dice: &mut Dice<'_>) -> Option<String> {
    let there = dice.dialect.namespaces.is_some();
    dice.one(&NAMESPACES).flatten().filter(|_| there).map(str::to_owned)
}
