//! [`Section`]: a table that is read key by key, and that has only keys which are known.

use super::{
    ConfigError,
    environment::Environment,
    node::{Node, Table},
    read::{Read, keep},
    secret::{Settings, redact},
};
use crate::nearest;

pub(super) struct Section<'a> {
    table: Table,
    environment: &'a Environment,
}

impl<'a> Section<'a> {
    /// Starts to read a table.
    ///
    /// # Errors
    ///
    /// [`ConfigError::UnknownKey`] for the first key that is not among `known`.
    pub fn open(
        table: Table,
        known: &[&str],
        environment: &'a Environment,
    ) -> Result<Self, ConfigError> {
        match table.iter().find(|(key, _)| !known.contains(&key.as_str())) {
            Some((key, node)) => Err(unknown_key(key, node, known)),
            None => Ok(Self { table, environment }),
        }
    }

    /// Takes the value of a key.
    pub fn take(&mut self, key: &str) -> Option<Node> {
        self.table.shift_remove(key)
    }

    /// Reads the value of a key, where it is there.
    pub fn get<T: Read>(&mut self, key: &str) -> Result<Option<T>, ConfigError> {
        self.take(key).map(|node| node.get(self.environment)).transpose()
    }

    /// What was not taken.
    pub fn rest(self) -> Settings {
        keep(&self.table, self.environment)
    }

    /// The entries of a table, none where the key is not there.
    pub fn table(&mut self, key: &str) -> Result<Table, ConfigError> {
        let table = self.take(key).map(Node::into_table).transpose()?;
        Ok(table.map(|(table, ..)| table).unwrap_or_default())
    }
}

/// The error for a key that is not among `known`.
pub(super) fn unknown_key(key: &str, node: &Node, known: &[&str]) -> ConfigError {
    ConfigError::UnknownKey {
        origin: node.spot.key(),
        key: redact(&node.path),
        nearest: nearest(key, known.iter().copied()).map(str::to_owned),
        known: known.iter().map(|&key| key.to_owned()).collect(),
    }
}
