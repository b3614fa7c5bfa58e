//! Registration of a feature and its table with whatever program links them.

use crate::model::Feature;
use proc_macro2::TokenStream;
use quote::quote;

/// `inventory::submit!`, twice.
pub fn registration(feature: &Feature) -> TokenStream {
    let ident = &feature.ident;
    quote! {
        __metaxy::inventory::submit! {
            __metaxy::Registration {
                key: <#ident as __metaxy::Feature>::KEY,
                definition: <#ident as __metaxy::Feature>::definition,
                location: DECLARATION.location,
            }
        }
        __metaxy::inventory::submit! {
            __metaxy::TableRegistration {
                key: <#ident as __metaxy::Feature>::KEY,
                table: TABLE,
            }
        }
    }
}
