//! The way of a derive through its stages.

use crate::attr::{FeatureAttrs, SchemaFieldAttrs, SerdeAttrs, doc};
use crate::errors::Errors;
use crate::model::Feature;
use crate::{base, expand, fallback, migrated, names, validate};
use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Fields, Ident, Path, parse_quote};

/// Expands `#[derive(Feature)]` with the settings of its bases, the outermost first.
pub fn feature(bases: Vec<TokenStream>, item: TokenStream) -> TokenStream {
    let parsed: DeriveInput = match syn::parse2(item.clone()) {
        Ok(parsed) => parsed,
        Err(error) => return error.into_compile_error(),
    };
    let mut errors = Errors::default();
    let own = FeatureAttrs::of_struct(&parsed.attrs, &mut errors);
    // What is malformed in the settings was reported where they stand.
    let layers = bases.iter().map(|it| FeatureAttrs::of_tokens(it.clone(), &mut Errors::default()));
    let layers: Vec<_> = layers.collect();
    if let Some(next) = &layers.first().unwrap_or(&own).base {
        return base::call(next, own.krate.as_ref(), &bases, &item);
    }
    let attrs = match layers.into_iter().reduce(|base, layer| layer.over(base)) {
        Some(inherited) => own.over(inherited),
        None => own,
    };
    let feature = Feature::read(&parsed, attrs, &mut errors);
    if let Some(feature) = &feature {
        validate::check(feature, &mut errors);
    }
    match feature {
        Some(feature) if errors.is_empty() => {
            // The struct is right, and stays what it is.
            let migrated = migrated::check(&feature, &mut errors);
            let errors = errors.to_compile_errors();
            let expanded = expand::expand(&feature, &migrated);
            quote!(#errors #expanded)
        }
        feature => fallback::expand(feature, &errors),
    }
}

/// Expands `#[derive(JsonSchema)]`.
pub fn json_schema(item: TokenStream) -> TokenStream {
    let item: DeriveInput = match syn::parse2(item) {
        Ok(item) => item,
        Err(error) => return error.into_compile_error(),
    };
    let mut errors = Errors::default();
    let expanded = schema_of(&item, &mut errors);
    let errors = errors.to_compile_errors();
    quote!(#errors #expanded)
}

fn schema_of(item: &DeriveInput, errors: &mut Errors) -> TokenStream {
    let krate: Path = parse_quote!(::metaxy);
    let serde = SerdeAttrs::of(&item.attrs);
    let title = match &serde.rename {
        Some(name) => name.value(),
        None => item.ident.unraw().to_string(),
    };
    let doc = doc(&item.attrs);
    if let Some(generic) = item.generics.params.first() {
        errors.push(syn::Error::new_spanned(
            generic,
            "a schema has one name, so its type takes no generics",
        ));
        return TokenStream::new();
    }
    match &item.data {
        Data::Enum(data) => {
            let mut values = Vec::new();
            for variant in &data.variants {
                if !matches!(variant.fields, Fields::Unit) {
                    errors.push(syn::Error::new_spanned(
                        &variant.fields,
                        "the schema of an enum lists its names: remove the values, or give the column a `json_schema = { … }`",
                    ));
                }
                values.push(written_name(&variant.ident, &variant.attrs, &serde, errors));
            }
            expand::unit_enum(&krate, &item.ident, &title, doc.as_deref(), &values)
        }
        Data::Struct(data) if matches!(data.fields, Fields::Named(_)) => {
            let properties: Vec<_> = data
                .fields
                .iter()
                .filter_map(|field| property(field, &krate, &serde, errors))
                .collect();
            expand::structure(&krate, &item.ident, &title, doc.as_deref(), &properties)
        }
        _ => {
            errors.at(
                item.ident.span(),
                "`JsonSchema` is derived for enums without values and structs with named fields: implement it, or \
                 give the column a `json_schema = { … }`",
            );
            TokenStream::new()
        }
    }
}

fn property(
    field: &syn::Field,
    krate: &Path,
    container: &SerdeAttrs,
    errors: &mut Errors,
) -> Option<TokenStream> {
    let attrs = SchemaFieldAttrs::of(&field.attrs, errors);
    let serde = SerdeAttrs::of(&field.attrs);
    if serde.skip {
        return None;
    }
    let ident = field.ident.as_ref()?;
    let name = written_name(ident, &field.attrs, container, errors);
    Some(expand::column_schema(expand::Property {
        krate,
        name: &name,
        ty: &field.ty,
        default: attrs.default.as_ref(),
        required: attrs.required.unwrap_or(false),
        has_default: serde.default,
        description: attrs.description.as_ref(),
        length: None,
        schema: &attrs.schema,
        json_schema: attrs.json_schema.as_ref(),
    }))
}

/// The name that serde writes for a variant or field.
pub fn written_name(
    ident: &Ident,
    attributes: &[syn::Attribute],
    container: &SerdeAttrs,
    errors: &mut Errors,
) -> String {
    let own = SerdeAttrs::of(attributes);
    if let Some(name) = own.rename {
        return name.value();
    }
    let name = ident.unraw().to_string();
    let Some(rule) = &container.rename_all else { return name };
    names::renamed(&name, &rule.value()).unwrap_or_else(|| {
        errors.at(
            rule.span(),
            "unknown rule for names: use one that serde knows, such as `lowercase` or `snake_case`",
        );
        name
    })
}
