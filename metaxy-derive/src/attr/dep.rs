//! `deps(…)` of `#[metaxy(…)]`: dependencies on other features.

use crate::errors::Errors;
use crate::parse::{Name, flag, names, parens, set, unknown, value};
use proc_macro2::Span;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::spanned::Spanned;
use syn::{Ident, LitStr, Path, Token, bracketed, token};

/// One dependency: `Video`, or `Video(…)` with options.
pub struct DepAttrs {
    /// `Video`, or `"video/raw"` for a feature of another project.
    pub target: Target,
    /// `select(path, video_path)`: the upstream columns to take, by their names after `rename`.
    pub select: Option<Vec<Name>>,
    /// `rename(path = "video_path")`: upstream columns to rename, old name first.
    pub rename: Option<Vec<(Name, Name)>>,
    /// `filters("duration > 1")`: conditions on upstream rows, as SQL.
    pub filters: Option<Vec<LitStr>>,
    /// `optional`: a sample may lack this dependency.
    pub optional: Option<bool>,
    /// `lineage = expansion(on(video_id))`: how samples upstream relate to samples here.
    pub lineage: Option<LineageAttr>,
    /// `fields_mapping = default(match_suffix)`: how upstream fields are found for fields without `deps`.
    pub fields_mapping: Option<MappingAttr>,
}

/// The feature that a dependency points to.
pub enum Target {
    /// By its type, with which the compiler can check the rest.
    Type(Path),
    /// By its key.
    Key(Name),
}

/// `identity`, `aggregation`, `aggregation(on(a, b))`, `expansion(on(a), id_generation_pattern = "…")`.
pub enum LineageAttr {
    /// One sample makes one.
    Identity,
    /// Many samples make one.
    Aggregation {
        /// `on(a, b)`: the columns to group by. Without it: the id columns.
        on: Option<Vec<Name>>,
    },
    /// One sample makes many.
    Expansion {
        /// `on(a)`: the id columns upstream.
        on: Vec<Name>,
        /// `id_generation_pattern = "…"`: how ids are made, for people.
        id_generation_pattern: Option<LitStr>,
    },
}

/// `all`, `none`, `default(…)`, `specific(face = [frames, "audio/french"])`.
pub enum MappingAttr {
    /// Fields of the same key; where there is none, all.
    Default {
        /// `match_suffix`: an upstream field also matches where its last parts are the field's key.
        match_suffix: bool,
        /// `exclude_fields(audio)`: upstream fields that are never taken.
        exclude_fields: Vec<Name>,
    },
    /// The listed upstream fields for each field.
    Specific(Vec<(Name, Vec<Name>)>),
    /// All upstream fields.
    All,
    /// No upstream field.
    None,
}

const OPTIONS: &[&str] = &["select", "rename", "filters", "optional", "lineage", "fields_mapping"];

impl Target {
    /// Reads a type or a key.
    pub fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(LitStr) {
            return input.parse().map(Self::Key);
        }
        match input.call(Path::parse_mod_style) {
            Ok(path) => Ok(Self::Type(path)),
            Err(error) => Err(syn::Error::new(
                error.span(),
                "expected a feature: its type, `Video`, or its key, `\"video/raw\"`",
            )),
        }
    }

    /// Where it stands.
    pub fn span(&self) -> Span {
        match self {
            Self::Type(path) => path.segments.last().span(),
            Self::Key(name) => name.span,
        }
    }

    /// Whether both are written the same.
    pub fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Type(one), Self::Type(two)) => same_path(one, two),
            (Self::Key(one), Self::Key(two)) => one.text == two.text,
            _ => false,
        }
    }

    /// As it is written.
    pub fn written(&self) -> String {
        match self {
            Self::Type(path) => path.to_token_stream().to_string().replace(' ', ""),
            Self::Key(name) => format!("\"{}\"", name.text),
        }
    }
}

/// Whether two paths have the same tokens.
pub fn same_path(one: &Path, two: &Path) -> bool {
    one.to_token_stream().to_string() == two.to_token_stream().to_string()
}

