//! The JSON schema of a feature's columns, as pydantic 2.12 writes it for a SQLModel feature.

use crate::Json;
use indexmap::IndexMap;

/// Definitions that schemas refer to: the `$defs` of the schema, by name.
pub type Definitions = IndexMap<String, Json>;

/// A type of column, with the JSON schema that its Python counterpart has.
///
/// Implemented for the types that Diesel maps; derive it (`#[derive(metaxy::JsonSchema)]`) for enums and structs
/// of your own, or give the column a `#[feature(json_schema = "…")]`.
pub trait JsonSchema {
    /// The schema of a value, without a title. Named types add themselves to `definitions` and return a `$ref`.
    fn json_schema(definitions: &mut Definitions) -> Json;
}

/// What a column adds to the schema of its type.
#[derive(Debug, Clone, Copy, Default)]
pub struct ColumnSchema {
    /// The column's SQL name.
    pub name: &'static str,
    /// The `default` of the property, as JSON text; a column with one is not required.
    pub default: Option<&'static str>,
    /// Not required, though the schema shows no default (`default` without a value).
    pub has_default: bool,
    /// `description` of the property.
    pub description: Option<&'static str>,
    /// Further keywords (`minimum`, `maxLength`, …), each as JSON text.
    pub keywords: &'static [(&'static str, &'static str)],
    /// The whole property as JSON text, instead of the type's own schema.
    pub json_schema: Option<&'static str>,
}

impl ColumnSchema {
    /// A required column that adds nothing to the schema of its type.
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            default: None,
            has_default: false,
            description: None,
            keywords: &[],
            json_schema: None,
        }
    }
}

/// A doc comment without its indentation, as Python's `inspect.cleandoc` has it.
pub fn clean_doc(doc: &str) -> String {
    doc.trim().to_owned()
}

/// Builds the schema of a feature: the system columns, then the user's.
#[derive(Debug)]
pub struct SchemaBuilder {
    title: &'static str,
    description: Option<String>,
    definitions: Definitions,
    properties: IndexMap<String, Json>,
    required: Vec<String>,
}

impl SchemaBuilder {
    /// A schema with the system columns only. `doc` is the struct's doc comment, as written.
    pub fn new(title: &'static str, doc: Option<&str>) -> Self {
        let _ = doc;
        Self {
            title,
            description: None,
            definitions: Definitions::new(),
            properties: IndexMap::new(),
            required: Vec::new(),
        }
    }

    /// Adds a column of type `T`.
    pub fn column<T: JsonSchema>(self, column: ColumnSchema) -> Self {
        self.column_of(T::json_schema, column)
    }

    /// Adds a column whose type has the schema that `type_schema` makes: what the derive calls, since a function
    /// pointer in a constant costs less to compile than a call for each type.
    pub fn column_of(
        self,
        type_schema: fn(&mut Definitions) -> Json,
        column: ColumnSchema,
    ) -> Self {
        let _ = (type_schema, column);
        self
    }

    /// Adds a column whose schema is written out in `column.json_schema`.
    pub fn column_as_written(self, column: ColumnSchema) -> Self {
        let _ = column;
        self
    }

    /// The schema.
    pub fn build(self) -> Json {
        let _ = (self.title, self.description, self.definitions, self.properties, self.required);
        Json::Null
    }
}
