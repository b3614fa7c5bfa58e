//! Rows that fit a schema, and what a migration leaves of them.

use crate::{
    edit::{enums, generated},
    forms::{Forms, forms},
    lines::lines,
    values::{fits, literal, shared, stays_distinct},
};
use metaxy_diesel::{
    Dialect, Schema,
    backend::Connection,
    change::Change,
    diff::Difference,
    schema::{Column, ForeignKey, IndexKey, SqlType, Table, TableName},
};
use std::collections::{BTreeMap, BTreeSet};

/// How many rows a table has. The last has NULL wherever that is allowed.
pub const ROWS: usize = 3;

/// Both schemas as they are compared, with the values of enumerated types in the columns.
pub struct Sides {
    /// By the names that all has before the migration.
    was: Schema,
    /// The same, by the names that all will have.
    pub before: Schema,
    pub after: Schema,
    /// The tables that were renamed: their names then and before.
    former: BTreeMap<TableName, TableName>,
}

impl Sides {
    pub fn new(a: &Schema, difference: &Difference, dialect: &Dialect) -> Self {
        let mut before = enums::written_out(&difference.before);
        let mut former = BTreeMap::new();
        for change in &difference.changes {
            match change {
                // Some go by way of other names.
                Change::RenameTable(it) => {
                    let first = former.remove(&it.from).unwrap_or_else(|| it.from.clone());
                    former.insert(it.to.clone(), first);
                }
                Change::AlterColumn(it) => {
                    let table = before.tables.get_mut(&it.table).expect("it is altered");
                    let mut columns = table.columns.iter_mut();
                    if let Some(column) = columns.find(|column| column.name == it.to.name)
                        && let SqlType::Values(values) = &mut column.sql_type
                    {
                        for value in values {
                            let new = it.renamed_values.iter().find(|(old, _)| old == value);
                            new.into_iter().for_each(|(_, new)| value.clone_from(new));
                        }
                    }
                }
                _ => {}
            }
        }
        let was = enums::written_out(&dialect.normalise(a));
        Self { was, before, after: enums::written_out(&difference.after), former }
    }

    /// A type of the values that a column has before and after: those that rows can be given.
    pub fn shared(&self, table: &TableName, name: &str) -> Option<SqlType> {
        let find =
            |schema: &Schema| Some(column(schema.tables.get(table)?, name)?.sql_type.clone());
        Some(match (find(&self.before), find(&self.after)?) {
            (Some(SqlType::Values(before)), SqlType::Values(after)) => {
                let both = shared(&after, &before).into_iter().map(|at| after[at].clone());
                let both: Vec<String> = both.collect();
                SqlType::Values(if both.is_empty() { after } else { both })
            }
            (_, after) => after,
        })
    }
}

/// A table with rows.
pub struct Filled<'a> {
    /// By the names that it has before the migration.
    pub was: &'a Table,
    /// The same, by the names that it will have.
    before: &'a Table,
    /// What becomes of it; `None`: it is dropped.
    pub after: Option<&'a Table>,
    /// Where NULL may stand: all columns that may be NULL and that nothing refers to.
    nulls: BTreeSet<&'a str>,
    /// Where it stands in all rows: these would refer to rows of their own table.
    apart: BTreeSet<&'a str>,
}

/// The tables that can have rows, parents first: those whose rows meet all constraints, after the migration and on the
/// way back.
pub fn filled<'a>(sides: &'a Sides, dialect: &Dialect, forms: &Forms) -> Vec<Filled<'a>> {
    let Sides { was, before, after, former } = sides;
    let nulls: BTreeMap<&TableName, BTreeSet<&str>> = nulls(sides);
    let apart = |name: &TableName| match forms.rows_refer_to_their_table {
        true => Some(BTreeSet::new()),
        false => apart(&before.tables[name], after.tables.get(name), &nulls[name]),
    };
    let can_be = before.tables.keys().filter(|it| apart(it).is_some());
    let fill = |name: TableName| Filled {
        was: &was.tables[former.get(&name).unwrap_or(&name)],
        before: &before.tables[&name],
        after: after.tables.get(&name),
        apart: apart(&name).unwrap_or_default(),
        nulls: nulls[&name].clone(),
    };
    names(can_be.cloned().collect(), sides, dialect).into_iter().map(fill).collect()
}

