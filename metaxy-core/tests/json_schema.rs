//! JSON schemas of columns against those that pydantic wrote for SQLModel features (`data/json_schemas.json`).
//!
//! The cases `golden/…` are the `schema_cases` of Metaxy for Python 0.1.11 with the base `BaseSQLModelFeature`; the
//! others were made in the same way with pydantic 2.12.5.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use metaxy_core::{
    ColumnSchema, Json, JsonSchema, SchemaBuilder,
    json_schema::{Definitions, TypeSchema},
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

macro_rules! enumeration {
    ($name:ident, $doc:expr, $values:expr) => {
        pub(crate) struct $name;

        impl metaxy_core::JsonSchema for $name {
            fn json_schema(
                definitions: &mut metaxy_core::json_schema::Definitions,
            ) -> metaxy_core::Json {
                definitions.enumeration::<Self>(stringify!($name), $doc, $values)
            }
        }
    };
}

enumeration!(Color, None, &["red", "blue"]);
enumeration!(Doc, Some(" What kind.\n\n More.\n"), &["a", "b"]);

mod red {
    enumeration!(Color, None, &["red"]);
}

mod blue {
    enumeration!(Color, None, &["blue"]);
}

struct Sub;

impl JsonSchema for Sub {
    fn json_schema(definitions: &mut Definitions) -> Json {
        let fields = [
            (i32::json_schema as TypeSchema, ColumnSchema::new("a")),
            (String::json_schema, defaults("b", r#""x""#)),
        ];
        definitions.structure::<Self>("Sub", None, &fields)
    }
}

struct Deep;

impl JsonSchema for Deep {
    fn json_schema(definitions: &mut Definitions) -> Json {
        let fields = [
            (Sub::json_schema as TypeSchema, ColumnSchema::new("sub")),
            (Vec::<Sub>::json_schema, ColumnSchema::new("subs")),
            (BTreeMap::<String, Sub>::json_schema, ColumnSchema::new("by_name")),
            (Option::<Sub>::json_schema, ColumnSchema::new("maybe")),
            (Option::<Sub>::json_schema, required("maybe_required")),
            (Color::json_schema, ColumnSchema::new("color")),
            (Option::<Color>::json_schema, defaults("color2", r#""red""#)),
        ];
        definitions.structure::<Self>("Deep", Some("A deep one."), &fields)
    }
}

struct Tree;

impl JsonSchema for Tree {
    fn json_schema(definitions: &mut Definitions) -> Json {
        let fields = [
            (String::json_schema as TypeSchema, ColumnSchema::new("name")),
            (Vec::<Tree>::json_schema, defaults("children", "[]")),
        ];
        definitions.structure::<Self>("Tree", None, &fields)
    }
}

fn required(name: &'static str) -> ColumnSchema {
    ColumnSchema { required: true, ..ColumnSchema::new(name) }
}

fn defaults(name: &'static str, default: &'static str) -> ColumnSchema {
    ColumnSchema { default: Some(default), ..ColumnSchema::new(name) }
}

fn has_default(name: &'static str) -> ColumnSchema {
    ColumnSchema { has_default: true, ..ColumnSchema::new(name) }
}

fn described(name: &'static str, description: &'static str) -> ColumnSchema {
    ColumnSchema { description: Some(description), ..ColumnSchema::new(name) }
}

fn keywords(name: &'static str, keywords: &'static [(&'static str, &'static str)]) -> ColumnSchema {
    ColumnSchema { keywords, ..ColumnSchema::new(name) }
}

/// The expected schemas, each removed when it was compared.
struct Expected {
    system: Json,
    cases: indexmap::IndexMap<String, Json>,
}

impl Expected {
    fn read() -> Self {
        let data = Json::parse(include_str!("data/json_schemas.json")).expect("the data is JSON");
        let cases = data.get("cases").and_then(Json::as_object).expect("has cases");
        Self {
            system: data.get("system_properties").expect("has system properties").clone(),
            cases: cases.clone(),
        }
    }

    /// Compares the schema of a feature `Cls` with the column `id` and those that `add` adds.
    #[track_caller]
    fn check(
        &mut self,
        case: &str,
        doc: Option<&str>,
        add: impl FnOnce(SchemaBuilder) -> SchemaBuilder,
    ) {
        let id = SchemaBuilder::new("Cls", doc).column::<String>(ColumnSchema::new("id"));
        let schema = add(id).build();
        assert_eq!(schema.dumps_sorted(), self.whole(case).dumps_sorted(), "case {case}");
    }

    /// The data have neither what all features share nor `id`.
    fn whole(&mut self, case: &str) -> Json {
        let Some(Json::Object(mut schema)) = self.cases.shift_remove(case) else {
            panic!("case {case} is not in the data, or was compared twice");
        };
        let list = |json: Option<Json>| match json {
            Some(Json::Array(items)) => items,
            _ => Vec::new(),
        };
        let required = list(schema.shift_remove("required"));
        let id = Json::String("id".to_owned());
        let required = std::iter::once(id).chain(required).collect();
        let id_property = Json::parse(r#"{"title": "Id", "type": "string"}"#).expect("is JSON");
        let properties = [&self.system, &schema["properties"]].into_iter().flat_map(|it| {
            it.as_object().expect("is an object").iter().map(|(k, v)| (k.clone(), v.clone()))
        });
        let properties = properties.chain([("id".to_owned(), id_property)]).collect();
        schema.insert("properties".to_owned(), properties);
        schema.insert("required".to_owned(), Json::Array(required));
        schema.insert("additionalProperties".to_owned(), Json::Bool(false));
        schema.insert("title".to_owned(), Json::String("Cls".to_owned()));
        schema.insert("type".to_owned(), Json::String("object".to_owned()));
        Json::Object(schema)
    }
}

/// `column::<T>(ColumnSchema)` for each `name: T`, where `name` may be an expression that makes a `ColumnSchema`.
macro_rules! columns {
    ($($column:expr => $type:ty),* $(,)?) => {
        |schema: SchemaBuilder| schema$(.column::<$type>(IntoColumn::column($column)))*
    };
}

trait IntoColumn {
    fn column(self) -> ColumnSchema;
}

impl IntoColumn for &'static str {
    fn column(self) -> ColumnSchema {
        ColumnSchema::new(self)
    }
}

impl IntoColumn for ColumnSchema {
    fn column(self) -> ColumnSchema {
        self
    }
}

#[test]
fn schemas_are_those_of_pydantic() {
    let mut expected = Expected::read();
    let mut check = |case, columns: fn(SchemaBuilder) -> SchemaBuilder| {
        expected.check(case, None, columns);
    };
    check("golden/str", columns!("str" => String));
    check("golden/float", columns!("float" => f64));
    check("golden/bytes", columns!("bytes" => Vec<u8>));
    check("golden/int_default", columns!(defaults("int_default", "3") => i64));
    check("golden/bool_default", columns!(defaults("bool_default", "false") => bool));
    check("golden/opt_str_none", columns!("opt_str_none" => Option<String>));
    check("golden/opt_float", columns!(defaults("opt_float", "2.5") => Option<f32>));
    check("golden/aware", columns!("aware" => DateTime<Utc>));
    check("golden/time", columns!("time" => NaiveTime));
    #[cfg(feature = "uuid")]
    check("golden/uuid", columns!("uuid" => uuid::Uuid));
    check("golden/list_str", columns!("list_str" => Vec<String>));
    check("golden/dict_str_int", columns!("dict_str_int" => HashMap<String, i32>));
    check("golden/enum", columns!("enum" => Color));
    check("golden/submodel", columns!("submodel" => Sub));
    check("golden/described", |schema| {
        schema.column::<i32>(ColumnSchema {
            keywords: &[("minimum", "0")],
            ..described("described", "how many")
        })
    });
    check("golden/factory", columns!(has_default("factory") => Vec<String>));
    check("golden/x1", columns!("x1" => i16));
    check("golden/int", columns!("int" => i32));
    check("golden/opt_int_none", columns!("opt_int_none" => Option<i64>));
    check(
        "json",
        columns! {
            "value" => serde_json::Value,
            "maybe_value" => Option<serde_json::Value>,
            "object" => serde_json::Map<String, serde_json::Value>,
            "values" => Vec<serde_json::Value>,
        },
    );
    check(
        "numbers",
        columns! {
            "small" => i16,
            "large" => i64,

            "duration" => TimeDelta,
        },
    );
    check(
        "dates",
        columns! {
            "date" => NaiveDate,
            "time" => NaiveTime,
            "naive" => NaiveDateTime,
            "aware" => DateTime<Utc>,
            "maybe_date" => Option<NaiveDate>,
        },
    );
    check(
        "lists",
        columns! {
            "ints" => Vec<i32>,
            "maybe_items" => Vec<Option<String>>,
            "maybe" => Option<Vec<String>>,
            "nested" => Vec<Vec<i64>>,
            "bytes_list" => Vec<Vec<u8>>,
            "unique" => BTreeSet<i32>,
        },
    );
    check(
        "maps",
        columns! {
            "floats" => BTreeMap<String, f64>,
            "maybe" => HashMap<String, Option<i32>>,
            "lists" => indexmap::IndexMap<String, Vec<i32>>,
            "maybe_map" => Option<BTreeMap<String, String>>,
        },
    );
    check(
        "optional",
        columns! {
            required("required") => Option<i32>,
            "none" => Option<i32>,
            defaults("five", "5") => Option<i32>,
            described("described", "hey") => Option<String>,
        },
    );
    check(
        "enums",
        columns! {
            "one" => Color,
            "two" => Color,
            "maybe" => Option<Color>,
            required("required") => Option<Color>,
            defaults("default", r#""red""#) => Color,
            defaults("maybe_default", r#""blue""#) => Option<Color>,
            "many" => Vec<Color>,
            "documented" => Doc,
            described("described", "d") => Color,
        },
    );
    check(
        "structs",
        columns! {
            "sub" => Sub,
            "deep" => Box<Deep>,
            "maybe" => Option<Sub>,
            "many" => Vec<Sub>,
            defaults("default", r#"{"a": 1, "b": "x"}"#) => Sub,
        },
    );
    check(
        "same name",
        columns! {
            "red" => red::Color,
            "blue" => Option<blue::Color>,
            "again" => Vec<red::Color>,
        },
    );
    check("recursive", columns!("tree" => Tree));
    check(
        "keywords",
        columns! {
            keywords("text", &[("maxLength", "5")]) => String,
            keywords("maybe", &[("maxLength", "5")]) => Option<String>,
            keywords("ranged", &[("minimum", "0"), ("maximum", "9")]) => i32,
            keywords("stepped", &[("exclusiveMinimum", "0.5"), ("multipleOf", "0.5")]) => f64,
            keywords("items", &[("minItems", "1")]) => Vec<i32>,
            keywords("example", &[("examples", "[1]")]) => Option<i32>,
            keywords("titled", &[("title", r#""Titled""#)]) => i32,
        },
    );
    check(
        "defaults",
        columns! {
            defaults("text", r#""é\"\\\n🎬""#) => String,
            defaults("empty", r#""""#) => String,
            defaults("large", "1e20") => f64,
            defaults("whole", "1.0") => f64,
            defaults("small", "1e-7") => f64,
            defaults("negative", "-5") => i32,
            defaults("huge", "1180591620717411303424") => i64,
            defaults("no", "false") => bool,
            defaults("minus_zero", "-0.0") => f64,
            defaults("date", r#""2020-01-02""#) => NaiveDate,
            defaults("moment", r#""2020-01-02T03:04:05""#) => NaiveDateTime,
            defaults("ints", "[1, 2]") => Vec<i32>,
            defaults("map", r#"{"b": 1, "a": 2}"#) => BTreeMap<String, i32>,
            has_default("factory") => Vec<i32>,
            ColumnSchema { default: Some("5"), ..described("five", "q") } => i32,
        },
    );
    check(
        "names",
        columns! {
            "x1" => i32,
            "a__b" => i32,
            "A" => i32,
            "aB" => i32,
            "abc_1d" => i32,
            "trailing_" => i32,
            "ünder" => i32,
            "ßa" => i32,
        },
    );

    #[cfg(feature = "uuid")]
    check(
        "uuids",
        columns! {
            defaults("uuid", r#""00000000-0000-0000-0000-000000000005""#) => uuid::Uuid,
            "maybe" => Option<uuid::Uuid>,
        },
    );
    #[cfg(feature = "bigdecimal")]
    check(
        "decimals",
        columns! {
            "decimal" => bigdecimal::BigDecimal,
            "maybe" => Option<bigdecimal::BigDecimal>,
            defaults("default", r#""1.50""#) => bigdecimal::BigDecimal,
            keywords("positive", &[("minimum", "0.0")]) => Option<bigdecimal::BigDecimal>,
        },
    );

    let mut check = |case, doc| expected.check(case, Some(doc), |schema| schema);
    check("doc", "First line.\n\n        Second   para.\n          indented\n    \tTab\n    ");
    check("doc blank lines", "  \n    leading blank\n\n    x\n    ");
    check("doc one line", "   only   ");
    check("doc of blanks", "  \n  ");

    if cfg!(all(feature = "bigdecimal", feature = "uuid")) {
        assert!(expected.cases.is_empty(), "not compared: {:?}", expected.cases.keys());
    }
}

#[test]
fn keywords_stand_in_the_order_of_pydantic() {
    let schema = SchemaBuilder::new("Cls", Some("Words."))
        .column::<Color>(ColumnSchema::new("z"))
        .column::<i32>(defaults("a", r#"{"b": 1, "a": 2}"#))
        .build();
    let keys = |json: &Json| json.as_object().expect("an object").keys().cloned().collect();
    let keys_of_schema: Vec<String> = keys(&schema);
    assert_eq!(
        keys_of_schema,
        ["$defs", "additionalProperties", "description", "properties", "required", "title", "type"]
    );
    let properties = schema.get("properties").expect("has properties");
    let names: Vec<String> = keys(properties);
    assert_eq!(names[names.len() - 2..], ["z", "a"]);
    let default: Vec<String> =
        keys(properties.get("a").and_then(|it| it.get("default")).expect("has a default"));
    assert_eq!(default, ["b", "a"]);
}

#[test]
fn a_property_can_be_written_out() {
    let written = |json| ColumnSchema { json_schema: Some(json), ..ColumnSchema::new("color") };
    let schema = SchemaBuilder::new("Cls", None)
        .column_as_written(written(r#"{"enum": ["red"], "title": "Color"}"#))
        .build();
    let color = schema.get("properties").and_then(|it| it.get("color")).expect("has the column");
    assert_eq!(color.dumps(), r#"{"enum": ["red"], "title": "Color"}"#);
    assert_eq!(schema.get("required").expect("is required").dumps(), r#"["color"]"#);

    let schema = SchemaBuilder::new("Cls", None)
        .column_as_written(written(r#"{"type": "string", "default": "red"}"#))
        .build();
    assert_eq!(schema.get("required"), None);
}
