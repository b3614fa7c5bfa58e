//! [`EnumType`]: texts of a list.

use super::TableName;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A type whose values are texts of a list. How a database keeps it, [`Enums`](crate::dialect::Enums) says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnumType {
    /// Its name.
    #[serde(flatten)]
    pub name: TableName,
    /// Its former name: what a rename starts from. Without effect once applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<TableName>,
    /// Its values, in their order.
    pub values: Vec<String>,
    /// Values that were called otherwise, with their former names. Without effect once applied.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub renamed_values: BTreeMap<String, String>,
}

impl EnumType {
    /// A type of these values.
    pub fn new(name: TableName, values: Vec<String>) -> Self {
        Self { name, renamed_from: None, values, renamed_values: BTreeMap::new() }
    }

    /// Whether another has all of its values, in their order, and may be more.
    pub(crate) fn is_extended_by(&self, other: &Self) -> bool {
        let mut values = other.values.iter();
        self.values.iter().all(|value| values.any(|it| it == value))
    }

    /// The values that several others say they were, which are not yet in `current`: former name, new names.
    pub(crate) fn ambiguous_renames(&self, current: &[String]) -> Vec<(&String, Vec<&String>)> {
        let is_open = |new: &String| !current.contains(new);
        let is_given_up = |name: &String| {
            self.renamed_values.iter().any(|(new, old)| old == name && is_open(new))
        };
        let mut by_former: BTreeMap<&String, Vec<&String>> = BTreeMap::new();
        for (new, old) in &self.renamed_values {
            if current.contains(old) && (is_open(new) || is_given_up(new)) {
                by_former.entry(old).or_default().push(new);
            }
        }
        by_former.into_iter().filter(|(_, new)| new.len() > 1).collect()
    }

    /// The values that were renamed and are not yet in `current`: former name, new name. Each comes after the one that gives
    /// up its new name.
    pub(crate) fn open_renames(&self, current: &[String]) -> Vec<(String, String)> {
        let mut open: Vec<(String, String)> = Vec::new();
        loop {
            let is_gone = |value: &String| open.iter().any(|(old, _)| old == value);
            let is_there = |value: &String| current.contains(value) && !is_gone(value);
            let mut hints = self.renamed_values.iter();
            match hints.find(|(new, old)| is_there(old) && !is_there(new)) {
                Some((new, old)) => open.push((old.clone(), new.clone())),
                None => return open,
            }
        }
    }
}

/// Values with these renames (former name, new name) done.
pub(crate) fn rename_values(values: &[String], renames: &[(String, String)]) -> Vec<String> {
    let renamed = values.iter().map(|value| {
        let new = renames.iter().find(|(old, _)| old == value);
        new.map_or(value, |(_, new)| new).clone()
    });
    renamed.collect()
}
