//! `cargo metaxy` in crates that were made a moment ago: with a binary of their own, and with a library only.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    time::SystemTime,
};

const STRUCT: &str = "use diesel::prelude::*;
use metaxy::Feature;

/// Photos of goods.
#[derive(Feature, Queryable, Selectable, Insertable)]
#[diesel(table_name = photo)]
#[metaxy(key = \"photo\", id_columns(photo_id), fields(pixels))]
pub struct Photo {
    pub photo_id: String,
    pub path: String,
}
";

/// The root of metaxy's own sources.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the package is in the workspace")
        .to_owned()
}

/// A crate in a new directory, with the README's dependencies and metaxy.toml. Its name is that of one test: all build into one
/// target directory, and programs are named after it.
fn new_crate(name: &str, files: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    let manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\n\
         metaxy = {{ path = '{}' }}\n\
         diesel = {{ version = \"2.3\", default-features = false, features = [\"32-column-tables\", \"sqlite\"] }}\n",
        root().display()
    );
    let config = "project = \"shop\"\n\n[stores.dev]\ntype = \"sqlite\"\nconfig = { database = \"shop.db\" }\n";
    let own = [("Cargo.toml", manifest.as_str()), ("metaxy.toml", config)];
    for (file, text) in own.iter().chain(files) {
        let path = directory.path().join(file);
        fs::create_dir_all(path.parent().expect("a file has a directory"))
            .expect("directories can be made");
        fs::write(path, text).expect("files can be written");
    }
    // The versions that are downloaded and built already.
    fs::copy(root().join("Cargo.lock"), directory.path().join("Cargo.lock"))
        .expect("the lock file can be copied");
    directory
}

/// The target directory of metaxy itself.
fn target() -> &'static Path {
    let program = Path::new(env!("CARGO_BIN_EXE_cargo-metaxy"));
    program.ancestors().nth(2).expect("it is in a target directory")
}

fn cargo_metaxy(directory: &Path, args: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cargo-metaxy"))
        .arg("metaxy")
        .args(args.split_whitespace())
        .current_dir(directory)
        .env("CARGO_TARGET_DIR", target().join("cargo-metaxy-tests"))
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env_remove("CARGO_MANIFEST_DIR")
        .output()
        .expect("the program runs")
}

/// When a program of the tests' crates was built.
fn built(program: &str) -> SystemTime {
    let file = target().join("cargo-metaxy-tests/debug").join(program);
    fs::metadata(file).and_then(|it| it.modified()).expect("the program was built")
}

#[track_caller]
fn check(output: &Output, code: i32, fragments: &[&str]) {
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(output.status.code(), Some(code), "{text}");
    for fragment in fragments {
        assert!(text.contains(fragment), "`{fragment}` is not in: {text}");
    }
}

/// The one migration of the features' history whose name ends so.
fn up_sql(directory: &Path, name: &str) -> String {
    let history = directory.join("migrations/dev/features");
    let migration = fs::read_dir(history)
        .expect("the history was written")
        .map(|it| it.expect("its entries can be read").path())
        .find(|it| it.to_string_lossy().ends_with(name))
        .expect("it has the migration");
    fs::read_to_string(migration.join("up.sql")).expect("it has SQL")
}

#[test]
fn outside_of_a_crate_it_says_where_to_go() {
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    check(&cargo_metaxy(directory.path(), "init --help"), 0, &["Examples:", "--store sqlite"]);
    check(&cargo_metaxy(directory.path(), "list features"), 2, &["no crate here", "cargo new"]);
}

#[test]
fn a_library_gets_a_runner_and_a_changed_struct_its_migration() {
    let shop = new_crate("shop", &[("src/lib.rs", STRUCT)]);
    let run = |args: &str| cargo_metaxy(shop.path(), args);
    check(&run("list features"), 0, &["photo"]);
    let built = built("shop-metaxy");
    check(&run("migration generate initialize"), 0, &["+ table `photo`"]);
    assert_eq!(self::built("shop-metaxy"), built, "the second call built again");
    check(&run("migration run"), 0, &["dev:features: applied"]);

    let changed = STRUCT.replace(
        "    pub path: String,\n",
        "    #[metaxy(index)]\n    pub path: String,\n    #[metaxy(default = 0)]\n    pub width: i32,\n    pub note: Option<String>,\n",
    );
    fs::write(shop.path().join("src/lib.rs"), changed).expect("the struct can be changed");
    check(&run("migration check"), 1, &["+ column `width` integer not null default 0"]);
    check(
        &run("migration generate widths"),
        0,
        &["+ column `note` text", "+ index `photo_path_idx` (path)"],
    );
    assert_eq!(
        up_sql(shop.path(), "_widths"),
        "ALTER TABLE \"photo\" ADD COLUMN \"width\" INTEGER NOT NULL DEFAULT 0;\n\n\
         ALTER TABLE \"photo\" ADD COLUMN \"note\" TEXT;\n\n\
         CREATE INDEX \"photo_path_idx\" ON \"photo\" (\"path\");\n"
    );
    check(&run("migration run"), 0, &["dev:features: applied"]);
    check(&run("migration revert"), 0, &["dev:features: reverted"]);
    check(&run("migration run"), 0, &["dev:features: applied"]);

    fs::write(shop.path().join("src/lib.rs"), STRUCT).expect("the struct can be changed back");
    check(
        &run("migration generate narrow"),
        2,
        &["--allow-destructive photo.note", "--allow-destructive photo.width"],
    );
}

