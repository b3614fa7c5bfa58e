//! The command line of the example, as a user calls it, on real databases.

#[path = "../../../metaxy-diesel/tests/support/mod.rs"]
mod support;

use metaxy::{
    FeatureGraph, Store,
    rows::{OpenStore, Sample},
};
use metaxy_diesel::{Backend, schema::TableName};
use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
};
use support::TestDatabase;
use video::Video;

/// Makes of each function a test on each database.
macro_rules! on_both_databases {
    ($($test:ident),+ $(,)?) => {
        mod sqlite {
            $(#[test]
            fn $test() {
                super::$test(&super::TestDatabase::new(super::Backend::Sqlite));
            })+
        }

        mod postgres {
            $(#[test]
            fn $test() {
                super::$test(&super::TestDatabase::new(super::Backend::Postgres));
            })+
        }
    };
}

on_both_databases!(
    a_history_is_generated_run_reverted_and_run_again,
    rows_are_never_dropped_unasked,
    an_edited_migration_stops_every_history,
    a_new_table_prefix_renames_all_tables,
    what_is_gone_may_have_been_renamed,
    lints_are_found_explained_silenced_and_configured,
    rows_are_counted_and_deleted,
    what_a_store_lacks_is_read_behind,
    what_is_wrong_is_found_and_the_mend_said,
    what_is_pushed_is_listed_and_compared,
    merged_branches_are_told_and_put_in_one_line,
    histories_are_written_as_scripts_taken_in_and_made_one,
    diesel_is_told_of_each_history,
);

/// Runs the program in a directory, with a store `dev` on the database.
fn metaxy(database: &TestDatabase, args: &str) -> Output {
    let directory = database.directory();
    let kind = match database.backend {
        Backend::Sqlite => "sqlite",
        Backend::Postgres => "postgres",
        #[allow(unreachable_patterns, reason = "more databases come with Cargo features")]
        _ => unreachable!("the example is tested on two databases"),
    };
    let config = format!(
        "project = \"video\"\n[stores.dev]\ntype = \"{kind}\"\nconfig = {{ connection_string = '{}' }}\n",
        database.url.expose()
    );
    if !directory.join("metaxy.toml").exists() {
        fs::write(directory.join("metaxy.toml"), config).expect("metaxy.toml can be written");
    }
    metaxy_in(directory, args)
}

fn metaxy_in(directory: &Path, args: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_video"))
        .args(args.split_whitespace())
        .current_dir(directory)
        .env_remove("CARGO_MANIFEST_DIR")
        .env("NO_COLOR", "1")
        .output()
        .expect("the program runs")
}

/// The exit code, and what was printed to both streams.
#[track_caller]
fn check(output: &Output, code: i32, fragments: &[&str]) {
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(output.status.code(), Some(code), "{text}");
    // The lines of an error begin with a bar.
    let flat = text.replace(['│', '\n'], " ");
    let flat = flat.split_whitespace().collect::<Vec<_>>().join(" ");
    for fragment in fragments {
        assert!(flat.contains(fragment), "`{fragment}` is not in: {text}");
    }
    assert!(!text.contains("panicked"), "{text}");
}

fn a_history_is_generated_run_reverted_and_run_again(database: &TestDatabase) {
    let run = |args: &str| metaxy(database, args);
    check(&run("migration check"), 1, &["+ table `video__raw`"]);
    check(
        &run("migration generate initialize"),
        0,
        &["+ table `metaxy_system__events`", "+ table `video__raw`"],
    );
    check(&run("migration generate initialize"), 0, &["dev:features: nothing to do"]);
    check(&run("migration check"), 0, &["dev:features: code and migrations agree"]);
    check(&run("migration pending"), 1, &["_initialize"]);
    check(&run("migration status"), 0, &["dev:features: 0 applied, 1 pending", "next: "]);
    check(&run("migration run --dry-run"), 0, &["dev:features: would apply"]);
    check(
        &run("migration run --lock-timeout 90"),
        0,
        &["dev:system: applied", "dev:features: applied"],
    );
    check(&run("migration run"), 0, &["dev:features: nothing to do"]);
    check(
        &run("migration run --json"),
        0,
        &["\"environment\": \"dev:system\", \"migrations\": []"],
    );
    check(&run("migration status --json"), 0, &["\"applied\": 1", "\"problems\": []"]);
    check(&run("migration pending"), 0, &["dev:features: none"]);
    check(&run("migration list"), 0, &["[X]"]);
    check(&run("-n dev:features migration revert"), 0, &["dev:features: reverted"]);
    check(&run("-n dev:system migration list"), 0, &["[X]"]);
    check(&run("-n dev:features migration list"), 0, &["[ ]"]);
    check(&run("migration run"), 0, &["dev:system: nothing to do", "dev:features: applied"]);
    check(&run("migration redo"), 0, &["dev:features: applied again"]);
    check(&run("-n dev:system migration redo -n 1"), 0, &["dev:system: applied again"]);
    check(&run("migration revert --all"), 0, &["dev:features: reverted", "dev:system: reverted"]);
}

fn rows_are_never_dropped_unasked(database: &TestDatabase) {
    let run = |args: &str| metaxy(database, args);
    check(&run("migration generate initialize"), 0, &[]);
    check(&run("migration run"), 0, &[]);
    let insert = "INSERT INTO video__faces VALUES ('v1', 3, 'p', '{}', 'f', 'p', 'd', '{}', \
                  '2026-01-01T00:00:00.000000Z', '2026-01-01T00:00:00.000000Z', NULL, NULL)";
    database.connect().execute_script(insert).expect("a row can be inserted");
    check(
        &run("-n dev:features migration revert"),
        2,
        &[
            "table `video__faces` with 1 row",
            "nothing was reverted",
            "--allow-destructive video__faces",
        ],
    );
    check(&run("-n dev:features migration list"), 0, &["[X]"]);
    check(
        &run("-n dev:features migration revert --allow-destructive video__faces"),
        0,
        &["dev:features: reverted"],
    );
}

