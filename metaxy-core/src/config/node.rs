//! [`Node`]: a value that knows its key's path and where it stands, and how values are read from it.

use super::{
    ConfigError,
    environment::Environment,
    origin::{Quote, Spot, shown_path},
    secret::{Secret, Settings},
};
use indexmap::IndexMap;
use std::path::PathBuf;

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

/// What can be read from a [`Node`].
pub(super) trait Read: Sized {
    /// What it is called in errors: "must be …".
    const EXPECTED: &str;
    /// Whether its text may be quoted in errors.
    const QUOTE: Quote = Quote::Hidden;

    /// Reads it; `None` where the node is of another type.
    fn read(node: &Node, environment: &Environment) -> Result<Option<Self>, ConfigError>;
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
            key: shown_path(&self.path),
            expected: T::EXPECTED,
            found: self.value.describe(),
        }
    }

    /// The error for a value that is of the right type and yet not allowed.
    pub fn invalid(&self, reason: impl Into<String>) -> ConfigError {
        ConfigError::Invalid {
            origin: self.spot.value(Quote::Shown),
            key: shown_path(&self.path),
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
    fn text(&self, environment: &Environment) -> Result<Option<String>, ConfigError> {
        match &self.value {
            Value::Text(text) => Ok(Some(text.clone())),
            Value::Template(template) => match environment.expand(template) {
                Ok(text) => Ok(Some(text)),
                Err(variable) => Err(ConfigError::MissingVariable {
                    origin: self.spot.value(Quote::Hidden),
                    key: shown_path(&self.path),
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

impl Read for String {
    const EXPECTED: &str = "a string";

    fn read(node: &Node, environment: &Environment) -> Result<Option<Self>, ConfigError> {
        node.text(environment)
    }
}

impl Read for Secret {
    const EXPECTED: &str = "a string";

    fn read(node: &Node, environment: &Environment) -> Result<Option<Self>, ConfigError> {
        Ok(node.text(environment)?.map(Self::from))
    }
}

impl Read for PathBuf {
    const EXPECTED: &str = "a path, as a string";
    const QUOTE: Quote = Quote::Shown;

    fn read(node: &Node, environment: &Environment) -> Result<Option<Self>, ConfigError> {
        Ok(node.text(environment)?.map(Self::from))
    }
}

/// As lenient as pydantic: a template can only be a string.
impl Read for bool {
    const EXPECTED: &str = "true or false";
    const QUOTE: Quote = Quote::Shown;

    fn read(node: &Node, environment: &Environment) -> Result<Option<Self>, ConfigError> {
        Ok(match &node.value {
            Value::Boolean(value) => Some(*value),
            Value::Integer(_) | Value::Float(_) => match i64::read(node, environment)? {
                Some(0) => Some(false),
                Some(1) => Some(true),
                _ => None,
            },
            _ => match node.text(environment)?.unwrap_or_default().to_lowercase().as_str() {
                "1" | "on" | "t" | "true" | "y" | "yes" => Some(true),
                "0" | "off" | "f" | "false" | "n" | "no" => Some(false),
                _ => None,
            },
        })
    }
}

/// As lenient as pydantic: `16`, `16.0` and `"16"`.
impl Read for i64 {
    const EXPECTED: &str = "an integer";
    const QUOTE: Quote = Quote::Shown;

    fn read(node: &Node, environment: &Environment) -> Result<Option<Self>, ConfigError> {
        Ok(match node.value {
            Value::Integer(value) => Some(value),
            // Beyond 2^53 a float does not say which integer it is.
            Value::Float(value) if value.fract() == 0.0 && value.abs() < 9e15 => Some(value as i64),
            _ => node.text(environment)?.and_then(|text| text.trim().parse().ok()),
        })
    }
}

impl<T: Read> Read for Vec<T> {
    const EXPECTED: &str = "a list";

    fn read(node: &Node, environment: &Environment) -> Result<Option<Self>, ConfigError> {
        match node.clone().decode().value {
            Value::Array(items) => {
                items.iter().map(|item| item.get(environment)).collect::<Result<_, _>>().map(Some)
            }
            _ => Ok(None),
        }
    }
}

impl Read for Settings {
    const EXPECTED: &str = "a table";

    fn read(node: &Node, environment: &Environment) -> Result<Option<Self>, ConfigError> {
        match node.clone().decode().value {
            Value::Table(table) => table
                .iter()
                .map(|(key, entry)| Ok((key.clone(), entry.get(environment)?)))
                .collect::<Result<_, _>>()
                .map(Some),
            _ => Ok(None),
        }
    }
}

/// Anything.
impl Read for serde_json::Value {
    const EXPECTED: &str = "a value";

    fn read(node: &Node, environment: &Environment) -> Result<Option<Self>, ConfigError> {
        let node = node.clone().decode();
        Ok(Some(match &node.value {
            Value::Table(table) => Self::Object(
                table
                    .iter()
                    .map(|(key, entry)| Ok((key.clone(), entry.get(environment)?)))
                    .collect::<Result<_, ConfigError>>()?,
            ),
            Value::Array(items) => {
                items.iter().map(|item| item.get::<Self>(environment)).collect::<Result<_, _>>()?
            }
            Value::Template(_) | Value::Text(_) => node.text(environment)?.into(),
            Value::Integer(value) => (*value).into(),
            Value::Float(value) => (*value).into(),
            Value::Boolean(value) => (*value).into(),
            Value::Datetime(value) => value.as_str().into(),
            Value::Null => Self::Null,
        }))
    }
}

/// Settings that are kept but not read. What needs a variable that is not set is left out: whoever reads
/// the setting will miss it.
pub(super) fn keep(table: &Table, environment: &Environment) -> Settings {
    let kept =
        table.iter().filter_map(|(key, node)| Some((key.clone(), node.get(environment).ok()?)));
    kept.collect()
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
