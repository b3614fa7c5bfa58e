//! `--online`: migrations that keep nobody waiting. On PostgreSQL, a second connection reads and writes as programs do that
//! know the tables as they were, while each migration runs.

use crate::support::{TestDatabase, mysql_servers};
use diesel::{
    QueryableByName, RunQueryDsl, connection::SimpleConnection, sql_query, sql_types::Text,
};
use metaxy_core::config::LintsConfig;
use metaxy_diesel::{
    Backend, Schema,
    apply::{Count, RevertOptions, RunOptions, revert, run},
    backend::Connection,
    diff::diff,
    generate::{Draft, GenerateError, GenerateOptions, draft},
    hints::{Backfill, Rename},
    history::History,
    lint::lint,
    schema::TableName,
};
use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

/// What changes, and who uses the tables meanwhile.
struct Scenario {
    before: &'static str,
    after: &'static str,
    renames: &'static [&'static str],
    backfills: &'static [&'static str],
    allow: &'static [&'static str],
    rows: &'static str,
    /// Statements of a program that knows the tables as they were; `{}` is a number that grows.
    old: &'static str,
    /// After all but the last migration, this finds no row.
    wrong: &'static str,
    /// What the migrations are.
    parts: &'static [&'static str],
    /// The lints that they have.
    lints: &'static [&'static str],
}

const NOTHING: Scenario = Scenario {
    before: "",
    after: "",
    renames: &[],
    backfills: &[],
    allow: &[],
    rows: "INSERT INTO clip SELECT i, i FROM generate_series(1, 5000) i",
    old: "INSERT INTO clip (id, n) VALUES (10000 + {}, 7); UPDATE clip SET n = 8 WHERE id = 1 + {} % 100; SELECT * FROM clip WHERE id = 3",
    wrong: "SELECT 1 WHERE false",
    parts: &[],
    lints: &[],
};

const CLIP: &str = "
    [[tables]]
    name = 'clip'
    primary_key = { name = 'clip_pkey', columns = ['id'] }
";

fn schema(text: &str) -> Schema {
    toml::from_str(text).expect("the test's schema is well-formed")
}

fn clip(columns: &str) -> String {
    format!("{CLIP}\n    columns = [{{ name = 'id', type = 'integer' }}, {columns}\n")
}

fn history(database: &TestDatabase) -> History {
    History {
        directory: database.directory().join("migrations"),
        version_table: TableName::new("__diesel_schema_migrations_metaxy_features"),
    }
}

fn drafted(
    database: &TestDatabase,
    desired: &Schema,
    scenario: &Scenario,
    online: bool,
) -> Result<Option<Draft>, GenerateError> {
    let renames: Vec<Rename> =
        scenario.renames.iter().map(|it| it.parse().expect("well-formed")).collect();
    let backfills: Vec<Backfill> =
        scenario.backfills.iter().map(|it| it.parse().expect("well-formed")).collect();
    let allow_destructive: Vec<_> = scenario.allow.iter().map(ToString::to_string).collect();
    let options = GenerateOptions {
        name: "step",
        backend: database.backend,
        scope: "features",
        desired,
        table_prefix: "",
        empty: false,
        allow_destructive: &allow_destructive,
        renames: &renames,
        backfills: &backfills,
        online,
        now: chrono::DateTime::UNIX_EPOCH,
    };
    draft(&history(database).directory, &options)
}

/// All that the catalogue knows of the tables, a line each.
fn described(connection: &mut Connection) -> String {
    #[derive(QueryableByName)]
    struct Lines {
        #[diesel(sql_type = Text)]
        lines: String,
    }
    let Connection::Postgres(connection) = connection else { panic!("it is PostgreSQL") };
    let query = sql_query(
        "WITH ours AS (SELECT oid, relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
            AND relname NOT LIKE '\\_\\_diesel%' AND relkind IN ('r', 'v'))
        SELECT coalesce(string_agg(line, E'\\n' ORDER BY line), '') AS lines FROM (
            SELECT format('column %s.%s %s %s %s', relname, attname, format_type(atttypid, atttypmod), attnotnull,
                    pg_get_expr(adbin, adrelid)) AS line
                FROM pg_attribute JOIN ours ON attrelid = oid LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
                WHERE attnum > 0 AND NOT attisdropped
            UNION ALL SELECT format('constraint %s %s %s', conname, convalidated, pg_get_constraintdef(c.oid))
                FROM pg_constraint c JOIN ours ON conrelid = ours.oid
            UNION ALL SELECT format('index %s %s', indisvalid, pg_get_indexdef(indexrelid))
                FROM pg_index JOIN ours ON indrelid = oid
            UNION ALL SELECT pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN ours ON tgrelid = ours.oid WHERE NOT tgisinternal
            UNION ALL SELECT 'function ' || proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        ) AS described",
    );
    query.get_result::<Lines>(connection).expect("the catalogue can be read").lines
}

