use super::{column, table};
use crate::dice::Dice;
use metaxy_diesel::Schema;

/// Texts that have to be escaped, and none.
const COMMENTS: [Option<&str>; 5] =
    [Some("What it is"), None, Some("it's \"so\" \\"), Some("größer\nals `x`"), Some("'")];

pub fn of_table(schema: &mut Schema, dice: &mut Dice<'_>) {
    if let Some(table) = table(schema, dice) {
        table.comment = comment(dice);
    }
}

pub fn of_column(schema: &mut Schema, dice: &mut Dice<'_>) {
    if let Some(column) = column(schema, dice) {
        column.comment = comment(dice);
    }
}

fn comment(dice: &mut Dice<'_>) -> Option<String> {
    dice.one(&COMMENTS).flatten().map(str::to_owned)
}
