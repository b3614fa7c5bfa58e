//! The laws of a migration from one schema to another, in a database.

use crate::{
    forms::{Forms, forms},
    lines::lines,
    pair::Pair,
    rows::{Filled, ROWS, Sides, are_values, filled, values},
    values::literal,
};
use metaxy_diesel::{
    Backend, Schema,
    backend::Connection,
    change::{Change, ChangeKind, Risk},
    diff::{Difference, diff},
    drift::compare,
    hints::{Backfill, fill},
    normal::normalise_in,
    plan::{Plan, plan},
    schema::{Column, DefaultValue, SqlType, Table, TableName},
};
use std::collections::BTreeSet;

/// Says what does not hold; the kinds of change that occurred, where all does. The database is empty before and after.
pub fn check(connection: &mut Connection, pair: &Pair) -> Result<Vec<ChangeKind>, String> {
    let dialect = connection.backend().dialect();
    let (a, b) = (&pair.a, &pair.b);
    let mut database =
        Database { connection, names: a.tables.keys().chain(b.tables.keys()).cloned().collect() };
    for schema in [a, b] {
        let same = diff(schema, schema, dialect).map_err(|it| it.to_string())?;
        expect(same.is_empty(), || format!("a schema differs from itself: {same:#?}"))?;
    }
    let (made_a, made_b) = (database.makes_of(a)?, database.makes_of(b)?);
    let create = plan_of(&Schema::default(), a, database.backend())?;
    database.run("create", &create.up_sql(), &made_a)?;

    let difference = difference(a, b, database.backend())?;
    let migration = plan_all(&difference, database.backend())?;
    let again = plan_of(&shuffled(a), &shuffled(b), database.backend())?;
    expect(again == migration, || "the order of parts changes the plan".to_owned())?;

    let sides = Sides::new(a, &difference, dialect);
    let filled = filled(&sides, dialect, database.forms());
    for table in &filled {
        let [begin, end] = database.forms().rows;
        let insert = table.insert(dialect, database.forms());
        database.script("rows", &format!("{begin}{insert}{end}"))?;
    }
    let same = |was: &Column, is: &Column| {
        let takes_nulls = is.nullable || !was.nullable;
        let same = was.sql_type == is.sql_type || are_values(was, is);
        same && takes_nulls && is.generated.is_none()
    };
    let lossless = |was: &Column, is: &Column| {
        if was.generated.is_some() || is.generated.is_some() {
            return false;
        }
        // What `is_lossless` claims.
        let narrows = Change::AlterColumn(metaxy_diesel::change::AlterColumn {
            table: TableName::new("t"),
            from: was.clone(),
            to: is.clone(),
            renamed_values: Vec::new(),
            backfill: None,
        });
        !narrows.risks().iter().any(Risk::is_loss) && (is.nullable || !was.nullable)
    };
    let before = database.values(&filled, same, Side::Before);
    let before_all = database.values(&filled, lossless, Side::Before);

    let [before_up, after_down] = database.forms().foreign_keys;
    database.script("foreign keys", before_up)?;
    database.run("up", &migration.up_sql(), &made_b)?;
    let after = database.values(&filled, same, Side::After);
    expect(before == after, || format!("rows were {before:?} and are {after:?}"))?;
    let again = diff(b, b, dialect).map_err(|it| it.to_string())?;
    expect(again.is_empty(), || format!("something is left to do: {again:#?}"))?;

    let down = with_values(&migration.down_sql(), &difference, database.forms());
    database.run("down", &down, &made_a)?;
    let after = database.values(&filled, lossless, Side::Before);
    expect(before_all == after, || format!("rows were {before_all:?}, and are {after:?} again"))?;
    database.script("foreign keys", after_down)?;
    database.run("drop", &create.down_sql(), &Schema::default())?;
    let left = database.leftovers()?;
    expect(left.is_empty(), || format!("something is left behind: {left:?}"))?;
    Ok(difference.changes.iter().map(Change::kind).collect())
}

fn expect(holds: bool, words: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(words()) }
}

fn plan_of(a: &Schema, b: &Schema, backend: Backend) -> Result<Plan, String> {
    plan_all(&difference(a, b, backend)?, backend)
}

/// With values for all rows that are there.
fn difference(a: &Schema, b: &Schema, backend: Backend) -> Result<Difference, String> {
    let mut difference = diff(a, b, backend.dialect()).map_err(|it| it.to_string())?;
    let (sides, forms) = (Sides::new(a, &difference, backend.dialect()), forms(backend));
    let needed = difference.changes.iter().filter_map(|change| {
        // What the last row would have: it is the one that has NULL. What is computed is near that.
        let (table, column, row) = match change {
            Change::AddColumn(it) => (&it.table, &it.column, ROWS),
            Change::AlterColumn(it) => (&it.table, &it.to, ROWS),
            Change::StopGenerating(it) => (&it.table, &it.to, 9),
            _ => return None,
        };
        let sql_type = sides.shared(table, &column.name)?;
        let expression = literal(forms, &sql_type, row);
        Some(Backfill { object: format!("{table}.{}", column.name), expression })
    });
    let needed: Vec<_> = needed.collect();
    fill(&mut difference, &needed);
    Ok(difference)
}

