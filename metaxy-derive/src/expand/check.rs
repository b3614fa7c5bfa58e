//! Checks that only the compiler can make, since they are about other types.
//!
//! Every token of a check has the span of what it is about, which is where the compiler then points.

use super::table_def::type_name;
use super::{referenced, upstream_const};
use crate::attr::{DepAttrs, FieldDepsAttr, Target};
use crate::model::Feature;
use crate::parse::Name;
use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use std::collections::HashSet;
use syn::Path;
use syn::spanned::Spanned;

/// One constant for each feature that is named by its type, so that a type that is no feature is reported once.
pub fn upstreams(feature: &Feature) -> TokenStream {
    let upstreams = feature.upstreams.iter().map(|path| {
        let upstream = upstream_const(feature, path, Span::call_site());
        let known = respan(quote!(<#path as __metaxy::IsUpstream>::KNOWN), path.span());
        quote!(const #upstream: __metaxy::Upstream = #known;)
    });
    quote!(#(#upstreams)*)
}

/// All checks.
pub fn checks(feature: &Feature) -> TokenStream {
    let mut checks = column_types(feature);
    for dep in &feature.attrs.deps {
        if let Target::Type(path) = &dep.target {
            checks.extend(dep_columns(feature, dep, path));
            checks.extend(shared_ids(feature, dep, path));
        }
    }
    checks.extend(field_deps(feature));
    checks.extend(foreign_keys(feature));
    checks
}

/// Every type that was known by its name, each once.
fn column_types(feature: &Feature) -> TokenStream {
    let mut seen = HashSet::new();
    let mapped = feature.columns.iter().filter(|it| it.known_type().is_mapped());
    let types = mapped.filter(|it| seen.insert(it.stored.to_token_stream().to_string()));
    let checks = types.map(|column| {
        let (ty, sql_type) = (&column.stored, &column.known_type().path);
        respan(quote!(__metaxy::is_stored_as::<#ty, #sql_type>();), ty.span())
    });
    quote!(const _: () = { #(#checks)* };)
}

/// `select` and `rename` of a dependency.
fn dep_columns(feature: &Feature, dep: &DepAttrs, path: &Path) -> TokenStream {
    let renames = || dep.rename.iter().flatten();
    let renamed = |name: &Name| renames().any(|(_, new)| new.text == name.text);
    let selected = dep.select.iter().flatten().filter(|it| !renamed(it));
    let columns = renames().map(|(old, _)| old).chain(selected);
    let columns = columns.map(|name| upstream_has(feature, path, "has_column", name));
    let new_names = renames().map(|(_, new)| upstream_has(feature, path, "has_no_id", new));
    quote!(#(#columns)* #(#new_names)*)
}

/// Id columns that a dependency has under the same name.
fn shared_ids(feature: &Feature, dep: &DepAttrs, path: &Path) -> TokenStream {
    let ids = feature.id_columns.iter().filter_map(|name| {
        let column = feature.column(name)?;
        let text = &column.name.text;
        let renamed_away = dep.rename.iter().flatten().any(|(old, _)| old.text == *text);
        let upstream = upstream_const(feature, path, name.span);
        let sql_type = type_name(column);
        let check =
            quote_spanned!(name.span=> const _: () = #upstream.has_same_id(#text, #sql_type););
        (!renamed_away).then_some(check)
    });
    quote!(#(#ids)*)
}

/// Fields of upstream features that fields depend on.
fn field_deps(feature: &Feature) -> TokenStream {
    let mut checks = TokenStream::new();
    for field in &feature.fields {
        let Some(FieldDepsAttr::Listed(deps)) = &field.deps else { continue };
        for dep in deps {
            let Target::Type(path) = &dep.target else { continue };
            let fields = dep.fields.iter().flatten();
            checks.extend(fields.map(|name| upstream_has(feature, path, "has_field", name)));
        }
    }
    checks
}

/// Columns of upstream features that foreign keys refer to.
fn foreign_keys(feature: &Feature) -> TokenStream {
    let checks = feature.foreign_keys().flat_map(|key| {
        let path = match &key.feature {
            Some(Target::Type(path)) => Some(path),
            _ => None,
        };
        path.into_iter().flat_map(move |path| {
            let names = referenced(feature, key);
            names.map(|it| upstream_has(feature, path, "has_column", &it)).collect::<Vec<_>>()
        })
    });
    quote!(#(#checks)*)
}

/// Calls a method of `Upstream` on a name.
fn upstream_has(feature: &Feature, path: &Path, method: &str, name: &Name) -> TokenStream {
    let upstream = upstream_const(feature, path, name.span);
    let (method, text) = (syn::Ident::new(method, name.span), &name.text);
    quote_spanned!(name.span=> const _: () = #upstream.#method(#text);)
}

/// The same tokens, all at one place.
pub fn respan(tokens: TokenStream, span: Span) -> TokenStream {
    let respanned = tokens.into_iter().map(|mut token| {
        if let TokenTree::Group(group) = &token {
            token = Group::new(group.delimiter(), respan(group.stream(), span)).into();
        }
        token.set_span(span);
        token
    });
    respanned.collect()
}
