//! The JSON schemas and definition versions of derived features are those of the SQLModel features that Metaxy for
//! Python 0.1.11 made of the same columns (`BaseSQLModelFeature`, class `Cls`, key `k`, field `x`).

use chrono::{DateTime, NaiveTime, Utc};
use metaxy::{Feature, FeatureGraph, Json, JsonSchema};
use std::collections::HashMap;

#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "only its schema is looked at")]
enum Color {
    Red,
    Blue,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is looked at")]
struct Sub {
    a: i64,
    #[metaxy(default = "x")]
    b: String,
}

/// For each case one feature, in a module of its own since all have the same name and key, and one test.
macro_rules! cases {
    ($($case:ident: { $(#[$option:meta])* $column:ident: $type:ty } => $version:literal, $property:literal;)*) => {$(
        mod $case {
            use super::*;

            #[derive(Feature)]
            #[metaxy(key = "k", id_columns(id), fields(x))]
            #[expect(dead_code, reason = "only its definition is looked at")]
            struct Cls {
                id: String,
                $(#[$option])*
                $column: $type,
            }

            #[test]
            fn agrees_with_python() {
                let definition = Cls::definition();
                let schema = definition.schema.json();
                let property = schema.get("properties").and_then(|it| it.get(Cls::COLUMNS[1]));
                assert_eq!(property, Json::parse($property).ok().as_ref());
                assert_eq!(definition_version(definition), $version);
            }
        }
    )*};
}

fn definition_version(definition: metaxy::FeatureDefinition) -> String {
    let key = definition.spec.key.clone();
    let graph =
        FeatureGraph::new([definition], Default::default()).expect("one feature is a graph");
    graph.versions(&key).expect("it is in the graph").definition_version.clone()
}

cases! {
    text: { #[metaxy(name = "str")] str_: String }
        => "6a508934", r##"{"title": "Str", "type": "string"}"##;
    float: { float: f64 }
        => "5e8adc2c", r##"{"title": "Float", "type": "number"}"##;
    bytes: { bytes: Vec<u8> }
        => "717f8053", r##"{"format": "binary", "title": "Bytes", "type": "string"}"##;
    int_default: { #[metaxy(default = 3)] int_default: i64 }
        => "ad47ca4b", r##"{"default": 3, "title": "Int Default", "type": "integer"}"##;
    bool_default: { #[metaxy(default = false)] bool_default: bool }
        => "a400b6ff", r##"{"default": false, "title": "Bool Default", "type": "boolean"}"##;
    opt_str_none: { opt_str_none: Option<String> }
        => "67fc7354", r##"{"anyOf": [{"type": "string"}, {"type": "null"}], "default": null, "title": "Opt Str None"}"##;
    opt_float: { #[metaxy(default = 2.5)] opt_float: Option<f64> }
        => "80f92df4", r##"{"anyOf": [{"type": "number"}, {"type": "null"}], "default": 2.5, "title": "Opt Float"}"##;
    aware: { aware: DateTime<Utc> }
        => "cf6767a5", r##"{"format": "date-time", "title": "Aware", "type": "string"}"##;
    time: { time: NaiveTime }
        => "f2d700e3", r##"{"format": "time", "title": "Time", "type": "string"}"##;
    list_str: { #[metaxy(sql_type = diesel::sql_types::Json)] list_str: Vec<String> }
        => "4c571f08", r##"{"items": {"type": "string"}, "title": "List Str", "type": "array"}"##;
    dict_str_int: { #[metaxy(sql_type = diesel::sql_types::Json)] dict_str_int: HashMap<String, i32> }
        => "ad4bdf69", r##"{"additionalProperties": {"type": "integer"}, "title": "Dict Str Int", "type": "object"}"##;
    enumeration: { #[metaxy(sql_type = diesel::sql_types::Text)] r#enum: Color }
        => "4c408697", r##"{"$ref": "#/$defs/Color"}"##;
    submodel: { #[metaxy(sql_type = diesel::sql_types::Json)] submodel: Sub }
        => "78fb048e", r##"{"$ref": "#/$defs/Sub"}"##;
    described: { #[metaxy(description = "how many", schema(minimum = 0))] described: i32 }
        => "10120c31", r##"{"description": "how many", "minimum": 0, "title": "Described", "type": "integer"}"##;
    factory: { #[metaxy(sql_type = diesel::sql_types::Json, default)] factory: Vec<String> }
        => "5f79df4e", r##"{"items": {"type": "string"}, "title": "Factory", "type": "array"}"##;
    x1: { x1: i32 }
        => "a270d9f1", r##"{"title": "X1", "type": "integer"}"##;
    int: { int: i32 }
        => "c17bad37", r##"{"title": "Int", "type": "integer"}"##;
    opt_int_none: { opt_int_none: Option<i32> }
        => "06a15fb9", r##"{"anyOf": [{"type": "integer"}, {"type": "null"}], "default": null, "title": "Opt Int None"}"##;
}

#[cfg(all(feature = "uuid", feature = "postgres"))]
cases! {
    identifier: { uuid: uuid::Uuid }
        => "cb39861c", r##"{"format": "uuid", "title": "Uuid", "type": "string"}"##;
}
