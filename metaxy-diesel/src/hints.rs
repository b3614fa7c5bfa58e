//! What a person says of a difference that the schemas do not: [`Rename`], [`Backfill`].

use crate::{
    change::Change,
    diff::Difference,
    enums::enum_of,
    schema::{Schema, Table, TableName},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    str::FromStr,
};

/// A table, a column or a value of an enumerated type has another name: `old:new`, `TABLE.old:new`, `TABLE.COLUMN.old:new`.
/// As `renamed_from` in the code, but said once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rename {
    /// `table`, `table.column` or `table.column.value`, tables and columns of what was renamed by their new names.
    pub from: String,
    /// The new name, of the table, the column or the value alone; of a table that moves to another namespace with that.
    pub to: String,
}

/// The value that rows get which are there already: `TABLE.column=EXPRESSION`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backfill {
    /// `table.column`.
    pub object: String,
    /// The value, as SQL; columns of the row may stand in it.
    pub expression: String,
}

/// A hint is malformed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not of the form `{1}`")]
pub struct ParseHintError(String, &'static str);

impl FromStr for Rename {
    type Err = ParseHintError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.rsplit_once(':') {
            Some((from, to)) if !from.is_empty() && !to.is_empty() => {
                Ok(Self { from: from.to_owned(), to: to.to_owned() })
            }
            _ => Err(ParseHintError(text.to_owned(), "TABLE.OLD:NEW` or `OLD:NEW")),
        }
    }
}

impl FromStr for Backfill {
    type Err = ParseHintError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('=') {
            Some((object, expression)) if object.contains('.') && !expression.trim().is_empty() => {
                Ok(Self { object: object.to_owned(), expression: expression.trim().to_owned() })
            }
            _ => Err(ParseHintError(text.to_owned(), "TABLE.COLUMN=EXPRESSION")),
        }
    }
}

impl Rename {
    /// The flag that says it, as a shell takes it.
    pub fn flag(&self) -> String {
        format!("--rename '{self}'")
    }
}

impl fmt::Display for Rename {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.from, self.to)
    }
}

/// The schema with these renames as its own. One that names nothing in it is for another environment.
pub fn with_renames(desired: &Schema, renames: &[Rename]) -> Schema {
    let mut schema = desired.clone();
    for Rename { from, to } in renames {
        let table = |name: &str| match from.rsplit_once('.') {
            // A table that names its namespace is renamed within it.
            Some((namespace, _))
                if schema.tables.keys().any(|it| it.schema.as_deref() == Some(namespace)) =>
            {
                TableName { schema: Some(namespace.to_owned()), name: name.to_owned() }
            }
            _ => TableName::new(name),
        };
        let (new, old) = (table(to), from.rsplit('.').next().unwrap_or(from));
        let former = TableName { schema: new.schema.clone(), name: old.to_owned() };
        if former.to_string() == *from
            && let Some(table) = schema.tables.get_mut(&new)
        {
            table.renamed_from = Some(former);
            continue;
        }
        if let Some((table, former)) = moved(&mut schema, from, to) {
            table.renamed_from = Some(former);
            continue;
        }
        for table in schema.tables.values_mut() {
            let name = table.name.to_string();
            let Some(old) = from.strip_prefix(&name).and_then(|it| it.strip_prefix('.')) else {
                continue;
            };
            for column in &mut table.columns {
                let value = old.strip_prefix(&column.name).and_then(|it| it.strip_prefix('.'));
                let of = enum_of(&column.sql_type).and_then(|it| schema.enums.get_mut(it));
                if let (Some(value), Some(of)) = (value, of.filter(|it| it.values.contains(to))) {
                    of.renamed_values.insert(to.clone(), value.to_owned());
                } else if column.name == *to {
                    column.renamed_from = Some(old.to_owned());
                }
            }
        }
    }
    schema
}