#[test]
fn a_binary_with_the_command_line_is_found() {
    let main = "use stall as _;\n\nmetaxy::main!();\n";
    let shop = new_crate(
        "stall",
        &[("src/lib.rs", STRUCT), ("src/bin/features.rs", main), ("src/main.rs", "fn main() {}\n")],
    );
    check(&cargo_metaxy(shop.path(), "list features"), 0, &["photo"]);
    assert!(!shop.path().join("target/metaxy").exists());
}

#[test]
fn what_is_missing_is_said() {
    let empty = new_crate("empty", &[("src/lib.rs", "")]);
    check(&cargo_metaxy(empty.path(), "list features"), 2, &["no feature is linked"]);
    check(&cargo_metaxy(empty.path(), "doctor"), 1, &["none is linked", "use my_features as _;"]);
    check(
        &cargo_metaxy(empty.path(), "-p other list features"),
        2,
        &["no package `other`", "empty"],
    );
    check(&cargo_metaxy(empty.path(), "--bin other list features"), 2, &["no binary `other`"]);
    let nowhere = tempfile::tempdir().expect("a temporary directory can be made");
    check(&cargo_metaxy(nowhere.path(), "list features"), 2, &["no crate here"]);
}

#[test]
fn init_begins_a_project_and_overwrites_nothing() {
    let directory = new_crate("begun", &[("src/lib.rs", "//! Mine.\n"), (".gitignore", "/target")]);
    fs::remove_file(directory.path().join("metaxy.toml")).expect("it was written");
    let read = |file: &str| fs::read_to_string(directory.path().join(file)).expect("it is there");
    let refused = "init --store postgres --url postgres://ann:hunter2@localhost/shop";
    check(&cargo_metaxy(directory.path(), refused), 2, &["the URL has a password"]);
    assert!(!directory.path().join("metaxy.toml").exists());

    let begun = cargo_metaxy(directory.path(), "init --project shop");
    check(
        &begun,
        0,
        &[
            "wrote     metaxy.toml",
            "added to  src/lib.rs",
            "cargo metaxy migration generate initialize",
        ],
    );
    assert_eq!(read("src/lib.rs"), "//! Mine.\n\npub mod features;\n");
    assert!(read("metaxy.toml").contains("project = \"shop\""));
    assert!(read(".gitignore").starts_with("/target\n*.db\n"));
    let files = ["metaxy.toml", "src/features.rs", "src/lib.rs", ".gitignore"];
    let before = files.map(read);
    check(&cargo_metaxy(directory.path(), "init --store mysql"), 0, &["kept      metaxy.toml"]);
    assert_eq!(files.map(read), before);

    check(
        &cargo_metaxy(directory.path(), "migration generate initialize"),
        0,
        &["+ table `raw__file`"],
    );
    check(&cargo_metaxy(directory.path(), "migration run"), 0, &["dev:features: applied"]);
    check(&cargo_metaxy(directory.path(), "doctor"), 0, &["✓ features       2 of shop"]);
    check(&cargo_metaxy(directory.path(), "graph render -o graph.html"), 0, &[]);
    assert!(read("graph.html").starts_with("<!doctype html>"));
}

#[test]
fn init_begins_a_project_on_duckdb() {
    let directory = new_crate("mallard", &[("src/lib.rs", "")]);
    fs::remove_file(directory.path().join("metaxy.toml")).expect("it was written");
    let begun = cargo_metaxy(directory.path(), "init --store duckdb");
    check(&begun, 0, &["wrote     metaxy.toml", "export DUCKDB_LIB_DIR=…"]);
    let read = |file: &str| fs::read_to_string(directory.path().join(file)).expect("it is there");
    let store = "type = \"duckdb\"\nconfig = { database = \"mallard.duckdb\" }\n";
    assert!(read("metaxy.toml").ends_with(store));
    assert_eq!(read(".gitignore"), "*.duckdb\n*.duckdb.wal\n");
}

