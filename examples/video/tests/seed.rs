//! The flow of Metaxy's guide to Alembic, in our words: two stores with two histories each, on every database.
//!
//! | Alembic | here |
//! |---|---|
//! | `alembic -n dev:metaxy_system revision --autogenerate -m initialize` | `metaxy -n dev:system migration generate initialize` |
//! | `alembic -n dev:metaxy_features upgrade head` | `metaxy -n dev:features migration run` |
//! | `alembic -n prod upgrade head` | `metaxy -n prod migration run` |

#[path = "../../../metaxy-diesel/tests/support/mod.rs"]
mod support;

use metaxy_diesel::{Backend, schema::TableName};
use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process::{Command, Output},
};
use support::{TestDatabase, on};

/// A database of each kind, or the same of both, with the URLs that the configuration has.
fn stores(dev: &TestDatabase, prod: &TestDatabase) -> String {
    let store = |name: &str, database: &TestDatabase| {
        format!(
            "[stores.{name}]\ntype = \"{}\"\nconfig = {{ connection_string = '{}' }}\n",
            database.backend.name(),
            database.url.expose()
        )
    };
    format!("project = \"video\"\n{}{}", store("dev", dev), store("prod", prod))
}

/// Runs a command, which has to end with this exit code.
#[track_caller]
fn metaxy(directory: &Path, code: i32, args: &str) -> String {
    let output: Output = Command::new(env!("CARGO_BIN_EXE_video"))
        .args(args.split_whitespace())
        .current_dir(directory)
        .env_remove("CARGO_MANIFEST_DIR")
        .env("NO_COLOR", "1")
        .output()
        .expect("the program runs");
    let text = [output.stdout, output.stderr].map(|it| String::from_utf8_lossy(&it).into_owned());
    assert_eq!(output.status.code(), Some(code), "{args}: {}", text.concat());
    text.concat()
}

/// All files of the histories, with their texts.
fn files(directory: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(directory).into_iter().flatten() {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => {
                let text = fs::read_to_string(&path).expect("a text");
                found.insert(path.display().to_string(), text);
            }
        }
    }
    found
}

fn rows(database: &TestDatabase, table: &str) -> Option<u64> {
    database.connect().count_rows(&TableName::new(table)).ok()
}

const SYSTEM: &str = "__diesel_schema_migrations_metaxy_system";
const FEATURES: &str = "__diesel_schema_migrations_metaxy_features";

/// The seed's commands, and that no environment moves with another.
fn the_flow_of_the_guide(dev: &TestDatabase, prod: &TestDatabase) {
    let directory = dev.directory();
    fs::write(directory.join("metaxy.toml"), stores(dev, prod)).expect("it can be written");
    let run = |args: &str| metaxy(directory, 0, args);
    for environment in ["dev:system", "dev:features", "prod:system", "prod:features"] {
        let said = run(&format!("-n {environment} migration generate initialize"));
        assert!(said.starts_with(&format!("{environment}: migrations/")), "{said}");
    }
    for path in ["dev/system", "dev/features", "prod/system", "prod/features"] {
        assert!(directory.join("migrations").join(path).join("snapshot.json").is_file(), "{path}");
    }

    run("-n dev:system migration run");
    assert_eq!((rows(dev, SYSTEM), rows(dev, FEATURES)), (Some(1), None));
    run("-n dev:features migration run");
    assert_eq!((rows(dev, SYSTEM), rows(dev, FEATURES)), (Some(1), Some(1)));
    assert_eq!((rows(prod, SYSTEM), rows(prod, FEATURES)), (None, None));
    assert_eq!(rows(prod, "video__raw"), None);
    run("-n prod migration run");
    assert_eq!((rows(prod, SYSTEM), rows(prod, FEATURES)), (Some(1), Some(1)));
    assert_eq!(rows(prod, "video__raw"), Some(0));
    // Without `-n` it is the default store, and all of its scopes.
    assert_eq!(run("migration run"), "dev:system: nothing to do\ndev:features: nothing to do\n");

    // Each goes its own way: reverted, and generated again.
    run("-n prod:features migration revert");
    assert_eq!((rows(prod, SYSTEM), rows(prod, FEATURES)), (Some(1), Some(0)));
    assert_eq!((rows(prod, "video__raw"), rows(prod, "metaxy_system__events")), (None, Some(0)));
    assert_eq!(rows(dev, "video__raw"), Some(0));
    let others = |it: &BTreeMap<String, String>| {
        let others = it.iter().filter(|(path, _)| !path.contains("prod/features"));
        others.map(|(path, text)| (path.clone(), text.clone())).collect::<Vec<_>>()
    };
    let before = files(&directory.join("migrations"));
    fs::remove_dir_all(directory.join("migrations/prod/features")).expect("it is there");
    run("-n prod:features migration generate anew");
    run("-n prod:features migration run");
    assert_eq!(rows(prod, "video__raw"), Some(0));
    assert_eq!(others(&files(&directory.join("migrations"))), others(&before));
    for environment in ["dev", "prod"] {
        run(&format!("-n {environment} migration check"));
        run(&format!("-n {environment} migration diff"));
        let said = run(&format!("-n {environment} migration status"));
        assert_eq!(said.matches("1 applied, 0 pending").count(), 2, "{said}");
    }
    let said = run("-n prod:features migration revert --all");
    assert!(said.contains("prod:features: reverted"), "{said}");
    run("-n prod:system migration revert --all");
    assert_eq!((rows(prod, SYSTEM), rows(prod, FEATURES)), (Some(0), Some(0)));
    assert_eq!((rows(dev, SYSTEM), rows(dev, FEATURES)), (Some(1), Some(1)));
}

