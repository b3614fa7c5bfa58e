//! `diesel::table!`: the user's columns, then the system's.

use crate::model::{Column, Feature};
use crate::sql_type::Origin;
use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;

/// The table's module.
pub fn table(feature: &Feature) -> TokenStream {
    let Feature { krate, table, .. } = feature;
    let doc = format!("The table of `{}`.", feature.ident);
    let ids = feature.id_columns.iter().filter_map(|it| Some(&feature.column(it)?.ident));
    let columns = feature.columns.iter().map(column);
    let sql_name = sql_name(&table.unraw().to_string(), &crate::key::table_name(&feature.key.text));
    let named = |it: &Column| it.sql_type.as_ref().is_some_and(|it| it.origin == Origin::Named);
    // The user's own SQL types are in scope where the struct is.
    let imports = feature.columns.iter().any(named).then(|| {
        quote!(
            use super::*;
        )
    });
    let text = quote!(::diesel::sql_types::Text);
    let map = quote!(#krate::__private::FieldVersionsMap);
    let moment = quote!(#krate::__private::UtcTimestamp);
    quote! {
        ::diesel::table! {
            #imports
            #[doc = #doc]
            #[allow(non_snake_case, missing_docs)]
            #sql_name
            #table (metaxy_feature_version, #(#ids,)* metaxy_updated_at) {
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

fn column(column: &Column) -> TokenStream {
    let ident = &column.ident;
    let sql_name = sql_name(&ident.unraw().to_string(), &column.name.text);
    // Unknown only after an error, where the table stands in for the right one.
    let sql_type = match &column.sql_type {
        Some(sql_type) => sql_type.path.clone(),
        None => quote!(::diesel::sql_types::Text),
    };
    quote!(#sql_name #ident -> #sql_type,)
}

fn sql_name(rust: &str, sql: &str) -> Option<TokenStream> {
    (rust != sql).then(|| quote!(#[sql_name = #sql]))
}