/// A column that no migration creates does not compile, where the package asks for that; `cargo metaxy` compiles it all the same.
#[test]
fn what_no_migration_creates_does_not_compile() {
    let lib = |column: &str| {
        STRUCT.replace("    pub path: String,\n", &format!("    pub path: String,\n{column}"))
    };
    let directory = new_crate("checked", &[("src/lib.rs", STRUCT)]);
    let directory = directory.path();
    let write = |file: &str, text: &str| {
        fs::write(directory.join(file), text).expect("files can be written");
    };
    let config = fs::read_to_string(directory.join("metaxy.toml")).expect("is there");
    write("metaxy.toml", &config.replace("\"shop\"", "\"checked\""));
    let manifest = fs::read_to_string(directory.join("Cargo.toml")).expect("is there");
    write(
        "Cargo.toml",
        &format!("{manifest}\n[package.metadata.metaxy]\ncompile_time_check = true\n"),
    );

    check(
        &cargo_build(directory),
        101,
        &["dev:features has no migration", "cargo metaxy -n dev:features migration generate"],
    );
    check(&cargo_metaxy(directory, "migration generate initialize"), 0, &["+ table `photo`"]);
    check(&cargo_build(directory), 0, &[]);

    write("src/lib.rs", &lib("    #[metaxy(index)]\n    pub size: Option<i64>,\n"));
    let missing = "no migration of dev:features creates the column `size`: run `cargo metaxy -n dev:features migration generate NAME`";
    check(&cargo_build(directory), 101, &[missing, "creates the index on (size)"]);
    check(&cargo_metaxy(directory, "migration generate size"), 0, &["+ column `size`"]);
    check(&cargo_build(directory), 0, &[]);

    write("src/lib.rs", &lib("    #[metaxy(index)]\n    pub size: Option<f64>,\n"));
    check(
        &cargo_build(directory),
        101,
        &["column `size` is Double here, and the migrations of dev:features make it `big_int`"],
    );
    write("src/lib.rs", &lib("    #[metaxy(index)]\n    pub size: Option<i64>,\n"));
    check(&cargo_build(directory), 0, &[]);

    // The struct is as it was, and the snapshot is not.
    let snapshot = directory.join("migrations/dev/features/snapshot.json");
    let text = fs::read_to_string(&snapshot).expect("is there");
    fs::write(&snapshot, text.replace("\"size\"", "\"length\"")).expect("can be written");
    check(&cargo_build(directory), 101, &[missing]);

    // Git left its marks where two branches were merged: the command that mends it is built all the same.
    let (sum, sums) = (directory.join("migrations/dev/features/metaxy.sum"), "metaxy.sum 1 ");
    let conflict = |text: &str| format!("<<<<<<< HEAD\n{text}=======\n{text}>>>>>>> other\n");
    let both = fs::read_to_string(&sum).expect("is there");
    fs::write(&sum, conflict(&both)).expect("can be written");
    fs::write(&snapshot, conflict(&text)).expect("can be written");
    let mend = "it has conflicts of a merge: run `cargo metaxy migration rebase`";
    check(&cargo_build(directory), 101, &[mend]);
    check(&cargo_metaxy(directory, "migration check"), 1, &["migration rebase"]);
    check(&cargo_metaxy(directory, "migration rebase"), 0, &["snapshot and sums written anew"]);
    assert!(fs::read_to_string(&sum).expect("is there").starts_with(sums));
    check(&cargo_build(directory), 0, &[]);

    // What only the compiler knows: the values of an enumerated type, and the table of a feature that is named by its type.
    let more = |values: &str, photo: &str| {
        let lib = lib("    #[metaxy(index)]\n    pub size: Option<i64>,\n");
        format!(
            "{lib}
#[derive(Debug, Clone, Copy, metaxy::SqlEnum)]
pub enum Tone {{ {values} }}

/// Other photos.
#[derive(Feature)]
#[metaxy(key = \"other\", id_columns(photo_id), unique(photo_id), fields(pixels))]
pub struct Other {{
    pub photo_id: String,
}}

/// What is seen.
#[derive(Feature)]
#[metaxy(key = \"seen\", id_columns(photo_id), foreign_key(columns(photo_id), feature = {photo}))]
pub struct Seen {{
    pub photo_id: String,
    #[metaxy(sql_type = Tone)]
    pub tone: Tone,
}}
"
        )
        .replace("id_columns(photo_id), fields", "id_columns(photo_id), unique(photo_id), fields")
    };
    write("src/lib.rs", &more("Dark, Light", "Photo"));
    check(&cargo_metaxy(directory, "migration generate seen"), 0, &["+ table `seen`"]);
    check(&cargo_build(directory), 0, &[]);
    write("src/lib.rs", &more("Dark, Light, Grey", "Other"));
    check(
        &cargo_build(directory),
        101,
        &[
            "of `Dark`, `Light`, `Grey` here, and the migrations of dev:features make it one of `Dark`, `Light`",
            "the foreign key of (photo_id) is to feature `other` here, and the migrations of dev:features have it refer to `photo`",
        ],
    );
}

/// What `cargo metaxy` builds, too, so that nothing is built twice.
fn cargo_build(directory: &Path) -> Output {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--quiet", "--offline"])
        .current_dir(directory)
        .env("CARGO_TARGET_DIR", target().join("cargo-metaxy-tests"))
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env_remove("METAXY_UNCHECKED")
        .output()
        .expect("cargo runs")
}
