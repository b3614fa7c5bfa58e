//! [`StoreConfig`] and [`StoreKind`]: the databases that hold features.

use super::{
    ConfigError,
    environment::Environment,
    node::{Node, Table, Value},
    read::{Read, keep},
    secret::{Secret, Settings},
    section::{Section, unknown_key},
    source::Quote,
};
use crate::nearest;
use std::fmt;

/// A store: a database that holds features.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StoreConfig {
    /// `type`, as it was written.
    pub type_name: String,
    /// The database it is; `None` for the types that only Metaxy for Python has.
    pub kind: Option<StoreKind>,
    /// The database's file, `:memory:`, or a URL. A relative path is relative to
    /// [`Config::base_dir`](super::Config::base_dir).
    pub database: Option<Secret>,
    /// A URL, or a `key=value` connection string.
    pub connection_string: Option<Secret>,
    /// What the connection string does not say, or all of it: `host`, `port`, `user`, …
    pub connection_params: Settings,
    /// What the names of all tables start with.
    pub table_prefix: String,
    /// The stores that are asked for what this one does not have, in that order.
    pub fallback_stores: Vec<String>,
    /// How data versions are hashed; `None` leaves it to the store.
    pub hash_algorithm: Option<String>,
    /// What the rows of features are spread over the nodes of a cluster by (Citus); `None`: they are all in one place.
    pub distributed_by: Option<DistributedBy>,
    /// Whether missing tables are created when the store is opened; `None` is as
    /// [`Config::auto_create_tables`](super::Config::auto_create_tables) says.
    pub auto_create_tables: Option<bool>,
    /// The other settings, which are Python's: kept, but not read here.
    pub other: Settings,
}

/// What rows are spread over the nodes of a cluster by: one column of each table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DistributedBy {
    /// The first id column of each feature.
    IdColumns,
    /// The first of these that is an id column of the feature.
    Columns(Vec<String>),
}

impl Read for DistributedBy {
    const EXPECTED: &str = "`id_columns`, or a list of columns";
    const QUOTE: Quote = Quote::Shown;

    fn read(node: &Node, environment: &Environment) -> Result<Option<Self>, ConfigError> {
        if let Some(columns) = Vec::read(node, environment)? {
            return Ok(Some(Self::Columns(columns)));
        }
        let text = node.text(environment)?;
        Ok((text.as_deref() == Some("id_columns")).then_some(Self::IdColumns))
    }
}

/// The kinds of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StoreKind {
    /// SQLite
    Sqlite,
    /// PostgreSQL, and what speaks its protocol
    Postgres,
    /// MySQL
    Mysql,
    /// MariaDB
    MariaDb,
    /// DuckDB
    DuckDb,
}

impl StoreKind {
    /// All kinds.
    pub const ALL: [Self; 5] =
        [Self::Sqlite, Self::Postgres, Self::Mysql, Self::MariaDb, Self::DuckDb];

    /// The kind that `type` names: our short names, or a class of Metaxy for Python, by any of the
    /// modules that it had.
    ///
    /// ```
    /// use metaxy_core::config::StoreKind;
    ///
    /// let python = StoreKind::of_type("metaxy.ext.duckdb.DuckDBMetadataStore");
    /// assert_eq!(python, Some(StoreKind::DuckDb));
    /// assert_eq!(StoreKind::of_type("duckdb"), Some(StoreKind::DuckDb));
    /// assert_eq!(StoreKind::of_type("mine.DuckDBMetadataStore"), None);
    /// ```
    pub fn of_type(type_name: &str) -> Option<Self> {
        if let Some(path) = type_name.strip_prefix("metaxy.") {
            return match path.rsplit('.').next() {
                Some("DuckDBMetadataStore") => Some(Self::DuckDb),
                Some("PostgreSQLMetadataStore") => Some(Self::Postgres),
                _ => None,
            };
        }
        match type_name {
            "postgresql" => Some(Self::Postgres),
            _ => Self::ALL.into_iter().find(|kind| kind.name() == type_name),
        }
    }

    /// Its short name, as `type` takes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::Mysql => "mysql",
            Self::MariaDb => "mariadb",
            Self::DuckDb => "duckdb",
        }
    }

    /// All short names, for messages.
    pub(super) fn names() -> String {
        Self::ALL.map(Self::name).join(", ")
    }

    /// The short name that was probably meant.
    pub(super) fn nearest(type_name: &str) -> Option<&'static str> {
        let class = type_name.rsplit('.').next().unwrap_or_default();
        let word = class.strip_suffix("MetadataStore").unwrap_or(class);
        nearest(word, Self::ALL.map(Self::name)).or(nearest(word, ["postgresql"]))
    }
}

impl fmt::Display for StoreKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// The settings that every store of ours has, those of Python's classes among them.
const KNOWN: &[&str] = &[
    "auto_create_tables",
    "backend",
    "connection_params",
    "connection_string",
    "database",
    "fallback_stores",
    "hash_algorithm",
    "table_prefix",
    "versioning_engine",
];

