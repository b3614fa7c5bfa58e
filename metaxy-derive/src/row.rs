//! `#[derive(ToRow)]` and `#[derive(FromRow)]`: structs as rows whose columns are known at run time.

use crate::attr::{ColumnAttrs, DieselColumn, FeatureAttrs};
use crate::errors::Errors;
use crate::parse::Name;
use proc_macro2::TokenStream;
use quote::quote;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Fields, Ident, Path, parse_quote};

/// A struct, and which of its fields are columns.
struct Struct {
    ident: Ident,
    krate: Path,
    fields: Vec<Field>,
}

struct Field {
    ident: Ident,
    /// The column; `None`: the field is none.
    column: Option<Name>,
    /// Whether the column is one of metaxy's own, which are not written as the struct says.
    system: bool,
}

/// Expands `#[derive(ToRow)]`.
pub fn to_row(item: TokenStream) -> TokenStream {
    let Struct { ident, krate, fields } = match read(item, "ToRow") {
        Ok(item) => item,
        Err(error) => return error.into_compile_error(),
    };
    let columns = fields.iter().filter(|it| !it.system).filter_map(|it| {
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
    let Struct { ident, krate, fields } = match read(item, "FromRow") {
        Ok(item) => item,
        Err(error) => return error.into_compile_error(),
    };
    let fields = fields.iter().map(|it| {
        let field = &it.ident;
        let value = match it.column.as_ref().map(|it| &it.text) {
            Some(column) => quote::quote_spanned!(field.span()=> row.read(#column)?),
            None => quote!(::core::default::Default::default()),
        };
        quote!(#field: #value)
    });
    quote! {
        const _: () = {
            use #krate::__private as __metaxy;
            #[automatically_derived]
            impl __metaxy::FromRow for #ident {
                fn from_row(
                    row: &__metaxy::Row,
                ) -> ::core::result::Result<Self, __metaxy::RowError> {
                    ::core::result::Result::Ok(Self { #(#fields),* })
                }
            }
        };
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
    // What is malformed is reported by the derives whose attributes these are.
    let ignored = &mut Errors::default();
    let krate = FeatureAttrs::of_struct(&item.attrs, ignored).krate;
    let fields = named.named.iter().map(|field| {
        let attrs = ColumnAttrs::of_field(&field.attrs, ignored);
        let diesel = DieselColumn::of(&field.attrs);
        let ident = field.ident.clone().expect("the fields are named");
        let is_column = attrs.skip != Some(true) && !diesel.no_column;
        let name = || match (&attrs.name, diesel.column_name) {
            (Some(name), _) => Name::from(name),
            (None, Some(name)) => name,
            (None, None) => Name::from(&ident),
        };
        Field { column: is_column.then(name), system: attrs.system == Some(true), ident }
    });
    Ok(Struct {
        krate: krate.unwrap_or_else(|| parse_quote!(::metaxy)),
        fields: fields.collect(),
        ident: item.ident,
    })
}
