//! Checks that only the compiler can make, since they are about other types.

use super::table_def::type_name;
use super::upstream_const;
use crate::attr::{DepAttrs, FieldDepsAttr, Target};
use crate::model::Feature;
use crate::parse::Name;
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use std::collections::HashSet;

/// One constant for each feature that is named by its type, so that a type that is no feature is reported once.
pub fn upstreams(feature: &Feature) -> TokenStream {
    let upstreams = feature.upstreams.iter().enumerate().map(|(at, path)| {
        let upstream = upstream_const(at);
        quote! {
            const #upstream: __metaxy::Upstream = __metaxy::Upstream::of::<#path>();
        }
    });
    quote!(#(#upstreams)*)
}

/// All checks.
pub fn checks(feature: &Feature) -> TokenStream {
    let mut checks = column_types(feature);
    for dep in &feature.attrs.deps {
        if let Target::Type(path) = &dep.target {
            let upstream = upstream_const(feature.upstream(path));
            checks.extend(dep_columns(dep, &upstream));
            checks.extend(shared_ids(feature, dep, &upstream));
        }
    }
    checks.extend(field_deps(feature));
    checks.extend(foreign_keys(feature));
    checks
}

/// `T: ColumnType<SqlType = S>` for every type that was known by its name, each once: a bound costs no code.
fn column_types(feature: &Feature) -> TokenStream {
    let mut seen = HashSet::new();
    let bounds = feature.columns.iter().filter_map(|column| {
        let (ty, sql_type) = (&column.stored, column.known_type());
        let new = sql_type.is_mapped() && seen.insert(quote!(#ty).to_string());
        let path = &sql_type.path;
        new.then(|| quote!(#ty: __metaxy::ColumnType<SqlType = #path>))
    });
    quote! {
        #[allow(dead_code, trivial_bounds)]
        fn column_types() where #(#bounds),* {}
    }
}

/// `select` and `rename` of a dependency.
fn dep_columns(dep: &DepAttrs, upstream: &syn::Ident) -> TokenStream {
    let renames = || dep.rename.iter().flatten();
    let renamed = |name: &Name| renames().any(|(_, new)| new.text == name.text);
    let selected = dep.select.iter().flatten().filter(|it| !renamed(it));
    let columns = renames().map(|(old, _)| old).chain(selected).map(|name| {
        let column = &name.text;
        quote_spanned!(name.span=> const _: () = #upstream.has_column(#column);)
    });
    let new_names = renames().map(|(_, new)| {
        let name = &new.text;
        quote_spanned!(new.span=> const _: () = #upstream.has_no_id(#name);)
    });
    quote!(#(#columns)* #(#new_names)*)
}

/// Id columns that a dependency has under the same name.
fn shared_ids(feature: &Feature, dep: &DepAttrs, upstream: &syn::Ident) -> TokenStream {
    let ids = feature.id_columns.iter().filter_map(|name| {
        let column = feature.column(name)?;
        let renames = || dep.rename.iter().flatten();
        let renamed_away = renames().any(|(old, _)| old.text == column.name.text);
        let (text, sql_type) = (&column.name.text, type_name(column));
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
            let upstream = upstream_const(feature.upstream(path));
            for name in dep.fields.iter().flatten() {
                let key = &name.text;
                checks.extend(quote_spanned!(name.span=> const _: () = #upstream.has_field(#key);));
            }
        }
    }
    checks
}

/// Columns of upstream features that foreign keys refer to.
fn foreign_keys(feature: &Feature) -> TokenStream {
    let checks = feature.columns.iter().filter_map(|column| {
        let key = column.attrs.foreign_key.as_ref()?;
        let (Some(Target::Type(path)), Some(name)) = (&key.feature, &key.column) else {
            return None;
        };
        let upstream = upstream_const(feature.upstream(path));
        let column = &name.text;
        Some(quote_spanned!(name.span=> const _: () = #upstream.has_column(#column);))
    });
    quote!(#(#checks)*)
}
