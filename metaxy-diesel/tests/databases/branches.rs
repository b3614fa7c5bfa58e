//! Two branches that each wrote migrations: merged by Git, put in one line, and run on databases that have either.

use crate::{on_every_database, support::TestDatabase, undone::is_undone};
use chrono::{DateTime, TimeDelta};
use metaxy_diesel::{
    Backend, Schema,
    apply::{Count, RevertOptions, RunOptions, revert, run},
    backend::Connection,
    drift::drift,
    generate::{GenerateOptions, draft},
    history::{History, MigrationState, applied_names, problems, status},
    migration::{MigrationDirectory, MigrationError},
    rebase::{Moved, RebaseError, RebaseOptions, rebase},
    schema::TableName,
};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

on_every_database!(
    a_merge_of_two_branches_needs_no_hand,
    what_is_applied_keeps_its_version,
    both_change_one_table,
    what_both_change_otherwise_is_refused,
    what_both_did_alike_is_done_once,
    edited_files_are_not_taken_along,
    versions_of_the_future_grow_past_each_other,
);

/// A table, with these columns and indexes besides its key.
fn table(name: &str, columns: &str, indexes: &str) -> String {
    format!(
        "[[tables]]\nname = \"{name}\"\ncolumns = [{{ name = \"id\", type = {{ varchar = 20 }} }}, {columns}]\n\
         primary_key = {{ name = \"{name}_pkey\", columns = [\"id\"] }}\nindexes = [{indexes}]\n"
    )
}

fn parse(tables: &[String]) -> Schema {
    toml::from_str(&tables.concat()).expect("the test's schema is well-formed")
}

const LENGTH: &str = "{ name = \"length\", type = \"integer\", default = { int = 7 } },";
const PATH: &str = "{ name = \"path\", type = { varchar = 50 }, nullable = true },";
const PATH_INDEX: &str = "{ name = \"video_path_idx\", columns = [\"path\"] }";

/// A team's repository.
struct Team<'a> {
    database: &'a TestDatabase,
    root: PathBuf,
    history: History,
}

impl<'a> Team<'a> {
    fn new(database: &'a TestDatabase) -> Self {
        let root = database.directory().join("team");
        let history = History {
            directory: root.join("migrations"),
            version_table: TableName::new("__diesel_schema_migrations_metaxy_features"),
        };
        fs::create_dir(&root).expect("a directory can be made");
        let team = Self { database, root, history };
        team.git(&["init", "--quiet", "--initial-branch", "main"]);
        team
    }

    fn git(&self, arguments: &[&str]) -> bool {
        let output = Command::new("git")
            .current_dir(&self.root)
            .args(["-c", "user.name=team", "-c", "user.email=team@example.com"])
            .args(arguments)
            .output()
            .expect("git is installed");
        output.status.success()
    }

    fn commit(&self) {
        assert!(self.git(&["add", "."]) && self.git(&["commit", "--quiet", "-m", "step"]));
    }

    /// Writes the migration to a schema, at a second of the day, and commits it.
    fn generate(&self, name: &str, second: i64, desired: &Schema) {
        let options = GenerateOptions {
            name,
            backend: self.database.backend,
            scope: "features",
            desired,
            table_prefix: "",
            empty: false,
            allow_destructive: &[],
            renames: &[],
            backfills: &[],
            online: false,
            now: DateTime::UNIX_EPOCH + TimeDelta::seconds(second),
        };
        let draft = draft(&self.history.directory, &options).expect("can be drafted");
        draft.expect("it differs").write().expect("can be written");
        self.commit();
    }

    /// Two branches from `base`, with a migration each, and the merge of the second into the first. Gives a database that ran
    /// the first, and one that ran the second.
    fn branches(
        &self,
        base: &Schema,
        (first, at): (&Schema, i64),
        (second, other_at): (&Schema, i64),
    ) -> [TestDatabase; 2] {
        let databases = [(); 2].map(|()| TestDatabase::new(self.database.backend));
        self.generate("base", 0, base);
        assert!(self.git(&["checkout", "--quiet", "-b", "other"]));
        self.generate("other", other_at, second);
        self.run(&mut databases[1].connect()).expect("it runs");
        assert!(self.git(&["checkout", "--quiet", "main"]));
        self.generate("ours", at, first);
        self.run(&mut databases[0].connect()).expect("it runs");
        assert!(!self.git(&["merge", "--quiet", "other"]), "there is a conflict");
        databases
    }

    fn run(&self, connection: &mut Connection) -> Result<Vec<String>, String> {
        run(connection, &self.history, &RunOptions::default(), &mut |_| {})
            .map_err(|error| error.to_string())
    }

