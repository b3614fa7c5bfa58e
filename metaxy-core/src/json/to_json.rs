//! [`ToJson`]: values that tell their JSON, to be written as text or made a [`Json`] of.

use super::Json;
use indexmap::IndexMap;
use std::fmt;

/// What has a JSON value.
///
/// Specs are hashed by the thousand; building a [`Json`] of each, only to write it, takes longer than all the rest.
pub(crate) trait ToJson {
    fn to_json(&self, out: &mut dyn Sink) -> fmt::Result;
}

/// The key and the value of an entry of an object.
pub(crate) type Entry<'a> = (&'a str, &'a dyn ToJson);

/// What takes a JSON value: one call each.
pub(crate) trait Sink {
    fn text(&mut self, text: &str) -> fmt::Result;
    fn array(&mut self, elements: &mut dyn Iterator<Item = &dyn ToJson>) -> fmt::Result;
    /// Takes an object, whose entries may be sorted for it.
    fn object(&mut self, entries: &mut [Entry]) -> fmt::Result;
    /// Takes a value of the user's, in which NaN and infinity are null.
    fn json(&mut self, json: &Json) -> fmt::Result;
}

impl Json {
    /// The JSON of a value.
    pub(crate) fn of(value: &(impl ToJson + ?Sized)) -> Self {
        let mut json = Self::Null;
        value.to_json(&mut json).expect("a value takes all that is told to it");
        json
    }
}

impl Sink for Json {
    fn text(&mut self, text: &str) -> fmt::Result {
        *self = text.into();
        Ok(())
    }

    fn array(&mut self, elements: &mut dyn Iterator<Item = &dyn ToJson>) -> fmt::Result {
        *self = elements.map(Self::of).collect();
        Ok(())
    }

    fn object(&mut self, entries: &mut [Entry]) -> fmt::Result {
        *self = entries.iter().map(|(key, value)| (*key, Self::of(*value))).collect();
        Ok(())
    }

    fn json(&mut self, json: &Json) -> fmt::Result {
        *self = json.finite().into_owned();
        Ok(())
    }
}

impl<T: ToJson + ?Sized> ToJson for &T {
    fn to_json(&self, out: &mut dyn Sink) -> fmt::Result {
        (**self).to_json(out)
    }
}

impl ToJson for Json {
    fn to_json(&self, out: &mut dyn Sink) -> fmt::Result {
        out.json(self)
    }
}

impl ToJson for bool {
    fn to_json(&self, out: &mut dyn Sink) -> fmt::Result {
        out.json(&Json::Bool(*self))
    }
}

impl ToJson for str {
    fn to_json(&self, out: &mut dyn Sink) -> fmt::Result {
        out.text(self)
    }
}

impl ToJson for String {
    fn to_json(&self, out: &mut dyn Sink) -> fmt::Result {
        out.text(self)
    }
}

impl<T: ToJson> ToJson for Option<T> {
    fn to_json(&self, out: &mut dyn Sink) -> fmt::Result {
        match self {
            Some(value) => value.to_json(out),
            None => out.json(&Json::Null),
        }
    }
}

impl<T: ToJson> ToJson for Vec<T> {
    fn to_json(&self, out: &mut dyn Sink) -> fmt::Result {
        out.array(&mut self.iter().map(|element| element as &dyn ToJson))
    }
}

impl<T: ToJson> ToJson for IndexMap<String, T> {
    fn to_json(&self, out: &mut dyn Sink) -> fmt::Result {
        let entries = self.iter().map(|(key, value)| (key.as_str(), value as &dyn ToJson));
        out.object(&mut entries.collect::<Vec<_>>())
    }
}

/// An object of the given entries.
impl<const N: usize> ToJson for [Entry<'_>; N] {
    fn to_json(&self, out: &mut dyn Sink) -> fmt::Result {
        out.object(&mut self.clone())
    }
}