impl DepAttrs {
    /// Reads a dependency.
    pub fn parse(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Self> {
        let mut dep = Self {
            target: Target::parse(input)?,
            select: None,
            rename: None,
            filters: None,
            optional: None,
            lineage: None,
            fields_mapping: None,
        };
        if input.peek(token::Paren) {
            parens(input, errors, |input, errors| dep.option(input, errors))?;
        }
        Ok(dep)
    }

    fn option(&mut self, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<()> {
        let option = input.call(Ident::parse_any)?;
        match option.to_string().as_str() {
            "select" => set(&mut self.select, &option, names(input, errors)?),
            "rename" => {
                let mut pairs = Vec::new();
                parens(input, errors, |input, _| {
                    pairs.push((input.parse()?, value(input)?));
                    Ok(())
                })?;
                set(&mut self.rename, &option, pairs)
            }
            "filters" => {
                let mut filters = Vec::new();
                parens(input, errors, |input, _| {
                    filters.push(input.parse()?);
                    Ok(())
                })?;
                set(&mut self.filters, &option, filters)
            }
            "optional" => set(&mut self.optional, &option, flag(input)?),
            "lineage" => {
                input.parse::<Token![=]>()?;
                set(&mut self.lineage, &option, LineageAttr::parse(input, errors)?)
            }
            "fields_mapping" => {
                input.parse::<Token![=]>()?;
                set(&mut self.fields_mapping, &option, MappingAttr::parse(input, errors)?)
            }
            _ => Err(unknown(&option, OPTIONS)),
        }
    }
}

impl LineageAttr {
    fn parse(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Self> {
        let kind = input.call(Ident::parse_any)?;
        let (mut on, mut pattern) = (None, None);
        if input.peek(token::Paren) {
            parens(input, errors, |input, errors| {
                let option = input.call(Ident::parse_any)?;
                match option.to_string().as_str() {
                    "on" if kind != "identity" => set(&mut on, &option, names(input, errors)?),
                    "id_generation_pattern" if kind == "expansion" => {
                        set(&mut pattern, &option, value(input)?)
                    }
                    _ if kind == "expansion" => {
                        Err(unknown(&option, &["on", "id_generation_pattern"]))
                    }
                    _ if kind == "identity" => {
                        Err(syn::Error::new(option.span(), "`identity` has no options"))
                    }
                    _ => Err(unknown(&option, &["on"])),
                }
            })?;
        }
        match kind.to_string().as_str() {
            "identity" => Ok(Self::Identity),
            "aggregation" => Ok(Self::Aggregation { on }),
            "expansion" => match on {
                Some(on) => Ok(Self::Expansion { on, id_generation_pattern: pattern }),
                None => Err(syn::Error::new(
                    kind.span(),
                    "`expansion` needs the id columns of the upstream sample: `expansion(on(video_id))`",
                )),
            },
            _ => Err(unknown(&kind, &["identity", "aggregation", "expansion"])),
        }
    }
}

impl MappingAttr {
    fn parse(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Self> {
        let kind = input.call(Ident::parse_any)?;
        match kind.to_string().as_str() {
            "all" => Ok(Self::All),
            "none" => Ok(Self::None),
            "default" => Self::default(input, errors),
            "specific" => {
                let mut pairs = Vec::new();
                parens(input, errors, |input, _| {
                    pairs.push((input.parse()?, bracketed_names(input)?));
                    Ok(())
                })?;
                Ok(Self::Specific(pairs))
            }
            _ => Err(unknown(&kind, &["all", "none", "default", "specific"])),
        }
    }

    fn default(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Self> {
        let (mut match_suffix, mut exclude_fields) = (None, None);
        if input.peek(token::Paren) {
            parens(input, errors, |input, errors| {
                let option = input.call(Ident::parse_any)?;
                match option.to_string().as_str() {
                    "match_suffix" => set(&mut match_suffix, &option, flag(input)?),
                    "exclude_fields" => set(&mut exclude_fields, &option, names(input, errors)?),
                    _ => Err(unknown(&option, &["match_suffix", "exclude_fields"])),
                }
            })?;
        }
        Ok(Self::Default {
            match_suffix: match_suffix.unwrap_or(false),
            exclude_fields: exclude_fields.unwrap_or_default(),
        })
    }
}

/// Reads `= [name, "name"]`.
fn bracketed_names(input: ParseStream<'_>) -> syn::Result<Vec<Name>> {
    input.parse::<Token![=]>()?;
    let content;
    bracketed!(content in input);
    let names =
        content.call(|it| it.parse_terminated(<Name as syn::parse::Parse>::parse, Token![,]))?;
    Ok(names.into_iter().collect())
}
