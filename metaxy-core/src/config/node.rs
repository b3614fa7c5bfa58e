//! [`Node`]: a value that knows its key's path and where it stands, and how values are read from it.

use super::{
    ConfigError,
    environment::Environment,
    origin::Spot,
    read::Read,
    secret::{Settings, redact},
    source::Quote,
};
use indexmap::IndexMap;

pub(super) type Table = IndexMap<String, Node>;

#[derive(Clone)]
pub(super) struct Node {
    /// The keys to it, as they were written: `stores.dev.type`.
    pub path: String,
    pub spot: Spot,
    pub value: Value,
}

#[derive(Clone)]
pub(super) enum Value {
    Table(Table),
    Array(Vec<Node>),
    /// A string of a file, whose variables are not expanded yet.
    Template(String),
    /// What an environment variable holds: of the type that is asked for.
    Text(String),
    Integer(i64),
    Float(f64),
    Boolean(bool),
    Datetime(String),
    /// JSON has it, TOML does not.
    Null,
}

impl Node {
    /// Reads a `T`.
    pub fn get<T: Read>(&self, environment: &Environment) -> Result<T, ConfigError> {
        T::read(self, environment)?.ok_or_else(|| self.wrong_type::<T>())
    }

    /// The error for a value that is not `T`.
    pub fn wrong_type<T: Read>(&self) -> ConfigError {
        ConfigError::WrongType {
            origin: self.spot.value(T::QUOTE),
            key: redact(&self.path),
            expected: T::EXPECTED,
            found: self.value.describe(),
        }
    }

    /// The error for a value that is of the right type and yet not allowed.
    pub fn invalid(&self, reason: impl Into<String>) -> ConfigError {
        ConfigError::Invalid {
            origin: self.spot.value(Quote::Shown),
            key: redact(&self.path),
            reason: reason.into(),
        }
    }

    /// The entries of a table; a variable's text is read as JSON.
    pub fn into_table(self) -> Result<(Table, Spot, String), ConfigError> {
        match self.decode() {
            Self { value: Value::Table(table), spot, path } => Ok((table, spot, path)),
            other => Err(other.wrong_type::<Settings>()),
        }
    }

    /// Turns the text of a variable that holds a JSON object or array into what it says.
    pub fn decode(self) -> Self {
        let Value::Text(text) = &self.value else { return self };
        match serde_json::from_str(text) {
            Ok(json @ (serde_json::Value::Object(_) | serde_json::Value::Array(_))) => {
                Self::from_json(json, self.path, &self.spot)
            }
            _ => self,
        }
    }

    fn from_json(json: serde_json::Value, path: String, spot: &Spot) -> Self {
        let value = match json {
            serde_json::Value::Null => Value::Null,
            serde_json::Value::Bool(value) => Value::Boolean(value),
            serde_json::Value::Number(value) => match value.as_i64() {
                Some(value) => Value::Integer(value),
                None => Value::Float(value.as_f64().unwrap_or(f64::INFINITY)),
            },
            // Not `Template`: variables are expanded in files only.
            serde_json::Value::String(value) => Value::Text(value),
            serde_json::Value::Array(items) => Value::Array(
                (0..)
                    .zip(items)
                    .map(|(at, item)| Self::from_json(item, format!("{path}[{at}]"), spot))
                    .collect(),
            ),
            serde_json::Value::Object(entries) => Value::Table(
                entries
                    .into_iter()
                    .map(|(key, entry)| {
                        let path = format!("{path}.{key}");
                        (key, Self::from_json(entry, path, spot))
                    })
                    .collect(),
            ),
        };
        Self { path, spot: spot.clone(), value }
    }

    /// The text of a string, its variables expanded.
    pub fn text(&self, environment: &Environment) -> Result<Option<String>, ConfigError> {
        match &self.value {
            Value::Text(text) => Ok(Some(text.clone())),
            Value::Template(template) => match environment.expand(template) {
                Ok(text) => Ok(Some(text)),
                Err(variable) => Err(ConfigError::MissingVariable {
                    origin: self.spot.value(Quote::Hidden),
                    key: redact(&self.path),
                    variable,
                }),
            },
            _ => Ok(None),
        }
    }
}

impl Value {
    fn describe(&self) -> &'static str {
        match self {
            Self::Table(_) => "a table",
            Self::Array(_) => "a list",
            Self::Template(_) => "a string",
            Self::Text(_) => "text that says something else",
            Self::Integer(_) => "an integer",
            Self::Float(_) => "a float",
            Self::Boolean(_) => "a boolean",
            Self::Datetime(_) => "a date or time",
            Self::Null => "null",
        }
    }
}

/// Merges `over` onto `base`, tables deeply, all else replaced: how the environment meets the files.
pub(super) fn merge_deep(base: &mut Table, over: Table) {
    for (key, value) in over {
        match (base.get_mut(&key).map(|node| &mut node.value), value) {
            (Some(Value::Table(base)), Node { value: Value::Table(over), .. }) => {
                merge_deep(base, over);
            }
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

/// Merges a file's table onto that of the file it extends: tables by one level, lists appended, all
/// else replaced.
pub(super) fn merge_extended(base: &mut Table, over: Table) {
    for (key, value) in over {
        match (base.get_mut(&key).map(|node| &mut node.value), value) {
            (Some(Value::Table(base)), Node { value: Value::Table(over), .. }) => base.extend(over),
            (Some(Value::Array(base)), Node { value: Value::Array(over), .. }) => base.extend(over),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}
