//! Rules of foreign keys: what they are of, and what they refer to.

use super::table::no_column;
use super::{Rule, repeated};
use crate::errors::Errors;
use crate::model::{Feature, SYSTEM_COLUMNS};

/// The rules.
pub const RULES: &[Rule] = &[
    foreign_keys_have_one_target,
    foreign_keys_name_columns,
    foreign_keys_refer_to_columns,
    schemas_are_of_tables,
];

fn foreign_keys_have_one_target(feature: &Feature, errors: &mut Errors) {
    for key in feature.foreign_keys() {
        if key.feature.is_some() == key.table.is_some() {
            errors.at(
                key.option.span(),
                "a foreign key refers to one table: `feature = Video`, or `table = \"users\"`",
            );
        }
    }
}

fn foreign_keys_name_columns(feature: &Feature, errors: &mut Errors) {
    for key in feature.foreign_keys() {
        if key.columns.is_empty() {
            errors.at(
                key.option.span(),
                "a foreign key of a struct is of columns: add `columns(video_id, crop_id)`",
            );
        }
        for name in &key.columns {
            if feature.column(name).is_none() && !SYSTEM_COLUMNS.contains(&name.text.as_str()) {
                errors.at(name.span, no_column(feature, name));
            }
        }
        repeated(&key.columns, |name| {
            errors.at(name.span, format!("`{}` is given twice: leave one of them out", name.text));
        });
    }
}

fn foreign_keys_refer_to_columns(feature: &Feature, errors: &mut Errors) {
    for key in feature.columns.iter().filter_map(|it| it.attrs.foreign_key.as_ref()) {
        if key.references.is_empty() {
            errors.at(key.option.span(), "a foreign key refers to a column: add `column = \"id\"`");
        }
    }
    for key in feature.attrs.foreign_keys.iter().filter(|it| !it.columns.is_empty()) {
        if let Some(first) = key.references.first()
            && key.references.len() != key.columns.len()
        {
            let (of, to) = (key.columns.len(), key.references.len());
            let words = format!("the key has {of} columns, and refers to {to}: name as many");
            errors.at(first.span, words);
        }
    }
}

fn schemas_are_of_tables(feature: &Feature, errors: &mut Errors) {
    for key in feature.foreign_keys().filter(|it| it.table.is_none()) {
        if let Some(schema) = &key.schema {
            errors.at(schema.span(), "a feature says itself where its table is: remove this");
        }
    }
}
