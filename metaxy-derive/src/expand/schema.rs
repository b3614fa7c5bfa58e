//! JSON schemas: of columns, and `impl JsonSchema` for enums and structs.

use super::option;
use crate::attr::DefaultAttr;
use crate::json;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Ident, LitInt, LitStr, Path, Type};

/// A property of a JSON schema: a column, or a field of a struct.
pub struct Property<'a> {
    /// Where the crate `metaxy` is.
    pub krate: &'a Path,
    /// Its name.
    pub name: &'a str,
    /// Its type.
    pub ty: &'a Type,
    /// Its default.
    pub default: Option<&'a DefaultAttr>,
    /// Whether it is required though it is an `Option`.
    pub required: bool,
    /// Whether it may be left out, though the schema shows no default.
    pub has_default: bool,
    /// Its description.
    pub description: Option<&'a LitStr>,
    /// The length of a text.
    pub length: Option<&'a LitInt>,
    /// Further keywords.
    pub schema: &'a json::Object,
    /// The whole, instead of all this.
    pub json_schema: Option<&'a json::Object>,
}

/// A `(TypeSchema, ColumnSchema)`.
pub fn column_schema(property: Property<'_>) -> TokenStream {
    let Property { krate, name, ty, .. } = property;
    let some = |it: TokenStream| quote!(::core::option::Option::Some(#it));
    let mut options = TokenStream::new();
    if let Some(DefaultAttr::Value(value, _)) = property.default {
        let default = some(value.to_string().to_token_stream());
        options.extend(quote!(default: #default,));
    }
    if matches!(property.default, Some(DefaultAttr::Bare)) || property.has_default {
        options.extend(quote!(has_default: true,));
    }
    if property.required {
        options.extend(quote!(required: true,));
    }
    if let Some(description) = property.description {
        let description = some(description.to_token_stream());
        options.extend(quote!(description: #description,));
    }
    let keywords = keywords(&property);
    if !keywords.is_empty() {
        options.extend(quote!(keywords: &[#(#keywords),*],));
    }
    let type_schema = match property.json_schema {
        Some(written) => {
            let written = some(written.to_string().to_token_stream());
            options.extend(quote!(json_schema: #written,));
            quote!(|_| #krate::Json::Null)
        }
        None => quote_spanned!(ty.span()=> <#ty as #krate::JsonSchema>::json_schema),
    };
    let new = quote!(#krate::__private::ColumnSchema::new(#name));
    match options.is_empty() {
        true => quote!((#type_schema, #new)),
        false => quote!((#type_schema, #krate::__private::ColumnSchema { #options ..#new })),
    }
}

fn keywords(property: &Property<'_>) -> Vec<TokenStream> {
    let length = property.length.map(|it| ("maxLength".to_owned(), it.base10_digits().to_owned()));
    let written =
        property.schema.0.iter().map(|(key, value)| (key.text.clone(), value.to_string()));
    length.into_iter().chain(written).map(|(key, value)| quote!((#key, #value))).collect()
}

/// `impl JsonSchema` for an enum without values.
pub fn unit_enum(
    krate: &Path,
    ident: &Ident,
    name: &str,
    doc: Option<&str>,
    values: &[String],
) -> TokenStream {
    let doc = option(doc);
    json_schema_impl(krate, ident, &quote!(enumeration::<Self>(#name, #doc, &[#(#values),*])))
}

/// `impl JsonSchema` for a struct.
pub fn structure(
    krate: &Path,
    ident: &Ident,
    name: &str,
    doc: Option<&str>,
    fields: &[TokenStream],
) -> TokenStream {
    let doc = option(doc);
    json_schema_impl(krate, ident, &quote!(structure::<Self>(#name, #doc, &[#(#fields),*])))
}

fn json_schema_impl(krate: &Path, ident: &Ident, call: &TokenStream) -> TokenStream {
    quote! {
        #[automatically_derived]
        impl #krate::JsonSchema for #ident {
            fn json_schema(definitions: &mut #krate::__private::Definitions) -> #krate::Json {
                definitions.#call
            }
        }
    }
}