/// The columns of each table that may be NULL and that nothing refers to.
fn nulls(sides: &Sides) -> BTreeMap<&TableName, BTreeSet<&str>> {
    let tables = sides.before.tables.values();
    let foreign_keys = tables.clone().chain(sides.after.tables.values());
    let foreign_keys = foreign_keys.flat_map(|it| &it.foreign_keys);
    let referred: BTreeSet<_> = foreign_keys
        .flat_map(|key| key.referenced_columns.iter().map(|it| (&key.references, it.as_str())))
        .collect();
    let nulls = tables.map(|table| {
        let nullable = table.columns.iter().filter(|it| it.nullable).map(|it| it.name.as_str());
        (&table.name, nullable.filter(|it| !referred.contains(&(&table.name, *it))).collect())
    });
    nulls.collect()
}

/// The columns by which rows would refer to rows of their own table, unless these are NULL; `None`: some cannot be.
fn apart<'a>(
    before: &Table,
    after: Option<&Table>,
    nulls: &BTreeSet<&'a str>,
) -> Option<BTreeSet<&'a str>> {
    let stays = |name: &str| {
        let is_free = |it: &Column| it.nullable && it.generated.is_none();
        column(before, name).is_some_and(is_free)
            && after.and_then(|it| column(it, name)).is_none_or(is_free)
    };
    let is_new = |name: &str| {
        let after = after.and_then(|it| column(it, name));
        column(before, name).is_none()
            && after.is_some_and(|it| it.nullable && it.default.is_none())
    };
    let mut apart = BTreeSet::new();
    let tables = after.into_iter().chain([before]);
    for key in tables.flat_map(|it| it.foreign_keys.iter().filter(|key| key.references == it.name))
    {
        let mut own = key.columns.iter();
        match nulls.iter().find(|it| key.columns.iter().any(|own| own == *it) && stays(it)) {
            Some(column) => _ = apart.insert(*column),
            None if own.any(|it| is_new(it)) => {}
            None => return None,
        }
    }
    Some(apart)
}

/// Those of these tables that can have rows.
fn names(mut all: Vec<TableName>, sides: &Sides, dialect: &Dialect) -> Vec<TableName> {
    let (before, after) = (&sides.before.tables, &sides.after.tables);
    loop {
        let filled: BTreeSet<&TableName> = all.iter().collect();
        let holds = |name: &TableName| match after.get(name) {
            None => true,
            Some(next) => {
                let table = &before[name];
                !keeps_computed_null(next, table)
                    && keeps_constraints(table, next, sides, dialect, &filled)
                    && keeps_constraints(next, table, sides, dialect, &filled)
            }
        };
        let still: Vec<&TableName> = filled.iter().copied().filter(|it| holds(it)).collect();
        let ordered = parents_first(&still, before);
        if ordered == all {
            return all;
        }
        all = ordered;
    }
}

/// In the order of their foreign keys, without those that refer to others in a circle.
fn parents_first(names: &[&TableName], tables: &BTreeMap<TableName, Table>) -> Vec<TableName> {
    let mut ordered: Vec<TableName> = Vec::new();
    loop {
        let next = names.iter().find(|name| {
            let mut keys = tables[**name].foreign_keys.iter();
            !ordered.contains(name)
                && keys.all(|it| it.references == ***name || ordered.contains(&it.references))
        });
        match next {
            Some(name) => ordered.push((*name).clone()),
            None => return ordered,
        }
    }
}

/// Whether what is computed, and may be NULL, has to be a value on the way back, where nobody gives one.
fn keeps_computed_null(from: &Table, to: &Table) -> bool {
    to.columns
        .iter()
        .filter(|it| it.generated.is_none() && !it.nullable)
        .any(|it| column(from, &it.name).is_some_and(|it| it.generated.is_some() && it.nullable))
}

