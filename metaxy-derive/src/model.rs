//! [`Feature`]: a struct and its attributes, resolved. [`crate::validate`] holds what must be true of one before it is expanded.

use crate::attr::{
    ColumnAttrs, DieselColumn, DieselStruct, FeatureAttrs, FieldAttrs, ForeignKeyAttrs, Target,
    doc, same_path,
};
use crate::errors::Errors;
use crate::key;
use crate::parse::Name;
use crate::sql_type::{self, SqlType};
use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Fields, Ident, Path, Type, parse_quote};

/// The system columns, in the order that tables have them.
pub const SYSTEM_COLUMNS: [&str; 10] = [
    "metaxy_provenance",
    "metaxy_provenance_by_field",
    "metaxy_feature_version",
    "metaxy_project_version",
    "metaxy_data_version",
    "metaxy_data_version_by_field",
    "metaxy_created_at",
    "metaxy_updated_at",
    "metaxy_deleted_at",
    "metaxy_materialization_id",
];

/// A struct that derives `Feature`.
pub struct Feature {
    /// The struct's name.
    pub ident: Ident,
    /// Where the crate `metaxy` is.
    pub krate: Path,
    /// The feature's key.
    pub key: Name,
    /// The module that `diesel::table!` makes.
    pub table: Ident,
    /// The columns that identify a sample.
    pub id_columns: Vec<Name>,
    /// The fields.
    pub fields: Vec<FieldAttrs>,
    /// The user's columns.
    pub columns: Vec<Column>,
    /// Fields that select a system column.
    pub system_fields: Vec<Name>,
    /// The doc comment.
    pub doc: Option<String>,
    /// The features that are named by their types, each once.
    pub upstreams: Vec<Path>,
    /// The other settings.
    pub attrs: FeatureAttrs,
    /// What Diesel's attributes say.
    pub diesel: DieselStruct,
}

/// A field that is a column.
pub struct Column {
    /// The column's name in the table's module.
    pub ident: Ident,
    /// Its name in the database.
    pub name: Name,
    /// The type of the field.
    pub ty: Type,
    /// The type that meets the database.
    pub stored: Type,
    /// Its SQL type; `None`: unknown.
    pub sql_type: Option<SqlType>,
    /// Whether Diesel leaves it out of inserts.
    pub skip_insertion: bool,
    /// The other settings.
    pub attrs: ColumnAttrs,
}

impl Feature {
    /// Reads a struct. `attrs` are its own settings over those of its bases.
    pub fn read(item: &DeriveInput, mut attrs: FeatureAttrs, errors: &mut Errors) -> Option<Self> {
        let fields = struct_fields(item, errors)?;
        let krate = attrs.krate.clone().unwrap_or_else(|| parse_quote!(::metaxy));
        let mut system_fields = Vec::new();
        let mut columns = Vec::new();
        for field in &fields.named {
            let attrs = ColumnAttrs::of_field(&field.attrs, errors);
            let diesel = DieselColumn::of(&field.attrs);
            let ident = field.ident.as_ref().expect("the fields are named");
            if attrs.system == Some(true) {
                system_fields.push(diesel.column_name.unwrap_or_else(|| Name::from(ident)));
            } else if attrs.skip != Some(true) && !diesel.no_column {
                columns.push(Column::new(field, ident, attrs, diesel, &krate));
            }
        }
        let Some(key) = attrs.key.take() else {
            errors.at(
                item.ident.span(),
                "a feature needs a key: `#[metaxy(key = \"video/raw\", id_columns(video_id))]`",
            );
            return None;
        };
        let id_columns = attrs.id_columns.take().unwrap_or_default();
        let default_field =
            || vec![FieldAttrs::named(Name { text: "default".into(), span: key.span })];
        Some(Self {
            ident: item.ident.clone(),
            krate,
            table: table_module(&key),
            id_columns,
            fields: attrs.fields.take().unwrap_or_else(default_field),
            upstreams: upstreams(&attrs, &columns),
            columns,
            system_fields,
            doc: doc(&item.attrs),
            diesel: DieselStruct::of(&item.attrs),
            key,
            attrs,
        })
    }

    /// The column of that name, in the database or in Rust.
    pub fn column(&self, name: &Name) -> Option<&Column> {
        self.columns
            .iter()
            .find(|it| it.name.text == name.text)
            .or_else(|| self.columns.iter().find(|it| it.ident.unraw() == name.text))
    }

    /// The name in the database of a column, one of the system's too.
    pub fn column_name<'a>(&'a self, name: &'a Name) -> &'a str {
        self.column(name).map_or(&name.text, |it| &it.name.text)
    }

