//! How attributes are spelled: one doc-commented struct for each kind, and its parser.

mod column;
mod dep;
mod diesel;
mod feature;
mod field;
mod foreign_key;
mod index;
mod schema;

pub use column::{ColumnAttrs, DefaultAttr, GeneratedAttr, IdentityAttr};
pub use dep::{DepAttrs, LineageAttr, MappingAttr, Target, same_path};
pub use diesel::{DieselColumn, DieselStruct};
pub use feature::FeatureAttrs;
pub use field::{FieldAttrs, FieldDepsAttr};
pub use foreign_key::{Action, ForeignKeyAttrs, ForeignKeyOf};
pub use index::{Deferrable, IndexAttrs, KeyAttrs, KeyPart};
pub use schema::{SchemaFieldAttrs, SerdeAttrs};

use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// The doc comment, as written: its lines joined.
pub fn doc(attributes: &[Attribute]) -> Option<String> {
    let lines: Vec<_> = attributes
        .iter()
        .filter_map(|it| match &it.meta {
            Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
                Expr::Lit(ExprLit { lit: Lit::Str(line), .. }) => Some(line.value()),
                _ => None,
            },
            _ => None,
        })
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}
