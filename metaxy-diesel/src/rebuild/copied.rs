//! Builds tables anew together: their rows are copied, all of them are dropped, created again and filled.

use super::values::{Source, values};
use crate::{
    change::Change,
    ddl::{self, About, Rendered},
    dialect::Dialect,
    order::creation_order,
    schema::{Table, TableName},
};
use std::collections::BTreeMap;

/// What becomes of a table.
#[derive(Debug, Clone)]
pub(crate) struct Move<'a> {
    /// What changes call it.
    pub(crate) name: &'a TableName,
    /// As it is; `None`: it is new.
    pub(crate) from: Option<&'a Table>,
    /// As it should be; `None`: it goes.
    pub(crate) to: Option<&'a Table>,
    /// By the names that columns should have, those that they have, where it is another one.
    pub(crate) former: BTreeMap<&'a str, &'a str>,
    /// By the names that columns should have, what changes call them, where it is another one.
    pub(crate) called: BTreeMap<&'a str, &'a str>,
}

/// The statements that make of each table what it should be. Each table that refers to one of these is among them.
///
/// No table is renamed: DuckDB loses track of the foreign keys of one that is.
pub(crate) fn move_together(
    dialect: &Dialect,
    guard: fn(&Table) -> Vec<String>,
    moves: &[Move<'_>],
    changes: &[&Change],
) -> Rendered<Vec<String>> {
    let from: Vec<&Table> = moves.iter().filter_map(|it| it.from).collect();
    let to: Vec<&Table> = moves.iter().filter_map(|it| it.to).collect();
    let by_name: BTreeMap<&TableName, &Move<'_>> =
        moves.iter().filter_map(|it| Some((&it.to?.name, it))).collect();
    let mut statements: Vec<String> = from.iter().flat_map(|it| guard(it)).collect();
    for it in moves {
        if let (Some(from), Some(_)) = (it.from, it.to) {
            let quoted = dialect.quote_table(&from.name).about(&from.name)?;
            let copy = copy_of(dialect, from)?;
            statements.push(format!("CREATE TABLE {copy} AS SELECT * FROM {quoted};"));
        }
    }
    for table in creation_order(from, false).tables.into_iter().rev() {
        let quoted = dialect.quote_table(&table.name).about(&table.name)?;
        statements.push(format!("DROP TABLE {quoted};"));
    }
    for table in creation_order(to.clone(), false).tables {
        statements.push(ddl::create_table_as(dialect, table, &table.name)?);
        statements.extend(fill(dialect, by_name[&table.name], changes)?);
    }
    for table in to {
        for index in &table.indexes {
            statements.push(ddl::create_index(dialect, &table.name, index)?);
        }
        statements.extend(ddl::comments(dialect, table)?);
    }
    Ok(statements)
}

/// The statements that put the copied rows into a new table, and drop the copy.
fn fill(dialect: &Dialect, of: &Move<'_>, changes: &[&Change]) -> Rendered<Vec<String>> {
    let Move { name, from: Some(from), to: Some(to), former, called } = of else {
        return Ok(Vec::new());
    };
    let copy = copy_of(dialect, from)?;
    let source = Source { table: &copy, before: from, former, called, name };
    let own = changes.iter().copied().filter(|it| it.alters() == Some(name)).collect::<Vec<_>>();
    let (columns, values) = values(dialect, &source, to, &own)?;
    let quoted = dialect.quote_table(&to.name).about(&to.name)?;
    Ok(vec![
        format!(
            "INSERT INTO {quoted} ({})\n    SELECT {}\n    FROM {copy};",
            columns.join(", "),
            values.join(", ")
        ),
        format!("DROP TABLE {copy};"),
    ])
}

/// The name of the copy of a table's rows.
fn copy_of(dialect: &Dialect, table: &Table) -> Rendered {
    let name = TableName { name: format!("metaxy_old_{}", table.name.name), ..table.name.clone() };
    dialect.quote_table(&name).about(&table.name)
}
