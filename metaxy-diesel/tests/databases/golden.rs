//! The golden cases, applied and reverted.

use crate::{
    cases::{Case, Expected, Rows, cases},
    lines::lines,
    on_every_database,
    support::TestDatabase,
};
use metaxy_diesel::{
    Backend, Schema,
    backend::Connection,
    diff::diff,
    drift::compare,
    normal::normalise_in,
    plan::plan,
    schema::{Table, TableName},
};
use std::{collections::BTreeSet, fs, sync::Mutex, thread};

const THREADS: usize = 4;

on_every_database!(cases_lead_to_their_schemas_and_back);

fn cases_lead_to_their_schemas_and_back(database: &TestDatabase) {
    let (cases, wrong) = (cases(), Mutex::new(Vec::new()));
    // Most of the time is the server's.
    thread::scope(|scope| {
        for part in 0..THREADS {
            let (cases, wrong) = (&cases, &wrong);
            scope.spawn(move || {
                let mut place = TestDatabase::new(database.backend);
                let mut connection = quick(&place);
                // The test servers are no clusters: `citus.rs` has these.
                let cases = cases.iter().filter(|it| !is_distributed(it));
                for case in cases.skip(part).step_by(THREADS) {
                    if let Err(error) = check(&place, &mut connection, case) {
                        let words = format!("{}, {error}", case.path.display());
                        wrong.lock().expect("nothing panics with it").push(words);
                        // A case that fails leaves tables: those after it are tried in another database.
                        let next = TestDatabase::new(database.backend);
                        connection = quick(&next);
                        place = next;
                    }
                }
                drop(connection);
                drop(place);
            });
        }
    });
    let mut wrong = wrong.into_inner().expect("nothing panicked with it");
    wrong.sort();
    assert!(wrong.is_empty(), "{} cases fail:\n{}", wrong.len(), wrong.join("\n"));
}

/// A connection to a database of SQLite that need not outlive a power cut.
fn quick(database: &TestDatabase) -> Connection {
    let mut connection = database.connect();
    if database.backend == Backend::Sqlite {
        let sql = "PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY";
        connection.execute_script(sql).expect("these are settings of SQLite");
    }
    connection
}

/// Whether a case is about a cluster.
pub fn is_distributed(case: &Case) -> bool {
    let (before, after) = (case.before(), case.after());
    let mut tables = before.tables.values().chain(after.tables.values());
    tables.any(|it| it.distributed_by.is_some())
}

pub fn check(place: &TestDatabase, connection: &mut Connection, case: &Case) -> Result<(), String> {
    let backend = connection.backend();
    let dialect = backend.dialect();
    let Some(Expected::Migration { up, down }) = case.expected.get(&backend) else {
        return Ok(());
    };
    let (before, after) = (case.before(), case.after());
    let names = before.tables.keys().chain(after.tables.keys()).cloned().collect();
    let mut database = Database { place, connection, names };
    if backend == Backend::DuckDb {
        // What was left of a kill is read from its log, which is that of all cases until now otherwise.
        database.script("checkpoint", "CHECKPOINT")?;
    }
    let changes = diff(&Schema::default(), &before, dialect).expect("tables can be created");
    let create = plan(&changes, dialect, &[]).expect("creating loses nothing");
    let (before, after) = (database.makes_of(&before)?, database.makes_of(&after)?);
    database.run("before", &create.up_sql(), &before)?;
    // DuckDB inserts rows that refer to each other one by one only, and builds no table anew that has them.
    let to_itself = |it: &Table| it.foreign_keys.iter().any(|key| key.references == it.name);
    let none = Rows::default();
    let rows = match backend {
        Backend::DuckDb if case.before().tables.values().any(to_itself) => &none,
        _ => &case.rows,
    };
    for statement in &rows.insert {
        database.script("rows", &quoted(statement, backend))?;
    }
    // As `metaxy migration run` does where a table is built anew.
    let checks = |on: &str| match backend {
        Backend::Sqlite => format!("PRAGMA foreign_keys = {on}"),
        _ => String::new(),
    };
    database.script("foreign keys off", &checks("OFF"))?;
    let down = filled(down, &case.rows.fill);
    for round in ["first", "again"] {
        database.run(&format!("up, {round}"), up, &after)?;
        database.holds(&format!("up, {round}"), &rows.up)?;
        database.run(&format!("down, {round}"), &down, &before)?;
        database.holds(&format!("down, {round}"), &rows.down)?;
    }
    database.script("foreign keys on", &checks("ON"))?;
    database.run("end", &create.down_sql(), &Schema::default())?;
    match is_distributed(case) {
        // A cluster has namespaces of its own.
        true => Ok(()),
        false => database.leaves_no_namespace(),
    }
}

