//! [`Cursor`]: a JSON value and where it stands, so that errors can say so.

use super::SpecError;
use crate::{Json, KeyError, nearest};
use indexmap::IndexMap;
use std::{fmt, hash::Hash};

/// A JSON value inside another.
pub(super) struct Cursor<'a> {
    pub(super) json: &'a Json,
    step: Step<'a>,
    parent: Option<&'a Cursor<'a>>,
}

enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

type Read<T> = Result<T, SpecError>;

impl<'a> Cursor<'a> {
    pub(super) fn root(name: &'a str, json: &'a Json) -> Self {
        Self { json, step: Step::Key(name), parent: None }
    }

    /// What is under `key`; null where there is nothing.
    pub(super) fn child<'b>(&'b self, key: &'b str) -> Cursor<'b> {
        let json = self.json.get(key).unwrap_or(&Json::Null);
        Cursor { json, step: Step::Key(key), parent: Some(self) }
    }

    pub(super) fn object(&self) -> Read<&'a IndexMap<String, Json>> {
        self.json.as_object().ok_or_else(|| self.wrong("an object"))
    }

    pub(super) fn nullable<T>(&self, read: impl Fn(&Cursor) -> Read<T>) -> Read<Option<T>> {
        match self.json {
            Json::Null => Ok(None),
            _ => read(self).map(Some),
        }
    }

    pub(super) fn required<T>(
        &self,
        key: &'static str,
        read: impl Fn(&Cursor) -> Read<T>,
    ) -> Read<T> {
        match self.object()?.contains_key(key) {
            true => read(&self.child(key)),
            false => Err(SpecError::MissingKey { at: self.to_string(), key }),
        }
    }

    /// What is under `key`, unless the object lacks it.
    pub(super) fn optional<T>(
        &self,
        key: &str,
        read: impl Fn(&Cursor) -> Read<T>,
    ) -> Read<Option<T>> {
        match self.object()?.contains_key(key) {
            true => read(&self.child(key)).map(Some),
            false => Ok(None),
        }
    }

    pub(super) fn each<T>(&self, read: impl Fn(&Cursor) -> Read<T>) -> Read<Vec<T>> {
        let elements = self.json.as_array().ok_or_else(|| self.wrong("an array"))?;
        let cursor = |(at, json)| Cursor { json, step: Step::Index(at), parent: Some(self) };
        elements.iter().enumerate().map(cursor).map(|element| read(&element)).collect()
    }

    pub(super) fn entries<K: Hash + Eq, V>(
        &self,
        read: impl Fn(&str, &Cursor) -> Read<(K, V)>,
    ) -> Read<IndexMap<K, V>> {
        self.object()?.keys().map(|key| read(key, &self.child(key))).collect()
    }

    pub(super) fn known_keys(&self, known: &[&'static str]) -> Read<()> {
        match self.object()?.keys().find(|key| !known.contains(&key.as_str())) {
            None => Ok(()),
            Some(key) => Err(SpecError::UnknownKey {
                at: self.to_string(),
                key: key.clone(),
                nearest: nearest(key, known.iter().copied()),
            }),
        }
    }

    pub(super) fn wrong(&self, expected: &'static str) -> SpecError {
        let found = match self.json {
            Json::String(text) => format!("\"{text}\""),
            other => other.kind().to_owned(),
        };
        SpecError::Kind { at: self.to_string(), expected, found }
    }

    pub(super) fn malformed(&self, source: KeyError) -> SpecError {
        SpecError::Key { at: self.to_string(), source }
    }
}

pub(super) fn text(at: &Cursor) -> Read<String> {
    at.json.as_str().map(str::to_owned).ok_or_else(|| at.wrong("a string"))
}

pub(super) fn texts(at: &Cursor) -> Read<Vec<String>> {
    at.each(text)
}

pub(super) fn boolean(at: &Cursor) -> Read<bool> {
    match at.json {
        Json::Bool(value) => Ok(*value),
        _ => Err(at.wrong("true or false")),
    }
}

impl fmt::Display for Cursor<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.parent, &self.step) {
            (None, Step::Key(name)) => write!(out, "{name}"),
            (Some(parent), Step::Key(key)) => write!(out, "{parent}.{key}"),
            (Some(parent), Step::Index(at)) => write!(out, "{parent}[{at}]"),
            (None, Step::Index(at)) => write!(out, "[{at}]"),
        }
    }
}
