//! `#[metaxy(…)]` on a struct, and the settings of `feature_base!`, which are the same.

use super::{DepAttrs, FieldAttrs, ForeignKeyAttrs, ForeignKeyOf, IndexAttrs};
use crate::errors::Errors;
use crate::json;
use crate::parse::{self, Name, flag, names, parens, set, unknown, value};
use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Attribute, Ident, LitStr, Path};

/// The options of `#[metaxy(…)]` on a struct.
#[derive(Default)]
pub struct FeatureAttrs {
    /// `key = "video/raw"`: the feature's name, which also names its table (`video__raw`).
    pub key: Option<Name>,
    /// `id_columns(video_id, crop_id)`: the columns that identify a sample.
    pub id_columns: Option<Vec<Name>>,
    /// `deps(Video, "other/feature"(optional))`: the features that this one is made from.
    pub deps: Vec<DepAttrs>,
    /// `fields(audio(code_version = "1"), frames)`: the logical parts of a sample. Without it: one field, `default`.
    pub fields: Option<Vec<FieldAttrs>>,
    /// `metadata = { "owner": "vision" }`: any JSON object.
    pub metadata: json::Object,
    /// `project = "vision"`: the project that owns the feature. Without it: the name of the package.
    pub project: Option<LitStr>,
    /// `description = "…"`. Without it: the doc comment.
    pub description: Option<LitStr>,
    /// `schema = "media"`: the schema (namespace) of the table, on PostgreSQL.
    pub schema: Option<LitStr>,
    /// `comment = "…"`: the comment of the table in the database.
    pub comment: Option<LitStr>,
    /// `inject_primary_key = false`: whether the database gets the composite primary key.
    pub inject_primary_key: Option<bool>,
    /// `inject_index = true`: whether the database gets an index on the columns of that key.
    pub inject_index: Option<bool>,
    /// `index(path, duration(desc))`, `unique(path, where = "…")`: indexes; repeatable.
    pub indexes: Vec<IndexAttrs>,
    /// `foreign_key(columns(a, b), table = "users", references(c, d))`: references by several columns; repeatable.
    pub foreign_keys: Vec<ForeignKeyAttrs>,
    /// `renamed_from = "old/key"`: the feature's former key.
    pub renamed_from: Option<Name>,
    /// `document`: whether rustdoc says the key, the fields and the dependencies, and draws them.
    pub document: Option<bool>,
    /// `base = crate::bases::vision`: settings shared by many features, declared by `feature_base!`.
    pub base: Option<Path>,
    /// `crate = ::metaxy`: where the crate `metaxy` is, should it go by another name.
    pub krate: Option<Path>,
}

const OPTIONS: &[&str] = &[
    "key",
    "id_columns",
    "deps",
    "fields",
    "metadata",
    "project",
    "description",
    "schema",
    "comment",
    "inject_primary_key",
    "inject_index",
    "index",
    "unique",
    "foreign_key",
    "renamed_from",
    "document",
    "base",
    "crate",
];

impl FeatureAttrs {
    /// Reads the attributes of a struct.
    pub fn of_struct(attributes: &[Attribute], errors: &mut Errors) -> Self {
        let mut attrs = Self::default();
        parse::attributes(attributes, "metaxy", errors, |input, errors| {
            attrs.option(input, errors)
        });
        attrs
    }

    /// Reads settings that stand alone.
    pub fn of_tokens(tokens: TokenStream, errors: &mut Errors) -> Self {
        let mut attrs = Self::default();
        parse::tokens(tokens, errors, |input, errors| attrs.option(input, errors));
        attrs
    }

    fn option(&mut self, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<()> {
        let option = input.call(Ident::parse_any)?;
        match option.to_string().as_str() {
            "key" => set(&mut self.key, &option, Name::from(&value::<LitStr>(input)?)),
            "id_columns" => set(&mut self.id_columns, &option, names(input, errors)?),
            "deps" => parens(input, errors, |input, errors| {
                self.deps.push(DepAttrs::parse(input, errors)?);
                Ok(())
            }),
            "fields" => {
                let fields = self.fields.get_or_insert_default();
                parens(input, errors, |input, errors| {
                    fields.push(FieldAttrs::parse(input, errors)?);
                    Ok(())
                })
            }
            "metadata" => value::<json::Object>(input)?
                .0
                .into_iter()
                .try_for_each(|(key, value)| self.metadata.insert(key, value)),
            "project" => set(&mut self.project, &option, value(input)?),
            "description" => set(&mut self.description, &option, value(input)?),
            "schema" => set(&mut self.schema, &option, value(input)?),
            "comment" => set(&mut self.comment, &option, value(input)?),
            "inject_primary_key" => set(&mut self.inject_primary_key, &option, flag(input)?),
            "inject_index" => set(&mut self.inject_index, &option, flag(input)?),
            "index" | "unique" => {
                self.indexes.push(IndexAttrs::parse(&option, input, errors)?);
                Ok(())
            }
            "foreign_key" => {
                let of = ForeignKeyOf::Struct;
                self.foreign_keys.push(ForeignKeyAttrs::parse(option, of, input, errors)?);
                Ok(())
            }
            "renamed_from" => {
                set(&mut self.renamed_from, &option, Name::from(&value::<LitStr>(input)?))
            }
            "document" => set(&mut self.document, &option, flag(input)?),
            "base" => set(&mut self.base, &option, parse_path(input)?),
            "crate" => set(&mut self.krate, &option, parse_path(input)?),
            _ => Err(unknown(&option, OPTIONS)),
        }
    }

    /// These settings over those of `base`: what both have is taken from here, lists are joined, the base's first.
    pub fn over(self, base: Self) -> Self {
        Self {
            key: self.key,
            id_columns: self.id_columns.or(base.id_columns),
            deps: join(base.deps, self.deps, |one, two| one.target.is(&two.target)),
            fields: match (base.fields, self.fields) {
                (Some(base), Some(own)) => {
                    Some(join(base, own, |one, two| one.key.text == two.key.text))
                }
                (base, own) => own.or(base),
            },
            metadata: self.metadata.over(base.metadata),
            project: self.project.or(base.project),
            description: self.description.or(base.description),
            schema: self.schema.or(base.schema),
            comment: self.comment,
            inject_primary_key: self.inject_primary_key.or(base.inject_primary_key),
            inject_index: self.inject_index.or(base.inject_index),
            indexes: base.indexes.into_iter().chain(self.indexes).collect(),
            foreign_keys: base.foreign_keys.into_iter().chain(self.foreign_keys).collect(),
            renamed_from: self.renamed_from,
            document: self.document.or(base.document),
            base: self.base,
            krate: self.krate.or(base.krate),
        }
    }
}

/// Items of the base, each replaced by the own one that is the same, then the other own ones.
fn join<T>(base: Vec<T>, own: Vec<T>, same: impl Fn(&T, &T) -> bool) -> Vec<T> {
    let mut joined = base;
    let inherited = joined.len();
    for item in own {
        match joined[..inherited].iter_mut().find(|it| same(it, &item)) {
            Some(place) => *place = item,
            None => joined.push(item),
        }
    }
    joined
}

/// Reads `= path`, where the path may begin with `crate`.
fn parse_path(input: ParseStream<'_>) -> syn::Result<Path> {
    input.parse::<syn::Token![=]>()?;
    input.call(Path::parse_mod_style)
}
