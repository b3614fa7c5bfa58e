//! Rules of single columns: their types, defaults, former names and references.

use super::{Rule, repeated};
use crate::attr::DefaultAttr;
use crate::errors::Errors;
use crate::json::Value;
use crate::model::{Feature, SYSTEM_COLUMNS};
use crate::sql_type::{self, SqlType};
use quote::ToTokens;

/// The rules.
pub const RULES: &[Rule] = &[
    types_are_known,
    lengths_are_of_texts,
    defaults_fit_types,
    former_names_are_gone,
    values_come_from_one_place,
    computed_columns_are_not_inserted,
    numbers_are_whole,
    collations_are_of_texts,
];

fn types_are_known(feature: &Feature, errors: &mut Errors) {
    for column in &feature.columns {
        if column.sql_type.is_some() {
            continue;
        }
        let ty = column.stored.to_token_stream().to_string().replace(' ', "");
        let name = sql_type::item_name(&column.stored).unwrap_or_default();
        let of_an_enum = match name.starts_with(char::is_uppercase) {
            true => format!("; for an enum of `diesel_derive_enum` that is `{name}Mapping`"),
            false => String::new(),
        };
        errors.push(syn::Error::new_spanned(
            &column.stored,
            format!(
                "no SQL type is known for `{ty}`: name it, `#[metaxy(sql_type = diesel::sql_types::Text)]`{of_an_enum}"
            ),
        ));
    }
}

fn lengths_are_of_texts(feature: &Feature, errors: &mut Errors) {
    for column in &feature.columns {
        let Some(length) = &column.attrs.length else { continue };
        let mapped = column.sql_type.as_ref().is_some_and(SqlType::is_mapped);
        if mapped && !sql_type::is_text(&column.stored) {
            errors.at(
                length.span(),
                "only texts have a length: remove it, or make the field a `String`",
            );
        }
        if !matches!(length.base10_parse::<u32>(), Ok(1..)) {
            errors.at(length.span(), "a length is a whole number from 1");
        }
    }
}

fn defaults_fit_types(feature: &Feature, errors: &mut Errors) {
    for column in &feature.columns {
        let Some(DefaultAttr::Value(value, span)) = &column.attrs.default else { continue };
        if let Some(sql) = &column.attrs.default_sql
            && !matches!(value, Value::Null)
        {
            errors.at(sql.span(), "the column has a `default` already: leave one of them out");
        }
        let Some(sql_type) = column.sql_type.as_ref().filter(|it| it.is_mapped()) else {
            continue;
        };
        let path = sql_type.path.to_string();
        let is = |names: &[&str]| {
            names
                .iter()
                .any(|name| path.split(|it: char| !it.is_alphanumeric()).any(|part| part == *name))
        };
        let (fits, wanted) = match value {
            Value::Null => (sql_type.nullable, "an `Option`"),
            _ if is(&["Array"]) => (matches!(value, Value::Array(_)), "an array"),
            _ if is(&["Json"]) => (true, ""),
            Value::Bool(_) => (is(&["Bool"]), "`bool`"),
            Value::Int(_) => {
                (is(&["SmallInt", "Integer", "BigInt", "Float", "Double", "Numeric"]), "a number")
            }
            Value::Float(_) => (is(&["Float", "Double", "Numeric"]), "a number with a fraction"),
            Value::Text(_) => (
                !is(&["Bool", "SmallInt", "Integer", "BigInt", "Float", "Double", "Binary"]),
                "a text",
            ),
            Value::Array(_) | Value::Object(_) => (false, "JSON"),
        };
        if !fits {
            let ty = column.ty.to_token_stream().to_string().replace(' ', "");
            errors.at(
                *span,
                format!(
                    "this default is for {wanted}, and the column is `{ty}`: write a value of that type, or SQL in \
                     `default_sql = \"…\"`"
                ),
            );
        }
    }
}

fn former_names_are_gone(feature: &Feature, errors: &mut Errors) {
    let former = || feature.columns.iter().filter_map(|it| it.attrs.renamed_from.as_ref());
    for name in former() {
        if feature.columns.iter().any(|it| it.name.text == name.text) {
            errors.at(
                name.span,
                format!(
                    "column `{}` is still there, so none was renamed from it: remove one",
                    name.text
                ),
            );
        }
        if SYSTEM_COLUMNS.contains(&name.text.as_str()) {
            errors.at(
                name.span,
                format!("`{}` is a system column, which is never renamed", name.text),
            );
        }
    }
    repeated(former(), |name| {
        errors.at(name.span, format!("two columns are renamed from `{}`: remove one", name.text));
    });
    if let Some(former) = &feature.attrs.renamed_from
        && former.text == feature.key.text
    {
        errors.at(former.span, "this is the feature's present key: name its former one");
    }
}

fn values_come_from_one_place(feature: &Feature, errors: &mut Errors) {
    for attrs in feature.columns.iter().map(|it| &it.attrs) {
        let has_default = attrs.default_sql.is_some()
            || matches!(&attrs.default, Some(DefaultAttr::Value(value, _)) if !matches!(value, Value::Null));
        if let Some(generated) = &attrs.generated
            && (has_default || attrs.identity.is_some())
        {
            let words = "a generated column has no default and no identity: leave one of them out";
            errors.at(generated.option.span(), words);
        } else if let Some(identity) = &attrs.identity
            && has_default
        {
            let words =
                "the database numbers this column, so it has no default: leave one of them out";
            errors.at(identity.option.span(), words);
        }
    }
}

fn computed_columns_are_not_inserted(feature: &Feature, errors: &mut Errors) {
    for column in feature.columns.iter().filter(|it| !it.skip_insertion) {
        let always = column.attrs.identity.as_ref().filter(|it| it.always).map(|it| &it.option);
        let generated = column.attrs.generated.as_ref().map(|it| &it.option);
        if let Some(option) = generated.or(always) {
            errors.at(
                option.span(),
                "the database fills this column, and takes no value for it: add `#[diesel(skip_insertion)]`",
            );
        }
    }
}

fn numbers_are_whole(feature: &Feature, errors: &mut Errors) {
    for column in &feature.columns {
        let Some(identity) = &column.attrs.identity else { continue };
        let Some(sql_type) = column.sql_type.as_ref().filter(|it| it.is_mapped()) else {
            continue;
        };
        let name = sql_type::item_name(&column.stored).unwrap_or_default();
        if sql_type.nullable || !["i16", "i32", "i64"].contains(&name.as_str()) {
            let words = "the database numbers rows in whole numbers: make the field an `i64`";
            errors.at(identity.option.span(), words);
        }
    }
}

fn collations_are_of_texts(feature: &Feature, errors: &mut Errors) {
    for column in &feature.columns {
        let Some(collation) = &column.attrs.collation else { continue };
        let mapped = column.sql_type.as_ref().is_some_and(SqlType::is_mapped);
        if mapped && !sql_type::is_text(&column.stored) {
            let words = "only texts have a collation: remove it, or make the field a `String`";
            errors.at(collation.span(), words);
        }
    }
}
