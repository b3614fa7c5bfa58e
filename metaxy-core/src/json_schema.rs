//! The JSON schema of a feature's columns, as pydantic 2.12 writes it for a SQLModel feature of the same name.
//!
//! The schema enters the definition version, so it agrees with pydantic's to the letter; comments name the function of
//! `pydantic.json_schema` that a rule comes from.

mod definitions;
mod doc;
mod system;
mod title;
mod types;

pub use definitions::Definitions;
pub use doc::clean_doc;

use crate::Json;
use definitions::reference_of;
use indexmap::IndexMap;
use title::title;

/// A type of column, with the JSON schema that its Python counterpart has.
///
/// Implemented for the types that Diesel maps. `serde_json::Value` is Python's `Any` (a schema without a word), its
/// `Map`, as every map from text, `dict[str, …]`.
///
/// For enums and structs of your own derive it, or give the column a `#[metaxy(json_schema = {…})]`.
#[diagnostic::on_unimplemented(
    message = "the JSON schema of `{Self}` is not known",
    label = "no JSON schema is known for this type",
    note = "derive it, `#[derive(metaxy::JsonSchema)]`, or write it at the column: `#[metaxy(json_schema = {{ \"type\": \"string\" }})]`"
)]
pub trait JsonSchema {
    /// The schema of a value, without a title. Named types add themselves to `definitions` and return a `$ref`.
    fn json_schema(definitions: &mut Definitions) -> Json;

    /// The schema of a `Vec` of values, which for bytes is no list.
    #[doc(hidden)]
    fn list_schema(definitions: &mut Definitions) -> Json {
        types::list(Self::json_schema(definitions))
    }
}

/// [`JsonSchema::json_schema`] of a type, as data.
pub type TypeSchema = fn(&mut Definitions) -> Json;

/// What a column adds to the schema of its type.
#[derive(Debug, Clone, Copy, Default)]
pub struct ColumnSchema {
    /// The column's SQL name.
    pub name: &'static str,
    /// The `default` of the property, as JSON text; a column with one is not required.
    pub default: Option<&'static str>,
    /// Not required, though the schema shows no default: Python's `default_factory`.
    pub has_default: bool,
    /// Required, though an `Option`, which otherwise defaults to null: Python's `x: int | None`.
    pub required: bool,
    /// `description` of the property: that of Python's `Field(…)`, which has no counterpart of a doc comment.
    pub description: Option<&'static str>,
    /// Further keywords (`minimum`, `maxLength`, …), each as JSON text.
    pub keywords: &'static [(&'static str, &'static str)],
    /// The whole property as JSON text, instead of the type's own schema.
    pub json_schema: Option<&'static str>,
}

impl ColumnSchema {
    /// A column that adds nothing to the schema of its type.
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            default: None,
            has_default: false,
            required: false,
            description: None,
            keywords: &[],
            json_schema: None,
        }
    }

    /// Whether nothing here says otherwise: the default of an `Option`.
    fn defaults_to_null(&self) -> bool {
        !self.required && !self.has_default && self.json_schema.is_none()
    }
}

/// Builds the schema of a feature: the system columns, then the user's.
///
/// ```
/// use metaxy_core::{ColumnSchema, SchemaBuilder};
///
/// let schema = SchemaBuilder::new("Video", Some(" Raw videos."))
///     .column::<String>(ColumnSchema::new("video_id"))
///     .column::<Option<f64>>(ColumnSchema::new("duration"))
///     .build();
/// assert_eq!(schema.get("description").and_then(|it| it.as_str()), Some("Raw videos."));
/// ```
#[derive(Debug)]
pub struct SchemaBuilder {
    title: &'static str,
    description: Option<String>,
    definitions: Definitions,
    properties: Properties,
}

/// The properties of an object, and which of them are required.
#[derive(Debug, Default)]
struct Properties {
    properties: IndexMap<String, Json>,
    required: Vec<Json>,
}

impl SchemaBuilder {
    /// A schema with the system columns only. `doc` is the struct's doc comment, as written.
    pub fn new(title: &'static str, doc: Option<&str>) -> Self {
        Self {
            title,
            description: description(doc),
            definitions: Definitions::default(),
            properties: Properties { properties: system::properties(), required: Vec::new() },
        }
    }

    /// Adds a column of type `T`.
    pub fn column<T: JsonSchema>(self, column: ColumnSchema) -> Self {
        self.column_of(T::json_schema, column)
    }

