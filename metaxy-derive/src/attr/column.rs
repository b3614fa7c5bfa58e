//! `#[metaxy(…)]` on the fields of a struct: its columns.

use super::{ForeignKeyAttrs, ForeignKeyOf};
use crate::errors::Errors;
use crate::json;
use crate::parse::{self, Name, flag, parens, set, unknown, value};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::token::Paren;
use syn::{Attribute, Ident, LitInt, LitStr, Token, TypePath};

/// The options of `#[metaxy(…)]` on a column.
#[derive(Default)]
pub struct ColumnAttrs {
    /// `name = "max-width"`: the column's name in the database, where it is no Rust identifier or a keyword.
    pub name: Option<LitStr>,
    /// `sql_type = diesel::sql_types::Jsonb`: the Diesel SQL type, where it does not follow from the Rust type.
    pub sql_type: Option<TypePath>,
    /// `ddl = "color"`: the type as migrations write it, for SQL types without `SqlTypeInfo`.
    pub ddl: Option<LitStr>,
    /// `length = 100`: `varchar(100)`, and `maxLength` in the JSON schema.
    pub length: Option<LitInt>,
    /// `default = 3`: a default in the database and in the JSON schema; `default` alone: a value may be left out, as with
    /// a `default_factory` in Python, and the database knows nothing of it.
    pub default: Option<DefaultAttr>,
    /// `default_sql = "now()"`: a default in the database only.
    pub default_sql: Option<LitStr>,
    /// `generated = "width * height"`, `generated(virtual = "…")`: what its values are computed from, as SQL.
    pub generated: Option<GeneratedAttr>,
    /// `identity`, `identity(always, start = 10, increment = 10)`: the database numbers rows in it.
    pub identity: Option<IdentityAttr>,
    /// `collation = "C"`: how its texts compare, as the database calls it.
    pub collation: Option<LitStr>,
    /// `comment = "in pixels"`: the comment in the database.
    pub comment: Option<LitStr>,
    /// `required`: an `Option` that has to be named all the same; in the JSON schema it has no `default: null`.
    pub required: Option<bool>,
    /// `index`: an index on this column.
    pub index: Option<bool>,
    /// `unique`: each value occurs once.
    pub unique: Option<bool>,
    /// `renamed_from = "old"`: the column's former name.
    pub renamed_from: Option<Name>,
    /// `check = "duration >= 0"`: a condition on values, as SQL.
    pub check: Option<LitStr>,
    /// `foreign_key(feature = Video, column = path)`, `foreign_key(table = "users", column = "id", on_delete = cascade)`.
    pub foreign_key: Option<ForeignKeyAttrs>,
    /// `description = "how many"`: for the JSON schema.
    pub description: Option<LitStr>,
    /// `schema(minimum = 0, maxLength = 3)`: further keywords of the JSON schema.
    pub schema: json::Object,
    /// `json_schema = { "type": "string" }`: the whole property of the JSON schema.
    pub json_schema: Option<json::Object>,
    /// `system`: the field selects the system column of its name, and is no column of the user's.
    pub system: Option<bool>,
    /// `skip`: the field is no column of the feature's table.
    pub skip: Option<bool>,
}

/// `default`, or `default = value`.
pub enum DefaultAttr {
    /// Without a value.
    Bare,
    /// With one, and where it stands.
    Value(json::Value, proc_macro2::Span),
}

/// `generated = "…"`, `generated(stored = "…")`, `generated(virtual = "…")`.
pub struct GeneratedAttr {
    /// What its values are computed from.
    pub expression: LitStr,
    /// `Stored` or `Virtual`.
    pub storage: &'static str,
    /// Where the option stands.
    pub option: Ident,
}

/// `identity`, `identity(always, start = 10, increment = 10)`.
pub struct IdentityAttr {
    /// Whether rows never bring a number.
    pub always: bool,
    /// The first number.
    pub start: Option<i64>,
    /// What each number is larger by than the one before; never 0.
    pub increment: Option<i64>,
    /// Where the option stands.
    pub option: Ident,
}

const OPTIONS: &[&str] = &[
    "name",
    "sql_type",
    "ddl",
    "length",
    "default",
    "default_sql",
    "generated",
    "identity",
    "collation",
    "comment",
    "required",
    "index",
    "unique",
    "renamed_from",
    "check",
    "foreign_key",
    "description",
    "schema",
    "json_schema",
    "system",
    "skip",
];

impl ColumnAttrs {
    /// Reads the attributes of a column.
    pub fn of_field(attributes: &[Attribute], errors: &mut Errors) -> Self {
        let mut attrs = Self::default();
        parse::attributes(attributes, "metaxy", errors, |input, errors| {
            attrs.option(input, errors)
        });
        attrs
    }

