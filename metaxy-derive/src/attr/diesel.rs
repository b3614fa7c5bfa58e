//! What is read of Diesel's own `#[diesel(…)]` on the same struct.
//!
//! Diesel's derives parse and check these attributes; here only what names tables, columns and types is picked out.

use crate::parse::{Name, foreign_attributes};
use syn::parse::ParseStream;
use syn::{Attribute, LitStr, Path, Token, Type, TypePath};

/// `#[diesel(…)]` on a struct.
#[derive(Default)]
pub struct DieselStruct {
    /// `table_name = video__raw`: the table's module.
    pub table_name: Option<Path>,
}

/// `#[diesel(…)]` on a field.
#[derive(Default)]
pub struct DieselColumn {
    /// `column_name = type_`: the column's name in the table's module.
    pub column_name: Option<Name>,
    /// `sql_type = Text`
    pub sql_type: Option<TypePath>,
    /// `serialize_as = Stored`, `deserialize_as = Stored`: the type that meets the database.
    pub stored_as: Option<Type>,
    /// `embed`, `select_expression = …`: the field is no column of this table.
    pub no_column: bool,
    /// `skip_insertion`: Diesel leaves it out of inserts.
    pub skip_insertion: bool,
}

impl DieselStruct {
    /// Reads the attributes of a struct.
    pub fn of(attributes: &[Attribute]) -> Self {
        let mut found = Self::default();
        foreign_attributes(attributes, "diesel", |option, input| {
            if option == "table_name" {
                found.table_name = Some(after_equals(input, Path::parse_mod_style)?);
            }
            Ok(())
        });
        found
    }
}

impl DieselColumn {
    /// Reads the attributes of a field.
    pub fn of(attributes: &[Attribute]) -> Self {
        let mut found = Self::default();
        foreign_attributes(attributes, "diesel", |option, input| {
            match option.to_string().as_str() {
                "column_name" => found.column_name = Some(after_equals(input, column_name)?),
                "sql_type" => found.sql_type = Some(after_equals(input, |it| it.parse())?),
                "serialize_as" | "deserialize_as" => {
                    found.stored_as = Some(after_equals(input, |it| it.parse())?);
                }
                "skip_insertion" => found.skip_insertion = true,
                "embed" | "select_expression" => found.no_column = true,
                _ => {}
            }
            Ok(())
        });
        found
    }
}

fn column_name(input: ParseStream<'_>) -> syn::Result<Name> {
    if !input.peek(LitStr) {
        return input.parse();
    }
    let mut name = Name::from(&input.parse::<LitStr>()?);
    if let Some(raw) = name.text.strip_prefix("r#") {
        name.text = raw.to_owned();
    }
    Ok(name)
}

fn after_equals<T>(
    input: ParseStream<'_>,
    value: impl FnOnce(ParseStream<'_>) -> syn::Result<T>,
) -> syn::Result<T> {
    input.parse::<Token![=]>()?;
    value(input)
}