    /// Puts the migrations in one line, and writes them.
    fn rebase(&self) -> Result<Vec<Moved>, RebaseError> {
        let options = RebaseOptions::default();
        let rebased = rebase(&self.history.directory, &options)?.expect("something is to be done");
        rebased.write().expect("it can be written");
        assert_eq!(rebase(&self.history.directory, &options).expect("it can be read"), None);
        let directory = MigrationDirectory::open(&self.history.directory).expect("it is in order");
        let snapshot = directory.snapshot.as_ref().expect("it was written");
        assert_eq!(directory.replayed().expect("all say what they do"), snapshot.schema);
        Ok(rebased.moved)
    }

    /// Runs what is pending, and compares the database with what is wanted.
    #[track_caller]
    fn check(&self, database: &TestDatabase, expected: &[&str], wanted: &Schema) {
        let connection = &mut database.connect();
        assert_eq!(self.run(connection).expect("it runs"), expected);
        assert_eq!(drift(connection, wanted).expect("it can be compared"), [""; 0]);
        let statuses = status(Some(connection), &self.history).expect("it can be read");
        assert!(statuses.iter().all(|it| it.state == MigrationState::Applied), "{statuses:?}");
        assert_eq!(problems(Some(connection), &self.history).expect("it can be read"), [""; 0]);
        assert_eq!(self.run(connection).expect("nothing is left"), [""; 0]);
    }

    fn wants_nothing(&self, desired: &Schema) {
        let dialect = self.database.backend.dialect();
        let directory = MigrationDirectory::open(&self.history.directory).expect("it is in order");
        let snapshot = directory.snapshot.expect("it was written").schema;
        assert_eq!(metaxy_diesel::diff::differences(&snapshot, desired, dialect), [""; 0]);
    }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).expect("it can be read")
}

fn names(team: &Team<'_>) -> Vec<String> {
    let directory = MigrationDirectory::open(&team.history.directory).expect("it is in order");
    directory.migrations.into_iter().map(|it| it.name).collect()
}

fn a_merge_of_two_branches_needs_no_hand(database: &TestDatabase) {
    let team = Team::new(database);
    let base = parse(&[table("video", "", "")]);
    let ours = parse(&[table("video", LENGTH, ""), table("face", PATH, "")]);
    let other = parse(&[table("video", PATH, PATH_INDEX), table("word", LENGTH, "")]);
    let both = parse(&[
        table("video", &format!("{LENGTH} {PATH}"), PATH_INDEX),
        table("face", PATH, ""),
        table("word", LENGTH, ""),
    ]);
    let [has_ours, has_other] = team.branches(&base, (&ours, 10), (&other, 20));
    let directory = &team.history.directory;
    assert!(read(&directory.join("snapshot.json")).contains("<<<<<<<"));

    let error = MigrationDirectory::open(directory).expect_err("two branches were merged");
    let words = "two branches were merged: `1970-01-01-000010_ours` and `1970-01-01-000020_other` both follow \
                 `1970-01-01-000000_base`; run `metaxy migration rebase`";
    assert_eq!(error.to_string(), words);
    assert_eq!(problems(None, &team.history).expect("the files can be read"), [words]);
    assert_eq!(team.run(&mut has_ours.connect()).expect_err("it waits for that"), words);
    assert!(matches!(
        MigrationDirectory::repair(directory),
        Err(MigrationError::Snapshot { .. } | MigrationError::Branches { .. })
    ));

    let moved = team.rebase().expect("it can be merged");
    let name = "1970-01-01-000020_other".to_owned();
    // What both add a column to, DuckDB builds anew: it refuses where it finds one that it does not know.
    let refused_after = match database.backend {
        Backend::DuckDb => vec!["1970-01-01-000010_ours".to_owned()],
        _ => Vec::new(),
    };
    let expected = Moved { from: name.clone(), to: name, rewritten: false, refused_after };
    assert_eq!(moved, [expected]);
    if database.backend == Backend::DuckDb {
        return;
    }
    team.wants_nothing(&both);
    team.check(&has_ours, &["1970-01-01-000020_other"], &both);
    team.check(&has_other, &["1970-01-01-000010_ours"], &both);
    team.check(
        database,
        &["1970-01-01-000000_base", "1970-01-01-000010_ours", "1970-01-01-000020_other"],
        &both,
    );
    for database in [&has_ours, &has_other] {
        let options = RevertOptions { count: Count::All, ..RevertOptions::default() };
        let connection = &mut database.connect();
        revert(connection, &team.history, &options, &mut |_| {}).expect("they are reverted");
    }
    // A further migration follows the last.
    let columns = format!("{LENGTH} {PATH}");
    let next = [table("video", &columns, ""), table("face", PATH, ""), table("word", LENGTH, "")];
    team.generate("next", 5, &parse(&next));
    assert_eq!(names(&team).len(), 4);
}

