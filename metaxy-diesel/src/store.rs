//! [`Store`]: a database of the configuration, with the one URL that leads to it.

mod mysql;
mod search_path;
mod url;

use self::{
    mysql::mysql_url,
    url::{duckdb_url, namespace_of, postgres_url, sqlite_url},
};
use crate::backend::{self, Backend, ConnectError, Connection, Open};
use ::url::Url;
use metaxy_core::config::{DistributedBy, Secret, StoreConfig, StoreKind};
use std::path::Path;

/// A database that holds features.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    /// Its name in the configuration.
    pub name: String,
    /// What it is.
    pub backend: Backend,
    /// Where it is. Never printed with its password.
    pub url: Secret,
    /// What the names of all its tables start with.
    pub table_prefix: String,
    /// The project whose features are meant where none is named.
    pub project: Option<String>,
    /// What versions of samples are hashed with, by name; `None`: what the database's kind has by default.
    pub hash_algorithm: Option<String>,
    /// What the rows of features are spread over the nodes of a cluster by; `None`: they are all in one place.
    pub distributed_by: Option<DistributedBy>,
    /// Where rows of features are read that it has no table of: the first that has one.
    pub fallbacks: Vec<Fallback>,
}

/// A store that another one falls back to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fallback {
    /// The store, with those that it falls back to itself.
    Store(Store),
    /// It is configured so that it cannot be used: an error where it is needed.
    Unusable {
        /// Its name in the configuration.
        name: String,
        /// Why.
        why: String,
    },
}

/// What to say otherwise in a store's URL: for the driver of a program that reaches the same database another way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UrlOverrides {
    /// The scheme: `postgresql` of `postgresql://…`.
    pub protocol: Option<String>,
    /// The port.
    pub port: Option<u16>,
}

/// Why a store cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// There is no backend for its type.
    #[error(
        "store `{store}` has the type `{type_name}`, which this version of metaxy cannot open: \
         use one of {}", Backend::ALL.map(Backend::name).join(", ")
    )]
    UnsupportedType {
        /// The store.
        store: String,
        /// Its type, as it was written.
        type_name: String,
    },
    /// It does not say where the database is.
    #[error(
        "store `{store}` names no database: add `database`, `connection_string` or `connection_params`"
    )]
    NoDatabase {
        /// The store.
        store: String,
    },
    /// Its URL is of another kind of database.
    #[error("store `{store}` has the type `{}`, and `{url}` is none of {backend}", backend.name())]
    OtherUrl {
        /// The store.
        store: String,
        /// What it should be.
        backend: Backend,
        /// The URL, without its password.
        url: String,
    },
    /// A parameter is neither text nor number nor boolean.
    #[error("store `{store}`: `{name}` must be a text, a number or a boolean")]
    Parameter {
        /// The store.
        store: String,
        /// The parameter, with where it stands.
        name: String,
    },
    /// A setting would have the tables be where they are not looked for.
    #[error("store `{store}`: `{name}` is nothing that metaxy does on {backend}: {instead}")]
    Refused {
        /// The store.
        store: String,
        /// The setting.
        name: String,
        /// What the store is.
        backend: Backend,
        /// What to do in its place.
        instead: &'static str,
    },
    /// The URL has no such part.
    #[error("the {part} of store `{store}` cannot be replaced: `{url}` has none")]
    NotReplaceable {
        /// The store.
        store: String,
        /// `port` or `protocol`.
        part: &'static str,
        /// The URL, without its password.
        url: String,
    },
}

impl Store {
    /// A store whose tables have no prefix.
    pub fn new(name: impl Into<String>, backend: Backend, url: impl Into<Secret>) -> Self {
        Self {
            name: name.into(),
            backend,
            url: url.into(),
            table_prefix: String::new(),
            project: None,
            hash_algorithm: None,
            distributed_by: None,
            fallbacks: Vec::new(),
        }
    }

