//! [`Read`]: what can be read from a [`Node`], as lenient with types as pydantic is.

use super::{
    ConfigError,
    environment::Environment,
    node::{Node, Table, Value},
    secret::{Secret, Settings},
    source::Quote,
};
use std::path::PathBuf;

/// What can be read from a [`Node`].
pub(super) trait Read: Sized {
    /// What it is called in errors: "must be …".
    const EXPECTED: &str;
    /// Whether its text may be quoted in errors.
    const QUOTE: Quote = Quote::Hidden;

    /// Reads it; `None` where the node is of another type.
    fn read(node: &Node, environment: &Environment) -> Result<Option<Self>, ConfigError>;
}

/// Settings that are kept but not read. What needs a variable that is not set is left out: whoever reads
/// the setting will miss it.
pub(super) fn keep(table: &Table, environment: &Environment) -> Settings {
    let kept =
        table.iter().filter_map(|(key, node)| Some((key.clone(), node.get(environment).ok()?)));
    kept.collect()
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