/// Runs a statement again and again while something is done. It fails where it waits for a lock for more than a second.
fn meanwhile(database: &TestDatabase, statement: &str, start: u32, body: impl FnOnce()) -> u32 {
    let done = AtomicBool::new(false);
    let mut other = database.connect();
    thread::scope(|scope| {
        let program = scope.spawn(|| {
            let Connection::Postgres(other) = &mut other else { panic!("it is PostgreSQL") };
            other.batch_execute("SET lock_timeout = '1s'").expect("it can be set");
            let mut count = start;
            while !done.load(Ordering::Relaxed) || count == start {
                count += 1;
                let statement = statement.replace("{}", &count.to_string());
                other
                    .batch_execute(&statement)
                    .expect("a program that runs meanwhile is not kept waiting");
            }
            count
        });
        body();
        done.store(true, Ordering::Relaxed);
        program.join().expect("the program does not fail")
    })
}

fn check(scenario: &Scenario) {
    let database = &TestDatabase::new(Backend::Postgres);
    let (before, after) = (schema(scenario.before), schema(scenario.after));
    let history = history(database);
    let first = drafted(database, &before, &NOTHING, false).expect("it can be said").expect("new");
    first.write().expect("it can be written");
    let connection = &mut database.connect();
    let go = |connection: &mut Connection, version: &str| {
        let options = RunOptions { to: Some(version.to_owned()), ..RunOptions::default() };
        run(connection, &history, &options, &mut |_| {}).expect("it runs");
    };
    let back = |connection: &mut Connection| {
        let count = Count::Last(1);
        let allow_destructive = ["clip.extra", "clip.stamp", "clip.n"].map(str::to_owned).to_vec();
        let options = RevertOptions { count, allow_destructive, ..RevertOptions::default() };
        revert(connection, &history, &options, &mut |_| {}).expect("it goes back");
    };
    go(connection, &first.migrations[0].migration.version);
    connection.execute_script(scenario.rows).expect("rows can be inserted");

    let draft = drafted(database, &after, scenario, true).expect("it can be said").expect("new");
    draft.write().expect("it can be written");
    let names = draft.migrations.iter().map(|it| it.migration.name.as_str());
    let parts: Vec<_> = names.map(|it| it.rsplit_once('_').expect("a part").1).collect();
    assert_eq!(parts, scenario.parts);
    let codes = draft.migrations.iter().flat_map(|it| {
        lint(&it.migration, Backend::Postgres, Some(draft.schema()), &LintsConfig::default())
    });
    let codes: Vec<_> = codes.filter(|it| it.file == "up.sql").map(|it| it.lint.code).collect();
    assert_eq!(codes, scenario.lints);

    let mut states = vec![described(connection)];
    let mut count = 0;
    for drafted in &draft.migrations {
        let version = &drafted.migration.version;
        let contract = drafted.migration.name.ends_with("contract");
        let statement = if contract { "SELECT 1" } else { scenario.old };
        count = meanwhile(database, statement, count, || go(connection, version));
        states.push(described(connection));
        // From every stage there is a way back, and on again.
        back(connection);
        assert_eq!(described(connection), states[states.len() - 2], "back from {version}");
        go(connection, version);
        assert_eq!(described(connection), states[states.len() - 1], "on to {version}");
        let last =
            draft.migrations.iter().rev().find(|it| !it.migration.name.ends_with("contract"));
        if last.is_some_and(|it| it.migration.version == *version) {
            let wrong = format!(
                "DO $$ BEGIN IF EXISTS ({}) THEN RAISE 'rows are wrong'; END IF; END $$",
                scenario.wrong
            );
            connection.execute_script(&wrong).expect("the rows are right");
        }
    }
    let tables = after.tables.keys().cloned().collect();
    let found = connection.inspect(&tables).expect("it can be read");
    let difference = diff(&found, &after, Backend::Postgres.dialect()).expect("it can be said");
    assert_eq!(difference.changes, []);
    for state in states.iter().rev().skip(1) {
        back(connection);
        assert_eq!(described(connection), *state);
    }
    let found =
        connection.inspect(&before.tables.keys().cloned().collect()).expect("it can be read");
    let difference = diff(&found, &before, Backend::Postgres.dialect()).expect("it can be said");
    assert_eq!(difference.changes, []);
    connection.execute_script(&scenario.old.replace("{}", "777777")).expect("as before");
}

