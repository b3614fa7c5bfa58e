//! `index(…)` and `unique(…)` of `#[metaxy(…)]` on a struct.

use crate::errors::Errors;
use crate::parse::{Name, flag, names, parens, set, unknown, value};
use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Ident, LitInt, LitStr, Token, token};

/// An index on several columns, or with options: `index(path, size(desc), where = "size > 0")`.
pub struct IndexAttrs {
    /// What it sorts rows by.
    pub keys: Vec<KeyAttrs>,
    /// Whether each combination of values occurs once.
    pub unique: bool,
    /// `name = "clip_path"`: without it, a name of the table and the keys.
    pub name: Option<LitStr>,
    /// `where = "size > 0"`: the rows that it has, as SQL.
    pub predicate: Option<LitStr>,
    /// `method = gin`: how it is built.
    pub method: Option<Name>,
    /// `include(size)`: columns whose values it holds besides its keys.
    pub include: Vec<Name>,
    /// `nulls_not_distinct`: of a unique one, whether NULLs are one value.
    pub nulls_not_distinct: Option<bool>,
    /// `deferrable = deferred`: of a unique one, whether the end of a transaction checks it.
    pub deferrable: Option<Deferrable>,
    /// `databases(postgres)`: the databases that have it. Without it: all of them.
    pub databases: Option<Vec<Name>>,
    /// Where the index stands.
    pub span: Span,
}

/// A key: `path`, `path(desc)`, or `expression("lower(path)", desc)`.
pub struct KeyAttrs {
    /// What is indexed.
    pub part: KeyPart,
    /// `desc`: whether the largest comes first.
    pub descending: Option<bool>,
    /// `nulls_first`, `nulls_last`: the variant of `Nulls`.
    pub nulls: Option<&'static str>,
    /// `prefix = 20`: how many characters are indexed.
    pub prefix: Option<LitInt>,
    /// `collation = "C"`
    pub collation: Option<LitStr>,
    /// `operator_class = "jsonb_path_ops"`
    pub operator_class: Option<LitStr>,
}

/// What a key is made of.
pub enum KeyPart {
    /// A column.
    Column(Name),
    /// A SQL expression.
    Expression(LitStr),
}

/// `immediate`, `deferred`: the variant of `Deferrable`, and where it stands.
pub struct Deferrable(pub &'static str, pub Span);

const OPTIONS: &[&str] = &[
    "name",
    "where",
    "method",
    "include",
    "expression",
    "nulls_not_distinct",
    "deferrable",
    "databases",
];

const KEY_OPTIONS: &[&str] =
    &["desc", "nulls_first", "nulls_last", "prefix", "collation", "operator_class"];

impl IndexAttrs {
    /// Reads what follows `index` or `unique`.
    pub fn parse(option: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Self> {
        let mut index = Self {
            keys: Vec::new(),
            unique: option == "unique",
            name: None,
            predicate: None,
            method: None,
            include: Vec::new(),
            nulls_not_distinct: None,
            deferrable: None,
            databases: None,
            span: option.span(),
        };
        parens(input, errors, |input, errors| index.item(input, errors))?;
        Ok(index)
    }

    /// Reads a key or an option. A string is always a column.
    fn item(&mut self, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<()> {
        if input.peek(LitStr) || !is_option(input) {
            let part = KeyPart::Column(input.parse()?);
            let mut key = KeyAttrs::new(part);
            if input.peek(token::Paren) {
                parens(input, errors, |input, _| key.option(input))?;
            }
            self.keys.push(key);
            return Ok(());
        }
        let option = input.call(Ident::parse_any)?;
        match option.to_string().as_str() {
            "name" => set(&mut self.name, &option, value(input)?),
            "where" => set(&mut self.predicate, &option, value(input)?),
            "method" => set(&mut self.method, &option, value(input)?),
            "include" => {
                self.include.extend(names(input, errors)?);
                Ok(())
            }
            "expression" => {
                self.keys.push(KeyAttrs::parse_expression(input, errors)?);
                Ok(())
            }
            "nulls_not_distinct" => set(&mut self.nulls_not_distinct, &option, flag(input)?),
            "deferrable" => set(&mut self.deferrable, &option, value(input)?),
            "databases" => set(&mut self.databases, &option, names(input, errors)?),
            _ => Err(unknown(&option, OPTIONS)),
        }
    }
}

/// Whether an option comes, and no column: it has a value, or a name that options have.
fn is_option(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    let Ok(name) = ahead.call(Ident::parse_any) else { return false };
    ahead.peek(Token![=])
        || ["include", "expression", "databases"].iter().any(|it| name == it)
            && ahead.peek(token::Paren)
        || name == "nulls_not_distinct"
}

impl KeyAttrs {
    fn new(part: KeyPart) -> Self {
        Self {
            part,
            descending: None,
            nulls: None,
            prefix: None,
            collation: None,
            operator_class: None,
        }
    }

    /// Reads `("lower(path)", desc)`.
    fn parse_expression(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Self> {
        let (span, mut key) = (input.span(), None);
        parens(input, errors, |input, _| match &mut key {
            None => {
                let sql = input.parse::<LitStr>();
                // Where there is none, the rest is read all the same.
                let part = sql.clone().unwrap_or_else(|_| LitStr::new("", span));
                key = Some(Self::new(KeyPart::Expression(part)));
                sql.map(drop)
            }
            Some(key) => key.option(input),
        })?;
        key.ok_or_else(|| {
            syn::Error::new(span, "an expression is SQL: `expression(\"lower(path)\")`")
        })
    }

    fn option(&mut self, input: ParseStream<'_>) -> syn::Result<()> {
        let option = input.call(Ident::parse_any)?;
        match option.to_string().as_str() {
            "desc" => set(&mut self.descending, &option, flag(input)?),
            "nulls_first" => set(&mut self.nulls, &option, "First"),
            "nulls_last" => set(&mut self.nulls, &option, "Last"),
            "prefix" => set(&mut self.prefix, &option, value(input)?),
            "collation" => set(&mut self.collation, &option, value(input)?),
            "operator_class" => set(&mut self.operator_class, &option, value(input)?),
            _ => Err(unknown(&option, KEY_OPTIONS)),
        }
    }
}

impl Parse for Deferrable {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let when = input.call(Ident::parse_any)?;
        match when.to_string().as_str() {
            "immediate" => Ok(Self("Immediate", when.span())),
            "deferred" => Ok(Self("Deferred", when.span())),
            _ => Err(unknown(&when, &["immediate", "deferred"])),
        }
    }
}
