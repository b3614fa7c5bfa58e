//! Builds a table anew, where a database cannot change it in place.

use crate::{
    change::Change,
    ddl::{self, About, Rendered},
    dialect::Dialect,
    schema::{Column, Table, TableName},
};
use std::collections::BTreeMap;

/// The statements that make `before` into `after`, which has the same name: the new table is created under another name,
/// gets the rows in their order, and takes the place of the old one. `changes` say what values new columns get.
///
/// Rows of other tables that refer to it, and its triggers, are kept by who runs this (`apply.rs`).
pub(crate) fn rebuild(
    dialect: &Dialect,
    before: &Table,
    after: &Table,
    changes: &[&Change],
) -> Rendered<Vec<String>> {
    let rebuild = dialect.rebuild.as_ref().expect("what cannot be changed in place is rebuilt");
    let name = &after.name;
    let scratch = TableName { name: format!("metaxy_new_{}", name.name), ..name.clone() };
    let quoted = dialect.quote_table(name).about(name)?;
    let quoted_scratch = dialect.quote_table(&scratch).about(name)?;
    let (columns, values) = copied(dialect, before, after, changes)?;
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

/// The columns that get a value, and the values. New columns that may be NULL, are numbered or have a default get that by
/// themselves, and generated ones always do.
fn copied(
    dialect: &Dialect,
    before: &Table,
    after: &Table,
    changes: &[&Change],
) -> Rendered<(Vec<String>, Vec<String>)> {
    let name = &after.name;
    let quoted = dialect.quote_table(name).about(name)?;
    let was: BTreeMap<&str, &Column> =
        before.columns.iter().map(|it| (it.name.as_str(), it)).collect();
    let backfills: BTreeMap<&str, &str> = changes.iter().filter_map(|it| backfill(it)).collect();
    let renames: BTreeMap<_, _> = changes.iter().filter_map(|it| renamed_values(it)).collect();
    let (mut columns, mut values) = (Vec::new(), Vec::new());
    for column in after.columns.iter().filter(|it| it.generated.is_none()) {
        let identifier = dialect.quote_identifier(&column.name).about(name)?;
        let given = backfills.get(column.name.as_str()).copied();
        let value = match was.get(column.name.as_str()) {
            Some(was) => {
                // Qualified, since SQLite takes a quoted name that is no column for a text.
                let value = format!("{quoted}.{identifier}");
                let value = match renames.get(column.name.as_str()) {
                    Some(renames) => ddl::renamed_value(dialect, &value, renames),
                    None => value,
                };
                let value = match was.sql_type == column.sql_type {
                    true => value,
                    false => (dialect.cast)(&value, &was.sql_type, &column.sql_type),
                };
                match given {
                    Some(expression) => format!("coalesce({value}, ({expression}))"),
                    None => value,
                }
            }
            None if column.nullable || column.default.is_some() || column.identity.is_some() => {
                continue;
            }
            None => ddl::backfill(name, &column.name, given),
        };
        columns.push(identifier);
        values.push(value);
    }
    // A row has a value, even where none of its columns stays.
    let plain = after.columns.iter().find(|it| it.generated.is_none());
    if let ([], Some(first)) = (columns.as_slice(), plain) {
        let default = first.default.as_ref().map(|it| ddl::default_value(dialect, it));
        columns.push(dialect.quote_identifier(&first.name).about(name)?);
        values.push(default.unwrap_or_else(|| "NULL".to_owned()));
    }
    Ok((columns, values))
}

/// The value that the user gave for a column.
fn backfill(change: &Change) -> Option<(&str, &str)> {
    match change {
        Change::AddColumn(it) => Some((&it.column.name, it.backfill.as_deref()?)),
        Change::AlterColumn(it) => Some((&it.to.name, it.backfill.as_deref()?)),
        _ => None,
    }
}

/// The values of a column that have another name.
fn renamed_values(change: &Change) -> Option<(&str, &[(String, String)])> {
    match change {
        Change::AlterColumn(it) if !it.renamed_values.is_empty() => {
            Some((&it.to.name, &it.renamed_values))
        }
        _ => None,
    }
}
