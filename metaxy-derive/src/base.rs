//! `feature_base!`: settings that many features share, which in Python a base class would hold.
//!
//! A macro sees only its own tokens, so the settings have to come to the struct as tokens: `feature_base!` makes a macro that hands
//! them on. `#[metaxy(base = path)]` on a struct calls it with the struct, and it calls [`expand`] with both. That
//! works wherever the macro can be named, in other modules and other crates.

use crate::attr::FeatureAttrs;
use crate::errors::Errors;
use proc_macro2::{Group, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, Ident, Path, Token, Visibility, token};

/// `/// Docs. pub(crate) vision: project = "vision", …`
struct Base {
    attributes: Vec<Attribute>,
    visibility: Visibility,
    name: Ident,
    settings: TokenStream,
}

impl Parse for Base {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let (attributes, visibility) = (input.call(Attribute::parse_outer)?, input.parse()?);
        let name = input.parse()?;
        input.parse::<Token![:]>()?;
        Ok(Self { attributes, visibility, name, settings: input.parse()? })
    }
}

/// Expands `feature_base!`.
pub fn declare(input: TokenStream) -> syn::Result<TokenStream> {
    let Base { attributes, visibility, name, settings } = syn::parse2(input)?;
    let mut errors = Errors::default();
    let attrs = FeatureAttrs::of_tokens(settings.clone(), &mut errors);
    for key in [&attrs.key, &attrs.renamed_from].into_iter().flatten() {
        errors.at(key.span, "each feature has a key of its own: write it on the struct");
    }
    let errors = errors.to_compile_errors();
    // Inside a crate `use` gives the macro its path; from outside it must be exported.
    let export = matches!(visibility, Visibility::Public(_)).then(|| quote!(#[macro_export]));
    let hidden = format_ident!("__metaxy_base_{}", name.unraw());
    Ok(quote! {
        #errors
        #[doc(hidden)]
        #export
        macro_rules! #hidden {
            ([$($then:tt)*] $($rest:tt)*) => { $($then)*! { { #settings } $($rest)* } };
        }
        #(#attributes)*
        #[allow(unused_imports)]
        #visibility use #hidden as #name;
    })
}

/// The call of a base's macro, which adds its settings in front of those that are known.
pub fn call(
    base: &Path,
    krate: Option<&Path>,
    bases: &[TokenStream],
    item: &TokenStream,
) -> TokenStream {
    let metaxy = quote!(::metaxy);
    let krate = krate.map_or(metaxy, ToTokens::to_token_stream);
    quote!(#base! { [#krate::__private::feature_with_base] #({ #bases })* #item })
}

/// Expands the struct that comes back from [`call`], with the settings of its bases, the outermost first.
pub fn expand(input: TokenStream) -> syn::Result<TokenStream> {
    let parser = |input: ParseStream<'_>| {
        let mut bases = Vec::new();
        while input.peek(token::Brace) {
            bases.push(input.parse::<Group>()?.stream());
        }
        Ok((bases, input.parse()?))
    };
    let (bases, item) = parser.parse2(input)?;
    Ok(crate::derive::feature(bases, item))
}
