//! Configuration: what files and variables say together, and what is refused.

mod files;
mod lints;
mod merged;
mod python;
mod refused;
mod secrets;
mod stores;

use metaxy_core::config::{Config, ConfigError, Environment, StoreConfig};
use std::{fs, path::Path};
use tempfile::TempDir;

type Files<'a> = &'a [(&'a str, &'a str)];

type Variables<'a> = &'a [(&'a str, &'a str)];

/// Writes `files` and discovers from the directory `at`.
fn discover(
    files: Files,
    variables: Variables,
    at: &str,
) -> (TempDir, Result<Config, ConfigError>) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    for (name, text) in files {
        let file = directory.path().join(name);
        fs::create_dir_all(file.parent().expect("a parent")).expect("a directory");
        fs::write(file, text).expect("a file");
    }
    fs::create_dir_all(directory.path().join(at)).expect("a directory");
    let environment: Environment = variables.iter().copied().collect();
    let config = Config::discover_with(&directory.path().join(at), &environment);
    (directory, config)
}

/// What differs from an empty configuration, a line each.
fn summary(config: &Config, directory: &Path) -> String {
    let default = Config::default();
    let mut lines = Vec::new();
    let mut line = |name: &str, value: String, default: String| {
        if value != default {
            lines.push(format!("{name} = {value}"));
        }
    };
    macro_rules! fields {
        ($($field:ident),*) => {
            $(line(stringify!($field), format!("{:?}", config.$field), format!("{:?}", default.$field));)*
        };
    }
    fields!(
        project,
        store,
        hash_truncation_length,
        enable_map_datatype,
        auto_create_tables,
        locked
    );
    fields!(sync, extra_features, metaxy_lock_path, theme, ext, entrypoints);
    for (name, store) in &config.stores {
        line(&format!("stores.{name}"), store_summary(store), String::new());
    }
    fields!(warnings);
    lines.join("\n").replace(&*directory.to_string_lossy(), "DIR")
}

fn store_summary(store: &StoreConfig) -> String {
    let default = StoreConfig::default();
    let mut parts = vec![store.type_name.clone()];
    let mut part = |name: &str, value: String, default: String| {
        if value != default {
            parts.push(format!("{name}: {value}"));
        }
    };
    macro_rules! fields {
        ($($field:ident),*) => {
            $(part(stringify!($field), format!("{:?}", store.$field), format!("{:?}", default.$field));)*
        };
    }
    fields!(database, connection_string, connection_params, table_prefix, fallback_stores);
    fields!(hash_algorithm, auto_create_tables, other);
    parts.join(", ")
}

fn accepts(files: Files, variables: Variables, expected: &str) {
    let (directory, config) = discover(files, variables, "");
    let config = config.unwrap_or_else(|error| panic!("{error}\nof {files:?} {variables:?}"));
    assert_eq!(summary(&config, directory.path()), expected, "of {files:?} {variables:?}");
}

fn refuses(files: Files, variables: Variables, expected: &str) {
    let (directory, config) = discover(files, variables, "");
    let error = config.expect_err("this must be refused").to_string();
    // macOS and Windows spell a temporary directory in several ways.
    let error = error.replace(&*directory.path().to_string_lossy(), "DIR").replace('\\', "/");
    assert_eq!(error, expected, "of {files:?} {variables:?}");
}
