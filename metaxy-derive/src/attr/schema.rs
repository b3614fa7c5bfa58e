//! Attributes of `#[derive(JsonSchema)]`: `#[metaxy(…)]` on fields, and what serde's `#[serde(…)]` says of names.

use super::DefaultAttr;
use super::column::keywords;
use crate::errors::Errors;
use crate::json;
use crate::parse::{self, flag, foreign_attributes, set, unknown, value};
use syn::ext::IdentExt;
use syn::{Attribute, Ident, LitStr, Token};

/// The options of `#[metaxy(…)]` on a field of a struct that derives `JsonSchema`.
#[derive(Default)]
pub struct SchemaFieldAttrs {
    /// `default = "x"`, or `default` for one that the schema does not show.
    pub default: Option<DefaultAttr>,
    /// `required`: an `Option` that has to be named all the same.
    pub required: Option<bool>,
    /// `description = "how many"`
    pub description: Option<LitStr>,
    /// `schema(minimum = 0)`: further keywords.
    pub schema: json::Object,
    /// `json_schema = { "type": "string" }`: the whole property.
    pub json_schema: Option<json::Object>,
}

/// What serde says of names; a type without serde can use these attributes too.
#[derive(Default)]
pub struct SerdeAttrs {
    /// `rename = "red"`
    pub rename: Option<LitStr>,
    /// `rename_all = "lowercase"`
    pub rename_all: Option<LitStr>,
    /// `skip`: the field is not written.
    pub skip: bool,
    /// `default`: the field may be left out.
    pub default: bool,
}

impl SchemaFieldAttrs {
    /// Reads the attributes of a field.
    pub fn of(attributes: &[Attribute], errors: &mut Errors) -> Self {
        let mut attrs = Self::default();
        parse::attributes(attributes, "metaxy", errors, |input, errors| {
            let option = input.call(Ident::parse_any)?;
            match option.to_string().as_str() {
                "default" => set(&mut attrs.default, &option, DefaultAttr::parse(input)?),
                "required" => set(&mut attrs.required, &option, flag(input)?),
                "description" => set(&mut attrs.description, &option, value(input)?),
                "schema" => keywords(&mut attrs.schema, input, errors),
                "json_schema" => set(&mut attrs.json_schema, &option, value(input)?),
                _ => Err(unknown(
                    &option,
                    &["default", "required", "description", "schema", "json_schema"],
                )),
            }
        });
        attrs
    }
}

impl SerdeAttrs {
    /// Reads the attributes of a type, variant or field. What is malformed is serde's to report.
    pub fn of(attributes: &[Attribute]) -> Self {
        let mut attrs = Self::default();
        foreign_attributes(attributes, "serde", |option, input| {
            match option.to_string().as_str() {
                // Not `rename(serialize = …)`: what is read and what is written have one schema.
                "rename" if input.peek(Token![=]) => attrs.rename = Some(value(input)?),
                "rename_all" if input.peek(Token![=]) => attrs.rename_all = Some(value(input)?),
                "skip" => attrs.skip = true,
                "default" => attrs.default = true,
                _ => {}
            }
            Ok(())
        });
        attrs
    }
}
