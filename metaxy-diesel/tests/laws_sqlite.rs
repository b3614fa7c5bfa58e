//! Laws that hold for any two schemas, with rows in a real database.

#![cfg(feature = "sqlite")]

use diesel::{QueryableByName, RunQueryDsl, dsl::sql_query, sql_types::Text};
use metaxy_core::config::Secret;
use metaxy_diesel::{
    Backend, Schema,
    backend::{Connection, Open, connect},
    change::{Change, Risk},
    diff::diff,
    hints::{Backfill, fill},
    plan::plan,
    schema::{
        Check, Column, DefaultValue, ForeignKey, Index, PrimaryKey, SqlType, Table, TableName,
        Unique,
    },
};
use proptest::prelude::*;
use std::collections::BTreeSet;

const ROWS: usize = 3;

prop_compose! {
    fn column(name: &'static str)(
        sql_type in prop::sample::select(vec![SqlType::Integer, SqlType::BigInt, SqlType::Text, SqlType::Varchar(9)]),
        nullable in any::<bool>(),
        default in prop::option::of(prop_oneof![
            (0..9_i64).prop_map(DefaultValue::Int),
            Just(DefaultValue::Expression("1 + 1".to_owned())),
        ]),
    ) -> Column {
        // What a database shows of a default depends on the type.
        let default = default.map(|it| match (it, &sql_type) {
            (DefaultValue::Int(value), SqlType::Text | SqlType::Varchar(_)) => DefaultValue::Text(value.to_string()),
            (default, _) => default,
        });
        Column { nullable, default, ..Column::new(name, sql_type) }
    }
}

prop_compose! {
    fn table(name: &'static str)(
        others in prop::sample::subsequence(vec!["a", "b", "c"], 0..=3)
            .prop_flat_map(|names| names.into_iter().map(column).collect::<Vec<_>>())
            .prop_shuffle(),
        key in any::<bool>(),
        parts in prop::collection::vec(any::<bool>(), 5),
    ) -> Table {
        let id = Column::new("id", SqlType::Integer);
        let columns = [vec![id], others].concat();
        let last = columns[columns.len() - 1].name.clone();
        let both: Vec<String> = [vec!["id".to_owned()], columns.iter().skip(1).map(|it| it.name.clone()).take(1).collect()].concat();
        let mut table = Table::new(TableName::new(name), columns);
        let required = table.columns.iter().filter(|it| both.contains(&it.name)).all(|it| !it.nullable);
        let columns = if key && required { both.clone() } else { vec!["id".to_owned()] };
        table.primary_key = parts[0].then_some(PrimaryKey { name: None, columns });
        if parts[1] && both.len() > 1 {
            // SQLite takes one that is the primary key for no constraint of its own.
            let columns = both.iter().rev().cloned().collect();
            table.uniques.push(Unique::new("", columns));
        }
        if parts[2] {
            table.checks.push(Check { name: String::new(), expression: format!("{last} IS NULL OR {last} >= 0") });
        }
        if parts[3] {
            let index = Index::new(format!("{name}_{last}_idx"), vec![last], false);
            table.indexes.push(index);
        }
        if parts[4] {
            table.foreign_keys.push(ForeignKey {
                on_delete: metaxy_diesel::schema::Action::Cascade,
                ..ForeignKey::new("", vec!["id".to_owned()], TableName::new("parent"), vec!["id".to_owned()])
            });
        }
        table
    }
}

