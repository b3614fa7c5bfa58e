//! Rules of keys, fields and dependencies.

use super::{Rule, repeated};
use crate::attr::{FieldDepsAttr, MappingAttr, Target};
use crate::errors::Errors;
use crate::key;
use crate::model::{Feature, SYSTEM_COLUMNS};
use crate::parse::Name;

/// The rules.
pub const RULES: &[Rule] = &[
    keys_are_well_formed,
    project_is_well_formed,
    fields_are_distinct,
    field_deps_are_deps,
    deps_are_of_others,
    select_uses_new_names,
    renames_keep_columns_apart,
    filters_say_something,
];

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
