//! Renames: which of the hints in a schema are still to be done, and the schema with them done.

mod enums;
mod steps;

pub(crate) use steps::in_steps;

use self::steps::around;
use crate::{
    change::{RenameColumn, RenameEnum, RenameEnumValue, RenameTable},
    dialect::Dialect,
    diff::{DiffError, Problem},
    hints::Rename,
    schema::{Index, Schema, Table, TableName},
    tokens::{tokens, unquoted},
};
use std::collections::{BTreeMap, BTreeSet};

/// The renames that are to be done, in the order in which they can be.
pub(crate) struct Renames {
    pub(crate) tables: Vec<RenameTable>,
    pub(crate) columns: Vec<RenameColumn>,
    pub(crate) enums: Vec<RenameEnum>,
    pub(crate) enum_values: Vec<RenameEnumValue>,
    /// Values of columns, where types have no names: by table and column, former name and new name.
    pub(crate) values: BTreeMap<(TableName, String), Vec<(String, String)>>,
    /// The current schema, with them done.
    pub(crate) current: Schema,
    /// The namespaces that it was in.
    pub(crate) namespaces: BTreeSet<String>,
    /// Where nothing is renamed in place: the tables that are other ones before, by their new names.
    pub(crate) originals: BTreeMap<TableName, Table>,
}

impl Renames {
    /// Whether nothing is renamed.
    pub(crate) fn is_empty(&self) -> bool {
        let Self { tables, columns, enums, enum_values, values, .. } = self;
        tables.is_empty()
            && columns.is_empty()
            && enums.is_empty()
            && enum_values.is_empty()
            && values.is_empty()
    }
}

/// Finds the renames that `desired` hints at and `current` still lacks. `said` are those of the hints that a person said now.
///
/// # Errors
///
/// Where two say that they were renamed from the same one, and where nobody can tell whether it is done.
pub(crate) fn resolve(
    current: Schema,
    desired: &Schema,
    said: &[Rename],
    dialect: &Dialect,
) -> Result<Renames, DiffError> {
    let mut problems = Vec::new();
    let said: BTreeSet<String> = said.iter().map(Rename::to_string).collect();
    let names: BTreeSet<&TableName> = current.tables.keys().collect();
    let hints = desired.tables.values();
    let hints = hints.filter_map(|table| Some((&table.name, table.renamed_from.as_ref()?)));
    let place = Place {
        current: &names,
        flag: &|from: &&TableName, to| match from.schema == to.schema {
            true => format!("{from}:{}", to.name),
            false => format!("{from}:{to}"),
        },
        words: &ToString::to_string,
        said: &said,
    };
    let tables = place.active(hints, &mut problems);
    let former: BTreeMap<&TableName, &TableName> =
        tables.iter().map(|(from, to)| (*to, *from)).collect();
    let freed: BTreeSet<&TableName> = tables.iter().map(|(from, _)| *from).collect();

    let mut columns = Vec::new();
    for table in desired.tables.values() {
        let former = match former.get(&table.name) {
            Some(former) => former,
            // A new table by a name that a rename freed.
            None if freed.contains(&table.name) => continue,
            None => &table.name,
        };
        let Some(before) = current.tables.get(former) else { continue };
        let names = before.columns.iter().map(|it| it.name.as_str()).collect();
        let hints = table.columns.iter();
        let hints = hints
            .filter_map(|column| Some((column.name.as_str(), column.renamed_from.as_deref()?)));
        let place = Place {
            current: &names,
            flag: &|from, to| format!("{}.{from}:{to}", table.name),
            words: &|column| format!("{}.{column}", table.name),
            said: &said,
        };
        let renames = place.active(hints, &mut problems).into_iter().map(|(from, to)| {
            let table = table.name.clone();
            RenameColumn::new(table, from.to_owned(), to.to_owned())
        });
        columns.extend(renames);
    }
    if !problems.is_empty() {
        return Err(DiffError { problems });
    }
    let namespaces = current.namespaces();
    let tables: Vec<_> = tables
        .into_iter()
        .map(|(from, to)| RenameTable { from: from.clone(), to: to.clone() })
        .collect();
    // Tables that are built anew need no order.
    let steps = match dialect.rename {
        true => {
            let names = names.into_iter().chain(desired.tables.keys());
            around(in_steps(tables.clone(), dialect), names, dialect)
        }
        false => tables.clone(),
    };
    let was = (!dialect.rename).then(|| current.clone());
    let mut steps_of_columns =
        if dialect.rename { in_steps(columns.clone(), dialect) } else { columns.clone() };
    if !dialect.rename_in_expressions {
        steps_of_columns = with_expressions(steps_of_columns, &current, &tables, dialect);
    }
    let mut current = apply(current, &tables, &columns, dialect);
    let originals = was.map_or_else(BTreeMap::new, |was| originals(was, &current, &tables));
    let (tables, columns) = (steps, steps_of_columns);
    let enums = enums::rename(&mut current, desired);
    let problems = enums::ambiguous_values(&current, desired);
    if !problems.is_empty() {
        return Err(DiffError { problems });
    }
    let enum_values = enums::rename_values(&mut current, desired);
    let values = enums::column_values(&current, desired);
    Ok(Renames { tables, columns, enums, enum_values, values, current, namespaces, originals })
}

