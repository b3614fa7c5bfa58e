//! What a valid feature becomes. Nothing here fails: [`crate::validate`] came before.
//!
//! All but the table is in one anonymous constant, and of constants wherever possible: each function or generic
//! call more would be paid for by every feature of a project, at every build.

mod check;
mod document;
mod feature;
mod index;
mod registration;
mod schema;
mod table;
mod table_def;

pub use check::respan;
pub use feature::names;
pub use schema::{Property, column_schema, structure, unit_enum};
pub use table::table;

use crate::attr::ForeignKeyAttrs;
use crate::model::Feature;
use crate::parse::Name;
use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::{Ident, Path};

/// The whole output for a struct, with the checks of what migrations create.
pub fn expand(feature: &Feature, migrated: &TokenStream) -> TokenStream {
    let krate = &feature.krate;
    let table = table::table(feature);
    let upstreams = check::upstreams(feature);
    let feature_impl = feature::feature_impl(feature);
    let table_impl = table_def::table_impl(feature);
    let registration = registration::registration(feature);
    let checks = check::checks(feature);
    let document = document::document(feature);
    quote! {
        #table
        #document
        const _: () = {
            use #krate::__private as __metaxy;
            #upstreams
            #feature_impl
            #table_impl
            #registration
            #checks
            #migrated
        };
    }
}

/// The constant that holds what is known of an upstream feature, named at `span`.
pub fn upstream_const(feature: &Feature, path: &Path, span: Span) -> Ident {
    format_ident!("UPSTREAM_{}", feature.upstream(path), span = span)
}

/// The columns that a foreign key refers to.
pub fn referenced<'a>(
    feature: &'a Feature,
    key: &'a ForeignKeyAttrs,
) -> impl Iterator<Item = Name> + 'a {
    let same = key.columns.iter().filter(|_| key.references.is_empty());
    let same = same.map(|it| Name { text: feature.column_name(it).to_owned(), span: it.span });
    key.references.iter().cloned().chain(same)
}

/// `Some(…)` or `None`.
pub fn option(value: Option<impl quote::ToTokens>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}