/// The table that `to` names with its namespace, and the name that it had in another one.
fn moved<'a>(schema: &'a mut Schema, from: &str, to: &str) -> Option<(&'a mut Table, TableName)> {
    let is_column = |table: &Table| {
        let column = from.strip_prefix(&table.name.to_string()).and_then(|it| it.strip_prefix('.'));
        column.is_some() && table.columns.iter().any(|it| it.name == to)
    };
    if schema.tables.values().any(is_column) {
        return None;
    }
    let former = match from.rsplit_once('.') {
        Some((namespace, name)) => {
            TableName { schema: Some(namespace.to_owned()), name: name.to_owned() }
        }
        None => TableName::new(from),
    };
    let mut tables = schema.tables.values_mut();
    let table = tables.find(|it| it.name.to_string() == to && it.name.schema != former.schema)?;
    Some((table, former))
}

/// The schema with its tables and types renamed from those of another prefix or namespace, where `current` has these and not
/// yet its own: the store or the feature says where they are, and what they are called otherwise tells that they are the same.
pub(crate) fn with_moves(
    mut desired: Schema,
    current: &Schema,
    former: &str,
    prefix: &str,
) -> Schema {
    // A feature that was renamed at the same time has its former key under the former prefix.
    let before = |name: &TableName, hint: Option<TableName>, open: &BTreeSet<&TableName>| {
        let moved = |it: &TableName| {
            let name = format!("{former}{}", it.name.strip_prefix(prefix)?);
            let same = TableName { name: name.clone(), ..it.clone() };
            let mut elsewhere = open.iter().filter(|it| it.name == name);
            match (open.contains(&same), elsewhere.next(), elsewhere.next()) {
                (true, ..) => Some(same),
                (false, Some(only), None) => Some((*only).clone()),
                _ => None,
            }
        };
        hint.as_ref().and_then(moved).or_else(|| moved(name)).or(hint)
    };
    fn gone<'a, T, U>(
        current: &'a BTreeMap<TableName, T>,
        desired: &BTreeMap<TableName, U>,
    ) -> BTreeSet<&'a TableName> {
        current.keys().filter(|it| !desired.contains_key(it)).collect()
    }
    let open = gone(&current.tables, &desired.tables);
    for table in desired.tables.values_mut().filter(|it| !current.tables.contains_key(&it.name)) {
        table.renamed_from = before(&table.name, table.renamed_from.take(), &open);
    }
    let open = gone(&current.enums, &desired.enums);
    for of in desired.enums.values_mut().filter(|it| !current.enums.contains_key(&it.name)) {
        of.renamed_from = before(&of.name, of.renamed_from.take(), &open);
    }
    desired
}

/// Puts the values into the changes that need them.
pub fn fill(difference: &mut Difference, backfills: &[Backfill]) {
    if backfills.is_empty() {
        return;
    }
    let given = |table: &TableName, column: &str| {
        let object = format!("{table}.{column}");
        let found = backfills.iter().rev().find(|it| it.object == object);
        found.map(|it| it.expression.clone())
    };
    for change in &mut difference.changes {
        match change {
            Change::AlterEnum(it) => {
                backfills.iter().for_each(|given| it.note_use(&given.expression));
            }
            Change::AddColumn(it) if it.needs_backfill() => {
                it.backfill = given(&it.table, &it.column.name);
            }
            Change::AlterColumn(it) if it.forbids_null() => {
                it.backfill = given(&it.table, &it.to.name);
            }
            Change::StopGenerating(it) if it.forbids_null() => {
                it.backfill = given(&it.table, &it.to.name);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_are_read() {
        let rename: Rename = "clip.path:file".parse().expect("it is well-formed");
        assert_eq!((rename.from.as_str(), rename.to.as_str()), ("clip.path", "file"));
        let backfill: Backfill = "clip.path='a=b'".parse().expect("it is well-formed");
        assert_eq!(backfill.expression, "'a=b'");
        for text in ["clip", ":new", "old:"] {
            assert!(text.parse::<Rename>().is_err(), "{text}");
        }
        for text in ["clip=1", "clip.path", "clip.path= "] {
            assert!(text.parse::<Backfill>().is_err(), "{text}");
        }
    }
}
