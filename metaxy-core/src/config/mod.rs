//! Configuration: `metaxy.toml`, which a Python and a Rust project can share, and the environment.
//!
//! [`Config::discover`] looks from a directory upward for `metaxy.toml`, for `[tool.metaxy]` in
//! `pyproject.toml`, and for `[package.metadata.metaxy]` or `[workspace.metadata.metaxy]` in `Cargo.toml`.
//!
//! ```toml
//! project = "video"
//! store = "dev"                     # the default store
//! extend = "../shared/metaxy.toml"  # tables are merged by one level, lists appended
//!
//! [stores.dev]
//! type = "sqlite"
//! config = { database = "video.sqlite" }
//!
//! [stores.prod]
//! type = "metaxy.ext.postgresql.PostgreSQLMetadataStore"
//! config = { connection_string = "${DATABASE_URL:-postgres://localhost/video}" }
//! ```
//!
//! Every key is also an environment variable, which wins: `METAXY_STORE`,
//! `METAXY_STORES__PROD__CONFIG__CONNECTION_STRING`. Where and how values merge is as in Metaxy for
//! Python, with two differences: a `${NAME}` that is not set is an error, and so is a store in a file that
//! has no type.

mod environment;
mod error;
mod files;
mod lints;
mod migrations;
mod node;
mod origin;
mod read;
mod secret;
mod section;
mod selection;
mod source;
mod store;

pub use self::{
    environment::Environment,
    error::ConfigError,
    lints::{LintLevel, LintsConfig},
    migrations::{HistoryConfig, MigrationsConfig, SCOPES, StoreMigrations},
    origin::{Origin, Place},
    secret::{Secret, Settings, redact},
    selection::FeatureSelection,
    store::{DistributedBy, StoreConfig, StoreKind},
};

use self::{
    node::{Node, Table, Value, merge_deep},
    read::{Read, keep},
    section::Section,
    source::Quote,
};
use crate::{HashLength, graph::check_project_name, nearest};
use indexmap::IndexMap;
use std::path::{Path, PathBuf};

/// What is configured.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Config {
    /// The project whose features these are.
    pub project: Option<String>,
    /// The store that is meant where none is named.
    pub store: String,
    /// The stores, by name.
    pub stores: IndexMap<String, StoreConfig>,
    /// To how many digits versions are cut.
    pub hash_truncation_length: HashLength,
    /// Whether maps of versions are maps on DuckDB, not structs.
    pub enable_map_datatype: bool,
    /// Whether missing tables are created when a store is opened.
    pub auto_create_tables: bool,
    /// Whether an external feature without a match in the store is an error.
    pub locked: Option<bool>,
    /// Whether external features are read from the store.
    pub sync: bool,
    /// Further features to read from the store.
    pub extra_features: Vec<FeatureSelection>,
    /// The lock file, as it was written; see [`lock_file`](Self::lock_file).
    pub metaxy_lock_path: Option<PathBuf>,
    /// How graphs are drawn.
    pub theme: String,
    /// Settings of Python's plug-ins: kept, but not read here.
    pub ext: Settings,
    /// Python's modules with features: kept, but not read here.
    pub entrypoints: Vec<String>,
    /// Where migrations live.
    pub migrations: MigrationsConfig,
    /// How findings in migrations are taken.
    pub lints: LintsConfig,
    /// The file that was read; `None` where there was none.
    pub file: Option<PathBuf>,
    /// What was ignored, in words for the user.
    pub warnings: Vec<String>,
    /// Why a store cannot be used though the rest can, by its name.
    spoilt: IndexMap<String, ConfigError>,
}

/// The keys that are tables.
const NESTED: [&str; 4] = ["stores", "ext", "migrations", "lints"];

/// The other keys, without `extend`, which only files have.
const FLAT: [&str; 11] = [
    "project",
    "store",
    "hash_truncation_length",
    "enable_map_datatype",
    "auto_create_tables",
    "locked",
    "sync",
    "extra_features",
    "metaxy_lock_path",
    "theme",
    "entrypoints",
];

impl Default for Config {
    fn default() -> Self {
        Self {
            project: None,
            store: "dev".to_owned(),
            stores: IndexMap::new(),
            hash_truncation_length: HashLength::default(),
            enable_map_datatype: false,
            auto_create_tables: false,
            locked: None,
            sync: true,
            extra_features: Vec::new(),
            metaxy_lock_path: None,
            theme: "default".to_owned(),
            ext: Settings::default(),
            entrypoints: Vec::new(),
            migrations: MigrationsConfig::default(),
            lints: LintsConfig::default(),
            file: None,
            warnings: Vec::new(),
            spoilt: IndexMap::new(),
        }
    }
}

