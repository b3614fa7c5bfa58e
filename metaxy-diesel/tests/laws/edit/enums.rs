use super::{column, columns::retype_to, names, tables::namespace};
use crate::dice::Dice;
use metaxy_diesel::{
    Schema,
    schema::{DefaultValue, EnumType, SqlType, TableName},
};

/// Names of types, and one that has to be quoted.
const NAMES: [&str; 3] = ["mood", "It's a \"kind\"", "other"];
const VALUES: [&str; 7] = ["1", "2", "3", "it's \"so\"", "Ü, b", "null", "A"];

/// Columns with unique values need as many: those of rows.
const LEAST: usize = 3;

/// A column gets an enumerated type, a new one or one that is there.
pub fn take(schema: &mut Schema, dice: &mut Dice<'_>) {
    let there: Vec<TableName> = schema.enums.keys().cloned().collect();
    let new = free_name(schema, dice).filter(|_| there.is_empty() || dice.once_in(3));
    let tables: Vec<TableName> = schema.tables.keys().cloned().collect();
    let Some(table) = dice.one(&tables) else { return };
    let column = dice.one(&names(&schema.tables[&table].columns)).expect("a table has columns");
    let name = match new {
        Some(name) => {
            let values = VALUES[..LEAST + dice.below(2)].iter().map(|it| (*it).to_owned());
            let of = EnumType::new(name.clone(), values.collect());
            schema.enums.insert(name.clone(), of);
            name
        }
        None => dice.one(&there).expect("there is one, or a new one"),
    };
    retype_to(schema, table, column, &SqlType::Enum(Box::new(name)));
}

/// A value more, a value less, or another order.
pub fn alter(schema: &mut Schema, dice: &mut Dice<'_>) {
    let Some(of) = one(schema, dice) else { return };
    let free: Vec<_> = VALUES.iter().filter(|it| !of.values.iter().any(|own| own == *it)).collect();
    let at = dice.below(of.values.len());
    match (dice.below(4), dice.one(&free)) {
        (0, Some(value)) => of.values.push((*value).to_owned()),
        (1, Some(value)) => of.values.insert(at, (*value).to_owned()),
        (2, _) if of.values.len() > LEAST => _ = of.values.remove(at),
        (3, Some(value)) => of.values[at] = (*value).to_owned(),
        _ => of.values.rotate_left(at),
    }
    let values = of.values.clone();
    of.renamed_values.retain(|new, _| values.contains(new));
}

pub fn rename_value(schema: &mut Schema, dice: &mut Dice<'_>) {
    let Some(of) = one(schema, dice) else { return };
    let free: Vec<_> = VALUES.iter().filter(|it| !of.values.iter().any(|own| own == *it)).collect();
    let Some(new) = dice.one(&free).map(|it| (*it).to_owned()) else { return };
    let at = dice.below(of.values.len());
    let old = std::mem::replace(&mut of.values[at], new.clone());
    let former = of.renamed_values.remove(&old).unwrap_or_else(|| old.clone());
    // Else it is new, by a name that a rename freed.
    if of.renamed_values.values().all(|it| *it != former) {
        of.renamed_values.insert(new.clone(), former);
    }
    let name = of.name.clone();
    for column in schema.tables.values_mut().flat_map(|it| &mut it.columns) {
        let has = column.sql_type == SqlType::Enum(Box::new(name.clone()));
        if has && column.default == Some(DefaultValue::Text(old.clone())) {
            column.default = Some(DefaultValue::Text(new.clone()));
        }
    }
}

pub fn rename(schema: &mut Schema, dice: &mut Dice<'_>) {
    let Some(new) = free_name(schema, dice) else { return };
    let Some(old) = one(schema, dice).map(|it| it.name.clone()) else { return };
    let mut of = schema.enums.remove(&old).expect("it is one of them");
    of.name = new.clone();
    if schema.enums.values().all(|it| it.renamed_from.as_ref() != Some(&old)) {
        of.renamed_from.get_or_insert_with(|| old.clone());
    }
    schema.enums.insert(new.clone(), of);
    let columns = schema.tables.values_mut().flat_map(|it| &mut it.columns);
    for column in columns.filter(|it| it.sql_type == SqlType::Enum(Box::new(old.clone()))) {
        column.sql_type = SqlType::Enum(Box::new(new.clone()));
    }
}

/// A value for the rows that bring none.
pub fn default(schema: &mut Schema, dice: &mut Dice<'_>) {
    let enums = schema.enums.clone();
    let Some(column) = column(schema, dice) else { return };
    if let SqlType::Enum(name) = &column.sql_type {
        column.default = dice.one(&enums[&**name].values).map(DefaultValue::Text);
    }
}

fn one<'a>(schema: &'a mut Schema, dice: &mut Dice<'_>) -> Option<&'a mut EnumType> {
    let names: Vec<TableName> = schema.enums.keys().cloned().collect();
    schema.enums.get_mut(&dice.one(&names)?)
}

fn free_name(schema: &Schema, dice: &mut Dice<'_>) -> Option<TableName> {
    let namespace = namespace(dice);
    let names = NAMES.map(|it| TableName { schema: namespace.clone(), ..TableName::new(it) });
    let free: Vec<_> = names.into_iter().filter(|it| !schema.enums.contains_key(it)).collect();
    dice.one(&free)
}

/// Types that no column has are gone, and so are defaults that are none of the values.
pub fn settle(schema: &mut Schema) {
    let Schema { tables, enums } = schema;
    let mut used = Vec::new();
    for column in tables.values_mut().flat_map(|it| &mut it.columns) {
        if let SqlType::Enum(name) = &column.sql_type {
            let values = &enums[&**name].values;
            column
                .default
                .take_if(|it| !values.iter().any(|value| *it == DefaultValue::Text(value.clone())));
            used.push((**name).clone());
        }
    }
    enums.retain(|name, _| used.contains(name));
}

/// The schema with the values of enumerated types in the columns, on every database.
pub fn written_out(schema: &Schema) -> Schema {
    let mut schema = schema.clone();
    for column in schema.tables.values_mut().flat_map(|it| &mut it.columns) {
        if let SqlType::Enum(name) = &column.sql_type {
            column.sql_type = SqlType::Values(schema.enums[&**name].values.clone());
        }
    }
    schema
}