    /// The namespace that its connections are to, where its URL names one alone, as `connection_params.schema` does. What a
    /// server or a user has by default is not known.
    pub fn namespace(&self) -> Option<String> {
        match self.backend.dialect().namespaces {
            Some(_) => namespace_of(self.url.expose()),
            None => None,
        }
    }

    /// The store of this name in the configuration, without those that it falls back to. Relative paths are relative to `base_dir`.
    ///
    /// ```
    /// use metaxy_core::config::{StoreConfig, StoreKind};
    /// use metaxy_diesel::{Backend, store::Store};
    ///
    /// let config = StoreConfig {
    ///     type_name: "sqlite".to_owned(),
    ///     kind: Some(StoreKind::Sqlite),
    ///     database: Some("videos.db".into()),
    ///     ..StoreConfig::default()
    /// };
    /// let store = Store::from_config("dev", &config, "/srv".as_ref())?;
    /// assert_eq!(store.backend, Backend::Sqlite);
    /// assert_eq!(store.url.expose(), "/srv/videos.db");
    /// # Ok::<(), metaxy_diesel::store::StoreError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`StoreError`], where its type is not one of ours or it does not say where the database is.
    pub fn from_config(
        name: &str,
        config: &StoreConfig,
        base_dir: &Path,
    ) -> Result<Self, StoreError> {
        let store = name.to_owned();
        let (backend, url) = match config.kind {
            Some(StoreKind::Sqlite) => (Backend::Sqlite, sqlite_url(name, config, base_dir)?),
            Some(StoreKind::Postgres) => (Backend::Postgres, postgres_url(name, config)?),
            Some(StoreKind::Mysql) => (Backend::Mysql, mysql_url(name, Backend::Mysql, config)?),
            Some(StoreKind::MariaDb) => {
                (Backend::MariaDb, mysql_url(name, Backend::MariaDb, config)?)
            }
            Some(StoreKind::DuckDb) => (Backend::DuckDb, duckdb_url(name, config, base_dir)?),
            None => {
                let type_name = config.type_name.clone();
                return Err(StoreError::UnsupportedType { store, type_name });
            }
        };
        Ok(Self {
            table_prefix: config.table_prefix.clone(),
            hash_algorithm: config.hash_algorithm.clone(),
            distributed_by: config.distributed_by.clone(),
            ..Self::new(store, backend, url)
        })
    }

    /// Opens the database.
    ///
    /// # Errors
    ///
    /// As [`backend::connect`].
    pub fn connect(&self, open: Open) -> Result<Connection, ConnectError> {
        backend::connect(self.backend, &self.url, open)
    }

    /// Opens the database; `None` where it is a file that does not exist yet.
    ///
    /// # Errors
    ///
    /// As [`backend::connect`].
    pub fn connect_if_exists(&self) -> Result<Option<Connection>, ConnectError> {
        backend::connect_if_exists(self.backend, &self.url)
    }

    /// Where tables go that name no schema, where the store says so and its database has schemas: the `search_path` of
    /// PostgreSQL.
    pub fn search_path(&self) -> Option<String> {
        let has_namespaces = self.backend.dialect().namespaces.is_some();
        search_path::search_path(self.url.expose()).filter(|_| has_namespaces)
    }