impl Config {
    /// Reads the file that `METAXY_CONFIG` names, or the first that is found from `start` upward, under
    /// the environment of this process. Where there is none, only the environment counts.
    ///
    /// # Errors
    ///
    /// [`ConfigError`], for the first mistake.
    pub fn discover(start: &Path) -> Result<Self, ConfigError> {
        Self::discover_with(start, &Environment::of_process())
    }

    /// [`discover`](Self::discover) with another environment.
    ///
    /// # Errors
    ///
    /// [`ConfigError`], for the first mistake.
    pub fn discover_with(start: &Path, environment: &Environment) -> Result<Self, ConfigError> {
        let named = environment.get("METAXY_CONFIG").filter(|file| !file.is_empty());
        let file = match named {
            Some(file) => Some(start.join(file)),
            None => files::discover(start)?,
        };
        let Some(file) = file else { return Self::build(Table::new(), None, environment) };
        if named.is_some() && !file.is_file() {
            let reason = "METAXY_CONFIG names it, but it is not a file".to_owned();
            return Err(ConfigError::Read { file, reason });
        }
        Self::load_with(&file, environment)
    }

    /// As [`discover`](Self::discover), where the default store may need a variable that is not set: for a build, which
    /// reaches no store. `METAXY_CONFIG` is not looked at: what is built is the same wherever it is.
    ///
    /// # Errors
    ///
    /// [`ConfigError`], for the first mistake.
    pub fn discover_for_build(start: &Path) -> Result<Self, ConfigError> {
        let environment = Environment::of_process();
        match files::discover(start)? {
            None => Self::assemble(Table::new(), None, &environment),
            Some(file) => {
                let table = files::load(&file, &environment)?;
                Self::assemble(table, Some(file), &environment)
            }
        }
    }

    /// Reads `file`, and the files it extends, under the environment of this process.
    ///
    /// # Errors
    ///
    /// [`ConfigError`], for the first mistake.
    pub fn load(file: &Path) -> Result<Self, ConfigError> {
        Self::load_with(file, &Environment::of_process())
    }

    /// [`load`](Self::load) with another environment.
    ///
    /// # Errors
    ///
    /// [`ConfigError`], for the first mistake.
    pub fn load_with(file: &Path, environment: &Environment) -> Result<Self, ConfigError> {
        Self::build(files::load(file, environment)?, Some(file.to_owned()), environment)
    }

