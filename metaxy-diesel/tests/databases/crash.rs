//! Processes that are killed within a migration, and many processes at once.

use crate::{on_every_database, support::TestDatabase};
use metaxy_diesel::{
    Backend, Schema,
    apply::{Count, Event, RevertOptions, RunOptions, revert, run},
    backend::{Connection, Open, Within, connect},
    history::{History, MigrationState, status},
    schema::TableName,
};
use std::{
    collections::BTreeSet,
    env, fs,
    process::{self, Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

on_every_database!(
    a_run_that_was_killed_goes_on,
    a_revert_that_was_killed_goes_on,
    a_statement_that_was_done_and_not_recorded_is_not_done_twice,
    a_script_goes_on_after_it_was_corrected,
    many_processes_apply_each_migration_once,
    a_version_table_of_an_earlier_version_is_taken,
);

/// What a script does is seen from its tables, and from the rows of `log`: each statement that writes one adds to it.
const MIGRATIONS: [(&str, &[&str], &[&str]); 3] = [
    (
        "1_first",
        &[
            "CREATE TABLE log (n INTEGER)",
            "INSERT INTO log VALUES (1)",
            "CREATE TABLE a (x INTEGER)",
            "INSERT INTO log VALUES (2)",
        ],
        &["DROP TABLE a", "DROP TABLE log"],
    ),
    (
        "2_second",
        &[
            "ALTER TABLE a ADD COLUMN y INTEGER",
            "INSERT INTO log VALUES (3)",
            "CREATE INDEX a_y ON a (y)",
            "CREATE TABLE b (z INTEGER)",
        ],
        &[
            "DROP TABLE b",
            "DELETE FROM log WHERE n = 3",
            "DROP INDEX a_y",
            "ALTER TABLE a DROP COLUMN y",
        ],
    ),
    (
        "3_third",
        &["INSERT INTO log VALUES (4)", "ALTER TABLE b RENAME TO c", "INSERT INTO log VALUES (5)"],
        &["DELETE FROM log WHERE n > 3", "ALTER TABLE c RENAME TO b"],
    ),
];

fn write(database: &TestDatabase, in_transaction: bool) -> History {
    let history = History {
        directory: database.directory().join("migrations"),
        version_table: TableName::new("versions"),
    };
    for (name, up, down) in MIGRATIONS {
        let directory = history.directory.join(name);
        fs::create_dir_all(&directory).expect("a directory can be made");
        let on = if database.backend.dialect().table_owns_indexes { " ON a" } else { "" };
        let script = |statements: &[&str]| -> String {
            let statement = |it: &&str| match it.starts_with("DROP INDEX") {
                true => format!("{it}{on};\n"),
                false => format!("{it};\n"),
            };
            statements.iter().map(statement).collect()
        };
        let metadata = format!("run_in_transaction = {in_transaction}");
        for (file, text) in
            [("up.sql", script(up)), ("down.sql", script(down)), ("metadata.toml", metadata)]
        {
            fs::write(directory.join(file), text).expect("a file can be written");
        }
    }
    history
}

/// Whether the scripts are kept in part where they do not run to their end.
fn is_kept_in_part(database: &TestDatabase, in_transaction: bool) -> bool {
    !in_transaction || !database.backend.dialect().transactional_ddl
}

/// All that migrations make: tables, and how many rows they wrote.
fn state(connection: &mut Connection) -> (Schema, Option<u64>) {
    let versions = BTreeSet::from([TableName::new("versions")]);
    let schema =
        connection.inspect_all(Within::Everything, &versions).expect("the tables can be read");
    (schema, connection.count_rows(&TableName::new("log")).ok())
}

fn run_all(connection: &mut Connection, history: &History) -> Vec<String> {
    run(connection, history, &RunOptions::default(), &mut |_| {}).expect("it runs")
}

fn revert_all() -> RevertOptions {
    RevertOptions { count: Count::All, ..RevertOptions::default() }
}

/// What all migrations make, undisturbed.
fn undisturbed(backend: Backend) -> (Schema, Option<u64>) {
    let database = TestDatabase::new(backend);
    let history = write(&database, true);
    let mut connection = database.connect();
    run_all(&mut connection, &history);
    state(&mut connection)
}

/// How long a process waits for others: the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(600);

const PROCESS: &str = "METAXY_TEST_PROCESS";

/// A process that takes a history along, and kills itself before the statement of this number.
fn start(database: &TestDatabase, history: &History, what: &str, kill_at: Option<usize>) -> Child {
    let task = [
        what.to_owned(),
        database.backend.name().to_owned(),
        database.url.expose().to_owned(),
        history.directory.display().to_string(),
        kill_at.map_or_else(String::new, |it| it.to_string()),
    ];
    Command::new(env::current_exe().expect("this program is a file"))
        .args(["--exact", "crash::process", "--nocapture"])
        .env(PROCESS, task.join("\n"))
        .stdout(Stdio::piped())
        .spawn()
        .expect("a process can be started")
}

/// Kills a process at the statement of this number. `false`: it has no such statement, and came to its end.
fn kill(database: &TestDatabase, history: &History, what: &str, at: usize) -> bool {
    let mut child = start(database, history, what, Some(at));
    !child.wait().expect("it ends").success()
}

/// The other process. As a test of its own it does nothing.
#[test]
fn process() {
    let Ok(task) = env::var(PROCESS) else { return };
    let task: Vec<&str> = task.split('\n').collect();
    let [what, backend, url, directory, kill_at] = task[..] else { panic!("five lines: {task:?}") };
    let backend: Backend = backend.parse().expect("it is a backend");
    let start = Instant::now();
    let mut connection = loop {
        match connect(backend, &url.into(), Open::Create) {
            Ok(connection) => break connection,
            // DuckDB's file is one process's at a time; on a busy machine that takes long.
            Err(error) if start.elapsed() < PATIENCE && error.to_string().contains("process") => {}
            Err(error) => panic!("{error}"),
        }
    };
    let history =
        History { directory: directory.into(), version_table: TableName::new("versions") };
    let kill_at: Option<usize> = kill_at.parse().ok();
    let mut statements = 0;
    let mut on_event = |event: Event<'_>| {
        if matches!(event, Event::Statement { .. }) {
            if kill_at == Some(statements) {
                let id = process::id().to_string();
                Command::new("kill").args(["-KILL", &id]).status().expect("it can be killed");
                thread::sleep(Duration::from_secs(60));
            }
            statements += 1;
        }
    };
    let done = match what {
        "run" => {
            let options = RunOptions { lock_timeout: PATIENCE, ..RunOptions::default() };
            run(&mut connection, &history, &options, &mut on_event)
        }
        _ => revert(&mut connection, &history, &revert_all(), &mut on_event),
    };
    println!("done: {}", done.expect("it is done").len());
}

fn a_run_that_was_killed_goes_on(database: &TestDatabase) {
    let expected = undisturbed(database.backend);
    for in_transaction in [true, false] {
        for at in 0.. {
            let database = TestDatabase::new(database.backend);
            let history = write(&database, in_transaction);
            let killed = kill(&database, &history, "run", at);
            let connection = &mut database.connect();
            let is_partial = |it: &MigrationState| matches!(it, MigrationState::Partial(_));
            let statuses = status(Some(connection), &history).expect("it can be read");
            let partial: Vec<_> = statuses.iter().map(|it| it.state).filter(is_partial).collect();
            assert_eq!(
                partial.len(),
                usize::from(killed && is_kept_in_part(&database, in_transaction))
            );
            run_all(connection, &history);
            assert_eq!(state(connection), expected, "killed at {at}");
            let statuses = status(Some(connection), &history).expect("it can be read");
            assert!(statuses.iter().all(|it| it.state == MigrationState::Applied), "{statuses:?}");
            if !killed {
                assert_eq!(at, MIGRATIONS.iter().map(|(_, up, _)| up.len()).sum::<usize>());
                break;
            }
        }
    }
}

fn a_revert_that_was_killed_goes_on(database: &TestDatabase) {
    for at in 0.. {
        let database = TestDatabase::new(database.backend);
        let history = write(&database, false);
        run_all(&mut database.connect(), &history);
        let killed = kill(&database, &history, "revert", at);
        let connection = &mut database.connect();
        if killed {
            let error = run(connection, &history, &RunOptions::default(), &mut |_| {});
            let error = error.expect_err("the revert comes first").to_string();
            assert!(error.contains("was reverted in part"), "{error}");
            revert(connection, &history, &revert_all(), &mut |_| {}).expect("it goes on");
        }
        assert_eq!(state(connection), (Schema::default(), None), "killed at {at}");
        if !killed {
            break;
        }
    }
}

/// As where the process ends after a statement, and before its record is written.
fn a_statement_that_was_done_and_not_recorded_is_not_done_twice(database: &TestDatabase) {
    if database.backend.dialect().transactional_ddl {
        // There both are one.
        return;
    }
    let expected = undisturbed(database.backend);
    let all = MIGRATIONS.iter().flat_map(|(_, up, _)| up.iter());
    for (at, statement) in all.enumerate().filter(|(_, it)| !it.starts_with("INSERT")) {
        let database = TestDatabase::new(database.backend);
        let history = write(&database, false);
        assert!(kill(&database, &history, "run", at));
        let connection = &mut database.connect();
        connection.execute_script(statement).expect("it runs");
        // What the server says of it is understood in any language.
        let german = "SET SESSION lc_messages = 'de_DE'";
        connection.execute_script(german).expect("anyone may set it");
        run_all(connection, &history);
        assert_eq!(state(connection), expected, "{statement}");
    }
}

fn a_script_goes_on_after_it_was_corrected(database: &TestDatabase) {
    let history = write(database, false);
    let file = history.directory.join("2_second/up.sql");
    let good = fs::read_to_string(&file).expect("it can be read");
    let edit =
        |from: &str, to: &str| fs::write(&file, good.replace(from, to)).expect("it can be written");
    edit("CREATE INDEX a_y ON a", "CREATE INDEX a_y ON missing");
    let connection = &mut database.connect();
    let run = |connection: &mut Connection| {
        run(connection, &history, &RunOptions::default(), &mut |_| {})
    };
    let error = run(connection).expect_err("there is no such table").to_string();
    assert!(error.contains("done before it, and kept: 2 of 4 statements"), "{error}");
    // It is the same again, and not taken for what was done already.
    let again = run(connection).expect_err("there still is none").to_string();
    assert_eq!(again, error);
    let error =
        revert(connection, &history, &revert_all(), &mut |_| {}).expect_err("half of it is there");
    assert!(error.to_string().contains("was applied in part: 2 of the statements"), "{error}");
    edit("INSERT INTO log VALUES (3)", "INSERT INTO log VALUES (33)");
    let error = run(connection).expect_err("what is done was edited").to_string();
    assert!(error.contains("were edited since: restore them"), "{error}");
    edit("", "");
    fs::write(&file, &good).expect("it can be written");
    assert_eq!(run(connection).expect("it goes on"), ["2_second", "3_third"]);
    assert_eq!(state(connection), undisturbed(database.backend));
}

/// `CREATE INDEX CONCURRENTLY` leaves a broken index behind where it does not come to its end.
#[cfg(feature = "postgres")]
#[test]
fn an_index_that_was_begun_concurrently_is_told_and_made_then() {
    let database = TestDatabase::new(Backend::Postgres);
    let history = History {
        directory: database.directory().join("migrations"),
        version_table: TableName::new("versions"),
    };
    let write = |name: &str, up: &str, in_transaction: bool| {
        let directory = history.directory.join(name);
        fs::create_dir_all(&directory).expect("a directory can be made");
        fs::write(directory.join("up.sql"), up).expect("a file can be written");
        let metadata = format!("run_in_transaction = {in_transaction}");
        fs::write(directory.join("metadata.toml"), metadata).expect("a file can be written");
    };
    write("1_table", "CREATE TABLE a (x INTEGER); INSERT INTO a VALUES (1), (1);", true);
    let index = "CREATE UNIQUE INDEX CONCURRENTLY a_x ON a (x);";
    let connection = &mut database.connect();
    run_all(connection, &history);
    write("2_index", index, false);
    // As where the process was killed: the index is begun, and nobody said that it failed.
    connection.execute_script(index).expect_err("two rows are the same");
    let record = "INSERT INTO versions (version, name, state, statements) VALUES ('2', '2_index', 'applying', 0)";
    connection.execute_script(record).expect("a row can be inserted");
    let run = |connection: &mut Connection| {
        run(connection, &history, &RunOptions::default(), &mut |_| {}).map_err(|it| it.to_string())
    };
    let error = run(connection).expect_err("the index is broken");
    assert_eq!(
        error,
        "migration `2_index` was interrupted, and the index `a_x` was begun and not finished; nothing was changed; drop it, \
         and run the migration again"
    );
    connection
        .execute_script("DROP INDEX a_x; DELETE FROM a WHERE ctid = '(0,1)'")
        .expect("someone does as they are told");
    assert_eq!(run(connection).expect("it goes on"), ["2_index"]);
    assert_eq!(run(connection).expect("nothing is left"), [""; 0]);
    // One that was made, and not recorded, is not made twice.
    connection
        .execute_script("UPDATE versions SET state = 'applying', statements = 0, checksum = NULL WHERE version = '2'")
        .expect("as where the process was killed after it");
    assert_eq!(run(connection).expect("it is there"), ["2_index"]);
}

fn many_processes_apply_each_migration_once(database: &TestDatabase) {
    for in_transaction in [true, false] {
        let database = TestDatabase::new(database.backend);
        let history = write(&database, in_transaction);
        let children: Vec<_> = (0..20).map(|_| start(&database, &history, "run", None)).collect();
        let applied = children.into_iter().map(|child| {
            let output = child.wait_with_output().expect("it ends");
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(output.status.success(), "{text}");
            let count = text.lines().find_map(|it| it.split("done: ").nth(1));
            count.expect(&text).parse::<usize>().expect("it is a number")
        });
        assert_eq!(applied.sum::<usize>(), MIGRATIONS.len());
        assert_eq!(state(&mut database.connect()), undisturbed(database.backend));
    }
}

fn a_version_table_of_an_earlier_version_is_taken(database: &TestDatabase) {
    let history = write(database, false);
    let connection = &mut database.connect();
    connection
        .execute_script(
            "CREATE TABLE versions (version VARCHAR(50) PRIMARY KEY NOT NULL, run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP);
            CREATE TABLE log (n INTEGER); CREATE TABLE a (x INTEGER); INSERT INTO log VALUES (1), (2);
            INSERT INTO versions (version) VALUES ('1');",
        )
        .expect("it runs");
    let states = |connection: &mut Connection| -> Vec<MigrationState> {
        let statuses = status(Some(connection), &history).expect("it can be read");
        statuses.into_iter().map(|it| it.state).collect()
    };
    use MigrationState::{Applied, Pending};
    assert_eq!(states(connection), [Applied, Pending, Pending]);
    assert_eq!(run_all(connection, &history), ["2_second", "3_third"]);
    assert_eq!(states(connection), [Applied; 3]);
    assert_eq!(state(connection), undisturbed(database.backend));
    revert(connection, &history, &revert_all(), &mut |_| {}).expect("it reverts");
}
