use super::table_with;
use crate::dice::Dice;
use metaxy_diesel::{
    Dialect, Schema,
    columns::IdentityKey,
    naming::{Named, name},
    schema::{Column, Identity, PrimaryKey, SqlType, Table},
};

const IDENTITIES: [Identity; 5] = [
    Identity::BY_DEFAULT,
    Identity::ALWAYS,
    Identity::SERIAL,
    Identity { start: 20, increment: 10, ..Identity::BY_DEFAULT },
    Identity { start: -1, increment: -2, ..Identity::SERIAL },
];

/// Numbered, in another way, or no longer. It gets the key that it needs.
pub fn change(schema: &mut Schema, dice: &mut Dice<'_>) {
    let dialect = dice.dialect;
    let is_numbered = |it: &Column| it.identity.is_some();
    let there = schema.tables.values().flat_map(|it| &it.columns).any(is_numbered);
    let there = there && !dice.once_in(3);
    let wanted = |it: &Table| !there || it.columns.iter().any(is_numbered);
    let Some(table) = table_with(schema, dice, wanted) else { return };
    let numbers = |it: &Column| !identities(dialect, it).is_empty();
    let of: Vec<usize> =
        (0..table.columns.len()).filter(|at| numbers(&table.columns[*at])).collect();
    let wanted = of.into_iter().filter(|at| !there || is_numbered(&table.columns[*at]));
    let Some(at) = dice.one(&wanted.collect::<Vec<_>>()) else { return };
    let others =
        table.columns.iter().any(|it| it.identity.is_some() && it.name != table.columns[at].name);
    let column = &mut table.columns[at];
    if is_numbered(column) && dice.once_in(3) {
        column.identity = None;
        return;
    }
    if others && dialect.columns.identity.key != IdentityKey::None {
        return;
    }
    let mut others = identities(dialect, column);
    others.retain(|it| column.identity != Some(*it));
    column.identity = dice.one(&others).or(column.identity);
    (column.generated, column.default, column.nullable) = (None, None, false);
    let columns = vec![column.name.clone()];
    if !has_key(table, &columns[0], dialect) {
        let name = Some(name(Named::PrimaryKey, &table.name.name, &[], None));
        table.primary_key = Some(PrimaryKey { name, columns });
    }
}

/// How a column can be numbered.
fn identities(dialect: &Dialect, column: &Column) -> Vec<Identity> {
    let definition = dialect.columns.identity.definition;
    let is_number =
        matches!(column.sql_type, SqlType::SmallInt | SqlType::Integer | SqlType::BigInt);
    IDENTITIES
        .into_iter()
        .filter(|_| is_number)
        .filter(|it| definition(*it, &column.sql_type).is_some())
        .collect()
}

/// Columns that cannot be numbered are not, and those that are have no default.
pub fn settle(table: &mut Table, dialect: &Dialect) {
    let whole = table.clone();
    for column in table.columns.iter_mut().filter(|it| it.identity.is_some()) {
        let can =
            identities(dialect, column).contains(&column.identity.expect("it was found by it"));
        if !can || !has_key(&whole, &column.name, dialect) {
            column.identity = None;
        } else {
            (column.default, column.nullable) = (None, false);
        }
    }
}

fn has_key(table: &Table, name: &str, dialect: &Dialect) -> bool {
    let key = table.primary_key.as_ref().map(|it| it.columns.as_slice()).unwrap_or_default();
    match dialect.columns.identity.key {
        IdentityKey::None => true,
        IdentityKey::Whole => key == [name],
        IdentityKey::Leading => {
            let uniques = table.uniques.iter().filter_map(|it| it.columns.first());
            let first = table.indexes.iter().filter_map(|it| it.keys.first());
            let mut indexes = first.filter(|it| !it.descending).filter_map(|it| it.column());
            key.first().into_iter().chain(uniques).any(|it| it == name)
                || indexes.any(|it| it == name)
        }
    }
}
