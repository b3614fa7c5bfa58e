//! `#[derive(ToRow)]`, `#[derive(FromRow)]` and `#[derive(FeatureInput)]`: structs as rows whose columns are known at run time.

use crate::attr::{ColumnAttrs, DieselColumn, FeatureAttrs};
use crate::errors::Errors;
use crate::expand::respan;
use crate::parse::{Name, attributes, set, unknown, value};
use crate::sql_type::{self, Origin};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Fields, Ident, Path, Type, parse_quote};

/// A struct, and which of its fields are columns.
struct Struct {
    ident: Ident,
    krate: Path,
    fields: Vec<Field>,
    attributes: Vec<Attribute>,
    /// What is malformed in the attributes of its fields. Another derive whose attributes these are reports it, too.
    errors: Errors,
}

struct Field {
    ident: Ident,
    ty: Type,
    /// The column; `None`: the field is none.
    column: Option<Name>,
    attrs: ColumnAttrs,
    diesel: DieselColumn,
}

/// Expands `#[derive(ToRow)]`.
pub fn to_row(item: TokenStream) -> TokenStream {
    let Struct { ident, krate, fields, .. } = match read(item, "ToRow") {
        Ok(item) => item,
        Err(error) => return error.into_compile_error(),
    };
    // Those of metaxy's own are not written as the struct says.
    let columns = fields.iter().filter(|it| it.attrs.system != Some(true)).filter_map(|it| {
        let (field, column) = (&it.ident, &it.column.as_ref()?.text);
        let value = quote::quote_spanned!(field.span()=> __metaxy::ToValue::to_value(&self.#field));
        Some(quote!(row.insert(#column, #value);))
    });
    quote! {
        const _: () = {
            use #krate::__private as __metaxy;
            #[automatically_derived]
            impl __metaxy::ToRow for #ident {
                fn to_row(&self) -> __metaxy::Row {
                    let mut row = __metaxy::Row::default();
                    #(#columns)*
                    row
                }
            }
        };
    }
}

/// Expands `#[derive(FromRow)]`.
pub fn from_row(item: TokenStream) -> TokenStream {
    let item = match read(item, "FromRow") {
        Ok(item) => item,
        Err(error) => return error.into_compile_error(),
    };
    let (krate, from_row) = (&item.krate, item.expand_from_row());
    quote! {
        const _: () = {
            use #krate::__private as __metaxy;
            #from_row
        };
    }
}

/// Expands `#[derive(FeatureInput)]`.
pub fn feature_input(item: TokenStream) -> TokenStream {
    let mut item = match read(item, "FeatureInput") {
        Ok(item) => item,
        Err(error) => return error.into_compile_error(),
    };
    let mut errors = std::mem::take(&mut item.errors);
    let Struct { ident, krate, fields, attributes, .. } = &item;
    let feature = feature_of(attributes, &mut errors);
    if feature.is_none() && !attributes.iter().any(|it| it.path().is_ident("metaxy")) {
        let words = "say what it is the input of: `#[metaxy(feature = Crop)]`";
        errors.at(ident.span(), words);
    }
    let errors = errors.to_compile_errors();
    let from_row = item.expand_from_row();
    let checked = feature.map(|feature| {
        let checks = fields.iter().filter_map(Field::check);
        let input = respan(quote!(__metaxy::Input::of::<#feature>()), feature.span());
        quote! {
            #[automatically_derived]
            impl __metaxy::LoadsFrom<__metaxy::InputOf<#feature>> for #ident {}
            const INPUT: __metaxy::Input = #input;
            #(#checks)*
        }
    });
    quote! {
        #errors
        const _: () = {
            use #krate::__private as __metaxy;
            #from_row
            #checked
        };
    }
}

/// `feature = Crop` of `#[metaxy(…)]`.
fn feature_of(attrs: &[Attribute], errors: &mut Errors) -> Option<Path> {
    let mut feature = None;
    let mut krate: Option<Path> = None;
    attributes(attrs, "metaxy", errors, |input, _| {
        let option = input.call(Ident::parse_any)?;
        match option.to_string().as_str() {
            "feature" => set(&mut feature, &option, value(input)?),
            "crate" => set(&mut krate, &option, value(input)?),
            _ => Err(unknown(&option, &["feature", "crate"])),
        }
    });
    feature
}

impl Struct {
    fn expand_from_row(&self) -> TokenStream {
        let ident = &self.ident;
        let fields = self.fields.iter().map(|it| {
            let field = &it.ident;
            let value = match it.column.as_ref().map(|it| &it.text) {
                Some(column) => quote_spanned!(field.span()=> row.read(#column)?),
                None => quote!(::core::default::Default::default()),
            };
            quote!(#field: #value)
        });
        quote! {
            #[automatically_derived]
            impl __metaxy::FromRow for #ident {
                fn from_row(
                    row: &__metaxy::Row,
                ) -> ::core::result::Result<Self, __metaxy::RowError> {
                    ::core::result::Result::Ok(Self { #(#fields),* })
                }
            }
        }
    }
}

impl Field {
    /// Has the compiler find the column upstream.
    fn check(&self) -> Option<TokenStream> {
        let Self { ident, ty, attrs, diesel, .. } = self;
        let column = &self.column.as_ref()?.text;
        let named = attrs.sql_type.as_ref().or(diesel.sql_type.as_ref());
        let named = named.map(|it| sql_type::named(it, ty));
        let nullable = sql_type::is_option(ty);
        let check = match (&attrs.ddl, named) {
            (Some(ddl), _) => {
                quote!(INPUT.fills_as(#column, #ddl, #nullable);)
            }
            (None, Some(sql_type::SqlType { path, origin: Origin::Named(_), .. })) => {
                let name = quote!(<#path as __metaxy::SqlTypeInfo>::NAME);
                quote!(INPUT.fills_as(#column, #name, #nullable);)
            }
            _ => quote!(INPUT.fills::<#ty>(#column);),
        };
        Some(respan(quote!(const _: () = #check), ident.span()))
    }
}

fn read(item: TokenStream, derive: &str) -> syn::Result<Struct> {
    let item: DeriveInput = syn::parse2(item)?;
    let refused = |span, what: &str| {
        Err(syn::Error::new(
            span,
            format!("`{derive}` is for structs {what}, whose fields are columns"),
        ))
    };
    if let Some(generic) = item.generics.params.first() {
        return refused(generic.span(), "without generics");
    }
    let named = match &item.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => fields,
            _ => return refused(item.ident.span(), "with named fields"),
        },
        _ => return refused(item.ident.span(), "with named fields"),
    };
    // What is malformed there is reported by the derive whose attributes these are.
    let krate = FeatureAttrs::of_struct(&item.attrs, &mut Errors::default()).krate;
    let mut errors = Errors::default();
    let fields = named.named.iter().map(|field| {
        let attrs = ColumnAttrs::of_field(&field.attrs, &mut errors);
        let diesel = DieselColumn::of(&field.attrs);
        let ident = field.ident.clone().expect("the fields are named");
        let is_column = attrs.skip != Some(true) && !diesel.no_column;
        let name = || match (&attrs.name, &diesel.column_name) {
            (Some(name), _) => Name::from(name),
            (None, Some(name)) => name.clone(),
            (None, None) => Name::from(&ident),
        };
        let column = is_column.then(name);
        Field { ident, ty: field.ty.clone(), column, attrs, diesel }
    });
    Ok(Struct {
        krate: krate.unwrap_or_else(|| parse_quote!(::metaxy)),
        fields: fields.collect(),
        ident: item.ident,
        attributes: item.attrs,
        errors,
    })
}
