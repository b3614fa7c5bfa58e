//! Schemas as databases make them.

use crate::{on_every_database, support::TestDatabase};
use metaxy_diesel::{
    Backend, Schema, backend::Within, diff::diff, normal::normalise_in, plan::plan,
};
use std::collections::BTreeSet;

on_every_database!(what_a_database_rewrites_compares_equal, nothing_is_left_behind);

fn parse(text: &str) -> Schema {
    toml::from_str(text).expect("the test's schema is well-formed")
}

fn schema() -> Schema {
    parse(
        r#"
        [[tables]]
        name = "Größe \"x\""
        columns = [
            { name = "a", type = "integer" },
            { name = "b", type = "text", renamed_from = "c", default = { expression = "lower('X')" } },
            { name = "at", type = "timestamp", default = { expression = "CURRENT_TIMESTAMP" } },
        ]
        primary_key = { name = "x_pkey", columns = ["a"] }
        checks = [{ name = "x_check", expression = "a>0 AND b IN ('u', 'v')" }]
        foreign_keys = [{ name = "x_elsewhere_fkey", columns = ["a"], references = { name = "not in the schema" }, referenced_columns = ["id"] }]
        "#,
    )
}

fn what_a_database_rewrites_compares_equal(database: &TestDatabase) {
    let schema = schema();
    let mut connection = database.connect();
    let normal = normalise_in(&mut connection, &schema).expect("the database takes it");
    // Hints and references to what is not in the schema stay.
    let [table] = normal.tables.values().collect::<Vec<_>>()[..] else { panic!("one table") };
    assert_eq!(table.columns[1].renamed_from.as_deref(), Some("c"));
    assert_eq!(table.foreign_keys.len(), 1);
    assert_eq!(normalise_in(&mut connection, &normal).expect("it is taken again"), normal);

    let dialect = database.backend.dialect();
    let mut created = schema.clone();
    created.tables.values_mut().for_each(|it| it.foreign_keys.clear());
    let changes = diff(&Schema::default(), &created, dialect).expect("tables can be created");
    let sql = plan(&changes, dialect, &[]).expect("nothing is lost").up_sql();
    connection.run_script(&sql).expect("it runs");
    let found =
        connection.inspect_all(Within::Everything, &BTreeSet::new()).expect("tables can be read");
    let wanted = normalise_in(&mut connection, &created).expect("the database takes it");
    assert_eq!(diff(&found, &wanted, dialect).expect("compares").changes, []);
    if database.backend == Backend::Postgres {
        // By its text, the check differs.
        assert_ne!(diff(&found, &created, dialect).expect("compares").changes, []);
    }
}

fn nothing_is_left_behind(database: &TestDatabase) {
    let mut connection = database.connect();
    connection.run_script("CREATE TABLE mine (a TEXT)").expect("it runs");
    normalise_in(&mut connection, &schema()).expect("the database takes it");
    let broken = parse(
        r#"
        [[tables]]
        name = "mine"
        columns = [{ name = "a", type = "integer" }]
        checks = [{ name = "c", expression = "no_such_function(a, b)" }]
        "#,
    );
    let error = normalise_in(&mut connection, &broken).unwrap_err().to_string();
    assert!(error.starts_with("cannot create the tables in a scratch place"), "{error}");
    let found =
        connection.inspect_all(Within::Everything, &BTreeSet::new()).expect("tables can be read");
    assert_eq!(found.tables.keys().map(ToString::to_string).collect::<Vec<_>>(), ["mine"]);
}
