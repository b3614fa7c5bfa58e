//! `impl Feature`: names, and the definition as a constant.

use super::{column_schema, option, upstream_const};
use crate::attr::{DepAttrs, FieldAttrs, FieldDepsAttr, LineageAttr, MappingAttr, Target};
use crate::model::Feature;
use crate::parse::Name;
use proc_macro2::{Span, TokenStream};
use quote::quote;

/// The associated constants of `Feature`.
pub fn names(feature: &Feature) -> TokenStream {
    let key = &feature.key.text;
    let fields = feature.fields.iter().map(|it| &it.key.text);
    let id_columns =
        feature.id_columns.iter().filter_map(|it| Some(&feature.column(it)?.name.text));
    let columns = feature.columns.iter().map(|it| &it.name.text);
    quote! {
        const KEY: &'static str = #key;
        const FIELDS: &'static [&'static str] = &[#(#fields),*];
        const ID_COLUMNS: &'static [&'static str] = &[#(#id_columns),*];
        const COLUMNS: &'static [&'static str] = &[#(#columns),*];
    }
}

/// `impl Feature`.
pub fn feature_impl(feature: &Feature) -> TokenStream {
    let Feature { ident, krate, attrs, .. } = feature;
    let names = names(feature);
    let title = ident.to_string();
    let doc = option(feature.doc.as_ref());
    let description = option(attrs.description.as_ref());
    let project = match &attrs.project {
        Some(project) => quote!(#project),
        None => quote!(::core::env!("CARGO_PKG_NAME")),
    };
    let metadata = attrs.metadata.to_string();
    let deps = attrs.deps.iter().map(|it| dep(feature, it));
    let fields = feature.fields.iter().map(|it| field(feature, it));
    let columns = feature.columns.iter().map(|it| it.declaration(krate));
    quote! {
        const DECLARATION: __metaxy::Declaration = __metaxy::Declaration {
            key: <#ident as __metaxy::Feature>::KEY,
            id_columns: <#ident as __metaxy::Feature>::ID_COLUMNS,
            deps: &[#(#deps),*],
            fields: &[#(#fields),*],
            metadata: #metadata,
            description: #description,
            title: #title,
            doc: #doc,
            columns: &[#(#columns),*],
            project: #project,
            class_path: ::core::concat!(::core::module_path!(), "::", #title),
            location: __metaxy::Location { file: ::core::file!(), line: ::core::line!() },
        };

        #[automatically_derived]
        impl __metaxy::Feature for #ident {
            #names

            fn definition() -> __metaxy::FeatureDefinition {
                DECLARATION.definition()
            }
        }
    }
}

impl crate::model::Column {
    fn declaration(&self, krate: &syn::Path) -> TokenStream {
        column_schema(super::Property {
            krate,
            name: &self.name.text,
            ty: &self.ty,
            default: self.attrs.default.as_ref(),
            required: self.attrs.required.unwrap_or(false),
            has_default: false,
            description: self.attrs.description.as_ref(),
            length: self.attrs.length.as_ref(),
            schema: &self.attrs.schema,
            json_schema: self.attrs.json_schema.as_ref(),
        })
    }
}

/// The key of a feature: of a type, by what its constant says.
pub fn target(feature: &Feature, target: &Target) -> TokenStream {
    match target {
        Target::Key(key) => {
            let key = &key.text;
            quote!(#key)
        }
        Target::Type(path) => {
            let upstream = upstream_const(feature, path, Span::call_site());
            quote!(#upstream.key)
        }
    }
}

fn dep(feature: &Feature, dep: &DepAttrs) -> TokenStream {
    let key = target(feature, &dep.target);
    let mut options = TokenStream::new();
    if let Some(names) = &dep.select {
        let names = texts(names);
        options.extend(quote!(select: ::core::option::Option::Some(#names),));
    }
    if let Some(pairs) = &dep.rename {
        let pairs = pairs.iter().map(|(old, new)| {
            let (old, new) = (&old.text, &new.text);
            quote!((#old, #new))
        });
        options.extend(quote!(rename: ::core::option::Option::Some(&[#(#pairs),*]),));
    }
    if let Some(filters) = &dep.filters {
        options.extend(quote!(sql_filters: ::core::option::Option::Some(&[#(#filters),*]),));
    }
    if let Some(mapping) = &dep.fields_mapping {
        let mapping = self::mapping(mapping);
        options.extend(quote!(fields_mapping: #mapping,));
    }
    if let Some(lineage) = &dep.lineage {
        let lineage = self::lineage(lineage);
        options.extend(quote!(lineage: #lineage,));
    }
    if let Some(optional) = dep.optional {
        options.extend(quote!(optional: #optional,));
    }
    match options.is_empty() {
        true => quote!(__metaxy::DepDecl::new(#key)),
        false => quote!(__metaxy::DepDecl { #options ..__metaxy::DepDecl::new(#key) }),
    }
}

fn mapping(mapping: &MappingAttr) -> TokenStream {
    match mapping {
        MappingAttr::Default { match_suffix, exclude_fields } => {
            let exclude_fields = texts(exclude_fields);
            quote!(__metaxy::MappingDecl::Default { match_suffix: #match_suffix, exclude_fields: #exclude_fields })
        }
        MappingAttr::Specific(pairs) => {
            let pairs = pairs.iter().map(|(field, upstream)| {
                let (field, upstream) = (&field.text, texts(upstream));
                quote!((#field, #upstream))
            });
            quote!(__metaxy::MappingDecl::Specific(&[#(#pairs),*]))
        }
        MappingAttr::All => quote!(__metaxy::MappingDecl::All),
        MappingAttr::None => quote!(__metaxy::MappingDecl::None),
    }
}

fn lineage(lineage: &LineageAttr) -> TokenStream {
    match lineage {
        LineageAttr::Identity => quote!(__metaxy::LineageDecl::Identity),
        LineageAttr::Aggregation { on } => {
            let on = option(on.as_deref().map(texts));
            quote!(__metaxy::LineageDecl::Aggregation { on: #on })
        }
        LineageAttr::Expansion { on, id_generation_pattern } => {
            let (on, pattern) = (texts(on), option(id_generation_pattern.as_ref()));
            quote!(__metaxy::LineageDecl::Expansion { on: #on, id_generation_pattern: #pattern })
        }
    }
}

fn field(feature: &Feature, field: &FieldAttrs) -> TokenStream {
    let key = &field.key.text;
    let code_version = option(field.code_version.as_ref());
    let deps = match &field.deps {
        None => quote!(__metaxy::FieldDepsDecl::Explicit(&[])),
        Some(FieldDepsAttr::All) => quote!(__metaxy::FieldDepsDecl::All),
        Some(FieldDepsAttr::Listed(deps)) => {
            let deps = deps.iter().map(|dep| {
                let key = target(feature, &dep.target);
                let fields = option(dep.fields.as_deref().map(texts));
                quote!((#key, #fields))
            });
            quote!(__metaxy::FieldDepsDecl::Explicit(&[#(#deps),*]))
        }
    };
    quote!(__metaxy::FieldDecl { key: #key, code_version: #code_version, deps: #deps })
}

fn texts(names: &[Name]) -> TokenStream {
    let texts = names.iter().map(|it| &it.text);
    quote!(&[#(#texts),*])
}
