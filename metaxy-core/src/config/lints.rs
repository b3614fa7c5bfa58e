//! [`LintsConfig`]: how findings in migrations are taken.

use super::{
    ConfigError, Origin,
    environment::Environment,
    node::{Node, Table},
    read::Read,
    source::Quote,
};
use crate::nearest;
use indexmap::IndexMap;

/// How findings in migrations are taken, by the code of the lint.
///
/// ```toml
/// [lints]
/// MX101 = "error"
/// MX401 = "allow"
/// ```
///
/// Metaxy for Python refuses a top-level key that it does not know. A file that both read has `[ext.lints]` instead.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LintsConfig {
    levels: IndexMap<String, Set>,
}

/// How findings of a lint are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LintLevel {
    /// Not at all.
    Allow,
    /// They are shown, and nothing more.
    Note,
    /// They are shown.
    Warn,
    /// They are errors: exit code 1.
    Error,
}

/// A level with the key that sets it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Set {
    level: LintLevel,
    origin: Origin,
    key: String,
}

impl LintLevel {
    /// Its name in configuration files: `error`, `warn`, `note` or `allow`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Note => "note",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

impl LintsConfig {
    /// The level of the lint of this code, where one is set.
    pub fn level(&self, code: &str) -> Option<LintLevel> {
        self.levels.get(code).map(|it| it.level)
    }

    /// Refuses a code that is not among these. Which there are is known to the crate that has the lints.
    ///
    /// # Errors
    ///
    /// [`ConfigError::UnknownKey`] for the first that is unknown.
    pub fn check(&self, codes: &[&str]) -> Result<(), ConfigError> {
        match self.levels.iter().find(|(code, _)| !codes.contains(&code.as_str())) {
            None => Ok(()),
            Some((code, Set { origin, key, .. })) => Err(ConfigError::UnknownKey {
                origin: origin.clone(),
                key: key.clone(),
                nearest: nearest(code, codes.iter().copied()).map(str::to_owned),
                known: codes.iter().map(|&code| code.to_owned()).collect(),
            }),
        }
    }

    pub(super) fn read(table: Table, environment: &Environment) -> Result<Self, ConfigError> {
        let levels = table.into_iter().map(|(code, node)| {
            let level = node.get(environment)?;
            // Names of variables are read in lower case.
            Ok((code.to_uppercase(), Set { level, origin: node.spot.key(), key: node.path }))
        });
        Ok(Self { levels: levels.collect::<Result<_, _>>()? })
    }
}

impl Read for LintLevel {
    const EXPECTED: &str = String::EXPECTED;
    const QUOTE: Quote = Quote::Shown;

    fn read(node: &Node, environment: &Environment) -> Result<Option<Self>, ConfigError> {
        let Some(text) = String::read(node, environment)? else { return Ok(None) };
        let levels = [Self::Error, Self::Warn, Self::Note, Self::Allow];
        match levels.into_iter().find(|it| it.name() == text) {
            Some(level) => Ok(Some(level)),
            None => Err(node.invalid("must be `error`, `warn`, `note` or `allow`")),
        }
    }
}
