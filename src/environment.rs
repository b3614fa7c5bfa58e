//! [`Environment`]: a store and a scope, with a migration history of its own.

use crate::{
    Schema,
    filter::{FilterOptions, SchemaError, filter_feature_schema, system_schema},
    init::{StoreLookupError, store},
};
use metaxy_core::config::Config;
use metaxy_diesel::{history::History, schema::TableName, store::Store};
use std::{fmt, path::PathBuf, str::FromStr};

/// A store and a scope: the tables that one history of migrations is about.
#[derive(Debug, Clone)]
pub struct Environment {
    /// The database.
    pub store: Store,
    /// Which of its tables.
    pub scope: Scope,
    /// Where the migrations are.
    pub directory: PathBuf,
    /// The table that records which were applied.
    pub version_table: String,
}

impl Environment {
    /// The environments that a name means: one for each of its scopes, system first.
    ///
    /// # Errors
    ///
    /// [`StoreLookupError`] where the store is not configured, or cannot be used here.
    pub fn of(config: &Config, name: &EnvironmentName) -> Result<Vec<Self>, StoreLookupError> {
        let store = store(config, name.store.as_deref())?;
        let environment = |scope: Scope| Self {
            scope,
            directory: config.migrations_dir(&store.name, scope.name()),
            version_table: config.migrations.version_table(&store.name, scope.name()),
            store: store.clone(),
        };
        Ok(name.scopes().into_iter().map(environment).collect())
    }

    /// The history of its migrations.
    pub fn history(&self) -> History {
        History {
            directory: self.directory.clone(),
            version_table: TableName::new(&self.version_table),
        }
    }

    /// The schema that the code wants for it.
    ///
    /// # Errors
    ///
    /// [`SchemaError`] where the linked features make none.
    pub fn desired(&self) -> Result<Schema, SchemaError> {
        let options = FilterOptions::default();
        let (_, schema) = match self.scope {
            Scope::System => system_schema(&self.store, &options)?,
            Scope::Features => filter_feature_schema(&self.store, &options)?,
        };
        Ok(schema)
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.store.name, self.scope)
    }
}

/// Which tables of a store a history is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Metaxy's own tables.
    System,
    /// The tables of the project's features.
    Features,
}

impl Scope {
    /// All scopes, in the order that they are migrated.
    pub const ALL: [Self; 2] = [Self::System, Self::Features];

    /// The scope's name: `system` or `features`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Features => "features",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// What names environments: `dev` (all scopes of a store), `dev:system` (one), or nothing (the default store).
///
/// ```
/// use metaxy::{EnvironmentName, Scope};
///
/// let name: EnvironmentName = "dev:system".parse()?;
/// assert_eq!(name.store.as_deref(), Some("dev"));
/// assert_eq!(name.scopes(), [Scope::System]);
/// assert_eq!("prod".parse::<EnvironmentName>()?.scopes(), [Scope::System, Scope::Features]);
/// # Ok::<(), metaxy::EnvironmentNameError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EnvironmentName {
    /// The store; `None`: the default one.
    pub store: Option<String>,
    /// The scope; `None`: all.
    pub scope: Option<Scope>,
}

/// Why the name of an environment was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{scope}` is no scope: write STORE, STORE:system or STORE:features")]
pub struct EnvironmentNameError {
    scope: String,
}

impl EnvironmentName {
    /// The scopes, system first.
    pub fn scopes(&self) -> Vec<Scope> {
        self.scope.map_or_else(|| Scope::ALL.to_vec(), |scope| vec![scope])
    }
}

impl FromStr for EnvironmentName {
    type Err = EnvironmentNameError;

    fn from_str(name: &str) -> Result<Self, EnvironmentNameError> {
        let (store, scope) = match name.split_once(':') {
            None => (name, None),
            Some((store, scope)) => match Scope::ALL.into_iter().find(|it| it.name() == scope) {
                Some(scope) => (store, Some(scope)),
                None => return Err(EnvironmentNameError { scope: scope.to_owned() }),
            },
        };
        Ok(Self { store: (!store.is_empty()).then(|| store.to_owned()), scope })
    }
}