fn what_is_applied_keeps_its_version(database: &TestDatabase) {
    let team = Team::new(database);
    let base = parse(&[table("video", "", "")]);
    let ours = parse(&[table("video", LENGTH, "")]);
    let other = parse(&[table("video", "", ""), table("word", LENGTH, "")]);
    let both = parse(&[table("video", LENGTH, ""), table("word", LENGTH, "")]);
    // In the same second, and the other one is applied where the history runs.
    let [has_ours, has_other] = team.branches(&base, (&ours, 10), (&other, 10));
    let error = MigrationDirectory::open(&team.history.directory).expect_err("they are two");
    assert!(error.to_string().starts_with("two branches were merged"), "{error}");
    let applied = applied_names(&mut has_other.connect(), &team.history).expect("can be read");
    assert_eq!(applied["19700101000010"].as_deref(), Some("1970-01-01-000010_other"));
    let rebase = |last: &[String], applied: &BTreeMap<_, _>| {
        let options = RebaseOptions { last, applied: applied.clone(), now: DateTime::UNIX_EPOCH };
        rebase(&team.history.directory, &options)
    };
    let error = rebase(&["nothing".to_owned()], &BTreeMap::new()).expect_err("there is none");
    assert!(error.to_string().starts_with("there is no migration `nothing` in `"), "{error}");
    let by_name = rebase(&["1970-01-01-000010_ours".to_owned()], &BTreeMap::new());
    let rebased = rebase(&[], &applied).expect("it can be merged").expect("they are two");
    assert_eq!(by_name.expect("it can be merged").as_ref(), Some(&rebased));
    is_undone(&team.history.directory, || rebased.write());
    rebased.write().expect("can be written");
    assert_eq!(
        names(&team),
        ["1970-01-01-000000_base", "1970-01-01-000010_other", "1970-01-01-000011_ours"]
    );
    team.check(&has_other, &["1970-01-01-000011_ours"], &both);
    team.check(&has_ours, &["1970-01-01-000010_other"], &both);
    team.check(database, &names(&team).iter().map(String::as_str).collect::<Vec<_>>(), &both);
    team.wants_nothing(&both);
}

/// On SQLite the table is built anew by both, so that the second has to know the columns of the first.
fn both_change_one_table(database: &TestDatabase) {
    let team = Team::new(database);
    let columns = |path: &str, length: &str| {
        format!(
            "{{ name = \"path\", type = {{ varchar = 50 }}, nullable = {path} }}, \
             {{ name = \"length\", type = \"{length}\", nullable = true }},"
        )
    };
    let base = parse(&[table("video", &columns("false", "integer"), "")]);
    let ours = parse(&[table("video", &columns("true", "integer"), "")]);
    let other = parse(&[table("video", &columns("false", "big_int"), "")]);
    let both = parse(&[table("video", &columns("true", "big_int"), "")]);
    let [has_ours, has_other] = team.branches(&base, (&ours, 10), (&other, 20));
    let insert = "INSERT INTO video (id, path, length) VALUES ('a', 'p', 3)";
    has_ours.connect().execute_script(insert).expect("a row can be inserted");
    let moved = team.rebase().expect("it can be merged");
    let is_built_anew = matches!(database.backend, Backend::Sqlite | Backend::DuckDb);
    assert_eq!(moved[0].rewritten, is_built_anew, "{moved:?}");
    assert_eq!(!moved[0].refused_after.is_empty(), is_built_anew);
    team.wants_nothing(&both);
    team.check(&has_ours, &["1970-01-01-000020_other"], &both);
    let rows = has_ours.connect().count_rows(&TableName::new("video")).expect("it is there");
    assert_eq!(rows, 1);
    match is_built_anew {
        false => team.check(&has_other, &["1970-01-01-000010_ours"], &both),
        true => {
            let error = team.run(&mut has_other.connect()).expect_err("it would undo the other");
            assert_eq!(
                error,
                "migration `1970-01-01-000010_ours` is not applied, and older than 19700101000020, which is: it changes the \
                 same tables, and was on another branch: revert it with the files from before the rebase"
            );
        }
    }
}