    /// The URL with parts of it replaced.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotReplaceable`] where it is a file, or a connection string without a protocol.
    pub fn url_with(&self, overrides: &UrlOverrides) -> Result<Secret, StoreError> {
        let mut url = self.url.expose().to_owned();
        let missing = |part| StoreError::NotReplaceable {
            store: self.name.clone(),
            part,
            url: self.url.to_string(),
        };
        let is_file = matches!(self.backend, Backend::Sqlite | Backend::DuckDb);
        if let Some(protocol) = &overrides.protocol {
            let (_, rest) = url.split_once("://").ok_or_else(|| missing("protocol"))?;
            url = format!("{protocol}://{rest}");
        }
        if let Some(port) = overrides.port {
            url = match Url::parse(&url) {
                _ if is_file => return Err(missing("port")),
                Ok(mut parsed) if url.contains("://") => {
                    if parsed.set_port(Some(port)).is_err() {
                        parsed.query_pairs_mut().append_pair("port", &port.to_string());
                    }
                    parsed.into()
                }
                // Of two, the later one counts.
                _ => format!("{url} port={port}"),
            };
        }
        Ok(Secret::new(url))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use metaxy_core::config::Settings;
    use serde_json::{Value, json};

    fn store(config: StoreConfig) -> Result<Store, StoreError> {
        let config = StoreConfig { kind: StoreKind::of_type(&config.type_name), ..config };
        Store::from_config("dev", &config, Path::new("/srv"))
    }

    fn config(type_name: &str) -> StoreConfig {
        StoreConfig { type_name: type_name.to_owned(), ..StoreConfig::default() }
    }

    fn settings(value: Value) -> Settings {
        let Value::Object(settings) = value else { panic!("an object") };
        settings.into_iter().collect()
    }

    #[test]
    fn urls_come_from_all_that_the_configuration_says() {
        let check =
            |string: Option<&str>, database: Option<&str>, params: Value, expected: &str| {
                let config = StoreConfig {
                    connection_string: string.map(Secret::from),
                    database: database.map(Secret::from),
                    connection_params: settings(params),
                    ..config("postgres")
                };
                assert_eq!(store(config).unwrap().url.expose(), expected);
            };
        let none = || json!({});
        check(Some("postgres://db/videos"), None, none(), "postgres://db/videos");
        check(None, Some("postgresql://db/videos"), none(), "postgresql://db/videos");
        check(Some("postgresql+psycopg://db/videos"), None, none(), "postgresql://db/videos");
        check(None, Some("videos"), none(), "postgres:///videos");
        check(
            None,
            None,
            json!({"host": "db", "port": 5433, "user": "ann", "password": "p@ss w?rd", "database": "my videos"}),
            "postgres://ann:p%40ss%20w%3Frd@db:5433/my%20videos",
        );
        check(None, Some("v"), json!({"host": "/run/pg"}), "postgres://%2Frun%2Fpg/v");
        check(None, Some("v"), json!({"host": "::1", "port": "1"}), "postgres://[::1]:1/v");
        check(
            Some("postgres://ann@db/videos?sslmode=require"),
            None,
            json!({"user": "bob", "sslmode": "disable", "password": "pw", "schema": "my x"}),
            "postgres://ann@db/videos?sslmode=require&options=-csearch_path%3D%22my%5C%20x%22&password=pw",
        );
        check(
            Some("host=db user=ann"),
            None,
            json!({"password": "it's", "user": "bob"}),
            r"password='it\'s' user='bob' host=db user=ann",
        );
    }

    #[test]
    fn options_of_duckdb_are_part_of_the_url() {
        let check = |database: &str, options: Value, expected: &str| {
            let (database, other) = (Some(database.into()), settings(options));
            let config = StoreConfig { database, other, ..config("duckdb") };
            assert_eq!(store(config).unwrap().url.expose(), expected);
        };
        check("dev.duckdb", json!({"extensions": ["hashfuncs"]}), "/srv/dev.duckdb");
        check(
            "dev.duckdb",
            json!({"config": {"memory_limit": "4GB", "threads": 4}}),
            "duckdb:/srv/dev.duckdb?memory_limit=4GB&threads=4",
        );
        check(
            "duckdb:dev.duckdb?threads=2",
            json!({"config": {"preserve_insertion_order": false}}),
            "duckdb:/srv/dev.duckdb?threads=2&preserve_insertion_order=false",
        );
    }

    #[test]
    fn one_namespace_of_a_search_path_is_known() {
        let check = |options: &str, expected: Option<&str>| {
            let url = format!("postgres://db/v?options={options}");
            let store = Store::new("dev", Backend::Postgres, url.as_str());
            assert_eq!(store.namespace().as_deref(), expected, "{options}");
        };
        check("-csearch_path%3D%22my%5C%20%22%22x%22", Some("my \"x"));
        check("-c%20search_path=media", Some("media"));
        check("--search_path=a%20-csearch_path=b", Some("b"));
        check("-csearch_path=media,public", None);
        check("-csearch_path=%22$user%22", None);
        check("-csearch_path=Media", None);
        check("-cstatement_timeout=1", None);
        let mariadb = Store::new("dev", Backend::MariaDb, "mysql://db/v?options=-csearch_path=a");
        assert_eq!(mariadb.namespace(), None);
    }

    #[test]
    fn stores_that_cannot_be_used_say_why() {
        let check = |config: StoreConfig, expected: &str| {
            assert_eq!(store(config).unwrap_err().to_string(), expected);
        };
        check(
            config("clickhouse"),
            "store `dev` has the type `clickhouse`, which this version of metaxy cannot open: use one of sqlite, postgres, mysql, mariadb, duckdb",
        );
        check(
            config("sqlite"),
            "store `dev` names no database: add `database`, `connection_string` or `connection_params`",
        );
        check(
            StoreConfig { database: Some("postgres://ann:pw@db/v".into()), ..config("sqlite") },
            "store `dev` has the type `sqlite`, and `postgres://ann:***@db/v` is none of SQLite",
        );
        check(
            StoreConfig { connection_string: Some("sqlite://v.db".into()), ..config("postgres") },
            "store `dev` has the type `postgres`, and `sqlite://v.db` is none of PostgreSQL",
        );
        check(
            StoreConfig {
                connection_params: settings(json!({"host": ["a"]})),
                ..config("postgres")
            },
            "store `dev`: `connection_params.host` must be a text, a number or a boolean",
        );
        let duckdb = |params: Value, other: Value| StoreConfig {
            database: Some("dev.duckdb".into()),
            connection_params: settings(params),
            other: settings(other),
            ..config("duckdb")
        };
        check(
            duckdb(json!({}), json!({"ducklake": {"catalog": {"type": "duckdb"}}})),
            "store `dev`: `ducklake` is nothing that metaxy does on DuckDB: name a file of its own, `database = \"dev.duckdb\"`",
        );
        check(
            duckdb(json!({"schema": "media"}), json!({})),
            "store `dev`: `connection_params.schema` is nothing that metaxy does on DuckDB: leave it out: tables are in the schema `main`",
        );
        check(
            duckdb(json!({}), json!({"config": {"temp_directory": ["a"]}})),
            "store `dev`: `config.temp_directory` must be a text, a number or a boolean",
        );
    }

    #[test]
    fn parts_of_urls_are_replaced() {
        let check = |url: &str, protocol: Option<&str>, port: Option<u16>, expected: &str| {
            let config = StoreConfig { connection_string: Some(url.into()), ..config("postgres") };
            let overrides = UrlOverrides { protocol: protocol.map(str::to_owned), port };
            assert_eq!(store(config).unwrap().url_with(&overrides).unwrap().expose(), expected);
        };
        let url = "postgres://ann:pw@db:5432/videos";
        check(url, None, None, url);
        check(url, Some("postgresql"), Some(5433), "postgresql://ann:pw@db:5433/videos");
        check(
            "postgres:///videos?host=%2Frun",
            None,
            Some(1),
            "postgres:///videos?host=%2Frun&port=1",
        );
        check("postgres://u@%2Frun/v", None, Some(1), "postgres://u@%2Frun:1/v");
        check("host=db", None, Some(1), "host=db port=1");

        let sqlite =
            store(StoreConfig { database: Some("v.db".into()), ..config("sqlite") }).unwrap();
        let overrides = UrlOverrides { protocol: None, port: Some(1) };
        assert_eq!(
            sqlite.url_with(&overrides).unwrap_err().to_string(),
            "the port of store `dev` cannot be replaced: `/srv/v.db` has none"
        );
    }
}
