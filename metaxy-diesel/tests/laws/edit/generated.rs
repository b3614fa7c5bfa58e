use super::{columns::new_column, table, table_with};
use crate::dice::Dice;
use metaxy_diesel::{
    Dialect, Schema,
    schema::{Column, Generated, SqlType, Storage, Table},
};

/// A new column that is computed from another.
pub fn add(schema: &mut Schema, dice: &mut Dice<'_>) {
    let Some(table) = table(schema, dice) else { return };
    let Some(new) = new_column(table, dice) else { return };
    let Some((base, expression)) = computed(table, &new.name, dice) else { return };
    let generated = Some(Generated { expression, storage: storage(dice) });
    let nullable = base.nullable || dice.once_in(2);
    let column = Column { generated, nullable, ..Column::new(new.name, base.sql_type) };
    let at = dice.below(table.columns.len() + 1);
    table.columns.insert(at, column);
}

/// Computed from something else, or in another way, or where it was not, or no longer.
pub fn change(schema: &mut Schema, dice: &mut Dice<'_>) {
    let any_generated = |it: &Table| it.columns.iter().any(|it| it.generated.is_some());
    let there = schema.tables.values().any(any_generated) && !dice.once_in(3);
    let Some(table) = table_with(schema, dice, |it| !there || any_generated(it)) else { return };
    let wanted = table.columns.iter().filter(|it| !there || it.generated.is_some());
    let wanted: Vec<String> = wanted.map(|it| it.name.clone()).collect();
    let Some(name) = dice.one(&wanted) else { return };
    let computed = computed(table, &name, dice);
    let mut columns = table.columns.iter_mut();
    let column = columns.find(|it| it.name == name).expect("the name is one of them");
    let is_generated = column.generated.is_some();
    match (computed, &mut column.generated) {
        (_, generated) if is_generated && dice.once_in(2) => *generated = None,
        (_, Some(generated)) if dice.once_in(2) => generated.storage = storage(dice),
        (Some((base, expression)), generated) => {
            *generated = Some(Generated { expression, storage: storage(dice) });
            column.sql_type = base.sql_type;
        }
        (None, _) => {}
    }
}

fn storage(dice: &mut Dice<'_>) -> Storage {
    let stored = dice.dialect.columns.no_virtual.is_some();
    if stored || dice.once_in(2) { Storage::Stored } else { Storage::Virtual }
}

/// A column of the table, and what can be computed from it.
fn computed(table: &Table, name: &str, dice: &mut Dice<'_>) -> Option<(Column, String)> {
    let bases = table.columns.iter().filter(|it| it.name != name && is_base(it));
    let bases: Vec<Column> = bases.cloned().collect();
    let base = dice.one(&bases)?;
    let expression = dice.one(&expressions(dice.dialect, &base))?;
    Some((base, expression))
}

fn is_base(column: &Column) -> bool {
    column.generated.is_none()
}

/// What can be computed from a column, of the same type. Distinct values stay so.
fn expressions(dialect: &Dialect, base: &Column) -> Vec<String> {
    let name = dialect.quote_identifier(&base.name).expect("the names are short");
    match base.sql_type {
        SqlType::SmallInt | SqlType::Integer | SqlType::BigInt => {
            vec![format!("{name} + 1"), format!("{name} + 2")]
        }
        SqlType::Text | SqlType::Varchar(_) => {
            vec![format!("lower({name})"), format!("upper({name})")]
        }
        _ => Vec::new(),
    }
}

/// The column that another is computed from.
pub fn base<'a>(column: &Column, table: &'a Table, dialect: &Dialect) -> Option<&'a Column> {
    let generated = column.generated.as_ref()?;
    let mut bases = table.columns.iter().filter(|it| is_base(it));
    bases.find(|it| expressions(dialect, it).contains(&generated.expression))
}

/// Columns that are computed from none of the table, or of another type, hold values of their own.
pub fn settle(table: &mut Table, dialect: &Dialect) {
    let whole = table.clone();
    for column in table.columns.iter_mut().filter(|it| it.generated.is_some()) {
        match base(column, &whole, dialect).filter(|it| it.sql_type == column.sql_type) {
            None => column.generated = None,
            Some(base) => {
                column.nullable |= base.nullable;
                (column.default, column.identity) = (None, None);
            }
        }
    }
}

/// What a column is computed from once that has another name.
pub fn rename(column: &mut Column, dialect: &Dialect, old: &str, new: &str) {
    let quoted = |name: &str| dialect.quote_identifier(name).expect("the names are short");
    if let Some(generated) = &mut column.generated {
        generated.expression = generated.expression.replace(&quoted(old), &quoted(new));
    }
}
