//! `impl FeatureTable`: the table as migrations need it, and what Diesel needs for joins.

use super::check::respan;
use super::index::{deferrable, index};
use super::{feature, option, referenced, upstream_const};
use crate::attr::{Action, DefaultAttr, ForeignKeyAttrs, GeneratedAttr, IdentityAttr, Target};
use crate::json::Value;
use crate::model::{Column, Feature};
use proc_macro2::{Literal, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::Path;
use syn::spanned::Spanned;

/// `impl FeatureTable`, and what joins the table with those of the features that this one is made from.
pub fn table_impl(feature: &Feature) -> TokenStream {
    let Feature { ident, table, attrs, upstreams, .. } = feature;
    let columns = feature.columns.iter().map(column);
    let foreign_keys = feature.foreign_keys().map(|it| foreign_key(feature, it));
    let schema = option(attrs.schema.as_ref());
    let indexes = attrs.indexes.iter().map(|it| index(feature, it));
    let primary_key = option(attrs.inject_primary_key);
    let inject_index = option(attrs.inject_index);
    let renamed_from = option(attrs.renamed_from.as_ref().map(|it| &it.text));
    let comment = option(attrs.comment.as_ref());
    let types = feature.columns.iter().map(type_name);
    let inputs = attrs.deps.iter().enumerate().map(|(at, dep)| {
        let upstream = match &dep.target {
            Target::Type(path) => Some(upstream_const(feature, path, Span::call_site())),
            Target::Key(_) => None,
        };
        let upstream = option(upstream);
        quote!(__metaxy::InputDef { upstream: #upstream, dep: DECLARATION.deps[#at] })
    });
    let joins = upstreams.iter().map(|path| join(path, feature));
    let root = attrs.deps.is_empty().then(|| quote!(impl __metaxy::IsRoot for #ident {}));
    quote! {
        const TABLE: __metaxy::TableDef = __metaxy::TableDef {
            schema: #schema,
            columns: &[#(#columns),*],
            foreign_keys: &[#(#foreign_keys),*],
            indexes: &[#(#indexes),*],
            inject_primary_key: #primary_key,
            inject_index: #inject_index,
            renamed_from: #renamed_from,
            comment: #comment,
        };

        #[automatically_derived]
        impl __metaxy::FeatureTable for #ident {
            type Table = #table::table;
            const TABLE: __metaxy::TableDef = TABLE;
            const COLUMN_TYPES: &'static [&'static str] = &[#(#types),*];
            const INPUTS: &'static [__metaxy::InputDef] = &[#(#inputs),*];
        }

        impl __metaxy::HasSystemColumns for #table::table {}

        #[automatically_derived]
        impl __metaxy::IsUpstream for #ident {
            const KNOWN: __metaxy::Upstream = __metaxy::Upstream::of::<#ident>();
        }

        #[automatically_derived]
        impl<__Other> __metaxy::JoinsTable<__Other> for #table::table where #ident: __metaxy::Joins<__Other> {}

        #[automatically_derived]
        impl<__Other> ::diesel::query_source::TableNotEqual<__Other> for #table::table
        where
            __Other: __metaxy::JoinsTable<#ident>,
        {
        }

        #(#joins)*
        #root
    }
}

/// What `diesel::allow_tables_to_appear_in_same_query!` says of tables, said of features: the macro knows no other names.
fn join(path: &Path, Feature { ident, .. }: &Feature) -> TokenStream {
    let joins = quote! {
        impl __metaxy::Joins<#path> for #ident {}
        impl __metaxy::Joins<#ident> for #path {}
    };
    respan(joins, path.span())
}

/// The name by which SQL types of id columns are compared.
pub fn type_name(column: &Column) -> TokenStream {
    match &column.attrs.ddl {
        Some(ddl) => quote!(#ddl),
        None => {
            let path = &column.known_type().path;
            quote!(<#path as __metaxy::SqlTypeInfo>::NAME)
        }
    }
}

fn column(column: &Column) -> TokenStream {
    let Column { name, attrs, .. } = column;
    let (name, sql_type) = (&name.text, column.known_type());
    let mut options = TokenStream::new();
    let mut set = |option: &str, value: TokenStream| {
        let option = format_ident!("{option}");
        options.extend(quote!(#option: #value,));
    };
    let mut set_some = |option: &str, value: Option<TokenStream>| {
        if let Some(value) = value {
            set(option, quote!(::core::option::Option::Some(#value)));
        }
    };
    set_some("length", attrs.length.as_ref().map(ToTokens::to_token_stream));
    set_some("default", default(column));
    set_some("renamed_from", attrs.renamed_from.as_ref().map(|it| it.text.to_token_stream()));
    set_some("check", attrs.check.as_ref().map(ToTokens::to_token_stream));
    set_some("generated", attrs.generated.as_ref().map(generated));
    set_some("identity", attrs.identity.as_ref().map(identity));
    set_some("collation", attrs.collation.as_ref().map(ToTokens::to_token_stream));
    set_some("comment", attrs.comment.as_ref().map(ToTokens::to_token_stream));
    for (option, is_set) in [
        ("nullable", sql_type.nullable),
        ("index", attrs.index == Some(true)),
        ("unique", attrs.unique == Some(true)),
    ] {
        if is_set {
            set(option, quote!(true));
        }
    }
    let path = &sql_type.path;
    // A type that is known by the name of the Rust type is none of the user's own.
    if attrs.ddl.is_none() && !sql_type.is_mapped() {
        set("enum_type", quote!(<#path as __metaxy::SqlTypeInfo>::enum_type));
    }
    let type_fn = match &attrs.ddl {
        Some(ddl) => quote!(|| __metaxy::SqlType::Other(::std::string::String::from(#ddl))),
        None => quote!(<#path as __metaxy::SqlTypeInfo>::sql_type),
    };
    match options.is_empty() {
        true => quote!(__metaxy::ColumnDef::new(#name, #type_fn)),
        false => {
            quote!(__metaxy::ColumnDef { #options ..__metaxy::ColumnDef::new(#name, #type_fn) })
        }
    }
}

fn default(column: &Column) -> Option<TokenStream> {
    if let Some(sql) = &column.attrs.default_sql {
        return Some(quote!(__metaxy::DefaultDef::Expression(#sql)));
    }
    let Some(DefaultAttr::Value(value, span)) = &column.attrs.default else { return None };
    // A number too large for its variant becomes a literal that the compiler refuses, where the user wrote it.
    let number = |digits: &str| {
        let (sign, digits) = match digits.strip_prefix('-') {
            Some(digits) => (quote!(-), digits),
            None => (TokenStream::new(), digits),
        };
        let mut literal: Literal = digits.parse().expect("these digits were a literal");
        literal.set_span(*span);
        quote!(#sign #literal)
    };
    match value {
        Value::Bool(value) => Some(quote!(__metaxy::DefaultDef::Bool(#value))),
        Value::Int(digits) => {
            let number = number(digits);
            Some(quote!(__metaxy::DefaultDef::Int(#number)))
        }
        Value::Float(digits) => {
            let number = number(digits);
            Some(quote!(__metaxy::DefaultDef::Float(#number)))
        }
        Value::Text(text) => Some(quote!(__metaxy::DefaultDef::Text(#text))),
        // These are of the JSON schema only.
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn generated(generated: &GeneratedAttr) -> TokenStream {
    let (expression, storage) = (&generated.expression, format_ident!("{}", generated.storage));
    quote!(__metaxy::GeneratedDef { expression: #expression, storage: __metaxy::Storage::#storage })
}

fn identity(identity: &IdentityAttr) -> TokenStream {
    let IdentityAttr { always, start, increment, .. } = identity;
    let numbered = format_ident!("{}", if *always { "ALWAYS" } else { "BY_DEFAULT" });
    match (start.unwrap_or(1), increment.unwrap_or(1)) {
        (1, 1) => quote!(__metaxy::Identity::#numbered),
        (start, increment) => quote!(
            __metaxy::Identity { start: #start, increment: #increment, ..__metaxy::Identity::#numbered }
        ),
    }
}

fn foreign_key(feature: &Feature, key: &ForeignKeyAttrs) -> TokenStream {
    let target = match (&key.feature, &key.table) {
        (Some(target), _) => {
            let key = feature::target(feature, target);
            quote!(__metaxy::ForeignKeyTarget::Feature(#key))
        }
        (None, table) => {
            let schema = option(key.schema.as_ref());
            quote!(__metaxy::ForeignKeyTarget::Table { schema: #schema, name: #table })
        }
    };
    let columns = key.columns.iter().map(|it| feature.column_name(it));
    let references = referenced(feature, key).map(|it| it.text.clone());
    let match_full = key.match_full.unwrap_or(false);
    let action = |action: &Option<Action>| {
        format_ident!("{}", action.as_ref().map_or("NoAction", |it| it.0))
    };
    let (on_delete, on_update) = (action(&key.on_delete), action(&key.on_update));
    let deferrable = deferrable(key.deferrable.as_ref());
    quote! {
        __metaxy::ForeignKeyDef {
            columns: &[#(#columns),*],
            target: #target,
            references: &[#(#references),*],
            match_full: #match_full,
            on_delete: __metaxy::Action::#on_delete,
            on_update: __metaxy::Action::#on_update,
            deferrable: __metaxy::Deferrable::#deferrable,
        }
    }
}