/// The plan, with all losses allowed.
fn plan_all(difference: &Difference, backend: Backend) -> Result<Plan, String> {
    let risks = difference.changes.iter().flat_map(Change::risks);
    let losses: Vec<_> = risks.filter(Risk::is_loss).map(|it| it.object()).collect();
    plan(difference, backend.dialect(), &losses).map_err(|it| it.to_string())
}

/// The same schema, its parts in another order.
fn shuffled(schema: &Schema) -> Schema {
    let mut schema = schema.clone();
    for table in schema.tables.values_mut() {
        table.uniques.reverse();
        table.foreign_keys.reverse();
        table.checks.reverse();
        table.indexes.reverse();
    }
    schema
}

/// `down.sql` as a user fills it in: with a value for the rows of each column that comes back.
fn with_values(down: &str, difference: &Difference, forms: &Forms) -> String {
    let mut down = down.to_owned();
    let Difference { before, after, .. } = difference;
    for table in before.tables.values() {
        for column in &table.columns {
            let place = format!("NULL /* metaxy:backfill {}.{} */", table.name, column.name);
            let sql_type = match &column.sql_type {
                // A type gets back the values that it lost once all columns are back.
                SqlType::Enum(name) => {
                    let mut values = before.enums[&**name].values.clone();
                    let there = after.enums.get(&**name);
                    values.retain(|it| there.is_none_or(|there| there.values.contains(it)));
                    SqlType::Values(values)
                }
                sql_type => sql_type.clone(),
            };
            if sql_type != SqlType::Values(Vec::new()) {
                down = down.replace(&place, &literal(forms, &sql_type, ROWS));
            }
        }
    }
    down
}

#[derive(Clone, Copy)]
enum Side {
    Before,
    After,
}

struct Database<'a> {
    connection: &'a mut Connection,
    /// All tables that there may be.
    names: BTreeSet<TableName>,
}

impl Database<'_> {
    fn backend(&self) -> Backend {
        self.connection.backend()
    }

    fn forms(&self) -> &'static Forms {
        forms(self.backend())
    }

    /// What is there that nobody gave a name to, or that should be gone.
    fn leftovers(&mut self) -> Result<Vec<String>, String> {
        let query = self.forms().leftovers;
        lines(self.connection, query).map_err(|it| it.to_string())
    }

    /// The schema as the database makes it. It is not asked where there is nothing that it could write another way.
    fn makes_of(&mut self, schema: &Schema) -> Result<Schema, String> {
        let is_text = |table: &Table| {
            let mut defaults = table.columns.iter().filter_map(|it| it.default.as_ref());
            let mut indexes = table.indexes.iter();
            !table.checks.is_empty()
                || table.columns.iter().any(|it| it.generated.is_some())
                || defaults.any(|it| matches!(it, DefaultValue::Expression(_)))
                || indexes.any(|it| {
                    it.predicate.is_some() || it.keys.iter().any(|key| key.column().is_none())
                })
        };
        match schema.tables.values().any(is_text) {
            true => normalise_in(self.connection, schema).map_err(|it| it.to_string()),
            false => Ok(self.backend().dialect().normalise(schema)),
        }
    }

    fn script(&mut self, what: &str, sql: &str) -> Result<(), String> {
        self.connection.execute_script(sql).map_err(|error| format!("{what}: {error}\n{sql}"))
    }

    /// Runs a script that leads to this schema.
    fn run(&mut self, what: &str, sql: &str, schema: &Schema) -> Result<(), String> {
        let [begin, end] = self.forms().transaction;
        self.script(what, &format!("{begin}{sql}{end}"))?;
        let found = self.connection.inspect(&self.names).map_err(|it| it.to_string())?;
        let differences = compare(found.clone(), schema.clone(), self.backend().dialect());
        let same = differences.is_empty() && found.tables.keys().eq(schema.tables.keys());
        expect(same, || format!("{what}: {differences:#?}\n{sql}\nmakes {found:#?}"))
    }

    /// The number of rows, and the values of the columns that `keeps` names.
    fn values(
        &mut self,
        filled: &[Filled<'_>],
        keeps: impl Fn(&Column, &Column) -> bool,
        side: Side,
    ) -> Vec<Vec<String>> {
        let read = filled.iter().filter_map(|it| {
            let columns = it.kept(&keeps).into_iter();
            Some(match side {
                Side::Before => {
                    it.after?;
                    it.values_before(self.connection, &columns.map(|it| it.0).collect::<Vec<_>>())
                }
                Side::After => values(
                    self.connection,
                    &it.after?.name,
                    &columns.map(|it| (it.1, Vec::new())).collect::<Vec<_>>(),
                ),
            })
        });
        read.collect()
    }
}
