//! `foreign_key(…)` of `#[metaxy(…)]`, on a column and on a struct.

use super::{Deferrable, Target};
use crate::errors::Errors;
use crate::parse::{Name, flag, names, parens, set, unknown, value};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Ident, LitStr};

/// A reference to another table.
pub struct ForeignKeyAttrs {
    /// `columns(video_id, crop_id)`: the columns that refer; on a column, that one.
    pub columns: Vec<Name>,
    /// `feature = Video`, `feature = "video/raw"`: the feature whose table is meant.
    pub feature: Option<Target>,
    /// `table = "users"`: a table of the user's own.
    pub table: Option<LitStr>,
    /// `schema = "auth"`: where that table is.
    pub schema: Option<LitStr>,
    /// `column = "id"`, `references(id, part)`: the columns there; of a struct's key those of the same names, where none are
    /// named.
    pub references: Vec<Name>,
    /// `match_full`: whether of several columns all are NULL or none.
    pub match_full: Option<bool>,
    /// `on_delete = cascade`
    pub on_delete: Option<Action>,
    /// `on_update = set_null`
    pub on_update: Option<Action>,
    /// `deferrable = deferred`: whether the end of a transaction checks it.
    pub deferrable: Option<Deferrable>,
    /// Where the option stands.
    pub option: Ident,
}

/// What a foreign key is written on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ForeignKeyOf {
    /// A column.
    Column,
    /// The struct.
    Struct,
}

/// `no_action`, `restrict`, `cascade`, `set_null`, `set_default`.
pub struct Action(pub &'static str);

impl ForeignKeyAttrs {
    /// Reads what follows `foreign_key`.
    pub fn parse(
        option: Ident,
        of: ForeignKeyOf,
        input: ParseStream<'_>,
        errors: &mut Errors,
    ) -> syn::Result<Self> {
        let mut key = Self {
            columns: Vec::new(),
            feature: None,
            table: None,
            schema: None,
            references: Vec::new(),
            match_full: None,
            on_delete: None,
            on_update: None,
            deferrable: None,
            option,
        };
        parens(input, errors, |input, errors| key.option(of, input, errors))?;
        Ok(key)
    }

    fn option(
        &mut self,
        of: ForeignKeyOf,
        input: ParseStream<'_>,
        errors: &mut Errors,
    ) -> syn::Result<()> {
        const OF_COLUMNS: [&str; 7] =
            ["feature", "table", "schema", "column", "on_delete", "on_update", "deferrable"];
        const OF_STRUCTS: [&str; 9] = [
            "columns",
            "feature",
            "table",
            "schema",
            "references",
            "match_full",
            "on_delete",
            "on_update",
            "deferrable",
        ];
        let option = input.call(Ident::parse_any)?;
        match (option.to_string().as_str(), of) {
            ("feature", _) => {
                input.parse::<syn::Token![=]>()?;
                set(&mut self.feature, &option, Target::parse(input)?)
            }
            ("table", _) => set(&mut self.table, &option, value(input)?),
            ("schema", _) => set(&mut self.schema, &option, value(input)?),
            ("column", ForeignKeyOf::Column) => {
                let mut column = self.references.pop();
                let set = set(&mut column, &option, value(input)?);
                self.references.extend(column);
                set
            }
            ("columns", ForeignKeyOf::Struct) => {
                self.columns.extend(names(input, errors)?);
                Ok(())
            }
            ("references", ForeignKeyOf::Struct) => {
                self.references.extend(names(input, errors)?);
                Ok(())
            }
            ("match_full", ForeignKeyOf::Struct) => {
                set(&mut self.match_full, &option, flag(input)?)
            }
            ("on_delete", _) => set(&mut self.on_delete, &option, value(input)?),
            ("on_update", _) => set(&mut self.on_update, &option, value(input)?),
            ("deferrable", _) => set(&mut self.deferrable, &option, value(input)?),
            (_, ForeignKeyOf::Column) => Err(unknown(&option, &OF_COLUMNS)),
            (_, ForeignKeyOf::Struct) => Err(unknown(&option, &OF_STRUCTS)),
        }
    }
}

impl Parse for Action {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let action = input.call(Ident::parse_any)?;
        match action.to_string().as_str() {
            "no_action" => Ok(Self("NoAction")),
            "restrict" => Ok(Self("Restrict")),
            "cascade" => Ok(Self("Cascade")),
            "set_null" => Ok(Self("SetNull")),
            "set_default" => Ok(Self("SetDefault")),
            _ => Err(unknown(
                &action,
                &["no_action", "restrict", "cascade", "set_null", "set_default"],
            )),
        }
    }
}