/// Whether rows of one form of a table meet the constraints of another.
fn keeps_constraints(
    from: &Table,
    to: &Table,
    sides: &Sides,
    dialect: &Dialect,
    filled: &BTreeSet<&TableName>,
) -> bool {
    let kept = |name: &str| Some((&column(from, name)?.sql_type, &column(to, name)?.sql_type));
    let converted = to.columns.iter().filter_map(|it| kept(&it.name));
    if !converted.into_iter().all(|(was, is)| fits(was, is)) {
        return false;
    }
    // What is computed is as distinct as what it is computed from.
    let source = |name: &str| {
        let column = column(to, name)?;
        generated::base(column, to, dialect).or(Some(column))
    };
    let is_new_source = |name: &str| {
        let was = column(from, name).and_then(|it| generated::base(it, from, dialect));
        was.is_some_and(|it| column(to, &it.name).is_none())
    };
    let distinct = |name: &String| {
        !is_new_source(name)
            && source(name).is_some_and(|it| match kept(&it.name) {
                Some((was, is)) => stays_distinct(was, is),
                None => it.identity.is_some(),
            })
    };
    // A new column that is NULL everywhere is no obstacle, but to a primary key.
    let all_null = |name: &String| {
        let new = source(name).filter(|it| column(from, &it.name).is_none());
        new.is_some_and(|it| it.nullable && it.default.is_none() && it.identity.is_none())
    };
    let uniques = to.uniques.iter().map(|it| (it.columns.clone(), it.nulls_not_distinct));
    let indexes = to.indexes.iter().filter(|it| it.unique).map(|it| {
        let columns = it.keys.iter().filter_map(IndexKey::column).map(str::to_owned);
        (columns.collect::<Vec<_>>(), it.nulls_not_distinct)
    });
    let mut primary = to.primary_key.iter();
    let mut foreign = to.foreign_keys.iter();
    primary.all(|it| it.columns.iter().any(distinct))
        && uniques.chain(indexes).all(|(columns, same_nulls)| {
            columns.iter().any(|it| distinct(it) || !same_nulls && all_null(it))
        })
        && foreign.all(|key| {
            key.columns.iter().any(all_null)
                || filled.contains(&key.references) && refers_to_rows(key, from, to, sides)
        })
}

/// Whether the columns of a foreign key, here and there, are kept as they are.
fn refers_to_rows(key: &ForeignKey, from: &Table, to: &Table, sides: &Sides) -> bool {
    let same = |from: &Table, to: &Table, name: &String| {
        let types = column(from, name).zip(column(to, name));
        types.is_some_and(|(from, to)| {
            let same = from.sql_type == to.sql_type || are_values(from, to);
            same && from.generated.is_none() && to.generated.is_none()
        })
    };
    let target = |it: &'static str| match it {
        "before" => sides.before.tables.get(&key.references),
        _ => sides.after.tables.get(&key.references),
    };
    let Some((before, after)) = target("before").zip(target("after")) else { return false };
    key.columns.iter().all(|it| same(from, to, it))
        && key.referenced_columns.iter().all(|it| same(before, after, it))
}

/// Whether both columns are of enumerated types.
pub fn are_values(one: &Column, other: &Column) -> bool {
    matches!((&one.sql_type, &other.sql_type), (SqlType::Values(_), SqlType::Values(_)))
}

fn column<'a>(table: &'a Table, name: &str) -> Option<&'a Column> {
    table.columns.iter().find(|it| it.name == name)
}

impl<'a> Filled<'a> {
    /// The rows, as a script.
    pub fn insert(&self, dialect: &Dialect, forms: &Forms) -> String {
        let quote = |name: &str| dialect.quote_identifier(name).expect("the names are short");
        let columns = self.was.columns.iter().filter(|it| it.generated.is_none());
        let columns: Vec<_> = columns.map(|it| quote(&it.name)).collect();
        let (table, columns) = (quoted(dialect, &self.was.name), columns.join(", "));
        let insert = |row| {
            let own = self.was.columns.iter().zip(&self.before.columns);
            let own = own.filter(|(_, it)| it.generated.is_none());
            let value = |(was, it): (&Column, &Column)| {
                let name = it.name.as_str();
                match row == ROWS && self.nulls.contains(name) || self.apart.contains(name) {
                    true => "NULL".to_owned(),
                    false => literal(forms, &self.kept_values(was, it), row),
                }
            };
            let values: Vec<_> = own.map(value).collect();
            // `GENERATED ALWAYS AS IDENTITY`: nobody else numbers the rows.
            let overriding =
                if dialect.columns.identity.serial { " OVERRIDING SYSTEM VALUE" } else { "" };
            let values = values.join(", ");
            format!("INSERT INTO {table} ({columns}){overriding} VALUES ({values});\n")
        };
        (1..=ROWS).map(insert).collect()
    }