/// Tables that refer to one that is always there.
fn schema() -> impl Strategy<Value = Schema> {
    let parent = column("x").prop_map(|x| {
        let columns = vec![Column::new("id", SqlType::Integer), x];
        let mut table = Table::new(TableName::new("parent"), columns);
        table.primary_key = Some(PrimaryKey { name: None, columns: vec!["id".to_owned()] });
        table
    });
    let others = prop::sample::subsequence(vec!["t", "u"], 0..=2)
        .prop_flat_map(|names| names.into_iter().map(table).collect::<Vec<_>>());
    (parent, others).prop_map(|(parent, others)| others.into_iter().chain([parent]).collect())
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// The values of columns, row by row, in the order of the rows.
fn values(connection: &mut Connection, table: &TableName, columns: &[&str]) -> Vec<String> {
    let Connection::Sqlite(connection) = connection else { unreachable!("it is SQLite") };
    let columns: Vec<_> = columns.iter().map(|it| format!("quote({table}.\"{it}\")")).collect();
    let query =
        format!("SELECT {} AS line FROM {table} ORDER BY rowid", columns.join(" || ',' || "));
    let lines: Vec<Line> = sql_query(query).load(connection).expect("the columns are there");
    lines.into_iter().map(|it| it.line).collect()
}

fn run(connection: &mut Connection, sql: &str) {
    connection.execute_script(sql).unwrap_or_else(|error| panic!("{error}\n{sql}"));
}

/// The schema of the database, as one that was written; the order of columns is no difference.
fn found(connection: &mut Connection, names: &BTreeSet<TableName>) -> Schema {
    sorted(connection.inspect(names).expect("tables can be read"))
}

fn sorted(mut schema: Schema) -> Schema {
    for table in schema.tables.values_mut() {
        table.columns.sort_by(|one, other| one.name.cmp(&other.name));
    }
    schema
}

/// The columns that a table has before and after, with one type: nothing may happen to their values.
fn kept<'a>(a: &'a Schema, b: &Schema) -> Vec<(&'a TableName, Vec<&'a str>)> {
    let pairs = a.tables.values().filter_map(|table| {
        let other = b.tables.get(&table.name)?;
        let same = table.columns.iter().filter(|column| {
            other.columns.iter().any(|it| it.name == column.name && it.sql_type == column.sql_type)
        });
        Some((&table.name, same.map(|it| it.name.as_str()).collect()))
    });
    pairs.collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn migrations_lead_there_and_back(a in schema(), b in schema()) {
        let dialect = Backend::Sqlite.dialect();
        let names: BTreeSet<_> = a.tables.keys().chain(b.tables.keys()).cloned().collect();
        let connection = &mut connect(Backend::Sqlite, &Secret::new(":memory:"), Open::Create).expect("opens");
        let create = plan(&diff(&Schema::default(), &a, dialect).expect("differs"), dialect, &[]).expect("loses nothing");
        run(connection, &create.up_sql());
        prop_assert_eq!(found(connection, &names), sorted(dialect.normalise(&a)));

        let mut difference = diff(&a, &b, dialect).expect("nothing is ambiguous");
        let added = difference.changes.iter().filter_map(|change| match change {
            Change::AddColumn(it) => Some(format!("{}.{}=id", it.table, it.column.name)),
            _ => None,
        });
        let backfills: Vec<Backfill> = added.map(|it| it.parse().expect("it is well-formed")).collect();
        fill(&mut difference, &backfills);
        let losses: Vec<String> = difference.changes.iter().flat_map(Change::risks).filter(Risk::is_loss).map(|it| it.object()).collect();
        let plan = plan(&difference, dialect, &losses).expect("all losses are allowed");
        // Without a value for columns that come back, tables have to be empty.
        let reversible = !plan.steps.iter().flat_map(|it| &it.down_risks).any(|it| matches!(it, Risk::NeedsBackfill { .. }));
        let mut before = Vec::new();
        if reversible {
            for (name, table) in a.tables.iter().filter(|(name, _)| name.name == "parent").chain(a.tables.iter().filter(|(name, _)| name.name != "parent")) {
                for row in 1..=ROWS {
                    let values = vec![row.to_string(); table.columns.len()];
                    let columns: Vec<_> = table.columns.iter().map(|it| it.name.as_str()).collect();
                    run(connection, &format!("INSERT INTO {name} ({}) VALUES ({})", columns.join(", "), values.join(", ")));
                }
            }
            before = kept(&a, &b).into_iter().map(|(table, columns)| values(connection, table, &columns)).collect();
        }
        run(connection, "PRAGMA foreign_keys = OFF");
        run(connection, &plan.up_sql());
        prop_assert_eq!(found(connection, &names), sorted(dialect.normalise(&b)));
        let after = |connection: &mut Connection| -> Vec<Vec<String>> {
            kept(&a, &b).into_iter().map(|(table, columns)| values(connection, table, &columns)).collect()
        };
        if reversible {
            prop_assert_eq!(&after(connection), &before);
        }
        let again = diff(&found(connection, &names), &b, dialect).expect("compares");
        prop_assert_eq!(again.changes, vec![]);

        run(connection, &plan.down_sql());
        prop_assert_eq!(found(connection, &names), sorted(dialect.normalise(&a)));
        if reversible {
            prop_assert_eq!(&after(connection), &before);
        }
    }
}