fn leak(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

#[test]
fn indexes_are_made_concurrently() {
    let columns = "{ name = 'n', type = 'integer' }]";
    check(&Scenario {
        before: leak(clip(columns) + "indexes = [{ name = 'gone', columns = ['n', 'id'] }]"),
        after: leak(
            clip(columns)
                + "indexes = [{ name = 'one', columns = ['n'] }, { name = 'two', columns = ['id', 'n'], unique = true }]",
        ),
        parts: &["index", "index", "index"],
        lints: &["MX202"],
        ..NOTHING
    });
}

#[test]
fn constraints_are_validated_apart() {
    let columns = "{ name = 'n', type = 'integer' }]";
    check(&Scenario {
        before: leak(clip(columns)),
        after: leak(clip(columns) + "
            checks = [{ name = 'positive', expression = '(n > 0)' }]
            uniques = [{ name = 'once', columns = ['id', 'n'] }]
            foreign_keys = [{ name = 'itself', columns = ['n'], references = { name = 'clip' }, referenced_columns = ['id'] }]
            indexes = [{ name = 'n_idx', columns = ['n'] }]"),
        parts: &["index", "key", "index", "constraint", "validate", "constraint", "validate"],
        lints: &["MX202", "MX207", "MX207"],
        ..NOTHING
    });
}

#[test]
fn null_is_forbidden_by_a_check_first() {
    check(&Scenario {
        before: leak(clip("{ name = 'n', type = 'integer', nullable = true }]")),
        after: leak(clip("{ name = 'n', type = 'integer', default = { int = 3 } }]")),
        backfills: &["clip.n=id"],
        rows: "INSERT INTO clip SELECT i, nullif(i % 2, 0) FROM generate_series(1, 5000) i",
        parts: &["expand", "backfill", "constraint", "validate"],
        lints: &["MX207"],
        wrong: "SELECT 1 FROM clip WHERE n IS NULL",
        ..NOTHING
    });
}

#[test]
fn columns_are_filled_in_batches() {
    check(&Scenario {
        before: leak(clip("{ name = 'n', type = 'integer' }]")),
        after: leak(clip(
            "{ name = 'n', type = 'integer' }, { name = 'extra', type = 'integer', default = { expression = '((random() * (9)::double precision))::integer' } },
            { name = 'stamp', type = 'timestamptz', default = { expression = 'now()' } }]",
        )),
        parts: &["expand", "backfill", "constraint", "validate", "expand"],
        lints: &["MX207"],
        wrong: "SELECT 1 FROM clip WHERE extra IS NULL OR stamp IS NULL",
        ..NOTHING
    });
}

#[test]
fn a_required_column_is_filled_by_an_expression() {
    check(&Scenario {
        before: leak(clip("{ name = 'n', type = 'integer' }]")),
        after: leak(clip(
            "{ name = 'n', type = 'integer' }, { name = 'extra', type = 'integer' }]",
        )),
        backfills: &["clip.extra=n * 2"],
        // Whoever inserts has to know the column once it is required.
        old: "UPDATE clip SET n = 8 WHERE id = 1 + {} % 100; SELECT * FROM clip WHERE id = 3",
        parts: &["expand", "backfill", "constraint", "validate"],
        lints: &["MX207"],
        wrong: "SELECT 1 FROM clip WHERE extra IS NULL",
        ..NOTHING
    });
}

#[test]
fn a_type_changes_beside_the_old_column() {
    let index = "indexes = [{ name = 'clip_n_idx', columns = ['n', 'id'] }]";
    check(&Scenario {
        before: leak(clip("{ name = 'n', type = 'integer', default = { int = 4 } }]") + index),
        after: leak(clip("{ name = 'n', type = 'text', default = { text = 'four' } }]") + index),
        parts: &["expand", "backfill", "index", "constraint", "validate", "contract"],
        lints: &["MX207", "MX303"],
        wrong: "SELECT 1 FROM clip WHERE metaxy_new_n IS DISTINCT FROM n::text",
        ..NOTHING
    });
}

#[test]
fn a_column_has_two_names_for_a_while() {
    let index = |name: &str| format!("indexes = [{{ name = 'clip_n_idx', columns = ['{name}'] }}]");
    check(&Scenario {
        before: leak(clip("{ name = 'n', type = 'integer' }]") + &index("n")),
        after: leak(clip("{ name = 'm', type = 'integer' }]") + &index("m")),
        renames: &["clip.n:m"],
        // A new program, too.
        parts: &["expand", "backfill", "index", "constraint", "validate", "contract"],
        lints: &["MX207", "MX102"],
        wrong: "SELECT 1 FROM clip WHERE m IS DISTINCT FROM n",
        ..NOTHING
    });
}

#[test]
fn a_table_has_two_names_for_a_while() {
    check(&Scenario {
        before: leak(clip("{ name = 'n', type = 'integer' }]")),
        after: leak(clip("{ name = 'n', type = 'integer' }]").replace("'clip'", "'cut'")),
        renames: &["clip:cut"],
        parts: &["rename", "contract"],
        lints: &["MX301", "MX305"],
        ..NOTHING
    });
}

#[test]
fn both_programs_write_while_a_column_has_two_names() {
    let database = &TestDatabase::new(Backend::Postgres);
    let history = history(database);
    let before =
        schema(&clip("{ name = 'n', type = 'integer', nullable = true, default = { int = 5 } }]"));
    let after =
        schema(&clip("{ name = 'm', type = 'integer', nullable = true, default = { int = 5 } }]"));
    let scenario = Scenario { renames: &["clip.n:m"], ..NOTHING };
    drafted(database, &before, &NOTHING, false)
        .expect("said")
        .expect("new")
        .write()
        .expect("written");
    let connection = &mut database.connect();
    run(connection, &history, &RunOptions::default(), &mut |_| {}).expect("it runs");
    let draft = drafted(database, &after, &scenario, true).expect("said").expect("new");
    draft.write().expect("written");
    let to = Some(draft.migrations[1].migration.version.clone());
    let options = RunOptions { to, ..RunOptions::default() };
    run(connection, &history, &options, &mut |_| {}).expect("it runs");
    connection
        .execute_script(
            "INSERT INTO clip (id, n) VALUES (1, 10), (2, 20);
            INSERT INTO clip (id, m) VALUES (3, 30), (4, 40);
            INSERT INTO clip (id) VALUES (5);
            UPDATE clip SET m = 11 WHERE id = 1;
            UPDATE clip SET n = 21 WHERE id = 2;
            UPDATE clip SET n = 31 WHERE id = 3;
            UPDATE clip SET m = NULL WHERE id = 4;
            DO $$ BEGIN
                ASSERT (SELECT array_agg((n, m)::text ORDER BY id) FROM clip)
                    = ARRAY['(11,11)', '(21,21)', '(31,31)', '(,)', '(5,5)'], (SELECT array_agg((n, m)::text ORDER BY id) FROM clip);
            END $$",
        )
        .expect("both names hold one value");
}

/// The check reads 200 rows, each in 10 ms: whoever waits for it to end waits for two seconds.
#[test]
fn nobody_waits_for_a_scan() {
    let columns = "{ name = 'n', type = 'integer' }]";
    let slow = "CREATE FUNCTION slow(n integer) RETURNS boolean LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_sleep(0.01); RETURN true; END $$;
        INSERT INTO clip SELECT i, i FROM generate_series(1, 200) i";
    let checked = "checks = [{ name = 'slow', expression = 'slow(n)' }]";
    let scenario = Scenario {
        before: leak(clip(columns)),
        after: leak(clip(columns) + checked),
        rows: slow,
        parts: &["constraint", "validate"],
        lints: &["MX207"],
        ..NOTHING
    };
    check(&scenario);

    // And without `--online` they do wait.
    let database = &TestDatabase::new(Backend::Postgres);
    let history = history(database);
    drafted(database, &schema(scenario.before), &NOTHING, false)
        .expect("said")
        .expect("new")
        .write()
        .expect("written");
    let connection = &mut database.connect();
    run(connection, &history, &RunOptions::default(), &mut |_| {}).expect("it runs");
    connection.execute_script(slow).expect("rows can be inserted");
    drafted(database, &schema(scenario.after), &NOTHING, false)
        .expect("said")
        .expect("new")
        .write()
        .expect("written");
    let waits = thread::scope(|scope| {
        let migration = scope.spawn(|| {
            run(&mut database.connect(), &history, &RunOptions::default(), &mut |_| {})
                .expect("it runs");
        });
        let mut waits = false;
        while !migration.is_finished() {
            let read = "SET lock_timeout = '1s'; SELECT count(*) FROM clip";
            waits |= database.connect().execute_script(read).is_err();
        }
        waits
    });
    assert!(waits, "a reader waits for a plain ADD CHECK");
}

#[test]
fn what_cannot_be_done_beside_is_refused_in_words() {
    let database = &TestDatabase::new(Backend::Postgres);
    let refused = |database: &TestDatabase, before: &str, after: &str, expected: &str| {
        let (before, after) = (schema(before), schema(after));
        let written = drafted(database, &before, &NOTHING, false).expect("it can be said");
        if let Some(draft) = written {
            draft.write().expect("it can be written");
        }
        let error = drafted(database, &after, &NOTHING, true).expect_err("it is refused");
        assert!(error.to_string().contains(expected), "{error}");
    };
    let before = clip("{ name = 'n', type = 'integer' }]")
        + "checks = [{ name = 'c', expression = 'n > 0' }]";
    refused(
        database,
        &before,
        &before.replace("'n', type = 'integer'", "'n', type = 'text'"),
        "since check `c` has the column: make this change without `--online`",
    );
    refused(
        database,
        &before,
        &before.replace("'integer' }]", "'integer' }, { name = 'm', type = 'integer' }]"),
        "add `--backfill 'clip.m=EXPRESSION'`",
    );
    let database = &TestDatabase::new(Backend::Sqlite);
    let more = before
        .replace("'integer' }]", "'integer' }, { name = 'm', type = 'text', nullable = true }]");
    refused(database, &before, &more, "SQLite lets one write at a time");
}

#[test]
#[cfg(feature = "mysql")]
fn servers_are_told_not_to_copy() {
    mysql_servers().for_each(|it| a_server_is_told_not_to_copy(&TestDatabase::new(it)));
}

#[cfg(feature = "mysql")]
fn a_server_is_told_not_to_copy(database: &TestDatabase) {
    let history = history(database);
    let before = clip("{ name = 'n', type = 'integer', nullable = true }]");
    let after = clip(
        "{ name = 'n', type = 'integer' }, { name = 'extra', type = 'integer', default = { int = 1 } }]",
    ) + "indexes = [{ name = 'n_idx', columns = ['n'] }]\nuniques = [{ name = 'once', columns = ['id', 'n'] }]";
    drafted(database, &schema(&before), &NOTHING, false)
        .expect("said")
        .expect("new")
        .write()
        .expect("written");
    let draft = drafted(database, &schema(&after), &NOTHING, true).expect("said").expect("new");
    draft.write().expect("written");
    let up = &draft.migrations[0].migration.up;
    assert_eq!(up.matches("ALGORITHM=INPLACE").count(), 4, "{up}");
    let connection = &mut database.connect();
    run(connection, &history, &RunOptions::default(), &mut |_| {}).expect("it runs in place");
    let retyped = after.replace(
        "'extra', type = 'integer', default = { int = 1 }",
        "'extra', type = 'text', nullable = true",
    );
    let scenario = Scenario { allow: &["clip.extra"], ..NOTHING };
    let error = drafted(database, &schema(&retyped), &scenario, true).expect_err("it is refused");
    let expected = format!("{} copies the table to change `clip.extra`", database.backend);
    assert!(error.to_string().contains(&expected), "{error}");
}
