//! Rules of the table: which columns it has, and what names them.

use super::{Rule, list, repeated};
use crate::errors::Errors;
use crate::key;
use crate::model::{Column, Feature, SYSTEM_COLUMNS, ident};
use crate::parse::Name;
use syn::Ident;
use syn::ext::IdentExt;

/// The rules.
pub const RULES: &[Rule] = &[
    id_columns_are_columns,
    columns_are_distinct,
    columns_leave_system_names_alone,
    columns_leave_table_names_alone,
    system_fields_are_system_columns,
    columns_fit_a_table,
    table_name_is_the_key_s,
    schema_is_an_identifier,
];

fn id_columns_are_columns(feature: &Feature, errors: &mut Errors) {
    if feature.id_columns.is_empty() {
        errors.at(
            feature.ident.span(),
            "a feature needs the columns that identify a sample: `id_columns(video_id)`",
        );
    }
    for name in &feature.id_columns {
        match feature.column(name) {
            None => errors.at(name.span, no_column(feature, name)),
            Some(Column { sql_type: Some(sql_type), .. }) if sql_type.nullable => errors.at(
                name.span,
                format!(
                    "id column `{}` may be NULL, which identifies no sample: remove the `Option`",
                    name.text
                ),
            ),
            Some(_) => {}
        }
    }
    repeated(&feature.id_columns, |name| {
        errors.at(
            name.span,
            format!("id column `{}` is given twice: leave one of them out", name.text),
        );
    });
}

fn columns_are_distinct(feature: &Feature, errors: &mut Errors) {
    repeated(feature.columns.iter().map(|it| &it.name), |name| {
        errors.at(name.span, format!("column `{}` is given twice: name one otherwise", name.text));
    });
}

fn columns_leave_system_names_alone(feature: &Feature, errors: &mut Errors) {
    for column in &feature.columns {
        let name = [column.name.text.clone(), column.ident.unraw().to_string()]
            .into_iter()
            .find(|it| SYSTEM_COLUMNS.contains(&it.as_str()));
        if let Some(name) = name {
            errors.at(
                column.name.span,
                format!(
                    "`{name}` is a system column, which every feature has: mark the field `#[metaxy(system)]` to \
                     select it, or give your column another name"
                ),
            );
        }
    }
}

fn columns_leave_table_names_alone(feature: &Feature, errors: &mut Errors) {
    const RESERVED: [&str; 9] = [
        "table",
        "columns",
        "dsl",
        "star",
        "all_columns",
        "diesel",
        "str",
        "SqlType",
        "BoxedQuery",
    ];
    for column in &feature.columns {
        let rust_name = column.ident.unraw().to_string();
        let span = column.ident.span();
        if rust_name == "_not_an_identifier" || ident(&rust_name, span).is_none() {
            errors.at(
                span,
                "the column's name in Rust must be an identifier: the name in the database goes to `#[metaxy(name = \"…\")]`",
            );
        } else if RESERVED.contains(&rust_name.as_str()) || feature.table == rust_name {
            errors.at(
                span,
                format!(
                    "`diesel::table!` uses the name `{rust_name}` itself: name the field `{rust_name}_` and its column \
                     `#[metaxy(name = \"{rust_name}\")]`"
                ),
            );
        }
    }
}

fn system_fields_are_system_columns(feature: &Feature, errors: &mut Errors) {
    for name in &feature.system_fields {
        if !SYSTEM_COLUMNS.contains(&name.text.as_str()) {
            errors.at(
                name.span,
                format!(
                    "`{}` is no system column: they are {}",
                    name.text,
                    list(SYSTEM_COLUMNS.iter())
                ),
            );
        }
    }
}

fn columns_fit_a_table(feature: &Feature, errors: &mut Errors) {
    let own = feature.columns.len();
    let all = own + SYSTEM_COLUMNS.len();
    if all > COLUMN_LIMIT {
        let mend = match all {
            ..=64 => "enable the cargo feature `64-column-tables` of `diesel`",
            65..=128 => "enable the cargo feature `128-column-tables` of `diesel`",
            129.. => "its largest tables have 128, so split the feature",
        };
        errors.at(
            feature.ident.span(),
            format!(
                "the table has {all} columns, {own} of yours and {} of the system's, and Diesel takes {COLUMN_LIMIT}: {mend}",
                SYSTEM_COLUMNS.len()
            ),
        );
    }
}

macro_rules! count_tuples {
    ($($size:literal { $($_items:tt)* })*) => {
        /// How many columns Diesel's tables take.
        ///
        /// A macro does not see the features of other crates. But Diesel's derives are built once for all, and write
        /// out every size of tuple for which Diesel implements its traits.
        pub const COLUMN_LIMIT: usize = [$($size),*].len();
    };
}

diesel_derives::__diesel_for_each_tuple!(count_tuples);

fn table_name_is_the_key_s(feature: &Feature, errors: &mut Errors) {
    let Some(segment) = feature.diesel.table_name.as_ref().and_then(|it| it.segments.last()) else {
        return;
    };
    if segment.ident.unraw() != feature.table.unraw() && key::check(&feature.key.text).is_ok() {
        errors.at(
            segment.ident.span(),
            format!(
                "the key decides the name of the table: write `#[diesel(table_name = {})]`",
                feature.table
            ),
        );
    }
}

fn schema_is_an_identifier(feature: &Feature, errors: &mut Errors) {
    if let Some(schema) = &feature.attrs.schema
        && syn::parse_str::<Ident>(&schema.value()).is_err()
    {
        errors.at(
            schema.span(),
            "Diesel's `table!` takes a schema whose name is an identifier of Rust, and no keyword",
        );
    }
}

pub(super) fn no_column(feature: &Feature, name: &Name) -> String {
    let columns = list(feature.columns.iter().map(|it| &it.name.text));
    format!("`{}` is no column of this struct: name one of {columns}", name.text)
}