/// Each rename with what names the column in an expression, after the ones before it.
fn with_expressions(
    columns: Vec<RenameColumn>,
    current: &Schema,
    tables: &[RenameTable],
    dialect: &Dialect,
) -> Vec<RenameColumn> {
    let former: BTreeMap<_, _> = tables.iter().map(|it| (&it.to, &it.from)).collect();
    let mut renamed: BTreeMap<TableName, Table> = BTreeMap::new();
    let columns = columns.into_iter().map(|rename| {
        let former = former.get(&rename.table).copied().unwrap_or(&rename.table);
        let Some(before) = renamed.get(&rename.table).or_else(|| current.tables.get(former)) else {
            return rename;
        };
        let before = Table { name: rename.table.clone(), ..before.clone() };
        let schema = Schema::from_iter([before.clone()]);
        let schema = apply(schema, &[], std::slice::from_ref(&rename), dialect);
        let Some(after) = schema.tables.into_values().next() else { return rename };
        let rename = rename.with_expressions(&before, &after);
        renamed.insert(rename.table.clone(), after);
        rename
    });
    columns.collect()
}

/// The tables that are other ones before these renames, by their new names.
fn originals(
    mut was: Schema,
    renamed: &Schema,
    tables: &[RenameTable],
) -> BTreeMap<TableName, Table> {
    let former: BTreeMap<_, _> = tables.iter().map(|it| (&it.to, &it.from)).collect();
    let originals = renamed.tables.values().filter_map(|table| {
        let name = former.get(&table.name).copied().unwrap_or(&table.name);
        let original = was.tables.remove(name)?;
        (original != *table).then(|| (table.name.clone(), original))
    });
    originals.collect()
}

/// What renames are done in: all tables, or the columns of one.
struct Place<'a, K> {
    /// The names that are there.
    current: &'a BTreeSet<K>,
    /// A rename as a person says it.
    flag: &'a dyn Fn(&K, &K) -> String,
    /// A name in words.
    words: &'a dyn Fn(&K) -> String,
    /// The renames that a person said now.
    said: &'a BTreeSet<String>,
}

impl<K: Ord + Copy> Place<'_, K> {
    /// The hints (new name, old name) that are to be done, as (old name, new name): the old one is there, the new one is
    /// not, or is itself given up. Names that are exchanged look as before: only who says it now means that.
    fn active(
        &self,
        hints: impl Iterator<Item = (K, K)>,
        problems: &mut Vec<Problem>,
    ) -> Vec<(K, K)> {
        let mut by_former: BTreeMap<K, Vec<K>> = BTreeMap::new();
        let mut hinted: BTreeMap<K, K> = BTreeMap::new();
        let is_there = |it: &K| self.current.contains(it);
        for (new, former) in hints.filter(|(new, former)| new != former && is_there(former)) {
            by_former.entry(former).or_default().push(new);
            hinted.insert(new, former);
        }
        for (former, new) in &by_former {
            let open = new.iter().filter(|new| !is_there(new));
            let to: Vec<String> = open.map(self.words).collect();
            if to.len() > 1 {
                problems.push(Problem::AmbiguousRename { from: (self.words)(former), to });
            }
        }
        let (mut renames, mut seen) = (Vec::new(), BTreeSet::new());
        // What is new and what it was, what that is now and what that was, and so on.
        let chain = |new: K, seen: &mut BTreeSet<K>| {
            let (mut chain, mut next) = (Vec::new(), Some(new));
            while let Some(new) = next
                && let Some(former) = hinted.get(&new)
                && seen.insert(*former)
            {
                chain.push((*former, new));
                next = Some(*former);
            }
            chain
        };
        for new in hinted.keys().filter(|new| !is_there(new)) {
            renames.extend(chain(*new, &mut seen));
        }
        for new in hinted.keys().filter(|new| is_there(new)) {
            let chain = chain(*new, &mut seen);
            let is_circle = chain.last().is_some_and(|(former, _)| former == new);
            let flags: Vec<_> = chain.iter().map(|(from, to)| (self.flag)(from, to)).collect();
            match is_circle {
                true if flags.iter().all(|it| self.said.contains(it)) => renames.extend(chain),
                true => {
                    let names = chain.iter().map(|(_, new)| (self.words)(new)).collect();
                    problems.push(Problem::RenameCircle { names, flags });
                }
                false => {
                    let taken = chain.iter().zip(flags).filter(|(_, it)| self.said.contains(it));
                    problems.extend(
                        taken.map(|((_, to), flag)| Problem::NameTaken {
                            flag,
                            to: (self.words)(to),
                        }),
                    );
                }
            }
        }
        renames
    }
}

