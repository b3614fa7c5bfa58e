//! [`Json`]: JSON values that keep the order of keys and every digit of a number.
//!
//! Versions are hashes of JSON as Python's `json` module writes it, so reading and writing follow that module where
//! it differs from other implementations: whole numbers of any size, floats in the form of Python's `repr`, and the
//! words `NaN` and `Infinity`.

mod parse;
mod serde;
mod to_json;
mod write;

use indexmap::IndexMap;
use std::borrow::Cow;

pub use parse::JsonError;
pub(crate) use to_json::{Entry, Sink, ToJson};
pub(crate) use write::write_hashed;

/// A JSON value, as Python's `json` reads and writes it.
///
/// Two objects are equal where they hold the same, whatever the order.
///
/// ```
/// use metaxy_core::Json;
///
/// let json = Json::parse(r#"{"b": 1e16, "a": 36893488147419103232}"#)?;
/// assert_eq!(json.dumps_sorted(), r#"{"a": 36893488147419103232, "b": 1e+16}"#);
/// # Ok::<(), metaxy_core::JsonError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A whole number that fits a signed 64-bit integer.
    Int(i64),
    /// A whole number that does not, as its digits, with `-` where it is negative.
    BigInt(String),
    /// A number with a fraction or an exponent.
    Float(f64),
    /// A string.
    String(String),
    /// An array.
    Array(Vec<Json>),
    /// An object, in the order it was written.
    Object(IndexMap<String, Json>),
}

impl Json {
    /// The value under `key`, where this is an object that has it.
    pub fn get(&self, key: &str) -> Option<&Json> {
        self.as_object()?.get(key)
    }

    /// The text, where this is a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The elements, where this is an array.
    pub fn as_array(&self) -> Option<&[Json]> {
        match self {
            Self::Array(elements) => Some(elements),
            _ => None,
        }
    }

    /// The entries, where this is an object.
    pub fn as_object(&self) -> Option<&IndexMap<String, Json>> {
        match self {
            Self::Object(entries) => Some(entries),
            _ => None,
        }
    }

    /// What kind of value this is, for errors: `a string`, `an object`, …
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Int(_) | Self::BigInt(_) => "a whole number",
            Self::Float(_) => "a number",
            Self::String(_) => "a string",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
        }
    }

    /// The value with `null` for every NaN and infinity, which is what pydantic makes of them before they are hashed.
    pub fn finite(&self) -> Cow<'_, Self> {
        match self.is_finite() {
            true => Cow::Borrowed(self),
            false => Cow::Owned(self.with_null_for_non_finite()),
        }
    }

    fn is_finite(&self) -> bool {
        match self {
            Self::Float(number) => number.is_finite(),
            Self::Array(elements) => elements.iter().all(Self::is_finite),
            Self::Object(entries) => entries.values().all(Self::is_finite),
            _ => true,
        }
    }

    fn with_null_for_non_finite(&self) -> Self {
        match self {
            Self::Float(number) if !number.is_finite() => Self::Null,
            Self::Array(elements) => elements.iter().map(Self::with_null_for_non_finite).collect(),
            Self::Object(entries) => entries
                .iter()
                .map(|(key, value)| (key.clone(), value.with_null_for_non_finite()))
                .collect(),
            other => other.clone(),
        }
    }
}

macro_rules! from {
    ($($type:ty: $value:ident => $json:expr;)*) => {$(
        impl From<$type> for Json {
            fn from($value: $type) -> Self {
                $json
            }
        }
    )*};
}

from! {
    bool: value => Self::Bool(value);
    i32: value => Self::Int(value.into());
    u32: value => Self::Int(value.into());
    i64: value => Self::Int(value);
    u64: value => i64::try_from(value).map_or_else(|_| Self::BigInt(value.to_string()), Self::Int);
    f64: value => Self::Float(value);
    &str: value => Self::String(value.to_owned());
    String: value => Self::String(value);
    Vec<Json>: value => Self::Array(value);
    IndexMap<String, Json>: value => Self::Object(value);
}

impl<T: Into<Json>> From<Option<T>> for Json {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl<T: Into<Json>> FromIterator<T> for Json {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        Self::Array(elements.into_iter().map(Into::into).collect())
    }
}

impl<K: Into<String>> FromIterator<(K, Json)> for Json {
    fn from_iter<I: IntoIterator<Item = (K, Json)>>(entries: I) -> Self {
        Self::Object(entries.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }
}

impl<K: Into<String>, const N: usize> From<[(K, Json); N]> for Json {
    fn from(entries: [(K, Json); N]) -> Self {
        entries.into_iter().collect()
    }
}
