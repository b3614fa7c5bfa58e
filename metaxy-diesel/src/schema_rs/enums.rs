//! Enumerated types, as Diesel's CLI declares them.

use super::rust_name;
use crate::{
    dialect::{Dialect, Enums},
    enums::enum_of,
    schema::{Column, SqlType, TableName},
};
use std::collections::BTreeMap;

/// The types of a file, by their Rust names, with what Diesel is told of them.
pub(super) type Declared = BTreeMap<String, String>;

/// The Rust name of a column's type, where it is one that the file declares; it is added to these.
pub(super) fn declare(
    table: &TableName,
    column: &Column,
    dialect: &Dialect,
    declared: &mut Declared,
) -> Option<String> {
    // Diesel has a type for them where texts stand for the values.
    let is_unnamed = || (dialect.diesel_type)(&column.sql_type).is_err();
    let (name, attribute) = match (dialect.enums, enum_of(&column.sql_type), &column.sql_type) {
        (Enums::Named, Some(of), _) => {
            let words: Vec<&str> = of.schema.iter().chain([&of.name]).map(String::as_str).collect();
            let schema =
                of.schema.as_ref().map_or_else(String::new, |it| format!(", schema = {it:?}"));
            (camel(&words), format!("postgres_type(name = {:?}{schema})", of.name))
        }
        (Enums::Inline, _, SqlType::Values(_)) if is_unnamed() => {
            (camel(&[&table.name, &column.name, "enum"]), "mysql_type(name = \"Enum\")".to_owned())
        }
        _ => return None,
    };
    declared.insert(name.clone(), attribute);
    Some(name)
}

/// The module that declares them; nothing where there are none.
pub(super) fn module(declared: &Declared) -> String {
    if declared.is_empty() {
        return String::new();
    }
    let structs = declared.iter().map(|(name, attribute)| {
        format!(
            "    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]\n    \
             #[diesel({attribute})]\n    pub struct {name};\n"
        )
    });
    let structs: Vec<_> = structs.collect();
    format!("\npub mod sql_types {{\n{}}}\n", structs.join("\n"))
}

/// `ClipMoodEnum` of `clip`, `mood` and `enum`.
fn camel(words: &[&str]) -> String {
    let mut name = String::new();
    for word in words {
        let mut begins = true;
        for char in rust_name(word).chars() {
            match char {
                '_' => {}
                _ if begins => name.extend(char.to_uppercase()),
                _ => name.push(char),
            }
            begins = char == '_';
        }
    }
    name
}
