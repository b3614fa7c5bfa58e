//! Builds a table anew under another name, and renames it.

use super::values::{Source, values};
use crate::{
    change::Change,
    ddl::{self, About, Rendered},
    dialect::{Dialect, Renamed},
    schema::{Table, TableName},
};
use std::collections::BTreeMap;

/// The statements that make `before` into `after`, which has the same name: the new table is created under another name,
/// gets the rows in their order, and takes the place of the old one. `changes` say what values new columns get.
///
/// Rows of other tables that refer to it, and its triggers, are kept by who runs this (`apply.rs`).
pub(crate) fn rebuild(
    dialect: &Dialect,
    rebuild: &Renamed,
    before: &Table,
    after: &Table,
    changes: &[&Change],
) -> Rendered<Vec<String>> {
    let name = &after.name;
    let scratch = TableName { name: format!("metaxy_new_{}", name.name), ..name.clone() };
    let quoted = dialect.quote_table(name).about(name)?;
    let quoted_scratch = dialect.quote_table(&scratch).about(name)?;
    let none = BTreeMap::new();
    let source = Source { table: &quoted, before, former: &none, called: &none, name };
    let (columns, values) = values(dialect, &source, after, changes)?;
    let mut statements = vec![
        (rebuild.guard)(before),
        ddl::create_table_as(dialect, after, &scratch)?,
        format!(
            "INSERT INTO {quoted_scratch} ({})\n    SELECT {}\n    FROM {quoted} ORDER BY {};",
            columns.join(", "),
            values.join(", "),
            rebuild.row_order,
        ),
    ];
    if dialect.columns.says_key(before) && dialect.columns.says_key(after) {
        statements.push((rebuild.keep_numbers)(&name.name, &scratch.name));
    }
    statements.extend([
        format!("DROP TABLE {quoted};"),
        rebuild.before_rename.to_owned(),
        format!(
            "ALTER TABLE {quoted_scratch} RENAME TO {};",
            dialect.quote_identifier(&name.name).about(name)?
        ),
        rebuild.after_rename.to_owned(),
    ]);
    for index in &after.indexes {
        statements.push(ddl::create_index(dialect, name, index)?);
    }
    Ok(statements)
}