fn what_both_change_otherwise_is_refused(database: &TestDatabase) {
    let team = Team::new(database);
    let base = parse(&[table("video", "", "")]);
    let ours = parse(&[table("video", LENGTH, "")]);
    let otherwise = LENGTH.replace("7", "8");
    let other = parse(&[table("video", &otherwise, "")]);
    team.branches(&base, (&ours, 10), (&other, 20));
    let before = read(&team.history.directory.join("snapshot.json"));
    let error = team.rebase().expect_err("nobody knows which is meant").to_string();
    assert_eq!(
        error,
        "`1970-01-01-000020_other` cannot come after the others: `video.length` is changed by both, each its own way; \
         remove its directory, run `metaxy migration rebase`, and generate it again"
    );
    assert_eq!(read(&team.history.directory.join("snapshot.json")), before);
    // What it says helps.
    let other_migration = team.history.directory.join("1970-01-01-000020_other");
    fs::remove_dir_all(other_migration).expect("it is there");
    team.rebase().expect("one is left");
    team.wants_nothing(&ours);
    team.generate("other", 30, &other);
}

fn what_both_did_alike_is_done_once(database: &TestDatabase) {
    let team = Team::new(database);
    let base = parse(&[table("video", "", "")]);
    let after = parse(&[table("video", LENGTH, "")]);
    let [has_ours, has_other] = team.branches(&base, (&after, 10), (&after, 20));
    let moved = team.rebase().expect("it is the same");
    assert!(moved[0].rewritten);
    team.check(&has_ours, &["1970-01-01-000020_other"], &after);
    assert_eq!(moved[0].refused_after, [""; 0]);
    assert_eq!(moved.len(), 1, "{moved:?}");
    // The one that has the other has the column, and so the first.
    team.check(&has_other, &[], &after);
    let options = RevertOptions { count: Count::All, ..RevertOptions::default() };
    let reverted = revert(&mut has_other.connect(), &team.history, &options, &mut |_| {});
    assert_eq!(reverted.expect("each goes back").len(), 3);
    team.check(database, &names(&team).iter().map(String::as_str).collect::<Vec<_>>(), &after);
}

fn edited_files_are_not_taken_along(database: &TestDatabase) {
    let team = Team::new(database);
    let base = parse(&[table("video", "", "")]);
    let ours = parse(&[table("video", LENGTH, "")]);
    let other = parse(&[table("video", PATH, "")]);
    team.branches(&base, (&ours, 10), (&other, 20));
    let file = team.history.directory.join("1970-01-01-000000_base/up.sql");
    let text = read(&file);
    fs::write(&file, format!("{text}-- edited\n")).expect("it can be written");
    let error = team.rebase().expect_err("it was edited").to_string();
    assert!(error.contains("`1970-01-01-000000_base/up.sql` was edited"), "{error}");
    fs::write(&file, text).expect("it can be written");
    team.rebase().expect("it is in order");
}

/// Where a clock was ahead, each migration gets the version that the next one had.
fn versions_of_the_future_grow_past_each_other(database: &TestDatabase) {
    const AHEAD: i64 = 4_000_000_000;
    let team = Team::new(database);
    let schema =
        |names: &[&str]| parse(&names.iter().map(|it| table(it, PATH, "")).collect::<Vec<_>>());
    team.generate("base", 0, &schema(&["base"]));
    assert!(team.git(&["checkout", "--quiet", "-b", "other"]));
    team.generate("step", 10, &schema(&["base", "word"]));
    assert!(team.git(&["checkout", "--quiet", "main"]));
    team.generate("step", AHEAD, &schema(&["base", "a"]));
    team.run(&mut database.connect()).expect("it runs");
    team.generate("step", AHEAD, &schema(&["base", "a", "b"]));
    team.generate("step", AHEAD, &schema(&["base", "a", "b", "c"]));
    let ahead = TestDatabase::new(database.backend);
    team.run(&mut ahead.connect()).expect("it runs");
    assert!(!team.git(&["merge", "--quiet", "other"]), "there is a conflict");
    let applied = applied_names(&mut database.connect(), &team.history).expect("can be read");
    let options = RebaseOptions { last: &[], applied, now: DateTime::UNIX_EPOCH };
    let rebased = rebase(&team.history.directory, &options).expect("it can be merged");
    let rebased = rebased.expect("they are two");
    is_undone(&team.history.directory, || rebased.write());
    rebased.write().expect("can be written");
    let step = |second: u32| format!("2096-10-02-0706{second}_step");
    let [first, other, second, third] = [40, 41, 42, 43].map(step);
    assert_eq!(
        names(&team),
        ["1970-01-01-000000_base".to_owned(), first, other.clone(), second.clone(), third.clone()]
    );
    let all = schema(&["a", "b", "base", "c", "word"]);
    team.check(&ahead, &[&other], &all);
    team.check(database, &[&other, &second, &third], &all);
    let empty = TestDatabase::new(database.backend);
    team.check(&empty, &names(&team).iter().map(String::as_str).collect::<Vec<_>>(), &all);
    team.wants_nothing(&all);
}
