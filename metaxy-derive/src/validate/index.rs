//! Rules of indexes: what they are on, and which options go together.

use super::table::no_column;
use super::{Rule, list, repeated};
use crate::attr::{IndexAttrs, KeyPart};
use crate::errors::Errors;
use crate::model::{Feature, SYSTEM_COLUMNS};
use crate::parse::Name;

/// The rules.
pub const RULES: &[Rule] = &[
    indexes_have_keys,
    indexes_name_columns,
    prefixes_are_lengths,
    options_of_unique_ones_are_theirs,
    constraints_are_on_columns,
    databases_are_known,
];

/// The databases that there are.
const DATABASES: [&str; 5] = ["sqlite", "postgres", "mysql", "mariadb", "duckdb"];

fn indexes_have_keys(feature: &Feature, errors: &mut Errors) {
    for index in feature.attrs.indexes.iter().filter(|it| it.keys.is_empty()) {
        errors.at(
            index.span,
            "an index is on columns or expressions: name one, `index(path)`, `index(expression(\"lower(path)\"))`",
        );
    }
}

fn indexes_name_columns(feature: &Feature, errors: &mut Errors) {
    for index in &feature.attrs.indexes {
        for name in columns(index) {
            if feature.column(name).is_none() && !SYSTEM_COLUMNS.contains(&name.text.as_str()) {
                errors.at(name.span, no_column(feature, name));
            }
        }
        repeated(columns(index), |name| {
            errors.at(name.span, format!("`{}` is given twice: leave one of them out", name.text));
        });
    }
}

fn columns(index: &IndexAttrs) -> impl Iterator<Item = &Name> {
    let keys = index.keys.iter().filter_map(|key| match &key.part {
        KeyPart::Column(name) => Some(name),
        KeyPart::Expression(_) => None,
    });
    keys.chain(&index.include)
}

fn prefixes_are_lengths(feature: &Feature, errors: &mut Errors) {
    let keys = feature.attrs.indexes.iter().flat_map(|it| &it.keys);
    for prefix in keys.filter_map(|it| it.prefix.as_ref()) {
        if !matches!(prefix.base10_parse::<u32>(), Ok(1..)) {
            errors.at(prefix.span(), "a prefix is a number of characters, from 1");
        }
    }
}

fn options_of_unique_ones_are_theirs(feature: &Feature, errors: &mut Errors) {
    for index in feature.attrs.indexes.iter().filter(|it| !it.unique) {
        let options = [
            ("nulls_not_distinct", index.nulls_not_distinct.is_some()),
            ("deferrable", index.deferrable.is_some()),
        ];
        for (option, _) in options.into_iter().filter(|(_, given)| *given) {
            errors.at(index.span, format!("only what is unique is `{option}`: write `unique(…)`"));
        }
    }
}

/// Databases defer constraints, and no indexes.
fn constraints_are_on_columns(feature: &Feature, errors: &mut Errors) {
    for index in &feature.attrs.indexes {
        let Some(deferrable) = &index.deferrable else { continue };
        let plain = index.keys.iter().all(|key| {
            matches!(key.part, KeyPart::Column(_))
                && key.descending.is_none()
                && key.nulls.is_none()
                && key.prefix.is_none()
                && key.collation.is_none()
                && key.operator_class.is_none()
        });
        if !plain || index.predicate.is_some() || index.method.is_some() {
            errors.at(
                deferrable.1,
                "a deferrable one is a constraint, on whole columns and all rows: remove this, or the other options",
            );
        }
    }
}

fn databases_are_known(feature: &Feature, errors: &mut Errors) {
    for name in feature.attrs.indexes.iter().filter_map(|it| it.databases.as_ref()).flatten() {
        if !DATABASES.contains(&name.text.as_str()) {
            errors.at(
                name.span,
                format!("`{}` is no database: name one of {}", name.text, list(DATABASES.iter())),
            );
        }
    }
}
