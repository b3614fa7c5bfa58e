//! What the rows of tables are spread over the nodes of a cluster by, and what a cluster cannot do with them.
//!
//! Source: `src/backend/distributed/commands` of Citus 13: `foreign_constraint.c`, `table.c`, `alter_table.c`,
//! `create_distributed_table.c`.

use crate::{
    dialect::Dialect,
    diff::Problem,
    schema::{Action, Column, ForeignKey, Numbering, Schema, SqlType, Table},
};
use metaxy_core::config::DistributedBy;

/// A feature whose rows cannot be spread as the store says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{table}` cannot be distributed: none of its id columns ({}) is among the `distributed_by` of the store ({})",
    id_columns.join(", "), wanted.join(", ")
)]
pub struct NotDistributed {
    /// Its table.
    pub table: String,
    /// Its id columns.
    pub id_columns: Vec<String>,
    /// What the store names.
    pub wanted: Vec<String>,
}

/// Has the rows of a feature's table spread as the store says: by one of its id columns, since all that is known of a sample
/// has to be on one node.
pub(crate) fn distribute(
    table: &mut Table,
    id_columns: &[String],
    by: &DistributedBy,
) -> Result<(), NotDistributed> {
    let (column, wanted) = match by {
        DistributedBy::IdColumns => (id_columns.first(), Vec::new()),
        DistributedBy::Columns(wanted) => {
            (wanted.iter().find(|it| id_columns.contains(it)), wanted.clone())
        }
    };
    let column = column.ok_or_else(|| NotDistributed {
        table: table.name.to_string(),
        id_columns: id_columns.to_vec(),
        wanted,
    })?;
    table.distributed_by = Some(column.clone());
    Ok(())
}

impl Table {
    /// The column that its rows are spread by.
    pub(crate) fn distribution_column(&self) -> Option<&Column> {
        let name = self.distributed_by.as_ref()?;
        self.columns.iter().find(|it| it.name == *name)
    }

    /// Whether rows of both with the same value are on one node.
    pub(crate) fn is_beside(&self, other: &Self) -> bool {
        let kind = |it: &Column| (it.sql_type.clone(), it.collation.clone());
        let kinds = [self, other].map(|it| it.distribution_column().map(kind));
        kinds[0].is_some() && kinds[0] == kinds[1]
    }
}

/// All that a cluster cannot do of what is wanted, with the tables as they are. Both schemas are normal, renames done.
pub(crate) fn problems(current: &Schema, desired: &Schema, dialect: &Dialect) -> Vec<Problem> {
    let is_cluster = |it: &Schema| it.tables.values().any(|it| it.distributed_by.is_some());
    if !is_cluster(desired) {
        return Vec::new();
    }
    let database = if dialect.distribution.is_some() { "Citus" } else { dialect.title };
    let lacks = desired.tables.values().flat_map(|table| {
        let lacks = match (&table.distributed_by, &dialect.distribution) {
            (Some(_), None) => vec![lack(
                None,
                "tables on several nodes",
                "take `distributed_by` out of the store",
            )],
            (Some(column), Some(_)) => of_table(table, column, current.tables.get(&table.name)),
            (None, _) => Vec::new(),
        };
        lacks.into_iter().chain(of_foreign_keys(table, desired)).map(move |it| (table, it))
    });
    let problems = lacks.map(|(table, Lack { part, what, instead })| Problem::Unsupported {
        object: part.map_or_else(|| table.name.to_string(), |it| format!("{}.{it}", table.name)),
        database,
        what,
        instead,
    });
    problems.collect()
}

/// Something that a cluster does not have.
struct Lack {
    /// The part of the table; `None`: the table itself.
    part: Option<String>,
    what: String,
    instead: &'static str,
}

fn lack(part: Option<&str>, what: impl Into<String>, instead: &'static str) -> Lack {
    Lack { part: part.map(str::to_owned), what: what.into(), instead }
}

/// What to do about a key that its cluster cannot check on one node.
const ADD_COLUMN: &str = "add that column to it";
const IN_THREE_STEPS: &str =
    "take `distributed_by` out in one migration, change the column in the next, and put it back";

