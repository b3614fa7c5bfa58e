//! What a struct with errors becomes: a table and implementations that hold nothing, so that one mistake is reported
//! once, and not again by everything that uses the feature.

use crate::errors::Errors;
use crate::expand;
use crate::model::{Feature, SYSTEM_COLUMNS};
use crate::validate::COLUMN_LIMIT;
use proc_macro2::TokenStream;
use quote::quote;
use std::collections::HashSet;

/// The errors, and the stand-in.
pub fn expand(feature: Option<Feature>, errors: &Errors) -> TokenStream {
    let errors = errors.to_compile_errors();
    let stand_in = feature.map(stand_in);
    quote!(#errors #stand_in)
}

fn stand_in(mut feature: Feature) -> TokenStream {
    let table_ident = feature.diesel.table_name.as_ref().and_then(|it| it.get_ident());
    if let Some(name) = table_ident {
        feature.table = name.clone();
    }
    // `table!` would repeat what was reported: that names are taken, or that columns are too many.
    let mut taken: HashSet<_> = SYSTEM_COLUMNS.map(str::to_owned).into();
    taken.extend(["table", "columns", "dsl", "star", "all_columns", "diesel"].map(str::to_owned));
    taken.insert(feature.table.to_string());
    feature.columns.retain(|it| taken.insert(it.ident.to_string()));
    feature.columns.truncate(COLUMN_LIMIT - SYSTEM_COLUMNS.len());
    let mut ids = HashSet::new();
    feature.id_columns.retain(|it| ids.insert(it.text.clone()));

    let Feature { ident, krate, table, .. } = &feature;
    let (names, module) = (expand::names(&feature), expand::table(&feature));
    quote! {
        #module
        #[automatically_derived]
        impl #krate::Feature for #ident {
            #names

            fn definition() -> #krate::FeatureDefinition {
                ::core::unreachable!("this feature did not compile")
            }
        }
        #[automatically_derived]
        impl #krate::FeatureTable for #ident {
            type Table = #table::table;
            const TABLE: #krate::__private::TableDef = #krate::__private::TableDef::new(&[]);
            const COLUMN_TYPES: &'static [&'static str] = &[];
            // Of what it is made from nothing is known.
            const INPUTS: &'static [#krate::__private::InputDef] = &[#krate::__private::InputDef {
                upstream: ::core::option::Option::None,
                dep: #krate::__private::DepDecl::new(<#ident as #krate::Feature>::KEY),
            }];
        }
        #[automatically_derived]
        impl #krate::__private::IsUpstream for #ident {
            const KNOWN: #krate::__private::Upstream = #krate::__private::Upstream::of::<#ident>();
        }
        impl #krate::__private::IsRoot for #ident {}
    }
}