    /// Adds a column whose type has the schema that `type_schema` makes: what the derive calls, since a function
    /// pointer in a constant costs less to compile than a call for each type.
    pub fn column_of(mut self, type_schema: TypeSchema, column: ColumnSchema) -> Self {
        let schema = match column.json_schema {
            Some(_) => Json::Null,
            None => type_schema(&mut self.definitions),
        };
        self.properties.add(schema, &column);
        self
    }

    /// Adds a column whose schema is written out in `column.json_schema`.
    pub fn column_as_written(mut self, column: ColumnSchema) -> Self {
        self.properties.add(Json::Null, &column);
        self
    }

    /// The schema.
    pub fn build(self) -> Json {
        let mut schema = object(self.title, self.description, self.properties);
        schema.insert("additionalProperties".to_owned(), Json::Bool(false));
        self.definitions.resolve(schema)
    }
}

impl Properties {
    /// Adds the property of a column whose type has the given schema.
    fn add(&mut self, type_schema: Json, column: &ColumnSchema) {
        let mut property = match column.json_schema {
            Some(written) => entries(parse(column.name, written)),
            None => property(type_schema, column),
        };
        if let Some(default) = column.default {
            property.insert("default".to_owned(), parse(column.name, default));
        } else if column.defaults_to_null() && is_optional(&property) {
            property.insert("default".to_owned(), Json::Null);
        }
        let defaults = column.has_default || property.contains_key("default");
        if column.required || !defaults {
            self.required.push(Json::String(column.name.to_owned()));
        }
        self.properties.insert(column.name.to_owned(), Json::Object(property));
    }
}

/// The property of a column, without its default.
fn property(type_schema: Json, column: &ColumnSchema) -> IndexMap<String, Json> {
    let mut property = entries(type_schema);
    for (keyword, value) in column.keywords {
        let value = parse(column.name, value);
        match CONSTRAINTS.contains(keyword) {
            true => constrain(&mut property, keyword, value),
            false => drop(property.insert((*keyword).to_owned(), value)),
        }
    }
    if let Some(description) = column.description {
        property.insert("description".to_owned(), Json::String(description.to_owned()));
    }
    if !is_reference(&property) && !property.contains_key("title") {
        property.insert("title".to_owned(), Json::String(title(column.name)));
    }
    property
}

/// Keywords that constrain values: in the schema of an `Option<T>` they stand with `T`.
const CONSTRAINTS: [&str; 14] = [
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "pattern",
    "uniqueItems",
];

/// Adds a keyword to a schema, or to the first of its alternatives.
fn constrain(schema: &mut IndexMap<String, Json>, keyword: &str, value: Json) {
    if let Some(Json::Array(alternatives)) = schema.get_mut("anyOf")
        && let Some(Json::Object(first)) = alternatives.first_mut()
    {
        first.insert(keyword.to_owned(), value);
    } else {
        schema.insert(keyword.to_owned(), value);
    }
}

/// Whether the schema is that of a named type, or of an `Option` of one: such a property has no title.
///
/// Source: `field_title_should_be_set`.
fn is_reference(schema: &IndexMap<String, Json>) -> bool {
    match schema.get("anyOf").and_then(Json::as_array) {
        Some([Json::Object(first), null]) if *null == types::null() => is_reference(first),
        _ => reference_of(schema).is_some(),
    }
}

/// Whether the schema is that of an `Option`.
fn is_optional(schema: &IndexMap<String, Json>) -> bool {
    let alternatives = schema.get("anyOf").and_then(Json::as_array);
    alternatives.and_then(<[Json]>::last) == Some(&types::null())
}

/// The schema of an object with the given properties.
fn object(
    title: &str,
    description: Option<String>,
    Properties { properties, required }: Properties,
) -> IndexMap<String, Json> {
    let required = (!required.is_empty()).then_some(("required", Json::Array(required)));
    [
        ("type", Json::String("object".to_owned())),
        ("title", Json::String(title.to_owned())),
        ("properties", Json::Object(properties)),
    ]
    .into_iter()
    .chain(required)
    .chain(description.map(|it| ("description", Json::String(it))))
    .map(|(keyword, value)| (keyword.to_owned(), value))
    .collect()
}

fn description(doc: Option<&str>) -> Option<String> {
    doc.filter(|it| !it.is_empty()).map(clean_doc)
}

/// JSON text that the derive wrote.
fn parse(column: &str, json: &str) -> Json {
    Json::parse(json)
        .unwrap_or_else(|error| panic!("the derive wrote `{json}` for column `{column}`: {error}"))
}

/// The keywords of a schema.
fn entries(schema: Json) -> IndexMap<String, Json> {
    match schema {
        Json::Object(entries) => entries,
        other => panic!("a JSON schema is an object, not {}", other.kind()),
    }
}