fn of_table(table: &Table, column: &str, current: Option<&Table>) -> Vec<Lack> {
    let mut lacks = Vec::new();
    match table.columns.iter().find(|it| it.name == column) {
        None => lacks.push(lack(None, format!("column `{column}` to distribute it by"), "add it")),
        Some(it) if it.generated.is_some() => {
            let what = "distribution by a generated column";
            lacks.push(lack(Some(column), what, "distribute by another one"));
        }
        Some(it) if it.sql_type == SqlType::Json => {
            let what = "distribution by a type without hash";
            lacks.push(lack(Some(column), what, "distribute by another column"));
        }
        Some(_) => {}
    }
    let primary = table.primary_key.iter().map(|it| {
        (
            it.name.as_deref().unwrap_or("primary key"),
            it.columns.iter().map(String::as_str).collect(),
        )
    });
    let uniques = table
        .uniques
        .iter()
        .map(|it| (it.name.as_str(), it.columns.iter().map(String::as_str).collect::<Vec<_>>()));
    let indexes = table
        .indexes
        .iter()
        .filter(|it| it.unique)
        .map(|it| (it.name.as_str(), it.keys.iter().filter_map(|it| it.column()).collect()));
    for (name, columns) in primary.chain(uniques).chain(indexes) {
        if !columns.contains(&column) {
            let what = format!("unique key without the distribution column `{column}`");
            lacks.push(lack(Some(name), what, ADD_COLUMN));
        }
    }
    lacks.extend(table.columns.iter().filter_map(|it| numbered(it, current)));
    if let Some(current) = current.filter(|it| it.distributed_by == table.distributed_by) {
        lacks.extend(of_change(current, table));
    }
    lacks
}

/// What of the numbers of a column does not work on several nodes.
fn numbered(column: &Column, current: Option<&Table>) -> Option<Lack> {
    let is_there = current.is_some_and(|table| {
        let was = table.columns.iter().find(|it| it.name == column.name);
        table.distributed_by.is_some() && was.is_none_or(|it| it.identity.is_none())
    });
    let (what, instead) = match column.identity?.numbering {
        // Neither its column nor the table could be changed later, nor the table be gathered.
        Numbering::Always | Numbering::ByDefault => (
            "identity columns in a distributed table that can be changed or reversed",
            "number rows by `serial` of 64 bits, or in the program",
        ),
        // Workers make numbers of their own ranges, which only these have room for.
        Numbering::Serial if column.sql_type != SqlType::BigInt => {
            ("`serial` of less than 64 bits on its workers", "make it an `i64`")
        }
        Numbering::Serial if is_there => {
            ("`serial` that is added to a distributed table", "number rows in the program")
        }
        Numbering::Serial => return None,
    };
    Some(lack(Some(&column.name), what, instead))
}

/// What of a change of the distribution column does not work while it is one.
fn of_change(current: &Table, desired: &Table) -> Option<Lack> {
    let (was, wanted) = (current.distribution_column()?, desired.distribution_column()?);
    let changes = was.sql_type != wanted.sql_type
        || was.collation != wanted.collation
        || was.default != wanted.default;
    let what = "change of the type or default of a distribution column";
    changes.then(|| lack(Some(&wanted.name), what, IN_THREE_STEPS))
}

fn of_foreign_keys(table: &Table, schema: &Schema) -> Vec<Lack> {
    let lacks = table.foreign_keys.iter().flat_map(|key| {
        // What a table of others is, only the cluster knows: a reference table is fine.
        let target = schema.tables.get(&key.references);
        let between = target.and_then(|it| between(table, it, key));
        let acts = table.distributed_by.as_ref().filter(|it| key.columns.contains(it));
        let acts = acts.and_then(|_| acts_on_key(key));
        let lacks = between.into_iter().chain(acts);
        lacks.map(|(what, instead)| lack(Some(&key.name), what, instead))
    });
    lacks.collect()
}

/// What keeps a reference from being checked on one node.
fn between(
    table: &Table,
    target: &Table,
    key: &ForeignKey,
) -> Option<(&'static str, &'static str)> {
    let (own, its) = match (&table.distributed_by, &target.distributed_by) {
        (None, None) => return None,
        (None, Some(_)) | (Some(_), None) => {
            let what = "foreign key between a distributed table and one that is in one place";
            return Some((what, "leave it out, or distribute both"));
        }
        (Some(own), Some(its)) => (own, its),
    };
    if !table.is_beside(target) {
        let what = "foreign key between tables whose distribution columns have different types";
        return Some((what, "leave it out, or distribute both by columns of one type"));
    }
    let mut pairs = key.columns.iter().zip(&key.referenced_columns);
    match pairs.any(|pair| pair == (own, its)) {
        true => None,
        false => Some((
            "foreign key that does not tie the distribution columns of both tables to each other",
            "add them to it, or leave it out",
        )),
    }
}

/// What a reference must not do with the column that says where a row is.
fn acts_on_key(key: &ForeignKey) -> Option<(&'static str, &'static str)> {
    let sets = |it| matches!(it, Action::SetNull | Action::SetDefault);
    let changes = sets(key.on_delete) || sets(key.on_update) || key.on_update == Action::Cascade;
    changes.then_some((
        "foreign key that changes a distribution column",
        "leave out `ON UPDATE`, and let `ON DELETE` be `CASCADE`, `RESTRICT` or nothing",
    ))
}
