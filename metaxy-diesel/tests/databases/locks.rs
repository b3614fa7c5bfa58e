//! Histories that several connections change at once.

use crate::{on_every_database, support::TestDatabase};
use metaxy_diesel::{
    Backend,
    apply::{ApplyError, Event, RunOptions, run},
    backend::Connection,
    history::History,
    schema::TableName,
};
use std::{
    fs,
    sync::{Barrier, mpsc},
    thread,
    time::Duration,
};

on_every_database!(many_at_once_apply_each_migration_once, waiting_ends);

/// SQLite has one writer at a time: histories take turns there.
#[cfg(feature = "postgres")]
#[test]
fn histories_do_not_wait_for_each_other() {
    let database = &TestDatabase::new(Backend::Postgres);
    let (one, other) = (history(database, "one"), history(database, "other"));
    while_running(database, &one, |connection| {
        let ran = run(connection, &other, &RunOptions::default(), &mut |_| {}).expect("runs");
        assert_eq!(ran.len(), 5);
    });
}

/// Two histories that want one namespace: the one that comes second waits for the first, and finds it.
#[cfg(feature = "postgres")]
#[test]
fn histories_make_a_namespace_at_the_same_time() {
    use diesel::{RunQueryDsl, connection::SimpleConnection, sql_query};

    #[derive(diesel::QueryableByName)]
    struct Waiting {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        count: i64,
    }

    let database = &TestDatabase::new(Backend::Postgres);
    let namespaces = Backend::Postgres.dialect().namespaces.as_ref().expect("it has some");
    let create = (namespaces.create)("\"media\"");
    let history = History {
        directory: database.directory().join("migrations"),
        version_table: TableName::new("versions"),
    };
    let directory = history.directory.join("1_m");
    fs::create_dir_all(&directory).expect("a directory can be made");
    let up = format!("{create}\nCREATE TABLE media.video (n INTEGER);");
    fs::write(directory.join("up.sql"), up).expect("a file can be written");
    let Connection::Postgres(mut first) = database.connect() else { panic!("it is PostgreSQL") };
    first.batch_execute(&format!("BEGIN; {create}")).expect("it is made");
    thread::scope(|scope| {
        let mut connection = database.connect();
        let history = &history;
        let second =
            scope.spawn(move || run(&mut connection, history, &RunOptions::default(), &mut |_| {}));
        let query = "SELECT count(*) AS count FROM pg_locks JOIN pg_database d ON d.oid = database OR database IS NULL
            WHERE NOT granted AND datname = current_database()
                AND pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())";
        let start = std::time::Instant::now();
        while !second.is_finished() && start.elapsed() < Duration::from_secs(60) {
            let waiting: Waiting = sql_query(query).get_result(&mut first).expect("it answers");
            if waiting.count > 0 {
                break;
            }
            thread::sleep(Duration::from_millis(10));
        }
        first.batch_execute("COMMIT").expect("it is kept");
        let ran = second.join().expect("it does not panic").expect("it finds the namespace");
        assert_eq!(ran, ["1_m"]);
    });
}

fn history(database: &TestDatabase, name: &str) -> History {
    let history = History {
        directory: database.directory().join(name),
        version_table: TableName::new(format!("versions_{name}")),
    };
    for at in 0..5 {
        let directory = history.directory.join(format!("{at}_m"));
        fs::create_dir_all(&directory).expect("a directory can be made");
        let up =
            format!("CREATE TABLE {name}{at} (id INTEGER); INSERT INTO {name}{at} VALUES (1);");
        fs::write(directory.join("up.sql"), up).expect("a file can be written");
    }
    history
}

fn many_at_once_apply_each_migration_once(database: &TestDatabase) {
    const RUNNERS: usize = 8;
    let history = history(database, "m");
    let start = Barrier::new(RUNNERS);
    let applied: usize = thread::scope(|scope| {
        let runner = || {
            let mut connection = database.connect();
            start.wait();
            run(&mut connection, &history, &RunOptions::default(), &mut |_| {}).expect("runs").len()
        };
        let runners: Vec<_> = (0..RUNNERS).map(|_| scope.spawn(runner)).collect();
        runners.into_iter().map(|it| it.join().expect("no runner panics")).sum()
    });
    assert_eq!(applied, 5);
    let mut connection = database.connect();
    for at in 0..5 {
        assert_eq!(connection.count_rows(&TableName::new(format!("m{at}"))), Ok(1));
    }
}

/// Runs `body` while another connection is within a migration of the history.
fn while_running(database: &TestDatabase, history: &History, body: impl FnOnce(&mut Connection)) {
    let (started, is_started) = mpsc::channel();
    let (finish, may_finish) = mpsc::channel();
    thread::scope(|scope| {
        let mut connection = database.connect();
        scope.spawn(move || {
            let mut first = true;
            run(&mut connection, history, &RunOptions::default(), &mut |event| {
                if matches!(event, Event::Finished { .. }) && std::mem::take(&mut first) {
                    started.send(()).expect("the test waits");
                    may_finish.recv().expect("the test ends it");
                }
            })
            .expect("runs");
        });
        // Its own connection: SQLite refuses to open another one for a while where a test fails.
        let mut connection = database.connect();
        is_started.recv().expect("it starts");
        body(&mut connection);
        finish.send(()).expect("it waits");
    });
}

fn waiting_ends(database: &TestDatabase) {
    let history = history(database, "m");
    while_running(database, &history, |connection| {
        let lock_timeout = Duration::from_millis(200);
        let options = RunOptions { lock_timeout, ..RunOptions::default() };
        let mut waited = false;
        let error = run(connection, &history, &options, &mut |event| {
            waited |= matches!(event, Event::Waiting { .. });
        })
        .expect_err("another one runs");
        let ApplyError::Locked { holder, .. } = &error else { panic!("{error}") };
        assert_eq!(holder.is_some(), waited);
        let words = error.to_string();
        assert!(words.starts_with(
            "another process changes the same history, and was not done within 0.2 s"
        ));
        if database.backend == Backend::Postgres {
            assert!(words.contains(": user postgres, process "), "{words}");
        }
    });
}
