//! `diesel::table!`: the user's columns, then the system's.

use crate::model::{Column, Feature};
use crate::sql_type::Origin;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::ext::IdentExt;
use syn::{Ident, PathArguments, TypePath};

/// The table's module.
pub fn table(feature: &Feature) -> TokenStream {
    let Feature { krate, table, .. } = feature;
    let doc = format!("The table of `{}`.", feature.ident);
    let ids = feature.id_columns.iter().filter_map(|it| Some(&feature.column(it)?.ident));
    let mut scope = Scope::default();
    let columns: Vec<_> = feature.columns.iter().map(|it| column(it, table, &mut scope)).collect();
    let sql_name = sql_name(&table.unraw().to_string(), &crate::key::table_name(&feature.key.text));
    let Scope { aliases, imports } = &scope;
    let schema = feature.attrs.schema.as_ref().and_then(|it| {
        let name = it.parse::<Ident>().ok()?;
        Some(quote!(#name.))
    });
    let text = quote!(::diesel::sql_types::Text);
    let map = quote!(#krate::__private::FieldVersionsMap);
    let moment = quote!(#krate::__private::UtcTimestamp);
    quote! {
        #(#aliases)*
        ::diesel::table! {
            #(use super::#imports;)*
            #[doc = #doc]
            #[allow(non_snake_case, missing_docs)]
            #sql_name
            #schema #table (metaxy_feature_version, #(#ids,)* metaxy_updated_at) {
                #(#columns)*
                metaxy_provenance -> #text,
                metaxy_provenance_by_field -> #map,
                metaxy_feature_version -> #text,
                metaxy_project_version -> #text,
                metaxy_data_version -> #text,
                metaxy_data_version_by_field -> #map,
                metaxy_created_at -> #moment,
                metaxy_updated_at -> #moment,
                metaxy_deleted_at -> ::diesel::sql_types::Nullable<#moment>,
                metaxy_materialization_id -> ::diesel::sql_types::Nullable<#text>,
            }
        }
    }
}

fn column(column: &Column, table: &Ident, scope: &mut Scope) -> TokenStream {
    let ident = &column.ident;
    let sql_name = sql_name(&ident.unraw().to_string(), &column.name.text);
    let sql_type = match &column.sql_type {
        // Only after an error, where the table stands in for the right one.
        None => quote!(::diesel::sql_types::Text),
        Some(sql_type) => match &sql_type.origin {
            Origin::Mapped => sql_type.path.clone(),
            Origin::Named(path) => {
                let is_whole = sql_type.path.to_string() == quote!(#path).to_string();
                let path = scope
                    .bring(path, &format_ident!("__metaxy_{}_{}", table.unraw(), ident.unraw()));
                match is_whole {
                    true => path,
                    false => quote!(::diesel::sql_types::Nullable<#path>),
                }
            }
        },
    };
    quote!(#sql_name #ident -> #sql_type,)
}

fn sql_name(rust: &str, sql: &str) -> Option<TokenStream> {
    (rust != sql).then(|| quote!(#[sql_name = #sql]))
}

/// What brings names from the scope of the struct into the module of its table, one and two levels below.
///
/// `use super::*` would bring them all, but also make every column ambiguous that is called as something there.
#[derive(Default)]
struct Scope {
    aliases: Vec<TokenStream>,
    imports: Vec<Ident>,
}

impl Scope {
    /// A path of the struct's scope, as it is written inside the table's module. `alias` is free to be used.
    fn bring(&mut self, path: &TypePath, alias: &Ident) -> TokenStream {
        let first = path.path.segments.first();
        let plain = path.qself.is_none()
            && path.path.segments.iter().all(|it| it.arguments == PathArguments::None);
        match (plain, first) {
            (true, Some(first)) if path.path.segments.len() == 1 => {
                self.import(first.ident.clone())
            }
            // The same everywhere. (A name of Diesel's also gives the column its operators.)
            (true, Some(first))
                if path.path.leading_colon.is_some()
                    || first.ident == "crate"
                    || first.ident == "diesel" => {}
            _ => {
                self.aliases.push(quote! {
                    #[doc(hidden)]
                    #[allow(non_camel_case_types)]
                    type #alias = #path;
                });
                self.import(alias.clone());
                return quote!(#alias);
            }
        }
        quote!(#path)
    }

    fn import(&mut self, name: Ident) {
        if !self.imports.contains(&name) {
            self.imports.push(name);
        }
    }
}