    /// Its foreign keys: those of columns, then those of the struct.
    pub fn foreign_keys(&self) -> impl Iterator<Item = &ForeignKeyAttrs> {
        foreign_keys(&self.attrs, &self.columns)
    }

    /// The place of a feature in `upstreams`.
    pub fn upstream(&self, path: &Path) -> usize {
        let found = self.upstreams.iter().position(|it| same_path(it, path));
        found.expect("`upstreams` was collected from all that names a type")
    }
}

impl Column {
    fn new(
        field: &syn::Field,
        ident: &Ident,
        mut attrs: ColumnAttrs,
        diesel: DieselColumn,
        krate: &Path,
    ) -> Self {
        let rust_name = diesel.column_name.unwrap_or_else(|| Name::from(ident));
        let stored = diesel.stored_as.unwrap_or_else(|| field.ty.clone());
        let sql_type = match attrs.sql_type.as_ref().or(diesel.sql_type.as_ref()) {
            Some(path) => Some(sql_type::named(path, &stored)),
            None => sql_type::mapped(&stored, krate),
        };
        let ident = column_ident(&rust_name);
        let name = attrs.name.as_ref().map_or(rust_name, Name::from);
        if let Some(key) = &mut attrs.foreign_key {
            key.columns.push(name.clone());
        }
        Self {
            ident,
            name,
            ty: field.ty.clone(),
            stored,
            sql_type,
            skip_insertion: diesel.skip_insertion,
            attrs,
        }
    }

    /// Its SQL type.
    pub fn known_type(&self) -> &SqlType {
        self.sql_type.as_ref().expect("`validate` refuses unknown types")
    }
}

fn struct_fields<'a>(item: &'a DeriveInput, errors: &mut Errors) -> Option<&'a syn::FieldsNamed> {
    if let Some(generic) = item.generics.params.first() {
        errors.push(syn::Error::new_spanned(
            generic,
            "a feature is one table, so its struct takes no generics: derive `Feature` on a struct that owns its values; \
             others can use its table through `#[diesel(table_name = …)]`",
        ));
        return None;
    }
    match &item.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => return Some(fields),
            _ => errors.at(
                item.ident.span(),
                "columns need names: write the struct with named fields, `struct Video { path: String }`",
            ),
        },
        Data::Enum(_) => errors.at(
            item.ident.span(),
            "a feature is a struct, whose fields are columns; for an enum as the type of a column derive `JsonSchema`",
        ),
        Data::Union(_) => {
            errors.at(item.ident.span(), "a feature is a struct, whose fields are columns");
        }
    }
    None
}

fn foreign_keys<'a>(
    attrs: &'a FeatureAttrs,
    columns: &'a [Column],
) -> impl Iterator<Item = &'a ForeignKeyAttrs> {
    columns.iter().filter_map(|it| it.attrs.foreign_key.as_ref()).chain(&attrs.foreign_keys)
}

fn upstreams(attrs: &FeatureAttrs, columns: &[Column]) -> Vec<Path> {
    let foreign_keys = foreign_keys(attrs, columns).filter_map(|it| it.feature.as_ref());
    let mut upstreams: Vec<Path> = Vec::new();
    for target in attrs.deps.iter().map(|it| &it.target).chain(foreign_keys) {
        if let Target::Type(path) = target
            && !upstreams.iter().any(|it| same_path(it, path))
        {
            upstreams.push(path.clone());
        }
    }
    upstreams
}

fn table_module(key: &Name) -> Ident {
    let name = key::table_name(&key.text);
    // Digits and letters only, so that a malformed key still names a module and gets its one error.
    let name: String =
        name.chars().map(|it| if it.is_ascii_alphanumeric() { it } else { '_' }).collect();
    match syn::parse_str::<Ident>(&name) {
        Ok(_) => Ident::new(&name, key.span),
        Err(_) if name.starts_with(|it: char| it.is_ascii_digit()) || name.is_empty() => {
            Ident::new(&format!("_{name}"), key.span)
        }
        // Diesel's convention for keywords.
        Err(_) => Ident::new(&format!("{name}_"), key.span),
    }
}

fn column_ident(name: &Name) -> Ident {
    ident(&name.text, name.span).unwrap_or_else(|| Ident::new("_not_an_identifier", name.span))
}

/// An identifier, raw where the name is a keyword; `None` where it can be none.
pub fn ident(name: &str, span: Span) -> Option<Ident> {
    if syn::parse_str::<Ident>(name).is_ok() {
        return Some(Ident::new(name, span));
    }
    let raw = syn::parse_str::<Ident>(&format!("r#{name}")).is_ok();
    raw.then(|| Ident::new_raw(name, span))
}