    /// The type of a column, but for values that it will not have.
    fn kept_values(&self, was: &Column, before: &Column) -> SqlType {
        let after = self.after.and_then(|it| column(it, &before.name)).map(|it| &it.sql_type);
        match (&was.sql_type, &before.sql_type, after) {
            (SqlType::Values(was), SqlType::Values(before), Some(SqlType::Values(after))) => {
                SqlType::Values(shared(before, after).iter().map(|at| was[*at].clone()).collect())
            }
            (sql_type, ..) => sql_type.clone(),
        }
    }

    /// The values of a column that will have another name: that and the new one.
    fn renamed_values(&self, was: &Column) -> Vec<(String, String)> {
        let mut pairs = self.was.columns.iter().zip(&self.before.columns);
        let before = pairs.find(|(own, _)| own.name == was.name).map(|(_, it)| &it.sql_type);
        match (&was.sql_type, before) {
            (SqlType::Values(was), Some(SqlType::Values(before))) => {
                let pairs = was.iter().cloned().zip(before.iter().cloned());
                pairs.filter(|(was, is)| was != is).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The values before, by the names that they will have, a line per row.
    pub fn values_before(&self, connection: &mut Connection, columns: &[&Column]) -> Vec<String> {
        let columns: Vec<_> = columns.iter().map(|it| (*it, self.renamed_values(it))).collect();
        values(connection, &self.was.name, &columns)
    }

    /// The columns that `keeps` says of that they keep their values, by their names before and after.
    pub fn kept(&self, keeps: impl Fn(&Column, &Column) -> bool) -> Vec<(&'a Column, &'a Column)> {
        let Some(after) = self.after else { return Vec::new() };
        let pairs = self.was.columns.iter().zip(&self.before.columns);
        let kept = pairs.filter_map(|(was, before)| Some((was, column(after, &before.name)?)));
        kept.filter(|(was, is)| keeps(was, is)).collect()
    }
}

fn dialect_text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn quoted(dialect: &Dialect, table: &TableName) -> String {
    dialect.quote_table(table).expect("the names are short")
}

/// The values of columns, with what some of them will be called, a line per row.
pub fn values(
    connection: &mut Connection,
    table: &TableName,
    columns: &[(&Column, Vec<(String, String)>)],
) -> Vec<String> {
    let (dialect, forms) = (connection.backend().dialect(), forms(connection.backend()));
    let quote = |name: &str| dialect.quote_identifier(name).expect("the names are short");
    let shown = columns.iter().map(|(column, renames)| {
        let name = quote(&column.name);
        let text = (forms.shown)(&name, &column.sql_type);
        let cases: String = renames
            .iter()
            .map(|(old, new)| {
                let is = format!("{name} = {}", dialect_text(old));
                format!("WHEN {is} THEN {} ", (forms.shown_text)(&dialect_text(new)))
            })
            .collect();
        let text = if cases.is_empty() { text } else { format!("CASE {cases}ELSE {text} END") };
        format!("coalesce({text}, 'NULL')")
    });
    let shown: Vec<String> = shown.collect();
    let order = forms.row_order.map(|it| format!(" ORDER BY {it}"));
    let table = quoted(dialect, table);
    let shown = [vec!["''".to_owned()], shown].concat().join(", ");
    let query = format!(
        "SELECT concat_ws('|', '', {shown}) AS line FROM {table}{}",
        order.as_deref().unwrap_or_default()
    );
    let mut lines = lines(connection, &query).unwrap_or_else(|error| panic!("{error}\n{query}"));
    if order.is_none() {
        lines.sort();
    }
    lines
}
