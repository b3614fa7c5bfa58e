//! The indexes of a table, as constants.

use crate::attr::{Deferrable, IndexAttrs, KeyAttrs, KeyPart};
use crate::model::Feature;
use crate::parse::Name;
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote};

/// An `IndexDef`. Only what was written is in it.
pub fn index(feature: &Feature, index: &IndexAttrs) -> TokenStream {
    let keys = index.keys.iter().map(|it| key(feature, it));
    let mut options = Options::default();
    options.set_some("name", index.name.as_ref());
    options.set_some("predicate", index.predicate.as_ref());
    options.set_some("method", index.method.as_ref().map(|it| &it.text));
    if index.unique {
        options.set("unique", quote!(true));
    }
    if !index.include.is_empty() {
        let columns = index.include.iter().map(|it| column(feature, it));
        options.set("include", quote!(&[#(#columns),*]));
    }
    if index.nulls_not_distinct == Some(true) {
        options.set("nulls_not_distinct", quote!(true));
    }
    if index.deferrable.is_some() {
        let deferrable = deferrable(index.deferrable.as_ref());
        options.set("deferrable", quote!(__metaxy::Deferrable::#deferrable));
    }
    if let Some(databases) = &index.databases {
        let names = databases.iter().map(|it| &it.text);
        options.set("databases", quote!(::core::option::Option::Some(&[#(#names),*])));
    }
    options.over(quote!(__metaxy::IndexDef), quote!(new(&[#(#keys),*])))
}

/// The variant of `Deferrable`.
pub fn deferrable(deferrable: Option<&Deferrable>) -> Ident {
    format_ident!("{}", deferrable.map_or("No", |it| it.0))
}

fn key(feature: &Feature, key: &KeyAttrs) -> TokenStream {
    let mut options = Options::default();
    if key.descending == Some(true) {
        options.set("descending", quote!(true));
    }
    let nulls = key.nulls.map(|it| format_ident!("{it}"));
    options.set_some("nulls", nulls.map(|it| quote!(__metaxy::Nulls::#it)));
    options.set_some("prefix", key.prefix.as_ref());
    options.set_some("collation", key.collation.as_ref());
    options.set_some("operator_class", key.operator_class.as_ref());
    let new = match &key.part {
        KeyPart::Column(name) => {
            let name = column(feature, name);
            quote!(column(#name))
        }
        KeyPart::Expression(sql) => quote!(expression(#sql)),
    };
    options.over(quote!(__metaxy::IndexKeyDef), new)
}

/// The column's name in the database.
fn column<'a>(feature: &'a Feature, name: &'a Name) -> &'a str {
    feature.column(name).map_or(&name.text, |it| &it.name.text)
}

/// The fields of a struct that are not what its constructor makes them.
#[derive(Default)]
struct Options(TokenStream);

impl Options {
    fn set(&mut self, field: &str, value: TokenStream) {
        let field = format_ident!("{field}");
        self.0.extend(quote!(#field: #value,));
    }

    fn set_some(&mut self, field: &str, value: Option<impl ToTokens>) {
        if let Some(value) = value {
            self.set(field, quote!(::core::option::Option::Some(#value)));
        }
    }

    /// `Type { field: value, ..Type::new() }`.
    fn over(self, path: TokenStream, new: TokenStream) -> TokenStream {
        let Self(options) = self;
        match options.is_empty() {
            true => quote!(#path::#new),
            false => quote!(#path { #options ..#path::#new }),
        }
    }
}
