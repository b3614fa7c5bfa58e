//! The grammar that all attributes share: `option, option = value, option(value, value)`.

use crate::errors::Errors;
use proc_macro2::{Span, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, Ident, LitBool, LitStr, Meta, Token, parenthesized};

/// A name that is written as an identifier or, where it is none, as a string.
#[derive(Clone)]
pub struct Name {
    /// The name, without `r#`.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

impl Parse for Name {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(LitStr) {
            return input.parse().map(|literal: LitStr| Self::from(&literal));
        }
        match input.call(Ident::parse_any) {
            Ok(ident) => Ok(Self::from(&ident)),
            Err(error) => Err(syn::Error::new(error.span(), "expected a name or a string")),
        }
    }
}

impl From<&Ident> for Name {
    fn from(ident: &Ident) -> Self {
        Self { text: ident.unraw().to_string(), span: ident.span() }
    }
}

impl From<&LitStr> for Name {
    fn from(literal: &LitStr) -> Self {
        Self { text: literal.value(), span: literal.span() }
    }
}

/// Reads all attributes named `attribute`, such as `#[metaxy(…)]`, item by item.
pub fn attributes(
    attributes: &[Attribute],
    attribute: &str,
    errors: &mut Errors,
    mut item: impl FnMut(ParseStream<'_>, &mut Errors) -> syn::Result<()>,
) {
    for found in attributes.iter().filter(|it| it.path().is_ident(attribute)) {
        let Meta::List(list) = &found.meta else {
            errors.push(syn::Error::new_spanned(
                found,
                format!("write options in parentheses: `#[{attribute}(…)]`"),
            ));
            continue;
        };
        tokens(list.tokens.clone(), errors, &mut item);
    }
}

/// Reads the attributes of another crate's derive, which is the one to report what is malformed in them: calls `option`
/// for each option, and skips what it leaves of the option's tokens.
pub fn foreign_attributes(
    attributes: &[Attribute],
    attribute: &str,
    mut option: impl FnMut(&Ident, ParseStream<'_>) -> syn::Result<()>,
) {
    for found in attributes.iter().filter(|it| it.path().is_ident(attribute)) {
        let _ = found.parse_args_with(|input: ParseStream<'_>| {
            while !input.is_empty() {
                option(&input.call(Ident::parse_any)?, input)?;
                skip_item(input);
            }
            Ok(())
        });
    }
}

/// Reads the items of a whole stream.
pub fn tokens(
    tokens: proc_macro2::TokenStream,
    errors: &mut Errors,
    item: impl FnMut(ParseStream<'_>, &mut Errors) -> syn::Result<()>,
) {
    let mut found = Errors::default();
    let parsed = (|input: ParseStream<'_>| {
        items(input, &mut found, item);
        Ok(())
    })
    .parse2(tokens);
    match parsed {
        // After an error syn also reports the tokens that were left: that is no news.
        Err(error) if found.is_empty() => errors.push(error),
        _ => errors.merge(found),
    }
}

/// Reads `item, item, …`; after an error it goes on behind the next comma.
pub fn items(
    input: ParseStream<'_>,
    errors: &mut Errors,
    mut item: impl FnMut(ParseStream<'_>, &mut Errors) -> syn::Result<()>,
) {
    while !input.is_empty() {
        let read = item(input, errors).and_then(|()| match input.is_empty() {
            true => Ok(()),
            false => input.parse::<Token![,]>().map(drop),
        });
        if let Err(error) = read {
            errors.push(error);
            skip_item(input);
        }
    }
}

fn skip_item(input: ParseStream<'_>) {
    while !input.is_empty() {
        let comma = input.peek(Token![,]);
        if input.parse::<TokenTree>().is_err() || comma {
            return;
        }
    }
}

/// Reads `(item, item, …)`.
pub fn parens(
    input: ParseStream<'_>,
    errors: &mut Errors,
    item: impl FnMut(ParseStream<'_>, &mut Errors) -> syn::Result<()>,
) -> syn::Result<()> {
    let content;
    parenthesized!(content in input);
    items(&content, errors, item);
    Ok(())
}

/// Reads `(name, "name", …)`.
pub fn names(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Vec<Name>> {
    let mut names = Vec::new();
    parens(input, errors, |input, _| {
        names.push(input.parse()?);
        Ok(())
    })?;
    Ok(names)
}

/// Reads `= value`.
pub fn value<T: Parse>(input: ParseStream<'_>) -> syn::Result<T> {
    input.parse::<Token![=]>()?;
    input.parse()
}

/// Reads nothing, or `= true`, `= false`.
pub fn flag(input: ParseStream<'_>) -> syn::Result<bool> {
    match input.peek(Token![=]) {
        true => Ok(value::<LitBool>(input)?.value),
        false => Ok(true),
    }
}

/// Fills a slot, once.
pub fn set<T>(slot: &mut Option<T>, option: &Ident, value: T) -> syn::Result<()> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(syn::Error::new(
            option.span(),
            format!("`{option}` is given twice: leave one of them out"),
        )),
    }
}

/// The error for an option that does not exist.
pub fn unknown(option: &Ident, known: &[&str]) -> syn::Error {
    let known: Vec<_> = known.iter().map(|it| format!("`{it}`")).collect();
    syn::Error::new(
        option.span(),
        format!("unknown option `{option}`: use one of {}", known.join(", ")),
    )
}
