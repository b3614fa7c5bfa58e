use super::{columns::new_column, table, table_with};
use crate::dice::Dice;
use metaxy_diesel::{
    Dialect, Schema,
    naming::{Named, name},
    schema::{Action, Column, Deferrable, ForeignKey, Index, Table, TableName},
    support::Support,
};

/// To any key of any table, by columns that are there or new ones.
pub fn add(schema: &mut Schema, dice: &mut Dice<'_>) {
    let names: Vec<TableName> = schema.tables.keys().cloned().collect();
    let Some(target) = dice.one(&names).map(|it| &schema.tables[&it]) else { return };
    let Some(referenced_columns) = dice.one(&keys(target, dice.dialect)) else { return };
    let of = |name: &String| target.columns.iter().find(|it| it.name == *name).cloned();
    let referenced: Vec<Column> = referenced_columns.iter().filter_map(of).collect();
    let references = target.name.clone();
    let Some(table) = table(schema, dice) else { return };
    let mut columns: Vec<String> = Vec::new();
    for wanted in referenced {
        let fits = |it: &&Column| it.sql_type == wanted.sql_type && !columns.contains(&it.name);
        let fitting: Vec<String> =
            table.columns.iter().filter(fits).map(|it| it.name.clone()).collect();
        let there = if dice.once_in(3) { None } else { dice.one(&fitting) };
        let Some(name) = there.or_else(|| {
            let column =
                Column { sql_type: wanted.sql_type, default: None, ..new_column(table, dice)? };
            let name = column.name.clone();
            table.columns.push(column);
            Some(name)
        }) else {
            return;
        };
        columns.push(name);
    }
    let parts: Vec<_> = columns.iter().map(String::as_str).collect();
    let name = name(Named::ForeignKey, &table.name.name, &parts, None);
    table.foreign_keys.push(ForeignKey {
        on_delete: action(dice),
        on_update: action(dice),
        ..ForeignKey::new(name, columns, references, referenced_columns)
    });
}

/// What foreign keys can refer to.
pub fn keys(table: &Table, dialect: &Dialect) -> Vec<Vec<String>> {
    let to_indexes = dialect.constraints.foreign_keys_to_indexes == Support::Yes;
    let primary = table.primary_key.iter().map(|it| it.columns.clone());
    let uniques = table.uniques.iter().filter(|it| it.deferrable == Deferrable::No);
    let uniques = uniques.map(|it| it.columns.clone());
    let unique = table.indexes.iter().filter(|it| to_indexes && it.unique);
    let indexes = unique.filter_map(Index::key_columns);
    let indexes = indexes.map(|it| it.into_iter().map(str::to_owned).collect());
    primary.chain(uniques).chain(indexes).collect()
}

fn action(dice: &mut Dice<'_>) -> Action {
    let actions =
        [Action::NoAction, Action::Cascade, Action::SetNull, Action::Restrict, Action::SetDefault];
    dice.one(&actions).unwrap_or_default()
}

pub const DEFERRABLE: [Deferrable; 3] =
    [Deferrable::No, Deferrable::Immediate, Deferrable::Deferred];

pub fn drop(schema: &mut Schema, dice: &mut Dice<'_>) {
    let Some(table) = table_with(schema, dice, |it| !it.foreign_keys.is_empty()) else { return };
    if !table.foreign_keys.is_empty() {
        table.foreign_keys.remove(dice.below(table.foreign_keys.len()));
    }
}

pub fn actions(schema: &mut Schema, dice: &mut Dice<'_>) {
    let Some(table) = table_with(schema, dice, |it| !it.foreign_keys.is_empty()) else { return };
    let at = dice.below(table.foreign_keys.len());
    if let Some(key) = table.foreign_keys.get_mut(at) {
        match dice.below(5) {
            0 => key.on_delete = action(dice),
            1 => key.on_update = action(dice),
            2 => key.match_full ^= true,
            _ => key.deferrable = dice.one(&DEFERRABLE).unwrap_or_default(),
        }
    }
}
