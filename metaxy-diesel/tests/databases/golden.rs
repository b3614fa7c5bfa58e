//! The golden cases, applied and reverted.

use crate::{
    cases::{Case, Expected, cases},
    on_every_database,
    support::TestDatabase,
};
use metaxy_diesel::{Backend, Schema, backend::Connection, diff::diff, drift::drift, plan::plan};
use std::collections::BTreeSet;

on_every_database!(cases_lead_to_their_schemas_and_back);

fn cases_lead_to_their_schemas_and_back(database: &TestDatabase) {
    let mut connection = database.connect();
    // A case that fails leaves tables: those after it are tried in another database.
    let mut others = Vec::new();
    let mut wrong = Vec::new();
    for case in cases() {
        if let Err(error) = check(&mut connection, &case) {
            wrong.push(format!("{}, {error}", case.path.display()));
            others.push(TestDatabase::new(database.backend));
            connection = others.last().expect("it was pushed").connect();
        }
    }
    drop(connection);
    assert!(wrong.is_empty(), "{} cases fail:\n{}", wrong.len(), wrong.join("\n"));
}

fn check(connection: &mut Connection, case: &Case) -> Result<(), String> {
    let backend = connection.backend();
    let dialect = backend.dialect();
    let Some(Expected::Migration { up, down }) = case.expected.get(&backend) else {
        return Ok(());
    };
    let (before, after) = (case.before(), case.after());
    let names: BTreeSet<_> = before.tables.keys().chain(after.tables.keys()).cloned().collect();
    let mut run = |what: &str, sql: &str, schema: &Schema| {
        connection.execute_script(sql).map_err(|error| format!("{what}: {error}"))?;
        let found = connection.inspect(&names).expect("tables can be read");
        let differences = drift(connection, schema).map_err(|error| format!("{what}: {error}"))?;
        match differences.is_empty() && found.tables.keys().eq(schema.tables.keys()) {
            true => Ok(()),
            false => Err(format!("{what}: {differences:#?}\n{found:#?}")),
        }
    };
    for namespace in names.iter().filter_map(|it| it.schema.as_ref()) {
        run("namespace", &format!("CREATE SCHEMA IF NOT EXISTS {namespace}"), &Schema::default())?;
    }
    let changes = diff(&Schema::default(), &before, dialect).expect("tables can be created");
    let create = plan(&changes, dialect, &[]).expect("creating loses nothing");
    run("before", &create.up_sql(), &before)?;
    // As `metaxy migration run` does where a table is built anew.
    let checks = |on: &str| match backend {
        Backend::Sqlite => format!("PRAGMA foreign_keys = {on}"),
        _ => String::new(),
    };
    run("foreign keys off", &checks("OFF"), &before)?;
    for round in ["first", "again"] {
        run(&format!("up, {round}"), up, &after)?;
        run(&format!("down, {round}"), down, &before)?;
    }
    run("foreign keys on", &checks("ON"), &before)?;
    run("end", &create.down_sql(), &Schema::default())
}