/// Directories, version tables and prefixes that the configuration names: several stores in one database.
fn two_stores_in_one_database(database: &TestDatabase) {
    let directory = database.directory();
    let store = |name: &str| {
        format!(
            "[stores.{name}]\ntype = \"{}\"\nconfig = {{ connection_string = '{}', table_prefix = \"{name}_\" }}\n",
            database.backend.name(),
            database.url.expose()
        )
    };
    let migrations = "[migrations]\ndirectory = \"db\"\n[migrations.b]\ndirectory = \"db/second\"\n\
                      [migrations.b.system]\ndirectory = \"elsewhere\"\nversion_table = \"b_system_versions\"\n\
                      [migrations.b.features]\nversion_table = \"b_feature_versions\"\n";
    let config =
        format!("project = \"video\"\nstore = \"a\"\n{}{}{migrations}", store("a"), store("b"));
    fs::write(directory.join("metaxy.toml"), config).expect("it can be written");
    let run = |args: &str| metaxy(directory, 0, args);
    for name in ["a", "b"] {
        run(&format!("-n {name} migration generate initialize"));
        run(&format!("-n {name} migration run"));
    }
    for path in ["db/a/system", "db/a/features", "elsewhere", "db/second/features"] {
        assert!(directory.join(path).join("metaxy.sum").is_file(), "{path}");
    }
    assert!(!directory.join("migrations").exists());
    for table in [SYSTEM, FEATURES, "b_system_versions", "b_feature_versions"] {
        assert_eq!(rows(database, table), Some(1), "{table}");
    }
    run("-n a migration revert --all");
    assert_eq!((rows(database, "a_video__raw"), rows(database, "b_video__raw")), (None, Some(0)));
    assert_eq!((rows(database, SYSTEM), rows(database, "b_system_versions")), (Some(0), Some(1)));
    run("-n b migration diff");
    run("-n b migration check");
}

macro_rules! on_every_database {
    ($($module:ident: $backend:ident),+ $(,)?) => {
        $(mod $module {
            use super::{Backend, TestDatabase, on};

            #[test]
            fn the_flow_of_the_guide() {
                on(Backend::$backend, |it| {
                    super::the_flow_of_the_guide(it, &TestDatabase::new(Backend::$backend));
                });
            }

            #[test]
            fn two_stores_in_one_database() {
                on(Backend::$backend, super::two_stores_in_one_database);
            }
        })+
    };
}

on_every_database!(sqlite: Sqlite, postgres: Postgres);
#[cfg(feature = "mysql")]
on_every_database!(mariadb: MariaDb, mysql: Mysql);

#[test]
fn development_on_sqlite_and_production_on_postgres() {
    let (dev, prod) = (TestDatabase::new(Backend::Sqlite), TestDatabase::new(Backend::Postgres));
    the_flow_of_the_guide(&dev, &prod);
}
