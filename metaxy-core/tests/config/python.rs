//! What Metaxy for Python 0.1.11 makes of the same files and variables.
//!
//! The cases of `python.jsonl` are random: `config` is what `MetaxyConfig.load` returned, without
//! defaults of plug-ins, or `null` where it refused. Two things are left out of them, since they differ on
//! purpose: variables that are missing, and one store set by variables of several depths, where Python lets
//! the order of the environment decide.

use crate::discover;
use metaxy_core::config::{Config, StoreConfig};
use serde_json::{Map, Value, json};

const CASES: &str = include_str!("python.jsonl");

#[test]
fn python_reads_the_same() {
    for line in CASES.lines() {
        let case: Value = serde_json::from_str(line).expect("a case");
        let (files, variables) = (pairs(&case["files"]), pairs(&case["variables"]));
        let (_directory, config) = discover(&files, &variables, "");
        match (config, &case["config"]) {
            (Err(_), Value::Null) => {}
            (Ok(config), expected) => assert_eq!(&as_python(&config), expected, "of {line}"),
            (Err(error), _) => panic!("{error}, of {line}"),
        }
    }
}

fn pairs(object: &Value) -> Vec<(&str, &str)> {
    let object = object.as_object().expect("an object");
    object.iter().map(|(name, text)| (name.as_str(), text.as_str().expect("a string"))).collect()
}

fn as_python(config: &Config) -> Value {
    let stores: Map<_, _> = config
        .stores
        .iter()
        .map(|(name, store)| {
            (name.clone(), json!({"type": store.type_name, "config": settings(store)}))
        })
        .collect();
    let ext: Map<_, _> = config
        .ext
        .iter()
        .map(|(name, plugin)| {
            let mut plugin = plugin.clone();
            plugin.as_object_mut().expect("a table").remove("enable");
            (name.clone(), plugin)
        })
        .collect();
    json!({
        "project": config.project,
        "store": config.store,
        "hash_truncation_length": config.hash_truncation_length.get(),
        "locked": config.locked,
        "sync": config.sync,
        "auto_create_tables": config.auto_create_tables,
        "theme": config.theme,
        "metaxy_lock_path": config.metaxy_lock_path,
        "entrypoints": config.entrypoints,
        "ext": ext,
        "stores": stores,
    })
}

/// What was set of a store, in the cases that there are: an empty prefix is none.
fn settings(store: &StoreConfig) -> Map<String, Value> {
    let mut settings: Map<_, _> =
        store.other.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
    let mut set = |key: &str, value: Value| settings.insert(key.to_owned(), value);
    if let Some(text) = &store.connection_string {
        set("connection_string", text.expose().into());
    }
    if !store.table_prefix.is_empty() {
        set("table_prefix", store.table_prefix.as_str().into());
    }
    if !store.connection_params.is_empty() {
        let params = store.connection_params.iter();
        set("connection_params", params.map(|(key, value)| (key.clone(), value.clone())).collect());
    }
    if !store.fallback_stores.is_empty() {
        set("fallback_stores", json!(store.fallback_stores));
    }
    settings
}