/// SQL whose names stand in double quotes, as this database quotes them.
fn quoted(sql: &str, backend: Backend) -> String {
    sql.replace('"', &backend.dialect().identifier_quote.to_string())
}

/// `down.sql` with the values of columns that come back, as a user writes them.
fn filled(down: &str, values: &[String]) -> String {
    values.iter().fold(down.to_owned(), |down, value| {
        let (column, value) = value.split_once('=').expect("it is `table.column=expression`");
        down.replace(&format!("NULL /* metaxy:backfill {column} */"), &format!("({value})"))
    })
}

struct Database<'a> {
    place: &'a TestDatabase,
    connection: &'a mut Connection,
    /// All tables that there may be.
    names: BTreeSet<TableName>,
}

impl Database<'_> {
    fn makes_of(&mut self, schema: &Schema) -> Result<Schema, String> {
        normalise_in(self.connection, schema).map_err(|error| error.to_string())
    }

    fn script(&mut self, what: &str, sql: &str) -> Result<(), String> {
        self.connection.execute_script(sql).map_err(|error| format!("{what}: {error}"))
    }

    /// Runs a script that leads to this schema.
    fn run(&mut self, what: &str, sql: &str, schema: &Schema) -> Result<(), String> {
        let dialect = self.connection.backend().dialect();
        // As `metaxy migration run` does. What DuckDB can do depends on what the transaction did before.
        match self.connection.backend() {
            Backend::DuckDb => self.script(what, &format!("BEGIN;\n{sql}\nCOMMIT;"))?,
            _ => self.script(what, sql)?,
        }
        let found = self.connection.inspect(&self.names).expect("tables can be read");
        if self.connection.backend() == Backend::DuckDb {
            let left = self.left_by_a_kill().map_err(|error| format!("{what}: {error}"))?;
            assert_eq!(left, found, "{what}");
        }
        let differences = compare(found.clone(), schema.clone(), dialect);
        match differences.is_empty() && found.tables.keys().eq(schema.tables.keys()) {
            true => Ok(()),
            false => Err(format!("{what}: {differences:#?}\n{found:#?}")),
        }
    }

    /// Migrations drop the namespaces that they made.
    fn leaves_no_namespace(&mut self) -> Result<(), String> {
        if self.connection.backend().dialect().namespaces.is_none() {
            return Ok(());
        }
        let query = "SELECT nspname::text AS line FROM pg_namespace
            WHERE nspname !~ '^pg_' AND nspname NOT IN ('public', 'information_schema')";
        match lines(self.connection, query).expect("namespaces can be read").as_slice() {
            [] => Ok(()),
            left => Err(format!("end: namespaces are left: {left:?}")),
        }
    }

    /// The tables as another process would find them if this one were killed: the file, and the log of what is not yet
    /// written to it.
    fn left_by_a_kill(&mut self) -> Result<Schema, String> {
        let directory = tempfile::tempdir().expect("a directory can be made");
        let files = fs::read_dir(self.place.directory()).expect("it can be read");
        for file in files.map(|it| it.expect("it can be read")) {
            let copy = directory.path().join(file.file_name());
            fs::copy(file.path(), copy).expect("it can be copied");
        }
        let copy = directory.path().join("test.duckdb");
        self.script("the copy", &format!("ATTACH '{}' AS copy; USE copy", copy.display()))?;
        let found = self.connection.inspect(&self.names).map_err(|error| error.to_string());
        self.script("the original", "USE test; DETACH copy")?;
        found
    }

    fn holds(&mut self, what: &str, conditions: &[String]) -> Result<(), String> {
        let backend = self.connection.backend();
        let mut fails = |condition: &&String| {
            let condition = quoted(condition, backend);
            let query = format!("SELECT CASE WHEN {condition} THEN 'yes' ELSE 'no' END AS line");
            !lines(self.connection, &query).is_ok_and(|it| it == ["yes"])
        };
        let wrong: Vec<_> = conditions.iter().filter(|it| fails(it)).collect();
        match wrong.is_empty() {
            true => Ok(()),
            false => Err(format!("{what}: these do not hold: {wrong:#?}")),
        }
    }
}
