//! [`Definitions`]: the `$defs` of a schema.

use super::{ColumnSchema, Properties, TypeSchema, description, object};
use crate::Json;
use indexmap::IndexMap;
use std::{any::type_name, collections::BTreeMap};

/// What a `$ref` starts with.
const PREFIX: &str = "#/$defs/";

/// The named types (enums and structs) that a schema refers to: its `$defs`.
///
/// Each is there once, however many columns have it, and may refer to itself. Two types of the same name are told
/// apart by their modules, as pydantic does it: `pkg__red__Color` and `pkg__blue__Color`.
#[derive(Debug, Default)]
pub struct Definitions {
    /// By the full path of the type, which is what a `$ref` holds until [`Definitions::resolve`].
    types: IndexMap<&'static str, Definition>,
}

#[derive(Debug)]
struct Definition {
    name: &'static str,
    schema: Json,
}

impl Definitions {
    /// Adds the type `T` under its name, unless it is there, and returns the reference to it.
    pub fn define<T: ?Sized>(
        &mut self,
        name: &'static str,
        schema: impl FnOnce(&mut Self) -> Json,
    ) -> Json {
        let path = type_name::<T>();
        if !self.types.contains_key(path) {
            // Before the schema is made, which may refer to the type itself.
            self.types.insert(path, Definition { name, schema: Json::Null });
            let schema = schema(self);
            self.types.insert(path, Definition { name, schema });
        }
        Json::from([("$ref", Json::String(format!("{PREFIX}{path}")))])
    }

    /// Adds an enum `T` of texts, as Python's `Enum` or `StrEnum`. `doc` is its doc comment, as written.
    pub fn enumeration<T: ?Sized>(
        &mut self,
        name: &'static str,
        doc: Option<&str>,
        values: &[&str],
    ) -> Json {
        self.define::<T>(name, |_| {
            let values = values.iter().map(|it| Json::String((*it).to_owned())).collect();
            let keywords = [
                ("enum", values),
                ("title", Json::String(name.to_owned())),
                ("type", Json::String("string".to_owned())),
            ];
            let description = description(doc).map(|it| ("description", Json::String(it)));
            keywords.into_iter().chain(description).collect()
        })
    }

    /// Adds a struct `T`, as pydantic's `BaseModel`. `doc` is its doc comment, as written.
    pub fn structure<T: ?Sized>(
        &mut self,
        name: &'static str,
        doc: Option<&str>,
        fields: &[(TypeSchema, ColumnSchema)],
    ) -> Json {
        self.define::<T>(name, |definitions| {
            let mut properties = Properties::default();
            for (type_schema, field) in fields {
                let schema = match field.json_schema {
                    Some(_) => Json::Null,
                    None => type_schema(definitions),
                };
                properties.add(schema, field);
            }
            Json::Object(object(name, description(doc), properties))
        })
    }

    /// The whole schema: with `$defs`, where there are any, references by name, and keywords in pydantic's order.
    pub(super) fn resolve(self, mut schema: IndexMap<String, Json>) -> Json {
        let names = self.names();
        if !self.types.is_empty() {
            let definitions = self.types.into_iter().map(|(path, it)| (&*names[path], it.schema));
            schema.insert("$defs".to_owned(), definitions.collect());
        }
        let mut schema = Json::Object(schema);
        finish(&mut schema, "", &names);
        schema
    }

    /// The names in `$defs`, by path: the type's own where it is the only one of that name.
    ///
    /// Source: `get_defs_ref`, `normalize_name`.
    fn names(&self) -> BTreeMap<&'static str, String> {
        let mut types_of = BTreeMap::<_, usize>::new();
        for definition in self.types.values() {
            *types_of.entry(definition.name).or_default() += 1;
        }
        let name = |(path, it): (&&'static str, &Definition)| match types_of[it.name] {
            1 => (*path, normalize(it.name)),
            _ => (*path, normalize(path)),
        };
        self.types.iter().map(name).collect()
    }
}

/// The type that a schema refers to, by path.
pub(super) fn reference_of(schema: &IndexMap<String, Json>) -> Option<&str> {
    schema.get("$ref").and_then(Json::as_str)?.strip_prefix(PREFIX)
}

fn normalize(path: &str) -> String {
    let kept = |it: char| it.is_ascii_alphanumeric() || matches!(it, '.' | '-' | '_');
    path.replace("::", ".").replace(|it| !kept(it), "_").replace('.', "__")
}

/// Names what references point to, and sorts keywords, but neither properties nor what is in a default.
///
/// Source: `_sort_recursive`.
fn finish(json: &mut Json, parent: &str, names: &BTreeMap<&'static str, String>) {
    match json {
        Json::Object(entries) => {
            if let Some(name) = reference_of(entries).and_then(|path| names.get(path)) {
                entries.insert("$ref".to_owned(), Json::String(format!("{PREFIX}{name}")));
            }
            if !matches!(parent, "properties" | "default") {
                entries.sort_unstable_keys();
            }
            entries.iter_mut().for_each(|(key, value)| finish(value, key, names));
        }
        Json::Array(items) => items.iter_mut().for_each(|it| finish(it, parent, names)),
        _ => {}
    }
}
