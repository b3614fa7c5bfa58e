//! What must be true of a feature before it is expanded: one function per rule, and every rule runs.

use crate::attr::{DefaultAttr, FieldDepsAttr, MappingAttr, Target};
use crate::errors::Errors;
use crate::json::Value;
use crate::key;
use crate::model::{Column, Feature, SYSTEM_COLUMNS, ident};
use crate::parse::Name;
use crate::sql_type::{self, SqlType};
use quote::ToTokens;
use std::collections::HashMap;
use syn::ext::IdentExt;

/// Adds an error for everything in which the feature breaks a rule.
pub fn check(feature: &Feature, errors: &mut Errors) {
    const RULES: &[fn(&Feature, &mut Errors)] = &[
        keys_are_well_formed,
        project_is_well_formed,
        fields_are_distinct,
        field_deps_are_deps,
        deps_are_of_others,
        select_uses_new_names,
        renames_keep_columns_apart,
        filters_say_something,
        id_columns_are_columns,
        indexes_name_columns,
        columns_are_distinct,
        columns_leave_system_names_alone,
        columns_leave_table_names_alone,
        system_fields_are_system_columns,
        types_are_known,
        lengths_are_of_texts,
        defaults_fit_types,
        former_names_are_gone,
        foreign_keys_have_one_target,
        columns_fit_a_table,
        table_name_is_the_key_s,
    ];
    for rule in RULES {
        rule(feature, errors);
    }
}

fn keys_are_well_formed(feature: &Feature, errors: &mut Errors) {
    let mut keys = vec![&feature.key];
    keys.extend(&feature.attrs.renamed_from);
    for dep in &feature.attrs.deps {
        keys.extend(target_key(&dep.target));
        match &dep.fields_mapping {
            Some(MappingAttr::Default { exclude_fields, .. }) => keys.extend(exclude_fields),
            Some(MappingAttr::Specific(pairs)) => {
                pairs
                    .iter()
                    .for_each(|(field, upstream)| keys.extend([field].into_iter().chain(upstream)));
            }
            Some(MappingAttr::All | MappingAttr::None) | None => {}
        }
    }
    for field in &feature.fields {
        keys.push(&field.key);
        // A target stands in `deps` too, where it was checked.
        if let Some(FieldDepsAttr::Listed(deps)) = &field.deps {
            keys.extend(deps.iter().flat_map(|it| it.fields.iter().flatten()));
        }
    }
    for column in &feature.columns {
        let foreign_key = column.attrs.foreign_key.as_ref();
        keys.extend(foreign_key.and_then(|it| target_key(it.feature.as_ref()?)));
    }
    for key in keys {
        if let Err(message) = key::check(&key.text) {
            errors.at(key.span, message);
        }
    }
}

fn target_key(target: &Target) -> Option<&Name> {
    match target {
        Target::Key(key) => Some(key),
        Target::Type(_) => None,
    }
}

fn project_is_well_formed(feature: &Feature, errors: &mut Errors) {
    let Some(project) = &feature.attrs.project else { return };
    let name = project.value();
    let plain = |it: u8| it.is_ascii_alphanumeric() || it == b'_' || it == b'-';
    if name.is_empty() || !name.bytes().all(plain) || name.contains("__") {
        errors.at(
            project.span(),
            format!("project `{name}` must hold only A-Z, a-z, 0-9, `_` and `-`, at least one, and no `__`"),
        );
    }
}

fn fields_are_distinct(feature: &Feature, errors: &mut Errors) {
    repeated(feature.fields.iter().map(|it| &it.key), |name| {
        errors
            .at(name.span, format!("field `{}` is given twice: leave one of them out", name.text));
    });
}

fn field_deps_are_deps(feature: &Feature, errors: &mut Errors) {
    for field in &feature.fields {
        let Some(FieldDepsAttr::Listed(deps)) = &field.deps else { continue };
        for dep in deps {
            if !feature.attrs.deps.iter().any(|it| it.target.is(&dep.target)) {
                let written = dep.target.written();
                errors.at(
                    dep.target.span(),
                    format!("{written} is no dependency of this feature: add it, `deps({written})`, written the same"),
                );
            }
        }
    }
}

