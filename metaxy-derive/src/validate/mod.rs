//! What must be true of a feature before it is expanded: one function per rule, and every rule runs.

mod column;
mod foreign_key;
mod index;
mod spec;
mod table;

pub use table::COLUMN_LIMIT;

use crate::errors::Errors;
use crate::model::Feature;
use crate::parse::Name;
use std::collections::HashSet;

/// Adds an error for everything in which a feature breaks it.
type Rule = fn(&Feature, &mut Errors);

/// Adds an error for everything in which the feature breaks a rule.
pub fn check(feature: &Feature, errors: &mut Errors) {
    let rules = [spec::RULES, table::RULES, column::RULES, foreign_key::RULES, index::RULES];
    for rule in rules.into_iter().flatten() {
        rule(feature, errors);
    }
}

fn list(names: impl Iterator<Item = impl std::fmt::Display>) -> String {
    names.map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ")
}

/// Calls `report` for every name that was there before.
fn repeated<'a>(names: impl IntoIterator<Item = &'a Name>, mut report: impl FnMut(&Name)) {
    let mut seen = HashSet::new();
    for name in names {
        if !seen.insert(&name.text) {
            report(name);
        }
    }
}
