//! [`init`]: the configuration and the graph, loaded together.

use metaxy_core::{
    Feature, FeatureGraph,
    config::{Config, ConfigError},
    graph::CurrentGraphError,
    lock::{LockError, LockFile},
};
use metaxy_diesel::{
    push::{SyncError, SyncOptions, Synced},
    store::{Fallback, Store, StoreError},
    system::RowVersions,
};
use std::{env, path::Path};

/// The configuration and the graph of the linked features.
#[derive(Debug)]
pub struct Metaxy {
    config: Config,
    graph: &'static FeatureGraph,
}

/// Why [`init`] failed.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// The configuration was refused.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The lock file was not read.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The linked features do not make a graph.
    #[error(transparent)]
    Graph(#[from] CurrentGraphError),
}

/// Why [`Metaxy::store`] failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreLookupError {
    /// The store is not configured.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The store is configured in a way that it cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A feature that is not in the graph of the linked features.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("feature `{key}` is not linked into this program: name its crate, `use my_features as _;`")]
pub struct UnknownFeature {
    /// The feature.
    pub key: &'static str,
}

/// Loads the configuration and the graph of the features that are linked into the program, and of those of other projects in
/// the lock file, `metaxy.lock`.
///
/// The configuration is `metaxy.toml`, found from the working directory upward; under `cargo run` and `cargo test`, from
/// the package's folder where the working directory has none.
///
/// ```no_run
/// let metaxy = metaxy::init()?;
/// let store = metaxy.store("dev")?;
/// println!("{} features, {}", metaxy.graph().len(), store.url);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// [`InitError`] where the configuration is refused, or where the features do not make a graph.
pub fn init() -> Result<Metaxy, InitError> {
    Metaxy::with_config(discover_config()?)
}

impl Metaxy {
    /// The graph of the linked features under a configuration that is there already.
    ///
    /// # Errors
    ///
    /// [`InitError::Lock`] where the lock file is malformed, and [`InitError::Graph`] where the features do not make a graph,
    /// or where versions of another length, or without the features of the lock file, were computed before in this process.
    pub fn with_config(config: Config) -> Result<Self, InitError> {
        let graph = linked_graph(&config)?;
        Ok(Self { config, graph })
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The graph.
    pub fn graph(&self) -> &'static FeatureGraph {
        self.graph
    }

    /// What all rows of a feature that are written now have in common: its versions.
    ///
    /// # Errors
    ///
    /// [`UnknownFeature`] where the feature is not in the graph: a crate that no code names is not linked.
    pub fn row_versions<F: Feature>(&self) -> Result<RowVersions, UnknownFeature> {
        let unknown = || UnknownFeature { key: F::KEY };
        let key = F::key();
        let definition = self.graph.get(&key).ok_or_else(unknown)?;
        let versions = self.graph.versions(&key).ok_or_else(unknown)?;
        Ok(RowVersions {
            feature: versions.feature_version.clone(),
            project: self.graph.project_version(&definition.project),
            hash_length: self.graph.hash_length(),
        })
    }

    /// The graph with the features of other projects as a store has them now, and with the `extra_features` of metaxy.toml.
    ///
    /// The lock file, or [`external_features!`](crate::external_features!), says what they were. Where a store has another
    /// version, `locked = true` in metaxy.toml makes that an error; else it is said in [`Synced::mismatches`]. Metaxy for
    /// Python does the same on every read, unless metaxy.toml says `sync = false`.
    ///
    /// ```no_run
    /// use metaxy::rows::OpenStore;
    ///
    /// let metaxy = metaxy::init()?;
    /// let store = metaxy.store("prod")?;
    /// let synced = metaxy.sync(&store)?;
    /// let store: OpenStore = store.open(&synced.graph)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`SyncError`] where the store does not answer, and where versions differ that must not.
    pub fn sync(&self, store: &Store) -> Result<Synced, SyncError> {
        let selection = self.config.extra_features.clone();
        let locked = self.config.locked == Some(true);
        store.sync(self.graph, &SyncOptions { selection, locked })
    }

    /// The store of that name.
    ///
    /// # Errors
    ///
    /// [`StoreLookupError`] where there is none, or where its settings cannot be used here.
    pub fn store(&self, name: &str) -> Result<Store, StoreLookupError> {
        store(&self.config, Some(name))
    }

    /// The default store: the one that `store` in metaxy.toml names.
    ///
    /// # Errors
    ///
    /// As [`Metaxy::store`].
    pub fn default_store(&self) -> Result<Store, StoreLookupError> {
        store(&self.config, None)
    }
}

/// The graph of the linked features, and of those of the lock file.
pub(crate) fn linked_graph(config: &Config) -> Result<&'static FeatureGraph, InitError> {
    // Without a file, there is nothing that it could stand beside.
    let is_named = config.file.is_some() || config.metaxy_lock_path.is_some();
    let lock = if is_named { LockFile::read(&config.lock_file())? } else { None };
    let locked = lock.unwrap_or_default().definitions().collect();
    Ok(FeatureGraph::init_current(config.hash_truncation_length, locked)?)
}

/// The store of that name, or the default one.
pub(crate) fn store<'c>(
    config: &'c Config,
    name: Option<&'c str>,
) -> Result<Store, StoreLookupError> {
    store_behind(config, name, &mut Vec::new())
}

/// A store with those that it falls back to; `before`: the names of those that fall back to it.
fn store_behind<'c>(
    config: &'c Config,
    name: Option<&'c str>,
    before: &mut Vec<&'c str>,
) -> Result<Store, StoreLookupError> {
    let (name, settings) = config.store(name)?;
    let store = Store::from_config(name, settings, config.base_dir())?;
    before.push(name);
    let fallback = |it: &'c String| {
        let unusable = |why: String| Fallback::Unusable { name: it.clone(), why };
        match before.contains(&it.as_str()) {
            true => unusable(format!("it falls back to itself, {} -> {it}", before.join(" -> "))),
            false => match store_behind(config, Some(it), before) {
                Ok(store) => Fallback::Store(store),
                Err(error) => unusable(error.to_string()),
            },
        }
    };
    let fallbacks = settings.fallback_stores.iter().map(fallback).collect();
    before.pop();
    Ok(Store { project: config.project.clone(), fallbacks, ..store })
}

/// What is found from the working directory upward; else from the package's folder, which Cargo tells.
pub(crate) fn discover_config() -> Result<Config, ConfigError> {
    let found = Config::discover(Path::new("."))?;
    let package = ["METAXY_MANIFEST_DIR", "CARGO_MANIFEST_DIR"].into_iter().find_map(env::var_os);
    match package {
        Some(package) if found.file.is_none() => Config::discover(Path::new(&package)),
        _ => Ok(found),
    }
}
