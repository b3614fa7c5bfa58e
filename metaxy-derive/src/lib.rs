//! The macros of `metaxy`, which re-exports and documents them.
//!
//! A struct goes through four stages: `attr` reads attributes, `model` resolves them, `validate` refuses what is wrong
//! (all of it at once), `expand` writes the code; after an error `fallback` stands in for that. `migrated` compares it with what
//! migrations create, where the package asks for that.

mod attr;
mod base;
mod derive;
mod errors;
mod expand;
mod fallback;
mod json;
mod key;
mod migrated;
mod model;
mod names;
mod parse;
mod row;
mod sql_enum;
mod sql_type;
mod validate;

use proc_macro::TokenStream;

/// Makes a struct a feature, with a table, a registration and checks. See the crate `metaxy`.
#[proc_macro_derive(Feature, attributes(metaxy, diesel))]
pub fn derive_feature(item: TokenStream) -> TokenStream {
    derive::feature(Vec::new(), item.into()).into()
}

/// Gives a type of columns its JSON schema. See the crate `metaxy`.
#[proc_macro_derive(JsonSchema, attributes(metaxy, serde))]
pub fn derive_json_schema(item: TokenStream) -> TokenStream {
    derive::json_schema(item.into()).into()
}

/// Lets a struct be written as a row. See the crate `metaxy`.
#[proc_macro_derive(ToRow, attributes(metaxy, diesel))]
pub fn derive_to_row(item: TokenStream) -> TokenStream {
    row::to_row(item.into()).into()
}

/// Lets a struct be read of a row. See the crate `metaxy`.
#[proc_macro_derive(FromRow, attributes(metaxy, diesel))]
pub fn derive_from_row(item: TokenStream) -> TokenStream {
    row::from_row(item.into()).into()
}

/// Lets a struct be loaded from what a feature is made from. See the crate `metaxy`.
#[proc_macro_derive(FeatureInput, attributes(metaxy, diesel))]
pub fn derive_feature_input(item: TokenStream) -> TokenStream {
    row::feature_input(item.into()).into()
}

/// Makes an enum an enumerated type of the database. See the crate `metaxy`.
#[proc_macro_derive(SqlEnum, attributes(metaxy, serde))]
pub fn derive_sql_enum(item: TokenStream) -> TokenStream {
    sql_enum::derive(item.into()).into()
}

/// Declares settings that features share. See the crate `metaxy`.
#[proc_macro]
pub fn feature_base(input: TokenStream) -> TokenStream {
    base::declare(input.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// What the macros of bases call with their settings and a struct.
#[doc(hidden)]
#[proc_macro]
pub fn feature_with_base(input: TokenStream) -> TokenStream {
    base::expand(input.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}
