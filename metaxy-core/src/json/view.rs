//! [`View`]: JSON that borrows what it is made of.

use super::Json;

/// A JSON value whose texts live elsewhere.
///
/// Specs are hashed by the thousand; building a [`Json`] of each, only to write it, takes longer than all the rest.
pub(crate) enum View<'a> {
    Null,
    Bool(bool),
    Text(&'a str),
    Array(Vec<View<'a>>),
    Object(Vec<(&'a str, View<'a>)>),
    /// A value of the user's, in which NaN and infinity are null.
    Json(&'a Json),
}

impl<'a> View<'a> {
    pub(crate) fn array<T: Into<View<'a>>>(elements: impl IntoIterator<Item = T>) -> Self {
        Self::Array(elements.into_iter().map(Into::into).collect())
    }

    pub(crate) fn object<T: Into<View<'a>>>(
        entries: impl IntoIterator<Item = (&'a str, T)>,
    ) -> Self {
        Self::Object(entries.into_iter().map(|(key, value)| (key, value.into())).collect())
    }
}

impl From<View<'_>> for Json {
    fn from(view: View) -> Self {
        match view {
            View::Null => Self::Null,
            View::Bool(value) => Self::Bool(value),
            View::Text(text) => text.into(),
            View::Array(elements) => elements.into_iter().collect(),
            View::Object(entries) => {
                entries.into_iter().map(|(key, value)| (key, Self::from(value))).collect()
            }
            View::Json(json) => json.finite().into_owned(),
        }
    }
}

impl<'a> From<&'a str> for View<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for View<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for View<'_> {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl<'a> From<&'a Json> for View<'a> {
    fn from(json: &'a Json) -> Self {
        Self::Json(json)
    }
}

impl<'a, T: Into<View<'a>>> From<Option<T>> for View<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl<'a> From<&'a [String]> for View<'a> {
    fn from(texts: &'a [String]) -> Self {
        Self::array(texts)
    }
}
