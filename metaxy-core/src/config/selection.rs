//! [`FeatureSelection`]: a choice of features in a store.

use super::{
    ConfigError,
    environment::Environment,
    node::{Node, Value},
    read::Read,
    section::Section,
};
use crate::FeatureKey;

/// A choice of features in a store: those of all `projects` and all `keys` together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FeatureSelection {
    /// Features of these projects.
    pub projects: Vec<String>,
    /// These features, by key.
    pub keys: Vec<FeatureKey>,
    /// Every feature.
    pub all: bool,
}

impl Read for FeatureSelection {
    const EXPECTED: &str = "a table with `projects`, `keys` or `all`";

    fn read(node: &Node, environment: &Environment) -> Result<Option<Self>, ConfigError> {
        let Value::Table(table) = node.clone().decode().value else { return Ok(None) };
        let mut section = Section::open(table, &["projects", "keys", "all"], environment)?;
        let keys: Vec<SelectedKey> = section.get("keys")?.unwrap_or_default();
        Ok(Some(Self {
            projects: section.get("projects")?.unwrap_or_default(),
            keys: keys.into_iter().map(|key| key.0).collect(),
            all: section.get("all")?.unwrap_or_default(),
        }))
    }
}

/// A feature's key, `"video/raw"` or `["video", "raw"]`.
struct SelectedKey(FeatureKey);

impl Read for SelectedKey {
    const EXPECTED: &str = "a feature's key";

    fn read(node: &Node, environment: &Environment) -> Result<Option<Self>, ConfigError> {
        let key = match &node.value {
            Value::Array(_) => node.get::<Vec<String>>(environment)?.join("/"),
            _ => node.get(environment)?,
        };
        FeatureKey::new(key)
            .map(|key| Some(Self(key)))
            .map_err(|error| node.invalid(error.to_string()))
    }
}
