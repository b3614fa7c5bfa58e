//! The golden cases, applied and reverted.

use crate::{
    cases::{Expected, cases},
    on_every_database,
    support::TestDatabase,
};
use metaxy_diesel::{Backend, Schema, diff::diff, drift::drift, plan::plan};
use std::collections::BTreeSet;

on_every_database!(cases_lead_to_their_schemas_and_back);

fn cases_lead_to_their_schemas_and_back(database: &TestDatabase) {
    let dialect = database.backend.dialect();
    let mut connection = database.connect();
    for case in cases() {
        let Some(Expected::Migration { up, down }) = case.expected.get(&database.backend) else {
            continue;
        };
        let (before, after) = (case.before(), case.after());
        let names: BTreeSet<_> = before.tables.keys().chain(after.tables.keys()).cloned().collect();
        let mut run = |what: &str, sql: &str, schema: &Schema| {
            let what = format!("{}, {what}", case.path.display());
            connection.execute_script(sql).unwrap_or_else(|error| panic!("{what}: {error}"));
            let found = connection.inspect(&names).expect("tables can be read");
            assert!(found.tables.keys().eq(schema.tables.keys()), "{what}: {:?}", found.tables);
            let differences = drift(&mut connection, schema).expect("schemas can be compared");
            assert!(differences.is_empty(), "{what}: {differences:#?}\n{found:#?}");
        };
        for namespace in names.iter().filter_map(|it| it.schema.as_ref()) {
            run("namespace", &format!("CREATE SCHEMA {namespace}"), &Schema::default());
        }
        let changes = diff(&Schema::default(), &before, dialect).expect("tables can be created");
        let create = plan(&changes, dialect, &[]).expect("creating loses nothing");
        run("before", &create.up_sql(), &before);
        // As `metaxy migration run` does where a table is built anew.
        let checks = |on: &str| match database.backend {
            Backend::Sqlite => format!("PRAGMA foreign_keys = {on}"),
            _ => String::new(),
        };
        run("foreign keys off", &checks("OFF"), &before);
        for round in ["first", "again"] {
            run(&format!("up, {round}"), up, &after);
            run(&format!("down, {round}"), down, &before);
        }
        run("foreign keys on", &checks("ON"), &before);
        run("end", &create.down_sql(), &Schema::default());
    }
}
