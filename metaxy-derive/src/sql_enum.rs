//! `#[derive(SqlEnum)]`: attributes, and what an enum becomes.

use crate::attr::{SerdeAttrs, doc};
use crate::derive::written_name;
use crate::errors::Errors;
use crate::expand::{self, option};
use crate::names;
use crate::parse::{self, set, unknown, value};
use proc_macro2::TokenStream;
use quote::quote;
use std::collections::HashSet;
use syn::ext::IdentExt;
use syn::{Attribute, Data, DeriveInput, Fields, Ident, LitStr, Path, Variant, parse_quote};

/// The options of `#[metaxy(…)]` on the enum.
#[derive(Default)]
struct TypeAttrs {
    /// `name = "mood"`: the name in the database; by default that of the enum in snake case.
    name: Option<LitStr>,
    /// `schema = "media"`: the schema (namespace) of the type, on PostgreSQL.
    schema: Option<LitStr>,
    /// `renamed_from = "feeling"`: the former name in the database.
    renamed_from: Option<LitStr>,
}

/// A variant, as the database has it.
struct Value<'a> {
    variant: &'a Ident,
    value: String,
    /// `#[metaxy(renamed_from = "sad")]`: the former value.
    renamed_from: Option<LitStr>,
}

/// Expands `#[derive(SqlEnum)]`.
pub fn derive(item: TokenStream) -> TokenStream {
    let item: DeriveInput = match syn::parse2(item) {
        Ok(item) => item,
        Err(error) => return error.into_compile_error(),
    };
    let mut errors = Errors::default();
    let expanded = read(&item, &mut errors);
    let errors = errors.to_compile_errors();
    quote!(#errors #expanded)
}

fn read(item: &DeriveInput, errors: &mut Errors) -> Option<TokenStream> {
    let Data::Enum(data) = &item.data else {
        errors.at(item.ident.span(), "`SqlEnum` is derived for enums without fields");
        return None;
    };
    if let Some(generic) = item.generics.params.first() {
        let message = "a type of the database has one name, so its enum takes no generics";
        errors.push(syn::Error::new_spanned(generic, message));
        return None;
    }
    if data.variants.is_empty() {
        errors.at(item.ident.span(), "an enumerated type needs a value");
    }
    let (attrs, serde) = (TypeAttrs::of(&item.attrs, errors), SerdeAttrs::of(&item.attrs));
    let read = |it| Value::read(it, &serde, errors);
    let values: Vec<_> = data.variants.iter().map(read).collect();
    let mut seen = HashSet::new();
    for value in &values {
        if !seen.insert(&value.value) {
            let message = format!("two variants have the value `{}`", value.value);
            errors.at(value.variant.span(), message);
        }
        if let Some(former) = &value.renamed_from
            && values.iter().any(|it| it.value == former.value())
        {
            let message = format!("`{}` is still a value of the type", former.value());
            errors.at(former.span(), message);
        }
    }
    errors.is_empty().then(|| expand(item, &attrs, &serde, &values))
}

fn expand(
    item: &DeriveInput,
    attrs: &TypeAttrs,
    serde: &SerdeAttrs,
    values: &[Value<'_>],
) -> TokenStream {
    let (krate, ident): (Path, _) = (parse_quote!(::metaxy), &item.ident);
    let plain = ident.unraw().to_string();
    let default = || names::renamed(&plain, "snake_case").unwrap_or_default();
    let name = attrs.name.as_ref().map_or_else(default, LitStr::value);
    let (namespace, renamed_from) =
        (option(attrs.schema.as_ref()), option(attrs.renamed_from.as_ref()));
    let variants: Vec<_> = values.iter().map(|it| it.variant).collect();
    let texts: Vec<_> = values.iter().map(|it| it.value.as_str()).collect();
    let renamed = values.iter().filter_map(|it| {
        let (new, old) = (&it.value, it.renamed_from.as_ref()?);
        Some(quote!((#new, #old)))
    });
    let title = serde.rename.as_ref().map_or(plain.clone(), LitStr::value);
    let owned: Vec<_> = values.iter().map(|it| it.value.clone()).collect();
    let doc = doc(&item.attrs);
    let schema = expand::unit_enum(&krate, ident, &title, doc.as_deref(), &owned);
    quote! {
        #schema
        const _: () = {
            use #krate::__private as __metaxy;

            #[automatically_derived]
            impl __metaxy::SqlEnum for #ident {
                const TYPE: __metaxy::EnumDef = __metaxy::EnumDef {
                    schema: #namespace,
                    name: #name,
                    renamed_from: #renamed_from,
                    values: &[#(#texts),*],
                    renamed_values: &[#(#renamed),*],
                };

                fn value(&self) -> &'static str {
                    match self {
                        #(Self::#variants => #texts,)*
                    }
                }

                fn of_value(value: &str) -> ::core::option::Option<Self> {
                    match value {
                        #(#texts => ::core::option::Option::Some(Self::#variants),)*
                        _ => ::core::option::Option::None,
                    }
                }
            }
            __metaxy::__sql_enum!(#ident, #name);
        };
    }
}

impl TypeAttrs {
    fn of(attributes: &[Attribute], errors: &mut Errors) -> Self {
        let mut attrs = Self::default();
        parse::attributes(attributes, "metaxy", errors, |input, _| {
            let option = input.call(Ident::parse_any)?;
            match option.to_string().as_str() {
                "name" => set(&mut attrs.name, &option, value(input)?),
                "schema" => set(&mut attrs.schema, &option, value(input)?),
                "renamed_from" => set(&mut attrs.renamed_from, &option, value(input)?),
                _ => Err(unknown(&option, &["name", "schema", "renamed_from"])),
            }
        });
        attrs
    }
}

impl<'a> Value<'a> {
    fn read(variant: &'a Variant, serde: &SerdeAttrs, errors: &mut Errors) -> Self {
        if !matches!(variant.fields, Fields::Unit) {
            let message = "a value of the database is a name alone: remove the fields";
            errors.push(syn::Error::new_spanned(&variant.fields, message));
        }
        let mut renamed_from = None;
        parse::attributes(&variant.attrs, "metaxy", errors, |input, _| {
            let option = input.call(Ident::parse_any)?;
            match option.to_string().as_str() {
                "renamed_from" => set(&mut renamed_from, &option, value(input)?),
                _ => Err(unknown(&option, &["renamed_from"])),
            }
        });
        let value = written_name(&variant.ident, &variant.attrs, serde, errors);
        Self { variant: &variant.ident, value, renamed_from }
    }
}
