//! The tags of a push as text.

use super::PushError;
use indexmap::IndexMap;
use metaxy_core::Json;

/// The tag of metaxy's own.
const METAXY: &str = "metaxy";
/// What it says at least.
const VERSION: &str = "version";
/// The version of Metaxy for Python whose records these are, to the byte.
const PYTHON_VERSION: &str = "0.1.11";

/// The tags as the table has them: with the version that made the record, an object as text in an object as text.
pub(super) fn text(tags: &IndexMap<String, Json>) -> Result<String, PushError> {
    let own = match tags.get(METAXY) {
        None => Json::Null,
        Some(Json::String(text)) => Json::parse(text).map_err(PushError::Tag)?,
        Some(own) => own.clone(),
    };
    let mut own = match own {
        Json::Object(own) => own,
        _ => IndexMap::new(),
    };
    own.entry(VERSION.to_owned()).or_insert_with(|| PYTHON_VERSION.into());
    let mut tags = tags.clone();
    tags.insert(METAXY.to_owned(), Json::Object(own).dumps().into());
    Ok(Json::Object(tags).dumps())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_those_of_python() {
        let check = |tags: &str, expected: Result<&str, &str>| {
            let Ok(Json::Object(tags)) = Json::parse(tags) else { panic!("an object") };
            let ours = text(&tags).map_err(|error| error.to_string());
            assert_eq!(ours.as_deref().map_err(|it| it.as_str()), expected);
        };
        check("{}", Ok(r#"{"metaxy": "{\"version\": \"0.1.11\"}"}"#));
        check(
            r#"{"é": "😀", "n": 1.0}"#,
            Ok(r#"{"\u00e9": "\ud83d\ude00", "n": 1.0, "metaxy": "{\"version\": \"0.1.11\"}"}"#),
        );
        check(
            r#"{"metaxy": "{\"z\": 1}", "a": ""}"#,
            Ok(r#"{"metaxy": "{\"z\": 1, \"version\": \"0.1.11\"}", "a": ""}"#),
        );
        check(r#"{"metaxy": {"version": "2"}}"#, Ok(r#"{"metaxy": "{\"version\": \"2\"}"}"#));
        check(r#"{"metaxy": "[]"}"#, Ok(r#"{"metaxy": "{\"version\": \"0.1.11\"}"}"#));
        let refused = Json::parse("x").unwrap_err();
        let refused = format!("the tag `metaxy` must be an object of JSON as text: {refused}");
        check(r#"{"metaxy": "x"}"#, Err(&refused));
    }
}
