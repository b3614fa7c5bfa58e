//! [`normalise_in`]: a schema as a database makes it.

use crate::{
    backend::{Connection, Session},
    ddl::RenderError,
    diff::{DiffError, diff},
    enums::enum_of,
    schema::{EnumType, ForeignKey, Schema, SqlType, Table, TableName},
};
use std::collections::{BTreeMap, BTreeSet};

/// Why a database does not say what it makes of a schema.
#[derive(Debug, thiserror::Error)]
pub enum NormaliseError {
    /// The schema is none of this database.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// The schema cannot be created.
    #[error(transparent)]
    Diff(#[from] DiffError),
    /// The database does not take the schema.
    #[error(
        "cannot create the tables in a scratch place, to see what the database makes of them: {0}\nwhere the user may \
         not do so, name a server with `--scratch URL`"
    )]
    Scratch(diesel::result::Error),
}

/// The schema as this database makes it: databases rewrite checks and defaults (`CURRENT_TIMESTAMP`, `'x'::text`,
/// `(a > 0)`), and only they know how. Hints of renames stay.
///
/// The tables are created in a scratch place, which goes with the call: namespaces within a transaction that is rolled back,
/// or a database in memory. What the database holds is not changed, but other namespaces than the default one step aside
/// within that transaction, which only their owner may do. References to tables that are not in the schema are taken as
/// they are.
///
/// # Errors
///
/// [`NormaliseError`], where the tables cannot be created.
pub fn normalise_in(
    connection: &mut Connection,
    schema: &Schema,
) -> Result<Schema, NormaliseError> {
    normal_in(connection, schema)
}

fn normal_in(connection: &mut dyn Session, schema: &Schema) -> Result<Schema, NormaliseError> {
    let dialect = connection.backend().dialect();
    let mut inward = schema.clone();
    let names: BTreeSet<TableName> = schema.tables.keys().cloned().collect();
    let mut outward: BTreeMap<TableName, Vec<ForeignKey>> = BTreeMap::new();
    for table in inward.tables.values_mut() {
        // Of that a database makes nothing else, and the scratch place may be on no cluster.
        table.distributed_by = None;
        let keys = std::mem::take(&mut table.foreign_keys).into_iter();
        let (inner, outer) = keys.partition(|it| names.contains(&it.references));
        table.foreign_keys = inner;
        outward.insert(table.name.clone(), outer);
    }
    let script: String = diff(&Schema::default(), &inward, dialect)?
        .changes
        .iter()
        .map(|change| Ok(change.render(dialect)?.join("\n")))
        .collect::<Result<_, RenderError>>()?;
    let namespaces = inward.namespaces();
    let made = connection.driver().scratch(&script, &names, &namespaces);
    let mut made = made.map_err(NormaliseError::Scratch)?;
    made.forget_enums(|it| schema.enums.contains_key(it));
    for (name, keys) in outward {
        if let Some(table) = made.tables.get_mut(&name) {
            table.foreign_keys.extend(keys);
            table.distributed_by.clone_from(&schema.tables[&name].distributed_by);
        }
    }
    // Those that no table uses were created, and are not read from tables.
    let mut enums = schema.enums.clone();
    enums.append(&mut made.enums);
    let mut normal = dialect.normalise(&Schema { enums, ..made });
    keep_enums(&mut normal, schema);
    keep_hints(&mut normal, schema);
    Ok(normal)
}

/// As [`normalise_in`], of those tables that `other` has too, and otherwise: what is the same, or on one side only, stays so
/// whatever the database makes of it. Where there are none, the database is not asked.
pub(crate) fn normalise_against(
    connection: &mut dyn Session,
    schema: &Schema,
    other: &Schema,
) -> Result<Schema, NormaliseError> {
    let dialect = connection.backend().dialect();
    let (mut whole, there) = (dialect.normalise(schema), dialect.normalise(other));
    let renamed: BTreeSet<&TableName> =
        other.tables.values().filter_map(|it| it.renamed_from.as_ref()).collect();
    let is_doubtful = |table: &Table| {
        let former = schema.tables.get(&table.name).and_then(|it| it.renamed_from.as_ref());
        let names = [Some(&table.name), former].into_iter().flatten();
        let mut there = names.filter_map(|it| there.tables.get(it));
        renamed.contains(&table.name) || there.any(|it| it != table)
    };
    let doubtful = whole.tables.values().filter(|it| is_doubtful(it));
    let names: BTreeSet<TableName> = doubtful.map(|it| it.name.clone()).collect();
    if !names.is_empty() {
        let tables = schema.tables.values().filter(|it| names.contains(&it.name)).cloned();
        let part = tables.collect::<Schema>().with_enums(schema.enums.values().cloned());
        let normal = normal_in(connection, &part)?;
        whole.tables.extend(normal.tables);
        whole.enums.extend(normal.enums);
    }
    keep_enums(&mut whole, schema);
    keep_hints(&mut whole, schema);
    Ok(whole)
}

/// Gives a schema back what says how things were called, which normal forms lack.
pub(crate) fn keep_hints(normal: &mut Schema, hinted: &Schema) {
    for (name, of) in &mut normal.enums {
        if let Some(hinted) = hinted.enums.get(name) {
            of.renamed_from.clone_from(&hinted.renamed_from);
            of.renamed_values.clone_from(&hinted.renamed_values);
        }
    }
    for (name, table) in &mut normal.tables {
        if let Some(hinted) = hinted.tables.get(name) {
            keep_table_hints(table, hinted);
        }
    }
}

/// Gives columns their enumerated types back, where these have no names: they say which values were called otherwise.
fn keep_enums(normal: &mut Schema, hinted: &Schema) {
    for (name, table) in &mut normal.tables {
        let hinted_columns = hinted.tables.get(name).into_iter().flat_map(|it| &it.columns);
        let enums = hinted_columns.filter_map(|it| {
            let of = hinted.enums.get(enum_of(&it.sql_type)?)?;
            Some((it.name.as_str(), (&it.sql_type, of)))
        });
        let enums: BTreeMap<&str, (&SqlType, &EnumType)> = enums.collect();
        for column in &mut table.columns {
            if let (SqlType::Values(_), Some((named, of))) =
                (&column.sql_type, enums.get(column.name.as_str()))
            {
                column.sql_type = (*named).clone();
                normal.enums.insert(of.name.clone(), (*of).clone());
            }
        }
    }
}

fn keep_table_hints(table: &mut Table, hinted: &Table) {
    table.renamed_from.clone_from(&hinted.renamed_from);
    let hints: BTreeMap<&str, &String> = hinted
        .columns
        .iter()
        .filter_map(|it| Some((it.name.as_str(), it.renamed_from.as_ref()?)))
        .collect();
    for column in &mut table.columns {
        column.renamed_from = hints.get(column.name.as_str()).map(|it| (*it).clone());
    }
}
