//! The enumerated types of features.

use super::{FeatureInput, LowerError};
use crate::{
    enums::enum_of_mut,
    schema::{DefaultValue, EnumType, Schema, TableName},
    sql_types::enum_type,
    table::EnumDef,
};
use std::collections::BTreeMap;

/// Adds the types that columns of features have, and the store's prefix to their names.
pub(super) fn add_enums(
    schema: &mut Schema,
    features: &[FeatureInput<'_>],
    prefix: &str,
) -> Result<(), LowerError> {
    let columns = features.iter().flat_map(|it| it.table.columns);
    let mut definitions: BTreeMap<(Option<&str>, &str), &EnumDef> = BTreeMap::new();
    for definition in columns.filter_map(|it| (it.enum_type)()) {
        let name = (definition.schema, definition.name);
        let first = definitions.insert(name, definition);
        if first.is_some_and(|it| it != definition) {
            return Err(LowerError::SameEnum { name: definition.name.to_owned() });
        }
    }
    let prefixed = |it: TableName| TableName { name: format!("{prefix}{}", it.name), ..it };
    for column in schema.tables.values_mut().flat_map(|it| &mut it.columns) {
        if let Some(name) = enum_of_mut(&mut column.sql_type) {
            *name = prefixed(name.clone());
        }
    }
    let enums = definitions.into_values().map(enum_type).map(|of| EnumType {
        name: prefixed(of.name),
        renamed_from: of.renamed_from.map(prefixed),
        ..of
    });
    let enums: Vec<_> = enums.collect();
    *schema = std::mem::take(schema).with_enums(enums);
    check_defaults(schema)
}

/// Refuses defaults that are no value of their type: SQLite would take them.
fn check_defaults(schema: &Schema) -> Result<(), LowerError> {
    for table in schema.tables.values() {
        for column in &table.columns {
            if let crate::schema::SqlType::Enum(name) = &column.sql_type
                && let Some(DefaultValue::Text(value)) = &column.default
                && let Some(of) = schema.enums.get(&**name)
                && !of.values.contains(value)
            {
                return Err(LowerError::NoValue {
                    object: format!("{}.{}", table.name, column.name),
                    value: value.clone(),
                    values: of.values.join("`, `"),
                });
            }
        }
    }
    Ok(())
}
