//! What the rows of a table hold that is built anew.

use crate::{
    change::{AlterColumn, Change},
    ddl::{self, About, Rendered},
    dialect::Dialect,
    schema::{Column, Table, TableName},
};
use std::collections::{BTreeMap, BTreeSet};

/// Where the values of a table come from that is built anew.
pub(super) struct Source<'a> {
    /// The table that has the rows, quoted.
    pub(super) table: &'a str,
    /// What its columns are.
    pub(super) before: &'a Table,
    /// The names there of columns that have another name now.
    pub(super) former: &'a BTreeMap<&'a str, &'a str>,
    /// What changes call columns that they do not call by the name that these have now.
    pub(super) called: &'a BTreeMap<&'a str, &'a str>,
    /// What changes call the table.
    pub(super) name: &'a TableName,
}

/// The columns of a new table that get a value, and the values. New columns that may be NULL, are numbered or have a default
/// get that by themselves, and generated ones always do. `changes` say what values new columns get.
pub(super) fn values(
    dialect: &Dialect,
    source: &Source<'_>,
    after: &Table,
    changes: &[&Change],
) -> Rendered<(Vec<String>, Vec<String>)> {
    let Source { table: quoted, name, .. } = source;
    let was: BTreeMap<&str, &Column> =
        source.before.columns.iter().map(|it| (it.name.as_str(), it)).collect();
    let other = |names: &BTreeMap<&'_ str, &'_ str>, column: &Column| {
        names.get(column.name.as_str()).map_or_else(|| column.name.clone(), |it| (*it).to_owned())
    };
    let backfills: BTreeMap<&str, &str> = changes.iter().filter_map(|it| backfill(it)).collect();
    let renames: BTreeMap<_, _> = changes.iter().filter_map(|it| renamed_values(it)).collect();
    let renamed: BTreeSet<&str> = source.former.values().copied().collect();
    let (mut columns, mut values) = (Vec::new(), Vec::new());
    for column in after.columns.iter().filter(|it| it.generated.is_none()) {
        let identifier = dialect.quote_identifier(&column.name).about(name)?;
        let (former, called) = (other(source.former, column), other(source.called, column));
        let given = backfills.get(called.as_str()).copied();
        // The column that had the name may have another one now.
        let is_new = former == column.name && renamed.contains(former.as_str());
        let value = match was.get(former.as_str()).filter(|_| !is_new) {
            Some(was) => {
                // Qualified, since SQLite takes a quoted name that is no column for a text.
                let value = format!("{quoted}.{}", dialect.quote_identifier(&former).about(name)?);
                let value = match renames.get(called.as_str()) {
                    Some(alter) => alter.renamed_value(dialect, &value),
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
            None => ddl::backfill(name, &called, given),
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
        Change::StopGenerating(it) => Some((&it.to.name, it.backfill.as_deref()?)),
        _ => None,
    }
}

/// A column of which values have another name.
fn renamed_values(change: &Change) -> Option<(&str, &AlterColumn)> {
    match change {
        Change::AlterColumn(it) if !it.renamed_values.is_empty() => Some((&it.to.name, it)),
        _ => None,
    }
}
