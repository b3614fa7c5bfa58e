//! `fields(…)` of `#[metaxy(…)]`: the logical parts of a sample.

use super::Target;
use crate::errors::Errors;
use crate::parse::{Name, names, parens, set, unknown, value};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Ident, LitStr, Token, token};

/// One field: `frames`, `"audio/french"`, or with options in parentheses.
pub struct FieldAttrs {
    /// The field's key.
    pub key: Name,
    /// `code_version = "2"`: the version of the code that makes the field.
    pub code_version: Option<LitStr>,
    /// `deps(Video(audio))`, or `deps = all`. Without it: as the `fields_mapping` of each dependency says.
    pub deps: Option<FieldDepsAttr>,
}

/// The upstream fields of a field.
pub enum FieldDepsAttr {
    /// `deps = all`: all fields of all upstream features.
    All,
    /// `deps(…)`.
    Listed(Vec<FieldDepAttrs>),
}

/// `Video`, all of its fields, or `Video(audio, "audio/french")`.
pub struct FieldDepAttrs {
    /// The upstream feature, as it is written in `deps` of the struct.
    pub target: Target,
    /// Its fields; `None`: all of them.
    pub fields: Option<Vec<Name>>,
}

impl FieldAttrs {
    /// A field without options.
    pub fn named(key: Name) -> Self {
        Self { key, code_version: None, deps: None }
    }

    /// Reads a field.
    pub fn parse(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Self> {
        let mut field = Self::named(input.parse()?);
        if input.peek(token::Paren) {
            parens(input, errors, |input, errors| field.option(input, errors))?;
        }
        Ok(field)
    }

    fn option(&mut self, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<()> {
        let option = input.call(Ident::parse_any)?;
        match option.to_string().as_str() {
            "code_version" => set(&mut self.code_version, &option, value(input)?),
            "deps" => set(&mut self.deps, &option, FieldDepsAttr::parse(input, errors)?),
            _ => Err(unknown(&option, &["code_version", "deps"])),
        }
    }
}

impl FieldDepsAttr {
    fn parse(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Self> {
        if input.parse::<Option<Token![=]>>()?.is_some() {
            let all = input.call(Ident::parse_any)?;
            return match all == "all" {
                true => Ok(Self::All),
                false => Err(syn::Error::new(
                    all.span(),
                    "write `deps = all` for all fields of all dependencies, or list them: `deps(Video(audio))`",
                )),
            };
        }
        let mut deps = Vec::new();
        parens(input, errors, |input, errors| {
            let target = Target::parse(input)?;
            let fields = match input.peek(token::Paren) {
                true => Some(names(input, errors)?),
                false => None,
            };
            deps.push(FieldDepAttrs { target, fields });
            Ok(())
        })?;
        Ok(Self::Listed(deps))
    }
}