fn an_edited_migration_stops_every_history(database: &TestDatabase) {
    let run = |args: &str| metaxy(database, args);
    check(&run("migration generate initialize"), 0, &[]);
    let features = database.directory().join("migrations/dev/features");
    let migration = fs::read_dir(&features)
        .expect("the history was written")
        .map(|it| it.expect("its entries can be read").path())
        .find(|it| it.is_dir())
        .expect("it has a migration");
    let up = migration.join("up.sql");
    let text = fs::read_to_string(&up).expect("up.sql was written");
    fs::write(&up, format!("{text}-- edited\n")).expect("up.sql can be edited");
    check(&run("migration run"), 2, &["up.sql` was edited", "metaxy migration repair"]);
    check(
        &run("migration status"),
        1,
        &["dev:features: 0 applied, 1 pending", "up.sql` was edited"],
    );
    check(&run("migration pending"), 1, &["dev:system [ ]"]);
    check(&run("migration repair"), 0, &["is taken as it is now"]);
    check(&run("migration run"), 0, &["dev:system: applied", "dev:features: applied"]);
}

fn histories_are_written_as_scripts_taken_in_and_made_one(database: &TestDatabase) {
    let run = |args: &str| metaxy(database, args);
    let features = |args: &str| metaxy(database, &format!("-n dev:features migration {args}"));
    // Somebody has made the tables by a script, and nobody a history.
    check(&run("migration generate initialize"), 0, &[]);
    let script = run("migration run --sql");
    check(&script, 0, &["-- dev:system", "-- dev:features", "CREATE TABLE IF NOT EXISTS"]);
    let sql = String::from_utf8(script.stdout).expect("a script is text");
    database.connect().execute_script(&sql).expect("it runs");
    check(&run("migration run"), 0, &["dev:features: nothing to do"]);
    check(&run("migration status"), 0, &["dev:features: 1 applied, 0 pending"]);
    check(&features("baseline"), 2, &["1 migration(s) of the history were applied"]);
    let directory = database.directory().join("migrations/dev/features");
    fs::remove_dir_all(&directory).expect("is there");
    check(&features("baseline"), 2, &["1 migration(s) of the history were applied"]);
    assert!(!directory.exists(), "nothing is written");
    let versions = "__diesel_schema_migrations_metaxy_features";
    let drop = format!("DROP TABLE {versions}");
    database.connect().execute_script(&drop).expect("it is there");
    check(&features("baseline --json"), 0, &["_baseline"]);
    check(&features("run"), 0, &["nothing to do"]);
    check(&features("diff"), 0, &[]);

    // A table differs: what the code has cannot be the beginning, what is there can.
    let undo = format!("{drop}; ALTER TABLE video__raw ADD COLUMN extra INTEGER");
    database.connect().execute_script(&undo).expect("it can be undone");
    fs::remove_dir_all(database.directory().join("migrations/dev/features")).expect("is there");
    check(&features("baseline"), 2, &["drop column `video__raw.extra`", "nothing was changed"]);
    check(&features("baseline --from-database"), 0, &["marked as applied", "_baseline"]);
    check(&features("check"), 1, &["the code"]);
    check(&features("baseline --from-database"), 2, &["the history has migrations already"]);
    let generate = "generate tidy --allow-destructive video__raw.extra";
    check(&features(generate), 0, &["- column `extra`"]);
    check(&features("run"), 0, &["dev:features: applied"]);
    check(&features("check"), 0, &["code and migrations agree"]);

    check(&run("migration squash beginning"), 2, &["which history is meant?"]);
    check(&features("squash beginning --dry-run"), 0, &["_baseline would be in"]);
    check(&features("squash beginning --json"), 0, &[r#""rewritten": true, "written": true"#]);
    check(&features("check"), 0, &["code and migrations agree"]);
    check(&features("run"), 0, &["nothing to do"]);
    check(&features("list"), 0, &["[X]", "_beginning"]);
    check(&features("diff"), 0, &[]);
}

/// Two branches that each wrote a migration, as Git merges them.
fn merged_branches_are_told_and_put_in_one_line(database: &TestDatabase) {
    let run = |args: &str| metaxy(database, args);
    check(&run("migration generate initialize"), 0, &[]);
    let directory = database.directory();
    let git = |args: &str| {
        let output = Command::new("git")
            .current_dir(directory)
            .args(["-c", "user.name=team", "-c", "user.email=team@example.com"])
            .args(args.split(' '))
            .output();
        output.expect("git is installed").status.success()
    };
    assert!(git("init --quiet --initial-branch main"));
    let commit = || assert!(git("add metaxy.toml migrations") && git("commit --quiet -m step"));
    commit();
    let branch = |name: &str| {
        let generate = format!("-n dev:features migration generate {name} --empty");
        check(&run(&generate), 0, &[name]);
        let features = directory.join("migrations/dev/features");
        for entry in fs::read_dir(features).expect("it was made") {
            let path = entry.expect("an entry").path();
            if path.to_string_lossy().ends_with(name) {
                fs::write(path.join("up.sql"), "SELECT 1;").expect("it can be written");
                fs::write(path.join("down.sql"), "SELECT 1;").expect("it can be written");
            }
        }
        check(&run("migration repair"), 0, &["up.sql` was edited after it was written"]);
        check(
            &run("migration repair --json"),
            0,
            &[r#""environment": "dev:features", "taken": [], "written": true"#],
        );
        commit();
    };
    assert!(git("checkout --quiet -b other"));
    branch("theirs");
    check(&run("migration run"), 0, &["_theirs"]);
    assert!(git("checkout --quiet main"));
    branch("ours");
    assert!(!git("merge --quiet other"), "there is a conflict");

    let words = ["_ours", "both follow", "_initialize", "run `metaxy migration rebase`"];
    check(&run("migration check"), 1, &words);
    check(&run("migration check --json"), 1, &[r#""problems": [ "two branches were merged"#]);
    check(&run("migration run"), 2, &words);
    check(&run("migration generate more"), 2, &words);
    check(&run("migration repair"), 2, &["metaxy migration rebase"]);
    let dry = run("migration rebase --dry-run");
    check(&dry, 0, &["dev:system: nothing to do", "_ours", "would be written anew"]);
    check(&run("migration check"), 1, &words);
    // What the database has keeps its version, and the other comes last.
    check(&run("migration rebase"), 0, &["_ours", "snapshot and sums written anew"]);
    check(&run("migration rebase --json"), 0, &[r#""changed": false, "moved": []"#]);
    check(&run("migration check"), 0, &["dev:features: code and migrations agree"]);
    check(&run("migration run"), 0, &["dev:features: applied", "_ours"]);
    check(&run("migration status"), 0, &["dev:features: 3 applied, 0 pending"]);
}

fn a_new_table_prefix_renames_all_tables(database: &TestDatabase) {
    let run = |args: &str| metaxy(database, args);
    check(&run("migration generate initialize"), 0, &[]);
    check(&run("migration run"), 0, &[]);
    let insert = "INSERT INTO video__faces VALUES ('v1', 3, 'p', '{}', 'f', 'p', 'd', '{}', \
                  '2026-01-01T00:00:00.000000Z', '2026-01-01T00:00:00.000000Z', NULL, NULL)";
    database.connect().execute_script(insert).expect("a row can be inserted");
    let file = database.directory().join("metaxy.toml");
    let config = fs::read_to_string(&file).expect("it was written");
    let config = config.replace("config = { ", "config = { table_prefix = \"a_\", ");
    fs::write(&file, config).expect("it can be written");
    check(
        &run("migration generate prefix"),
        0,
        &[
            "~ table `metaxy_system__events` → `a_metaxy_system__events`",
            "~ table `video__faces` → `a_video__faces`",
            "~ index `video__raw_duration_idx` → `a_video__raw_duration_idx`",
        ],
    );
    check(&run("migration check"), 0, &["dev:features: code and migrations agree"]);
    check(&run("migration run"), 0, &["dev:system: applied", "dev:features: applied"]);
    check(&run("migration diff"), 0, &[]);
    let rows = database.connect().count_rows(&TableName::new("a_video__faces"));
    assert_eq!(rows.expect("the table has its new name"), 1);
    check(&run("migration revert"), 0, &["dev:features: reverted"]);
    let rows = database.connect().count_rows(&TableName::new("video__faces"));
    assert_eq!(rows.expect("the table has its former name"), 1);
}

/// Makes the history say that the column `path` of crops was `file` until now.
fn rename_in_snapshot(database: &TestDatabase) {
    let file = database.directory().join("migrations/dev/features/snapshot.json");
    let text = fs::read_to_string(&file).expect("the history was written");
    let (before, after) = (r#""name": "path""#, r#""name": "file""#);
    assert!(text.contains(before), "{text}");
    fs::write(&file, text.replacen(before, after, 1)).expect("it can be edited");
    check(&metaxy(database, "migration repair"), 0, &[]);
}

fn what_is_gone_may_have_been_renamed(database: &TestDatabase) {
    let run = |args: &str| metaxy(database, args);
    check(&run("migration generate initialize"), 0, &[]);
    rename_in_snapshot(database);
    check(
        &run("migration generate step"),
        2,
        &["add --allow-destructive video__crop.file", "`--rename 'video__crop.file:path'`"],
    );
    check(
        &run("migration generate step --json"),
        2,
        &[
            r#""environment": "dev:system", "status": "no_changes""#,
            r#""environment": "dev:features", "status": "missing_hints", "migrations": []"#,
            r#""object": "video__crop.file", "loss": "drop", "renames": [ "--rename 'video__crop.file:path'" ]"#,
            r#""allow": "--allow-destructive video__crop.file""#,
        ],
    );
    let terminal = |args: &str, keys: &str| {
        let program = env!("CARGO_BIN_EXE_video");
        let mut script = Command::new("script")
            .args(["--quiet", "--return", "--command", &format!("{program} {args}"), "/dev/null"])
            .current_dir(database.directory())
            .env_remove("CARGO_MANIFEST_DIR")
            .env("NO_COLOR", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("`script` of util-linux runs");
        script.stdin.take().expect("it is piped").write_all(keys.as_bytes()).expect("it listens");
        script.wait_with_output().expect("it ends")
    };
    let question = "Was `video__crop.file` renamed to `path`? 1) rename it to `path`: nothing is lost \
                    2) drop and add: all data in it is lost 1 to 2, or q to write nothing:";
    check(&terminal("migration generate step", "q\n"), 2, &[question, "--rename"]);
    check(
        &terminal("migration generate step", "7\n1\n"),
        0,
        &[question, "~ column `file` → `path`"],
    );
    check(&run("migration generate step"), 0, &["dev:features: nothing to do"]);
}

#[test]
fn bad_input_gets_one_clear_error_and_changes_nothing() {
    let good = "project = \"video\"\n[stores.dev]\ntype = \"sqlite\"\nconfig = { database = \"video.db\" }\n";
    let cases: &[(&str, &str, i32, &[&str])] = &[
        ("stroe = 1", "list stores", 2, &["unknown key `stroe`", "did you mean `store`?"]),
        ("project = = 1", "list stores", 2, &["metaxy.toml:1:11", "not valid TOML"]),
        ("project = \"a b\"", "list stores", 2, &["metaxy.toml:1:", "project"]),
        (good, "-n prod migration run", 2, &["there is no store `prod`", "dev"]),
        (good, "-n dev:all migration run", 2, &["`all` is no scope"]),
        (good, "migration revert", 3, &["video.db` does not exist", "metaxy migration run"]),
        (good, "migration generate ///", 2, &["no letter or digit"]),
        (good, "--config missing.toml list stores", 2, &["missing.toml"]),
        (good, "graph versions --snapshot missing.json", 2, &["cannot read missing.json"]),
        (good, "graph versions --snapshot metaxy.toml", 2, &["metaxy.toml: line 1"]),
        (
            "[stores.dev]\ntype = \"postgres\"\nconfig = { connection_string = \"postgres://ann:hunter2@127.0.0.1:1/v\" }\n",
            "migration list",
            3,
            &["cannot reach PostgreSQL", "postgres://ann:***@127.0.0.1:1/v"],
        ),
        (
            "[stores.dev]\ntype = \"postgres\"\nconfig = { connection_string = \"${METAXY_NO_SUCH}\" }\n",
            "migration list",
            2,
            &["METAXY_NO_SUCH", "not set"],
        ),
        ("[stores.dev]\ntype = \"bigquery\"\n", "migration list", 2, &["bigquery"]),
        (
            "project = \"other\"\n[stores.dev]\ntype = \"sqlite\"\nconfig = { database = \"x.db\" }\n",
            "migration generate initialize",
            2,
            &["project `other` has no feature", "video"],
        ),
        (good, "migration generate", 2, &["<NAME>"]),
        (good, "nonsense", 2, &["unrecognized subcommand"]),
    ];
    for (config, args, code, fragments) in cases {
        let directory = tempfile::tempdir().expect("a temporary directory can be made");
        fs::write(directory.path().join("metaxy.toml"), config)
            .expect("metaxy.toml can be written");
        let output = metaxy_in(directory.path(), args);
        check(&output, *code, fragments);
        assert!(!String::from_utf8_lossy(&output.stderr).contains("hunter2"), "{args}");
        let files: Vec<_> = fs::read_dir(directory.path()).expect("it can be read").collect();
        assert_eq!(files.len(), 1, "`{args}` left something behind");
    }
}

#[test]
fn one_word_of_the_examples_configuration_makes_it_postgres() {
    let database = TestDatabase::new(Backend::Postgres);
    let dev = include_str!("../metaxy.toml");
    let prod = dev.replacen("store = \"dev\"", "store = \"prod\"", 1);
    assert_ne!(dev, prod);
    let directory = database.directory();
    fs::write(directory.join("metaxy.toml"), prod).expect("metaxy.toml can be written");
    let run = |args: &str| {
        Command::new(env!("CARGO_BIN_EXE_video"))
            .args(args.split_whitespace())
            .current_dir(directory)
            .env("VIDEO_DATABASE_URL", database.url.expose())
            .output()
            .expect("the program runs")
    };
    check(&run("migration generate initialize"), 0, &["prod:features", "+ table `video__raw`"]);
    check(&run("migration run"), 0, &["prod:features: applied"]);
}

#[test]
fn the_graph_is_listed_and_drawn() {
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    let run = |args: &str| metaxy_in(directory.path(), args);
    check(&run("list features"), 0, &["video/raw", "examples/video/src/lib.rs:"]);
    check(&run("list projects"), 0, &["video", "4 features"]);
    check(&run("graph render"), 0, &["● video/faces", "◄ video/crop.frames"]);
    check(&run("graph versions"), 0, &["video/raw", "project video:"]);
    let versions = run("graph versions --json");
    let text = String::from_utf8_lossy(&versions.stdout).into_owned();
    let keys = [
        "\"features\"",
        "\"video/raw\"",
        "\"field_versions\"",
        "\"feature_version\"",
        "\"code_version\"",
        "\"feature_spec_version\"",
        "\"definition_version\"",
        "\"table_name\": \"video__raw\"",
        "\"projects\"",
        "\"order\"",
    ];
    for key in keys {
        assert!(text.contains(key), "{key} is not in {text}");
    }
}

#[test]
fn the_graph_is_drawn_in_every_format() {
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    let run = |args: &str| metaxy_in(directory.path(), args);
    let formats: &[(&str, &[&str])] = &[
        (
            "svg",
            &["<svg xmlns=", ">video/speech</text>", ">transcript</text>", "class=\"edge g0\""],
        ),
        ("html", &["<!doctype html>", "<title>video</title>", "Videos cropped to a 720p square"]),
        ("dot", &["digraph {", "c0:r0:e -> c1:r0:w;"]),
        ("mermaid", &["flowchart LR"]),
        (
            "json",
            &[
                "\"key\": \"video/raw\"",
                "\"table\": \"video__raw\"",
                "\"from\": [ [ \"video/raw\", \"audio\" ] ]",
            ],
        ),
        ("terminal", &["● video/raw"]),
    ];
    for (format, fragments) in formats {
        let printed = run(&format!("graph render --format {format}"));
        check(&printed, 0, fragments);
        let again = run(&format!("graph render --format {format}"));
        assert_eq!(printed.stdout, again.stdout, "{format} is the same on every run");
    }

    check(&run("graph render -o graph.svg --theme dark"), 0, &[]);
    let written = fs::read_to_string(directory.path().join("graph.svg")).expect("it was written");
    assert!(written.contains("#0e131a") && !written.contains("prefers-color-scheme"), "{written}");
    check(&run("graph render -o graph.txt"), 0, &[]);
    check(&run("graph render -o graph.pdf"), 2, &["no format is known by the ending of graph.pdf"]);
    check(&run("graph render -o no/such/place.svg"), 2, &["cannot write no/such/place.svg"]);

    let snapshot = run("graph snapshot").stdout;
    fs::write(directory.path().join("video.json"), snapshot).expect("it can be written");
    let drawn = run("graph render --snapshot video.json --format svg");
    assert_eq!(drawn.stdout, run("graph render --format svg").stdout);
    check(&run("graph render --snapshot nothing.json"), 2, &["cannot read nothing.json"]);
}

/// The tests have `rsvg-convert`; who lacks it is told what to do.
#[test]
fn pixels_are_drawn_by_a_program_that_is_there() {
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    check(&metaxy_in(directory.path(), "graph render -o graph.png"), 0, &[]);
    let png = fs::read(directory.path().join("graph.png")).expect("it was written");
    assert!(png.starts_with(b"\x89PNG"), "{} bytes", png.len());
    let without = Command::new(env!("CARGO_BIN_EXE_video"))
        .args(["graph", "render", "--format", "png"])
        .current_dir(directory.path())
        .env("PATH", directory.path())
        .output()
        .expect("the program runs");
    check(&without, 2, &["PNG needs a program that draws SVG: install `rsvg-convert`"]);
}

/// A new version of the code that crops audio touches what is made from it, and leaves the rest.
#[test]
fn a_difference_of_graphs_is_drawn() {
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    let run = |args: &str| metaxy_in(directory.path(), args);
    let now = String::from_utf8(run("graph snapshot").stdout).expect("a snapshot is text");
    fs::write(directory.path().join("now.json"), &now).expect("it can be written");
    let code = |version: &str| format!("\"key\":\"audio\",\"code_version\":\"{version}\"");
    let before = now.replacen(&code("1"), &code("0"), 1);
    assert!(before != now, "the audio's code has no version in {now}");
    fs::write(directory.path().join("before.json"), before).expect("it can be written");
    let fragments: &[&str] =
        &["card g0 changed", "card g0 touched", ">untouched</text>", ">changed</text>"];
    check(&run("graph diff before.json now.json --format svg"), 1, fragments);
}

#[test]
fn features_graph_and_stores_are_described() {
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    fs::write(directory.path().join("metaxy.toml"), CONFIG).expect("it can be written");
    let run = |args: &str| metaxy_in(directory.path(), args);
    check(
        &run("describe feature video/crop"),
        0,
        &[
            "about Videos cropped to a 720p square",
            "table video__crop",
            "id columns video_id",
            "code 1 ◄ video/raw.audio",
            "video/raw: one sample of one",
            "downstream video/",
        ],
    );
    check(&run("describe feature video/crop --json"), 0, &["\"lineage\": \"one sample of one\""]);
    check(
        &run("describe feature video/corp"),
        2,
        &["is not in the graph: did you mean `video/crop`?"],
    );
    check(
        &run("describe graph"),
        0,
        &["4 features, 6 fields", "depth 3", "roots video/raw", "leaves video/faces, video/speech"],
    );
    check(&run("describe graph --json"), 0, &["\"depth\": 3"]);
    check(
        &run("describe store"),
        0,
        &["database sqlite", "features 0 migrations in migrations/dev/features, recorded in"],
    );
    check(&run("describe store prod --json"), 0, &["postgres://ann:***@127.0.0.1:1/video"]);
    check(&run("describe store pord"), 2, &["did you mean `prod`?"]);
}

/// A store in a file, and one that no server answers.
const CONFIG: &str = "project = \"video\"\n[stores.dev]\ntype = \"sqlite\"\nconfig = { database = \"video.db\" }\n\
    [stores.prod]\ntype = \"postgres\"\nconfig = { connection_string = \"postgres://ann:hunter2@127.0.0.1:1/video\" }\n";

#[test]
fn the_configuration_is_printed_without_passwords() {
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    let run = |args: &str| metaxy_in(directory.path(), args);
    check(&run("config print"), 0, &["# no metaxy.toml was found: `cargo metaxy init` writes one"]);
    fs::write(directory.path().join("metaxy.toml"), CONFIG).expect("it can be written");
    for args in ["config print", "config print --json", "-v config print"] {
        let printed = run(args);
        check(&printed, 0, &["postgres://ann:***@127.0.0.1:1/video", "migrations/prod/features"]);
        let text = [printed.stdout, printed.stderr].concat();
        assert!(!String::from_utf8_lossy(&text).contains("hunter2"), "{args}");
    }
    check(
        &run("-v config print"),
        0,
        &["configuration: ", "store: dev, sqlite at", "features: 4 are linked"],
    );
    let printed = run("config print").stdout;
    let text = String::from_utf8(printed).expect("it is text");
    assert!(text.contains("[stores.dev]\ntype = \"sqlite\""), "{text}");
    fs::write(directory.path().join("metaxy.toml"), format!("{CONFIG}[migrations.pord]\n"))
        .expect("it can be written");
    check(&run("list projects"), 0, &["warning: `migrations.pord` names no store"]);
    assert!(run("--quiet list projects").stderr.is_empty());
    check(&run("-q -v list projects"), 2, &["cannot be used with"]);
}

fn what_is_wrong_is_found_and_the_mend_said(database: &TestDatabase) {
    let run = |args: &str| metaxy(database, args);
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    let config = "project = \"video\"\n[stores.dev]\ntype = \"sqlite\"\nconfig = { database = \"no/where.db\" }\n";
    fs::write(directory.path().join("metaxy.toml"), config).expect("it can be written");
    check(
        &metaxy_in(directory.path(), "doctor"),
        1,
        &["✗ store dev cannot create database file", "→ make the directory"],
    );
    check(
        &metaxy_in(directory.path(), "migration repair --yes"),
        0,
        &["dev:system: there are no migrations in migrations/dev/system yet"],
    );
    fs::remove_file(directory.path().join("metaxy.toml")).expect("it was written");
    let nothing = metaxy_in(directory.path(), "doctor");
    check(
        &nothing,
        1,
        &["✗ configuration no metaxy.toml from here upward", "→ `cargo metaxy init`"],
    );
    assert_eq!(fs::read_dir(directory.path()).expect("it can be read").count(), 0);

    check(
        &run("doctor"),
        1,
        &[
            "✓ features 4 of video",
            "· dev:features there are no migrations in",
            "→ `metaxy -n dev:features migration generate NAME`",
        ],
    );
    check(&run("migration generate initialize"), 0, &[]);
    check(
        &run("doctor"),
        0,
        &["✓ dev:features code and migrations agree: 1 in migrations/dev/features"],
    );
    check(&run("migration run"), 0, &[]);
    check(&run("doctor"), 0, &["✓ store dev", "answers"]);
    check(&run("doctor --json"), 0, &["\"state\": \"fine\""]);

    rename_in_snapshot(database);
    check(&run("doctor"), 1, &["dev:features the code is ahead of the migrations"]);
    let file = database.directory().join("metaxy.toml");
    let config = fs::read_to_string(&file).expect("it was written");
    let prod = CONFIG.split_once("[stores.prod]").expect("it has prod").1;
    fs::write(&file, format!("{config}[stores.prod]{prod}")).expect("it can be written");
    let found = run("-n prod doctor");
    check(
        &found,
        1,
        &["✗ store prod cannot reach PostgreSQL", "→ start the server, or correct host and port"],
    );
    assert!(!String::from_utf8_lossy(&found.stdout).contains("hunter2"));
    fs::write(&file, config.replace("project = \"video\"", "project = \"other\""))
        .expect("it can be written");
    check(&run("doctor"), 1, &["✗ features 4 of video; none is of project `other`"]);
}

#[test]
fn shells_complete_commands() {
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = metaxy_in(directory.path(), &format!("completions {shell} --name shop"));
        check(&script, 0, &["shop", "migration"]);
    }
    let script = metaxy_in(directory.path(), "completions bash").stdout;
    let file = directory.path().join("metaxy.bash");
    fs::write(&file, script).expect("it can be written");
    let asked = "source metaxy.bash; COMP_WORDS=(metaxy graph re); COMP_CWORD=2; _metaxy metaxy re graph; echo ${COMPREPLY[@]}";
    let bash = Command::new("bash").args(["-c", asked]).current_dir(directory.path()).output();
    check(&bash.expect("bash runs"), 0, &["render"]);
}

#[test]
fn tables_are_drawn_before_and_after() {
    let database = TestDatabase::new(Backend::Sqlite);
    let run = |args: &str| metaxy(&database, args);
    let write = |name: &str, sql: &str| {
        fs::write(database.directory().join(name), sql).expect("it can be written");
    };
    write(
        "before.sql",
        "CREATE TABLE owner (id INTEGER PRIMARY KEY, name TEXT);
         CREATE TABLE photo (id INTEGER PRIMARY KEY, owner_id INTEGER REFERENCES owner (id), size INTEGER);
         CREATE TABLE old (id INTEGER PRIMARY KEY);",
    );
    write(
        "after.sql",
        "CREATE TABLE owner (id INTEGER PRIMARY KEY, name TEXT);
         CREATE TABLE photo (id INTEGER PRIMARY KEY, owner_id INTEGER REFERENCES owner (id), size BIGINT NOT NULL, taken TEXT);
         CREATE TABLE tag (photo_id INTEGER NOT NULL REFERENCES photo (id), tag TEXT NOT NULL, PRIMARY KEY (photo_id, tag));",
    );
    check(
        &run("schema render sql:before.sql"),
        0,
        &[
            "<svg xmlns",
            ">photo</text>",
            "INTEGER null fk</text>",
            "INTEGER pk</text>",
            "class=\"edge g0\"",
        ],
    );
    check(&run("schema render sql:after.sql --from sql:before.sql -o changes.svg"), 0, &[]);
    let picture =
        fs::read_to_string(database.directory().join("changes.svg")).expect("it was written");
    for words in [
        "card g0 added",
        "card g0 removed",
        "card g0 changed",
        "row added",
        "INTEGER null → BIGINT</text>",
    ] {
        assert!(picture.contains(words), "`{words}` is not in {picture}");
    }
    check(&run("schema render features"), 0, &["and 10 of metaxy's columns"]);
    check(&run("schema render features --system-columns -o tables.html"), 0, &[]);
}

#[test]
fn the_picture_of_the_readme_is_the_graph() {
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    let output = metaxy_in(directory.path(), "graph render --format mermaid");
    let picture = String::from_utf8(output.stdout).expect("a picture is text");
    let readme = include_str!("../../../README.md");
    assert!(
        readme.contains(&format!("```mermaid\n{picture}```")),
        "the README should show:\n{picture}"
    );
}

#[test]
fn the_pipeline_goes_the_whole_way() {
    for _ in 0..2 {
        let output =
            Command::new(env!("CARGO_BIN_EXE_pipeline")).output().expect("the pipeline runs");
        check(&output, 0, &["Videos under a minute", "Cropped", "● video/raw"]);
    }
}

fn lints_are_found_explained_silenced_and_configured(database: &TestDatabase) {
    check(&metaxy(database, "migration generate initialize"), 0, &["Read the SQL"]);
    check(&metaxy(database, "migration run"), 0, &[]);
    check(&metaxy(database, "migration lint"), 0, &["dev:features: nothing found"]);
    check(&metaxy(database, "-n dev:features migration generate by_hand --empty"), 0, &[]);

    let directory = database.directory();
    let features = directory.join("migrations/dev/features");
    let names =
        fs::read_dir(&features).expect("it was made").map(|it| it.expect("an entry").path());
    let mut by_hand = names.filter(|it| it.to_string_lossy().ends_with("by_hand"));
    let by_hand = by_hand.next().expect("it was written").join("up.sql");
    let write = |sql: &str| {
        fs::write(&by_hand, sql).expect("it can be written");
        check(&metaxy(database, "migration repair"), 0, &[]);
    };
    write("-- by hand\nALTER TABLE video__raw ADD COLUMN extra INTEGER NOT NULL;\n");
    let found = "error MX205";
    let place = "by_hand/up.sql:2 video__raw.extra: adds a column that must not be NULL";
    for command in ["migration lint", "migration check"] {
        check(&metaxy(database, command), 1, &[found, place, "Give it a default"]);
    }
    check(&metaxy(database, "migration lint --json"), 1, &[r#""code": "MX205""#, r#""line": 2"#]);
    let explained = "MX205 (error; Rows that are there can make it fail)";
    check(&metaxy(database, "migration lint --explain mx205"), 0, &[explained]);
    check(&metaxy(database, "migration lint --explain MX2O5"), 2, &["did you mean `MX20"]);

    write("ALTER TABLE video__raw ADD COLUMN extra INTEGER NOT NULL; -- metaxy:ignore MX205\n");
    check(&metaxy(database, "migration lint"), 1, &["error MX901", "says no reason for `MX205`"]);
    write(
        "ALTER TABLE video__raw ADD COLUMN extra INTEGER NOT NULL; -- metaxy:ignore MX205 no rows\n",
    );
    check(&metaxy(database, "migration lint"), 0, &["nothing found"]);
    write("ALTER TABLE video__raw ADD COLUMN extra INTEGER NOT NULL;\n");

    let config = directory.join("metaxy.toml");
    let text = fs::read_to_string(&config).expect("it was written");
    let configure =
        |lints: &str| fs::write(&config, format!("{text}\n[lints]\n{lints}")).expect("written");
    configure("MX205 = 'warn'");
    check(&metaxy(database, "migration lint"), 0, &["warn MX205"]);
    configure("MX2055 = 'warn'");
    check(
        &metaxy(database, "migration lint"),
        2,
        &["unknown key `lints.MX2055`: did you mean `MX205`?"],
    );
}

fn rows_are_counted_and_deleted(database: &TestDatabase) {
    check(&metaxy(database, "migration generate initialize"), 0, &[]);
    check(&metaxy(database, "migration run"), 0, &[]);
    check(&metaxy(database, "metadata status"), 0, &["video/raw", "0 rows"]);

    let graph = FeatureGraph::current().expect("the features make a graph");
    let store = Store::new("dev", database.backend, database.url.clone());
    let mut store: OpenStore = store.open(graph).expect("opens");
    let video = |id: &str| {
        let video = Video { video_id: id.to_owned(), path: String::new(), duration: 1.0 };
        Sample::new(video, [("audio", "a"), ("frames", "f")])
    };
    store.write([video("v1"), video("v2")]).expect("writes");
    let in_sync = metaxy(database, "metadata status video/raw video/crop --assert-in-sync");
    check(&in_sync, 1, &["2 rows", "0 rows, 2 new"]);
    let filtered = metaxy(database, "metadata status video/crop --filter video_id='v1' --json");
    check(&filtered, 0, &["\"feature\": \"video/crop\"", "\"new\": 1", "\"orphaned\": 0"]);

    let copy = "metadata copy video/raw --from dev --to dev";
    check(&metaxy(database, copy), 0, &["video/raw: 0 rows copied"]);
    check(&metaxy(database, "metadata copy --from dev --to devel"), 2, &["`devel`"]);
    let rebase = |args: &str| metaxy(database, &format!("metadata rebase {args} --from 0123abcd"));
    check(&rebase("video/crop"), 1, &["0 samples of version 0123abcd", "without `--yes`"]);
    check(&rebase("video/crop --yes --json"), 0, &["\"samples\": 0", "\"rebased\": 0"]);
    check(&rebase("video/raw --yes"), 2, &["feature `video/raw` has no dependencies"]);

    let delete = "metadata delete video/raw --filter video_id='v1'";
    check(&metaxy(database, delete), 1, &["video/raw: 1 row would be deleted", "without `--yes`"]);
    check(&metaxy(database, &format!("{delete} --yes")), 0, &["video/raw: 1 row deleted"]);
    check(&metaxy(database, "metadata status video/crop"), 0, &["0 rows, 1 new"]);
    check(&metaxy(database, "metadata drop video/raw"), 1, &["video/raw: 2 rows would be deleted"]);
    check(&metaxy(database, "metadata drop video/raw --yes"), 0, &["video/raw: 2 rows deleted"]);

    check(&metaxy(database, "metadata delete video/raw"), 2, &["--filter"]);
    check(
        &metaxy(database, "metadata delete video/raw --filter length>1"),
        2,
        &["filter `length>1` names the column `length`, which feature `video/raw` does not have"],
    );
    check(
        &metaxy(database, "metadata delete video/raw --filter path="),
        2,
        &["expected a column or a value, found the end path= ^"],
    );
    check(
        &metaxy(database, "metadata status video/ra"),
        2,
        &["feature `video/ra` is not in the graph"],
    );
}

fn what_a_store_lacks_is_read_behind(database: &TestDatabase) {
    let kind = if database.backend == Backend::Sqlite { "sqlite" } else { "postgres" };
    let behind = "hash_algorithm = 'sha256', fallback_stores";
    let config = format!(
        "project = \"video\"
        [stores.dev]
        type = \"{kind}\"
        config = {{ connection_string = '{}', {behind} = ['behind'] }}
        [stores.behind]
        type = \"sqlite\"
        config = {{ database = 'behind.db', {behind} = ['dev'] }}
        [stores.copy]
        type = \"sqlite\"
        config = {{ database = 'copy.db' }}",
        database.url.expose()
    );
    fs::write(database.directory().join("metaxy.toml"), config).expect("can be written");
    let run = |args: &str| metaxy(database, args);
    // A file that is there, without tables.
    drop(database.connect());
    let behind = database.directory().join("behind.db");
    drop(metaxy_diesel::backend::connect(
        Backend::Sqlite,
        &metaxy_core::config::Secret::new(behind.to_str().expect("is text")),
        metaxy_diesel::backend::Open::Create,
    ));
    let status = "metadata status video/raw";
    check(
        &run(status),
        3,
        &["fallback store `dev`", "it falls back to itself, dev -> behind -> dev"],
    );
    for store in ["behind", "copy"] {
        check(&run(&format!("-n {store}:features migration generate initialize")), 0, &[]);
        check(&run(&format!("-n {store}:features migration run")), 0, &[]);
    }
    check(&run(status), 0, &["video/raw 0 rows"]);
    let graph = FeatureGraph::current().expect("the features make a graph");
    let store = Store::new("behind", Backend::Sqlite, behind.to_str().expect("is text"));
    let mut store: OpenStore = store.open(graph).expect("opens");
    let video = Video { video_id: "v1".to_owned(), path: String::new(), duration: 1.0 };
    store.write([Sample::new(video, [("audio", "a"), ("frames", "f")])]).expect("writes");
    check(&run(status), 0, &["video/raw 1 row"]);
    let missing = "feature `video/raw` has no table `video__raw` in the store";
    check(&run(&format!("{status} --no-fallback-stores")), 2, &[missing]);
    let copy = "metadata copy video/raw --from dev --to copy";
    check(&run(copy), 2, &[missing]);
    check(&run(&format!("{copy} --with-fallback-stores")), 0, &["video/raw: 1 row copied"]);
    let filter = "--filter video_id='v1' --yes";
    check(&run(&format!("-n behind metadata delete video/raw {filter}")), 0, &["1 row deleted"]);
    check(&run(&format!("{copy} --with-fallback-stores")), 0, &["video/raw: 0 rows copied"]);
    let deletions = format!("{copy} --with-fallback-stores --with-deleted");
    check(&run(&deletions), 0, &["video/raw: 1 row copied"]);
    check(&run("-n copy metadata status video/raw"), 0, &["video/raw 0 rows"]);
}

fn what_is_pushed_is_listed_and_compared(database: &TestDatabase) {
    let run = |args: &str| metaxy(database, args);
    let version = FeatureGraph::current().expect("is a graph").project_version("video");
    check(&run("-n dev:system migration generate initialize"), 0, &[]);
    drop(database.connect());
    check(&run("graph diff"), 2, &["no table `metaxy_system__feature_versions`"]);
    check(&run("-n dev:system migration run"), 0, &[]);
    check(&run("history"), 0, &["dev: nothing was pushed yet"]);
    check(&run("graph diff"), 2, &["nothing of project `video` was pushed to store `dev` yet"]);
    let recorded = format!("dev: recorded video as {version}");
    check(&run("push --tag commit=abc"), 0, &[&recorded]);
    check(&run("push --tag metaxy=1"), 2, &["the tag `metaxy` is metaxy's own"]);
    check(&run("push --project other"), 2, &["project `other` has no feature here"]);
    check(&run("push"), 0, &[&format!("dev: video is {version} already")]);
    check(&run("push --json"), 0, &["\"already_pushed\": true", "\"updated_features\": []"]);
    check(&run("history"), 0, &[&format!("* video {version}"), "4 features"]);
    check(&run("history --all-projects --limit 1 --json"), 0, &["\"current\": true"]);
    check(&run("graph diff"), 0, &[&format!("from {version} (latest) to {version} (current)")]);
    check(&run("graph diff 00000000"), 2, &["no version `00000000` of project `video` was pushed"]);

    let snapshot = String::from_utf8(run("graph snapshot").stdout).expect("is text");
    let (before, rest) = snapshot.split_once("code_version\":\"1\"").expect("has a version");
    let older = format!("{before}code_version\":\"0\"{rest}");
    fs::write(database.directory().join("older.json"), older).expect("can be written");
    check(
        &run("graph diff older.json"),
        1,
        &[
            "changed video/crop",
            "└ audio",
            "untouched video/faces",
            "touched video/speech",
            "◄ video/crop.audio",
        ],
    );
    check(
        &run("graph diff older.json latest --json"),
        1,
        &["\"because_of\": [ \"video/crop.audio\" ]", "\"status\": \"untouched\""],
    );
}

/// A `diesel.toml` for each history, which is kept as the tables are, until it is someone's own.
fn diesel_is_told_of_each_history(database: &TestDatabase) {
    check(&metaxy(database, "migration diesel-toml"), 2, &["it has no migration of metaxy yet"]);
    check(&metaxy(database, "migration generate initialize"), 0, &[]);
    let wrote = [
        "dev:system: wrote migrations/dev/system/diesel.toml",
        "dev:features: wrote migrations/dev/features/diesel.toml",
        "diesel --config-file migrations/dev/features/diesel.toml migration list",
    ];
    check(&metaxy(database, "migration diesel-toml"), 0, &wrote);
    let file = database.directory().join("migrations/dev/features/diesel.toml");
    let read = || fs::read_to_string(&file).expect("it was written");
    let text = read();
    assert!(text.contains("\"^video__raw$\"") && !text.contains("metaxy_system__"), "{text}");
    check(&metaxy(database, "migration run"), 0, &["dev:features: applied"]);

    let mark = text.lines().next().expect("it has lines");
    fs::write(&file, format!("{mark}\n")).expect("it can be written");
    check(&metaxy(database, "-n dev:features migration generate more --empty"), 0, &[]);
    assert_eq!(read(), text, "it is written anew");
    let own = text.replacen(mark, "# Ours", 1);
    fs::write(&file, &own).expect("it can be written");
    check(&metaxy(database, "-n dev:features migration generate again --empty"), 0, &[]);
    let refused = "migrations/dev/features/diesel.toml` is not metaxy's: it stays as it is";
    check(&metaxy(database, "-n dev:features migration diesel-toml"), 2, &[refused]);
    assert_eq!(read(), own);
}