fn apply(
    current: Schema,
    tables: &[RenameTable],
    columns: &[RenameColumn],
    dialect: &Dialect,
) -> Schema {
    if tables.is_empty() && columns.is_empty() {
        return current;
    }
    let tables: BTreeMap<&TableName, &TableName> =
        tables.iter().map(|rename| (&rename.from, &rename.to)).collect();
    let mut by_table: BTreeMap<&TableName, BTreeMap<&str, &str>> = BTreeMap::new();
    for rename in columns {
        by_table.entry(&rename.table).or_default().insert(&rename.from, &rename.to);
    }
    let renamed_table = |name: &TableName| tables.get(name).map_or(name, |it| *it).clone();
    let renamed_column = |table: &TableName, column: &mut String| {
        if let Some(name) = by_table.get(table).and_then(|it| it.get(column.as_str())) {
            *column = (*name).to_owned();
        }
    };
    let tables = current.tables.into_values().map(|mut table| {
        table.name = renamed_table(&table.name);
        let name = table.name.clone();
        let own = |column: &mut String| renamed_column(&name, column);
        table.columns.iter_mut().for_each(|it| own(&mut it.name));
        table.primary_key.iter_mut().flat_map(|it| &mut it.columns).for_each(own);
        table.uniques.iter_mut().flat_map(|it| &mut it.columns).for_each(own);
        table.uniques.iter_mut().flat_map(|it| &mut it.include).for_each(own);
        table.indexes.iter_mut().flat_map(Index::columns_mut).for_each(own);
        table.distributed_by.iter_mut().for_each(own);
        for key in &mut table.foreign_keys {
            key.columns.iter_mut().for_each(own);
            key.references = renamed_table(&key.references);
            let target = key.references.clone();
            key.referenced_columns.iter_mut().for_each(|it| renamed_column(&target, it));
        }
        if let Some(names) = by_table.get(&name) {
            let checks = table.checks.iter_mut().map(|it| &mut it.expression);
            let indexes = table.indexes.iter_mut().flat_map(Index::expressions_mut);
            let generated = table.columns.iter_mut().filter_map(|it| it.generated.as_mut());
            let generated = generated.map(|it| &mut it.expression);
            for expression in checks.chain(indexes).chain(generated) {
                *expression = rename_in_expression(expression, names, dialect);
            }
        }
        table
    });
    tables.collect::<Schema>().with_enums(current.enums.into_values())
}

/// A condition as the database has it once columns are renamed: words and quoted names that are a column, outside of
/// text literals. A name is quoted where it was, or where it has to be.
fn rename_in_expression(
    expression: &str,
    names: &BTreeMap<&str, &str>,
    dialect: &Dialect,
) -> String {
    let quote = dialect.identifier_quote;
    let quoted =
        |name: &str| format!("{quote}{}{quote}", name.replace(quote, &format!("{quote}{quote}")));
    let is_plain = |name: &str| {
        name.chars().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '_')
    };
    let (mut renamed, mut rest) = (String::with_capacity(expression.len()), 0);
    for (at, token) in tokens(expression) {
        renamed.push_str(&expression[rest..at]);
        match names.get(&*unquoted(token, quote)) {
            None => renamed.push_str(token),
            Some(name) if is_plain(name) && !token.starts_with(quote) => renamed.push_str(name),
            Some(name) => renamed.push_str(&quoted(name)),
        }
        rest = at + token.len();
    }
    renamed.push_str(&expression[rest..]);
    renamed
}
