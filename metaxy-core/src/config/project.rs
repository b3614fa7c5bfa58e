//! The names of projects.

use super::{
    ConfigError,
    environment::Environment,
    node::{Node, Read},
    origin::Quote,
};

/// Why a project's name was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProjectNameError {
    /// It has no characters.
    #[error("a project's name must not be empty")]
    Empty,
    /// It has a slash.
    #[error("project name `{0}` must not contain `/`, which separates the parts of feature keys")]
    Slash(String),
    /// It has two underscores in a row.
    #[error("project name `{0}` must not contain `__`, which joins parts in table names")]
    DoubleUnderscore(String),
    /// It has another character that is not allowed.
    #[error("project name `{0}` must contain only a-z, A-Z, 0-9, `_` and `-`")]
    Character(String),
}

/// Checks a project's name: `[a-zA-Z0-9_-]+`, without `__`.
///
/// ```
/// use metaxy_core::config::check_project_name;
///
/// assert!(check_project_name("video-2").is_ok());
/// assert!(check_project_name("video/2").is_err());
/// ```
///
/// # Errors
///
/// [`ProjectNameError`], which says what is wrong with it.
pub fn check_project_name(name: &str) -> Result<(), ProjectNameError> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    match name {
        "" => Err(ProjectNameError::Empty),
        _ if name.contains('/') => Err(ProjectNameError::Slash(name.to_owned())),
        _ if name.contains("__") => Err(ProjectNameError::DoubleUnderscore(name.to_owned())),
        _ if !name.bytes().all(is_allowed) => Err(ProjectNameError::Character(name.to_owned())),
        _ => Ok(()),
    }
}

/// A name that was checked.
pub(super) struct ProjectName(pub String);

impl Read for ProjectName {
    const EXPECTED: &str = "a string";
    const QUOTE: Quote = Quote::Shown;

    fn read(node: &Node, environment: &Environment) -> Result<Option<Self>, ConfigError> {
        let Some(name) = String::read(node, environment)? else { return Ok(None) };
        check_project_name(&name).map_err(|error| node.invalid(error.to_string()))?;
        Ok(Some(Self(name)))
    }
}