/// The settings that Python's class for a kind has besides.
fn known_besides(kind: StoreKind) -> &'static [&'static str] {
    match kind {
        StoreKind::Postgres => &["auto_cast_struct_for_jsonb", "distributed_by"],
        StoreKind::DuckDb => &["config", "ducklake", "extensions"],
        StoreKind::Sqlite | StoreKind::Mysql | StoreKind::MariaDb => &[],
    }
}

const HASH_ALGORITHMS: &[&str] =
    &["farmhash", "md5", "sha256", "wyhash", "xxh3_64", "xxhash32", "xxhash64"];

/// Moves what stands directly under each store into its `config`, so that both spellings are one.
pub(super) fn normalise(stores: &mut Table) -> Result<(), ConfigError> {
    for store in stores.values_mut() {
        let Value::Table(table) = &mut store.value else { continue };
        let is_direct = |key: &String| key != "type" && key != "config";
        let direct: Vec<String> = table.keys().filter(|key| is_direct(key)).cloned().collect();
        if direct.is_empty() {
            continue;
        }
        let config = table.shift_remove("config");
        let (mut config, spot, path) = match config {
            Some(config) => config.into_table()?,
            None => (Table::new(), store.spot.clone(), format!("{}.config", store.path)),
        };
        for key in direct {
            let Some(setting) = table.shift_remove(&key) else { continue };
            if let Some(other) = config.get(&key) {
                return Err(ConfigError::Twice {
                    origin: setting.spot.key(),
                    key: setting.path,
                    other: other.path.clone(),
                });
            }
            config.insert(key, setting);
        }
        table.insert("config".to_owned(), Node { path, spot, value: Value::Table(config) });
    }
    Ok(())
}

/// Reads the store `name`; `None`, with a warning, where only the environment knows of it and it has no
/// type. A variable that is missing spoils only this store: its error is the second of the pair.
pub(super) fn read(
    name: &str,
    node: Node,
    environment: &Environment,
    warnings: &mut Vec<String>,
) -> Result<Option<(StoreConfig, Option<ConfigError>)>, ConfigError> {
    let is_of_variable = node.spot.is_variable();
    if is_of_variable && !matches!(node.value, Value::Table(_)) {
        warnings.push(dropped(name, &node));
        return Ok(None);
    }
    let (mut table, spot, _) = node.clone().into_table()?;
    let Some(type_node) = table.shift_remove("type") else {
        if is_of_variable {
            warnings.push(dropped(name, &node));
            return Ok(None);
        }
        let config = table.get("config").and_then(|config| match &config.value {
            Value::Table(config) => Some(config),
            _ => None,
        });
        let misspelt =
            config.into_iter().flatten().find(|(key, _)| nearest(key, ["type"]).is_some());
        return Err(match misspelt {
            Some((key, node)) => unknown_key(key, node, &["type"]),
            None => ConfigError::MissingType { origin: spot.key(), store: name.to_owned() },
        });
    };
    let config = table.shift_remove("config").map(Node::into_table).transpose()?;
    let config = config.map(|(config, ..)| config).unwrap_or_default();
    let mut store = StoreConfig::default();
    match store.fill(type_node, config, environment) {
        Ok(()) => Ok(Some((store, None))),
        Err(error @ ConfigError::MissingVariable { .. }) => Ok(Some((store, Some(error)))),
        Err(error) => Err(error),
    }
}

fn dropped(name: &str, node: &Node) -> String {
    format!(
        "store `{name}` is ignored: {} sets it, but nothing sets its type \
         (METAXY_STORES__{}__TYPE)",
        node.spot.key(),
        name.to_uppercase()
    )
}

impl StoreConfig {
    fn fill(
        &mut self,
        type_node: Node,
        config: Table,
        environment: &Environment,
    ) -> Result<(), ConfigError> {
        self.type_name = type_node.get(environment)?;
        self.kind = StoreKind::of_type(&self.type_name);
        let Some(kind) = self.kind else {
            // Which settings it has, only Python knows.
            self.other = keep(&config, environment);
            return Ok(());
        };
        let known = [KNOWN, known_besides(kind)].concat();
        if let Some((key, node)) = config.iter().find(|(key, _)| !known.contains(&key.as_str())) {
            return Err(unknown_key(key, node, &[&["config", "type"], &*known].concat()));
        }
        let mut section = Section::open(config, &known, environment)?;
        self.database = section.get("database")?;
        self.connection_string = section.get("connection_string")?;
        self.connection_params = section.get("connection_params")?.unwrap_or_default();
        self.table_prefix = section.get("table_prefix")?.unwrap_or_default();
        self.fallback_stores = section.get("fallback_stores")?.unwrap_or_default();
        self.auto_create_tables = section.get("auto_create_tables")?;
        if kind == StoreKind::Postgres {
            self.distributed_by = section.get("distributed_by")?;
        }
        if let Some(node) = section.take("hash_algorithm") {
            self.hash_algorithm = Some(hash_algorithm(&node, environment)?);
        }
        self.other = section.rest();
        Ok(())
    }
}

fn hash_algorithm(node: &Node, environment: &Environment) -> Result<String, ConfigError> {
    let name: String = node.get(environment)?;
    if HASH_ALGORITHMS.contains(&name.as_str()) {
        return Ok(name);
    }
    Err(node.invalid(format!("unknown algorithm: write one of {}", HASH_ALGORITHMS.join(", "))))
}