    /// The store of that name, or the default one, with its name.
    ///
    /// # Errors
    ///
    /// Where there is no such store, where it is of a type that only Metaxy for Python has, and where one
    /// of its settings needs a variable that is not set.
    pub fn store<'a>(
        &'a self,
        name: Option<&'a str>,
    ) -> Result<(&'a str, &'a StoreConfig), ConfigError> {
        let name = name.unwrap_or(&self.store);
        let Some((name, store)) = self.stores.get_key_value(name) else {
            return Err(self.unknown_store(name));
        };
        if let Some(error) = self.spoilt.get(name) {
            return Err(error.clone());
        }
        if store.kind.is_none() {
            return Err(ConfigError::UnsupportedStore {
                store: name.clone(),
                type_name: redact(&store.type_name),
                nearest: StoreKind::nearest(&store.type_name).map(str::to_owned),
            });
        }
        for fallback in &store.fallback_stores {
            if !self.stores.contains_key(fallback) {
                return Err(self.unknown_store(fallback));
            }
        }
        Ok((name, store))
    }

    /// The directory that relative paths are relative to: that of the file, or the working directory.
    pub fn base_dir(&self) -> &Path {
        self.file.as_deref().and_then(Path::parent).unwrap_or(Path::new(""))
    }

    /// The lock file: `metaxy.lock` beside the file that was read, unless `metaxy_lock_path` names another.
    pub fn lock_file(&self) -> PathBuf {
        self.base_dir().join(self.metaxy_lock_path.as_deref().unwrap_or(Path::new("metaxy.lock")))
    }

    /// The directory of a history's migrations.
    pub fn migrations_dir(&self, store: &str, scope: &str) -> PathBuf {
        self.base_dir().join(self.migrations.directory(store, scope))
    }

    fn unknown_store(&self, name: &str) -> ConfigError {
        if self.stores.is_empty() {
            return ConfigError::NoStores { file: self.file.clone() };
        }
        ConfigError::UnknownStore {
            name: redact(name),
            nearest: nearest(name, self.stores.keys().map(String::as_str)).map(str::to_owned),
            known: self.stores.keys().cloned().collect(),
        }
    }

    /// Merges the environment over the files' table, reads the result, and takes the default store for one that is used.
    fn build(
        table: Table,
        file: Option<PathBuf>,
        environment: &Environment,
    ) -> Result<Self, ConfigError> {
        let config = Self::assemble(table, file, environment)?;
        match config.spoilt.get(&config.store) {
            Some(error) => Err(error.clone()),
            None => Ok(config),
        }
    }

    /// Merges the environment over the files' table, and reads the result.
    fn assemble(
        mut table: Table,
        file: Option<PathBuf>,
        environment: &Environment,
    ) -> Result<Self, ConfigError> {
        let mut overlay = environment.overlay(&FLAT, &NESTED);
        for table in [&mut table, &mut overlay] {
            if let Some(Node { value: Value::Table(stores), .. }) = table.get_mut("stores") {
                store::normalise(stores)?;
            }
        }
        merge_deep(&mut table, overlay);
        let known = [FLAT.as_slice(), &NESTED, &["extend"]].concat();
        let mut section = Section::open(table, &known, environment)?;
        let mut config = Self { file, ..Self::default() };

        config.project = section.get::<ProjectName>("project")?.map(|name| name.0);
        if let Some(store) = section.get("store")? {
            config.store = store;
        }
        config.hash_truncation_length = section.get("hash_truncation_length")?.unwrap_or_default();
        config.enable_map_datatype = section.get("enable_map_datatype")?.unwrap_or_default();
        config.auto_create_tables = section.get("auto_create_tables")?.unwrap_or_default();
        config.locked = section.get("locked")?;
        config.sync = section.get("sync")?.unwrap_or(true);
        config.extra_features = section.get("extra_features")?.unwrap_or_default();
        config.metaxy_lock_path = section.get("metaxy_lock_path")?;
        if let Some(theme) = section.get("theme")? {
            config.theme = theme;
        }
        config.entrypoints = section.get("entrypoints")?.unwrap_or_default();
        for (name, node) in section.table("stores")? {
            let read = store::read(&name, node, environment, &mut config.warnings)?;
            let Some((store, error)) = read else { continue };
            config.stores.insert(name.clone(), store);
            if let Some(error) = error {
                config.spoilt.insert(name, error);
            }
        }
        let mut ext = section.table("ext")?;
        let table = section_of("migrations", section.take("migrations"), &mut ext)?;
        config.migrations = MigrationsConfig::read(table, environment)?;
        let table = section_of("lints", section.take("lints"), &mut ext)?;
        config.lints = LintsConfig::read(table, environment)?;
        config.ext = keep(&ext, environment);
        config.warn_of_migrations();
        Ok(config)
    }

    /// Warns of migrations of a store that is not there. It may be one that only another machine's
    /// environment names, hence no error.
    fn warn_of_migrations(&mut self) {
        for name in self.migrations.stores.keys().filter(|name| !self.stores.contains_key(*name)) {
            self.warnings.push(match nearest(name, self.stores.keys().map(String::as_str)) {
                Some(near) => format!("`migrations.{name}` names no store: did you mean `{near}`?"),
                None => format!("`migrations.{name}` names no store"),
            });
        }
    }
}

/// The table `[name]`, or `[ext.name]` where Python reads the file too.
fn section_of(name: &str, top: Option<Node>, ext: &mut Table) -> Result<Table, ConfigError> {
    let node = match (top, ext.shift_remove(name)) {
        (Some(top), Some(other)) => {
            let (origin, key) = (top.spot.key(), top.path);
            return Err(ConfigError::Twice { origin, key, other: other.path });
        }
        (top, other) => top.or(other),
    };
    let table = node.map(Node::into_table).transpose()?;
    Ok(table.map(|(table, ..)| table).unwrap_or_default())
}

impl Read for HashLength {
    const EXPECTED: &str = i64::EXPECTED;
    const QUOTE: Quote = Quote::Shown;

    fn read(node: &Node, environment: &Environment) -> Result<Option<Self>, ConfigError> {
        let Some(digits) = i64::read(node, environment)? else { return Ok(None) };
        let digits = usize::try_from(digits).map_err(|_| node.invalid("must not be negative"))?;
        Self::new(digits).map(Some).map_err(|error| node.invalid(error.to_string()))
    }
}

/// A name that was checked.
struct ProjectName(String);

impl Read for ProjectName {
    const EXPECTED: &str = String::EXPECTED;
    const QUOTE: Quote = Quote::Shown;

    fn read(node: &Node, environment: &Environment) -> Result<Option<Self>, ConfigError> {
        let Some(name) = String::read(node, environment)? else { return Ok(None) };
        check_project_name(&name).map_err(|error| node.invalid(error.to_string()))?;
        Ok(Some(Self(name)))
    }
}
