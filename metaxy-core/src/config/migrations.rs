//! [`MigrationsConfig`]: where the histories of a store live, and which table records them.

use super::{
    ConfigError,
    environment::Environment,
    node::{Node, Table, Value},
    section::Section,
};
use indexmap::IndexMap;
use std::path::{Path, PathBuf};

/// Where migrations live. A history is a store and a scope; each has its own directory and its own
/// version table.
///
/// ```toml
/// [migrations]
/// directory = "db"                      # histories are in db/STORE/SCOPE
///
/// [migrations.prod]
/// directory = "db/production"           # those of prod in db/production/SCOPE
///
/// [migrations.prod.system]
/// directory = "db/system"
/// version_table = "metaxy_system_versions"
/// ```
///
/// Metaxy for Python refuses a top-level key that it does not know. A file that both read has
/// `[ext.migrations]` instead, with the same content.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MigrationsConfig {
    /// The directory above all; `migrations` where nothing is said.
    pub directory: Option<PathBuf>,
    /// What is said of single stores.
    pub stores: IndexMap<String, StoreMigrations>,
}

/// Where the migrations of one store live.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StoreMigrations {
    /// The directory above the store's histories.
    pub directory: Option<PathBuf>,
    /// What is said of single scopes.
    pub scopes: IndexMap<String, HistoryConfig>,
}

/// What is said of one history.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HistoryConfig {
    /// The directory of its migrations.
    pub directory: Option<PathBuf>,
    /// The table that records what was applied.
    pub version_table: Option<String>,
}

/// The scopes that a store has.
pub const SCOPES: [&str; 2] = ["system", "features"];

impl MigrationsConfig {
    /// The directory of a history.
    pub fn directory(&self, store: &str, scope: &str) -> PathBuf {
        let of_store = self.stores.get(store);
        let of_scope = of_store.and_then(|store| store.scopes.get(scope));
        if let Some(directory) = of_scope.and_then(|scope| scope.directory.clone()) {
            return directory;
        }
        match of_store.and_then(|store| store.directory.as_deref()) {
            Some(directory) => directory.join(scope),
            None => {
                self.directory.as_deref().unwrap_or(Path::new("migrations")).join(store).join(scope)
            }
        }
    }

    /// The table that records what was applied of a history.
    ///
    /// ```
    /// use metaxy_core::config::MigrationsConfig;
    ///
    /// let table = MigrationsConfig::default().version_table("dev", "system");
    /// assert_eq!(table, "__diesel_schema_migrations_metaxy_system");
    /// ```
    pub fn version_table(&self, store: &str, scope: &str) -> String {
        self.stores
            .get(store)
            .and_then(|store| store.scopes.get(scope)?.version_table.clone())
            .unwrap_or_else(|| format!("__diesel_schema_migrations_metaxy_{scope}"))
    }

    pub(super) fn read(table: Table, environment: &Environment) -> Result<Self, ConfigError> {
        let (own, stores) = split(table);
        let mut own = Section::open(own, &["directory", "enable"], environment)?;
        let stores = stores.into_iter().map(|(name, node)| {
            let (table, ..) = node.into_table()?;
            Ok((name, StoreMigrations::read(table, environment)?))
        });
        Ok(Self {
            directory: own.get("directory")?,
            stores: stores.collect::<Result<_, ConfigError>>()?,
        })
    }
}

impl StoreMigrations {
    fn read(table: Table, environment: &Environment) -> Result<Self, ConfigError> {
        let known = [&["directory"], SCOPES.as_slice()].concat();
        let mut section = Section::open(table, &known, environment)?;
        let mut scopes = IndexMap::new();
        for scope in SCOPES {
            let Some(node) = section.take(scope) else { continue };
            let (table, ..) = node.into_table()?;
            let mut history = Section::open(table, &["directory", "version_table"], environment)?;
            let history = HistoryConfig {
                directory: history.get("directory")?,
                version_table: history.get("version_table")?,
            };
            scopes.insert(scope.to_owned(), history);
        }
        Ok(Self { directory: section.get("directory")?, scopes })
    }
}

/// Tells the settings of `[migrations]` itself from the tables of stores.
fn split(table: Table) -> (Table, Table) {
    table.into_iter().partition(|(_, node): &(String, Node)| !matches!(node.value, Value::Table(_)))
}
