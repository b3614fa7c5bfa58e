//! [`JsonSchema`] of the types that columns have.

use super::{Definitions, JsonSchema};
use crate::Json;
use indexmap::IndexMap;
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    rc::Rc,
    sync::Arc,
};

/// `{"type": …}`.
pub(super) fn of(kind: &str) -> Json {
    Json::from([("type", Json::String(kind.to_owned()))])
}

/// A text in a format.
pub(super) fn formatted(format: &str) -> Json {
    Json::from([
        ("format", Json::String(format.to_owned())),
        ("type", Json::String("string".to_owned())),
    ])
}

/// The schema of null.
pub(super) fn null() -> Json {
    of("null")
}

/// A value or null. An `anyOf` in `schema` takes the null in.
///
/// Source: `nullable_schema`, `get_flattened_anyof`.
pub(super) fn optional(schema: Json) -> Json {
    let mut alternatives = match schema {
        Json::Object(mut entries) if entries.len() == 1 && entries.contains_key("anyOf") => {
            match entries.swap_remove("anyOf") {
                Some(Json::Array(alternatives)) => alternatives,
                _ => unreachable!("`anyOf` is an array"),
            }
        }
        schema => vec![schema],
    };
    if !alternatives.contains(&null()) {
        alternatives.push(null());
    }
    Json::from([("anyOf", Json::Array(alternatives))])
}

/// A map from text to the given values; where these may be anything, pydantic says `true`.
///
/// Source: `dict_schema`.
pub(super) fn map(values: Json) -> Json {
    let values = match values {
        Json::Object(keywords) if keywords.is_empty() => Json::Bool(true),
        values => values,
    };
    Json::from([("additionalProperties", values), ("type", Json::String("object".to_owned()))])
}

pub(super) fn list(items: Json) -> Json {
    Json::from([("items", items), ("type", Json::String("array".to_owned()))])
}

fn set(items: Json) -> Json {
    Json::from([
        ("items", items),
        ("type", Json::String("array".to_owned())),
        ("uniqueItems", Json::Bool(true)),
    ])
}

macro_rules! json_schema {
    ($($type:ty),+ => $schema:expr) => {$(
        impl JsonSchema for $type {
            fn json_schema(_: &mut Definitions) -> Json {
                $schema
            }
        }
    )+};
}

json_schema!(i8, i16, i32, i64, i128, u16, u32, u64, u128, isize, usize => of("integer"));
json_schema!(f32, f64 => of("number"));
json_schema!(bool => of("boolean"));
json_schema!(String, str => of("string"));
json_schema!(chrono::NaiveDate => formatted("date"));
json_schema!(chrono::NaiveTime => formatted("time"));
json_schema!(chrono::NaiveDateTime => formatted("date-time"));
json_schema!(chrono::TimeDelta, std::time::Duration => formatted("duration"));
// Python's `Any`. (Its `JsonValue` would name the meaning better, but what people write for a column of JSON is `Any`,
// `dict` or `dict[str, Any]`.)
json_schema!(serde_json::Value, Json => Json::Object(IndexMap::new()));
json_schema!(serde_json::Map<String, serde_json::Value> => map(Json::Object(IndexMap::new())));
#[cfg(feature = "uuid")]
json_schema!(uuid::Uuid => formatted("uuid"));
// Python's `Decimal`, which is read from a number or a text.
#[cfg(feature = "bigdecimal")]
json_schema!(bigdecimal::BigDecimal => Json::from([("anyOf", Json::Array(vec![
    of("number"),
    Json::from([
        ("pattern", Json::String(r"^(?!^[-+.]*$)[+-]?0*\d*\.?\d*$".to_owned())),
        ("type", Json::String("string".to_owned())),
    ]),
]))]));

impl<Tz: chrono::TimeZone> JsonSchema for chrono::DateTime<Tz> {
    fn json_schema(_: &mut Definitions) -> Json {
        formatted("date-time")
    }
}

impl<T: JsonSchema> JsonSchema for Option<T> {
    fn json_schema(definitions: &mut Definitions) -> Json {
        optional(T::json_schema(definitions))
    }
}

impl<T: JsonSchema> JsonSchema for Vec<T> {
    fn json_schema(definitions: &mut Definitions) -> Json {
        T::list_schema(definitions)
    }
}

impl JsonSchema for u8 {
    fn json_schema(_: &mut Definitions) -> Json {
        of("integer")
    }

    /// Bytes are one value.
    fn list_schema(_: &mut Definitions) -> Json {
        formatted("binary")
    }
}

macro_rules! items {
    ($([$($generic:tt)*] $container:ty => $item:ident => $make:ident;)*) => {$(
        impl<$($generic)*> JsonSchema for $container {
            fn json_schema(definitions: &mut Definitions) -> Json {
                $make($item::json_schema(definitions))
            }
        }
    )*};
}

items! {
    [T: JsonSchema] BTreeSet<T> => T => set;
    [T: JsonSchema, S] HashSet<T, S> => T => set;
    [T: JsonSchema] BTreeMap<String, T> => T => map;
    [T: JsonSchema, S] HashMap<String, T, S> => T => map;
    [T: JsonSchema, S] IndexMap<String, T, S> => T => map;
}

macro_rules! transparent {
    ($($pointer:ty),*) => {$(
        impl<T: JsonSchema + ?Sized> JsonSchema for $pointer {
            fn json_schema(definitions: &mut Definitions) -> Json {
                T::json_schema(definitions)
            }
        }
    )*};
}

transparent!(&T, Box<T>, Rc<T>, Arc<T>);

impl<T: JsonSchema + ToOwned + ?Sized> JsonSchema for Cow<'_, T> {
    fn json_schema(definitions: &mut Definitions) -> Json {
        T::json_schema(definitions)
    }
}