    fn option(&mut self, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<()> {
        let option = input.call(Ident::parse_any)?;
        match option.to_string().as_str() {
            "name" => set(&mut self.name, &option, value(input)?),
            "sql_type" => set(&mut self.sql_type, &option, value(input)?),
            "ddl" => set(&mut self.ddl, &option, value(input)?),
            "length" => set(&mut self.length, &option, value(input)?),
            "default" => set(&mut self.default, &option, DefaultAttr::parse(input)?),
            "default_sql" => set(&mut self.default_sql, &option, value(input)?),
            "generated" => {
                let generated = GeneratedAttr::parse(option.clone(), input, errors)?;
                set(&mut self.generated, &option, generated)
            }
            "identity" => {
                let identity = IdentityAttr::parse(option.clone(), input, errors)?;
                set(&mut self.identity, &option, identity)
            }
            "collation" => set(&mut self.collation, &option, value(input)?),
            "comment" => set(&mut self.comment, &option, value(input)?),
            "required" => set(&mut self.required, &option, flag(input)?),
            "index" => set(&mut self.index, &option, flag(input)?),
            "unique" => set(&mut self.unique, &option, flag(input)?),
            "renamed_from" => set(&mut self.renamed_from, &option, value(input)?),
            "check" => set(&mut self.check, &option, value(input)?),
            "foreign_key" => {
                let of = ForeignKeyOf::Column;
                let key = ForeignKeyAttrs::parse(option.clone(), of, input, errors)?;
                set(&mut self.foreign_key, &option, key)
            }
            "description" => set(&mut self.description, &option, value(input)?),
            "schema" => keywords(&mut self.schema, input, errors),
            "json_schema" => set(&mut self.json_schema, &option, value(input)?),
            "system" => set(&mut self.system, &option, flag(input)?),
            "skip" => set(&mut self.skip, &option, flag(input)?),
            _ => Err(unknown(&option, OPTIONS)),
        }
    }
}

/// Reads `(minimum = 0, maxLength = 3)`.
pub fn keywords(
    schema: &mut json::Object,
    input: ParseStream<'_>,
    errors: &mut Errors,
) -> syn::Result<()> {
    parens(input, errors, |input, _| {
        let keyword = input.parse()?;
        schema.insert(keyword, value(input)?)
    })
}

impl DefaultAttr {
    /// Reads nothing, or `= value`.
    pub fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if !input.peek(Token![=]) {
            return Ok(Self::Bare);
        }
        input.parse::<Token![=]>()?;
        let span = input.span();
        Ok(Self::Value(input.parse()?, span))
    }
}

impl GeneratedAttr {
    fn parse(option: Ident, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Self> {
        if !input.peek(Paren) {
            return Ok(Self { expression: value(input)?, storage: "Stored", option });
        }
        let (mut found, mut is_empty) = (None, true);
        parens(input, errors, |input, _| {
            is_empty = false;
            let storage = input.call(Ident::parse_any)?;
            let variant = match storage.to_string().as_str() {
                "stored" => "Stored",
                "virtual" => "Virtual",
                _ => return Err(unknown(&storage, &["stored", "virtual"])),
            };
            set(&mut found, &storage, (value(input)?, variant))
        })?;
        if is_empty {
            let words = "say what it is computed from: `generated = \"width * height\"`";
            return Err(syn::Error::new(option.span(), words));
        }
        // What is malformed was reported.
        let nothing = || (LitStr::new("", option.span()), "Stored");
        let (expression, storage) = found.unwrap_or_else(nothing);
        Ok(Self { expression, storage, option })
    }
}

impl IdentityAttr {
    fn parse(option: Ident, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Self> {
        let (mut always, mut start, mut increment) = (None, None, None);
        if input.peek(Paren) {
            parens(input, errors, |input, _| {
                let word = input.call(Ident::parse_any)?;
                match word.to_string().as_str() {
                    "always" => set(&mut always, &word, flag(input)?),
                    "start" => set(&mut start, &word, whole_number(input)?.0),
                    "increment" => match whole_number(input)? {
                        (0, span) => Err(syn::Error::new(
                            span,
                            "all rows would have one number: leave it out",
                        )),
                        (number, _) => set(&mut increment, &word, number),
                    },
                    _ => Err(unknown(&word, &["always", "start", "increment"])),
                }
            })?;
        }
        Ok(Self { always: always.is_some(), start, increment, option })
    }
}

/// Reads `= -10`: the number, and where it stands.
fn whole_number(input: ParseStream<'_>) -> syn::Result<(i64, proc_macro2::Span)> {
    input.parse::<Token![=]>()?;
    let minus = input.parse::<Option<Token![-]>>()?;
    let literal: syn::LitInt = input.parse()?;
    let number: i64 = literal.base10_parse()?;
    Ok((if minus.is_some() { -number } else { number }, literal.span()))
}
