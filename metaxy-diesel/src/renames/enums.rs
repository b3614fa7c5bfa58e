//! The renames of enumerated types and of their values.

use crate::{
    change::{RenameEnum, RenameEnumValue},
    diff::Problem,
    enums::{enum_of, enum_of_mut},
    schema::{DefaultValue, EnumType, Schema, SqlType, TableName, rename_values as renamed},
};
use std::collections::BTreeMap;

/// Renames the types that `desired` says were renamed, and those whose name alone differs: a type holds no rows.
pub(super) fn rename(current: &mut Schema, desired: &Schema) -> Vec<RenameEnum> {
    let is_open = |it: &&EnumType| !current.enums.contains_key(&it.name);
    let mut gone: BTreeMap<&TableName, &EnumType> =
        current.enums.iter().filter(|(name, _)| !desired.enums.contains_key(*name)).collect();
    let mut renames = Vec::new();
    let (hinted, plain): (Vec<_>, Vec<_>) =
        desired.enums.values().filter(is_open).partition(|it| it.renamed_from.is_some());
    for of in hinted {
        if let Some(from) = of.renamed_from.as_ref().filter(|it| gone.remove(it).is_some()) {
            renames.push(RenameEnum { from: from.clone(), to: of.name.clone() });
        }
    }
    for of in plain {
        let mut alike = gone.values().filter(|it| it.values == of.values);
        if let (Some(only), None) = (alike.next().copied(), alike.next()) {
            gone.remove(&only.name);
            renames.push(RenameEnum { from: only.name.clone(), to: of.name.clone() });
        }
    }
    let names: BTreeMap<_, _> = renames.iter().map(|it| (it.from.clone(), it.to.clone())).collect();
    current.enums = std::mem::take(&mut current.enums)
        .into_values()
        .map(|it| EnumType { name: names.get(&it.name).unwrap_or(&it.name).clone(), ..it })
        .map(|it| (it.name.clone(), it))
        .collect();
    for column in current.tables.values_mut().flat_map(|it| &mut it.columns) {
        if let Some(name) = enum_of_mut(&mut column.sql_type)
            && let Some(new) = names.get(name)
        {
            name.clone_from(new);
        }
    }
    renames
}

/// Renames the values that `desired` says were renamed. The database keeps defaults by the value, not by its name.
pub(super) fn rename_values(current: &mut Schema, desired: &Schema) -> Vec<RenameEnumValue> {
    let mut renames = BTreeMap::new();
    for of in desired.enums.values() {
        if let Some(before) = current.enums.get_mut(&of.name) {
            let open = of.open_renames(&before.values);
            before.values = renamed(&before.values, &open);
            renames.insert(&of.name, open);
        }
    }
    for column in current.tables.values_mut().flat_map(|it| &mut it.columns) {
        if let SqlType::Enum(name) = &column.sql_type
            && let Some(open) = renames.get(&**name)
            && let Some(DefaultValue::Text(text)) = &mut column.default
            && let Some((_, new)) = open.iter().find(|(old, _)| old == text)
        {
            text.clone_from(new);
        }
    }
    let changes = renames.into_iter().flat_map(|(of, open)| {
        open.into_iter().map(|(from, to)| RenameEnumValue { of: of.clone(), from, to })
    });
    changes.collect()
}

/// The values of columns that `desired` says were renamed, where the columns have the values themselves.
pub(super) fn column_values(
    current: &Schema,
    desired: &Schema,
) -> BTreeMap<(TableName, String), Vec<(String, String)>> {
    let renames = enum_columns(current, desired).filter_map(|(table, column, of, values)| {
        let open = of.open_renames(values);
        (!open.is_empty()).then(|| ((table.clone(), column.to_owned()), open))
    });
    renames.collect()
}

/// The values that several others say they were, by their types, or by the columns that have the values themselves.
pub(super) fn ambiguous_values(current: &Schema, desired: &Schema) -> Vec<Problem> {
    let types = desired.enums.values().filter_map(|of| {
        Some((of.name.to_string(), of, current.enums.get(&of.name)?.values.as_slice()))
    });
    let columns = enum_columns(current, desired)
        .map(|(table, column, of, values)| (format!("{table}.{column}"), of, values));
    let problems = types.chain(columns).flat_map(|(object, of, values)| {
        of.ambiguous_renames(values).into_iter().map(move |(from, to)| Problem::AmbiguousRename {
            from: format!("{object}.{from}"),
            to: to.into_iter().map(|it| format!("{object}.{it}")).collect(),
        })
    });
    problems.collect()
}

/// The columns that have the values of an enumerated type themselves: table, column, the type, and the values as they are.
fn enum_columns<'a>(
    current: &'a Schema,
    desired: &'a Schema,
) -> impl Iterator<Item = (&'a TableName, &'a str, &'a EnumType, &'a [String])> {
    desired.tables.values().flat_map(move |table| {
        let before = current.tables.get(&table.name);
        let values =
            before.into_iter().flat_map(|it| &it.columns).filter_map(|it| match &it.sql_type {
                SqlType::Values(values) => Some((it.name.as_str(), values.as_slice())),
                _ => None,
            });
        let values: BTreeMap<&str, &[String]> = values.collect();
        table.columns.iter().filter_map(move |column| {
            let of = desired.enums.get(enum_of(&column.sql_type)?)?;
            Some((&table.name, column.name.as_str(), of, *values.get(column.name.as_str())?))
        })
    })
}
