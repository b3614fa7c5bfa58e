use crate::{
    apply::Direction,
    lint::{
        Found, Group, Lint,
        act::{Act, Constraint},
        script::Script,
    },
    schema::IndexKey,
};
use metaxy_core::config::LintLevel;
use std::collections::BTreeMap;

/// A foreign key without an index.
pub(crate) static LINT: Lint = Lint {
    code: "MX601",
    group: Group::Conventions,
    level: LintLevel::Warn,
    title: "has a foreign key without an index on its columns",
    why: "Whenever a row over there is deleted or its key changes, the whole table is searched.",
    mend: "Add an index that begins with these columns: `#[metaxy(index)]`.",
    check,
};

/// Looks for the index in the script, and in the tables as the history leaves them.
fn check(script: &Script<'_>) -> Vec<Found> {
    // These databases make the index themselves.
    if script.dialect.foreign_key_indexes || script.direction == Direction::Down {
        return Vec::new();
    }
    let begins = |key: &[String], columns: &[String]| {
        key.len() >= columns.len() && key[..columns.len()].iter().all(|it| columns.contains(it))
    };
    let in_script = |table: &str, columns: &[String]| {
        script.acts_on(table).any(|act| match act {
            Act::CreateIndex { columns: key, .. }
            | Act::Constrain { constraint: Constraint::Unique { columns: key, .. }, .. } => {
                begins(key, columns)
            }
            _ => false,
        })
    };
    let tables = script.schema.iter().flat_map(|it| it.tables.values());
    let tables: BTreeMap<_, _> = tables.map(|it| (it.name.to_string(), it)).collect();
    let in_schema = |name: &str, columns: &[String]| {
        let Some(table) = tables.get(name) else { return false };
        let keys = table.primary_key.iter().map(|it| &it.columns);
        let mut keys = keys.chain(table.uniques.iter().map(|it| &it.columns));
        let whole = table.indexes.iter().filter(|it| it.predicate.is_none());
        let mut indexes = whole.map(|index| -> Vec<String> {
            index.keys.iter().map_while(IndexKey::column).map(str::to_owned).collect()
        });
        keys.any(|key| begins(key, columns)) || indexes.any(|key| begins(&key, columns))
    };
    let mut found = Vec::new();
    for statement in &script.statements {
        for act in &statement.acts {
            if let Act::Constrain { table, constraint: Constraint::ForeignKey { columns, .. } } =
                act
                && !in_script(table, columns)
                && !in_schema(script.last_name(table), columns)
            {
                let table = script.last_name(table);
                let object = format!("{table} ({})", columns.join(", "));
                found.push(Found { line: Some(statement.first_line), object });
            }
        }
    }
    found
}