fn deps_are_of_others(feature: &Feature, errors: &mut Errors) {
    for target in feature.attrs.deps.iter().map(|it| &it.target) {
        let itself = match target {
            Target::Type(path) => path.is_ident(&feature.ident) || path.is_ident("Self"),
            Target::Key(key) => key.text == feature.key.text,
        };
        if itself {
            errors.at(target.span(), "a feature is not made from itself: name another one");
        }
    }
}

fn select_uses_new_names(feature: &Feature, errors: &mut Errors) {
    for dep in &feature.attrs.deps {
        for name in dep.select.iter().flatten() {
            let renames = || dep.rename.iter().flatten();
            if renames().any(|(_, new)| new.text == name.text) {
                continue;
            }
            if let Some((_, new)) = renames().find(|(old, _)| old.text == name.text) {
                errors.at(
                    name.span,
                    format!(
                        "`{}` is renamed, and `select` comes after: select `{}`",
                        name.text, new.text
                    ),
                );
            }
        }
    }
}

fn renames_keep_columns_apart(feature: &Feature, errors: &mut Errors) {
    for dep in &feature.attrs.deps {
        let new_names = || dep.rename.iter().flatten().map(|(_, new)| new);
        for new in new_names().filter(|it| SYSTEM_COLUMNS.contains(&it.text.as_str())) {
            errors
                .at(new.span, format!("`{}` is a system column: rename to another name", new.text));
        }
        repeated(new_names(), |name| {
            errors.at(
                name.span,
                format!("two columns are renamed to `{}`: rename one otherwise", name.text),
            );
        });
        repeated(dep.rename.iter().flatten().map(|(old, _)| old), |name| {
            errors
                .at(name.span, format!("`{}` is renamed twice: leave one of them out", name.text));
        });
    }
}

fn filters_say_something(feature: &Feature, errors: &mut Errors) {
    for filter in feature.attrs.deps.iter().flat_map(|it| it.filters.iter().flatten()) {
        if filter.value().trim().is_empty() {
            errors.at(filter.span(), "an empty filter filters nothing: leave it out");
        }
    }
}

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

fn indexes_name_columns(feature: &Feature, errors: &mut Errors) {
    for index in &feature.attrs.indexes {
        for name in &index.columns {
            if feature.column(name).is_none() && !SYSTEM_COLUMNS.contains(&name.text.as_str()) {
                errors.at(name.span, no_column(feature, name));
            }
        }
        repeated(&index.columns, |name| {
            errors.at(name.span, format!("`{}` is given twice: leave one of them out", name.text));
        });
    }
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

fn foreign_keys_have_one_target(feature: &Feature, errors: &mut Errors) {
    for key in feature.columns.iter().filter_map(|it| it.attrs.foreign_key.as_ref()) {
        if key.feature.is_some() == key.table.is_some() {
            errors.at(
                key.option.span(),
                "a foreign key refers to one table: `feature = Video`, or `table = \"users\"`",
            );
        }
        if key.column.is_none() {
            errors.at(key.option.span(), "a foreign key refers to a column: add `column = \"id\"`");
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

fn no_column(feature: &Feature, name: &Name) -> String {
    let columns = list(feature.columns.iter().map(|it| &it.name.text));
    format!("`{}` is no column of this struct: name one of {columns}", name.text)
}

fn list(names: impl Iterator<Item = impl std::fmt::Display>) -> String {
    names.map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ")
}

/// Calls `report` for every name that was there before.
fn repeated<'a>(names: impl IntoIterator<Item = &'a Name>, mut report: impl FnMut(&Name)) {
    let mut seen = HashMap::new();
    for name in names {
        if seen.insert(&name.text, ()).is_some() {
            report(name);
        }
    }
}
