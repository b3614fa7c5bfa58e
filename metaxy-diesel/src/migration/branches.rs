//! Branches: migrations that were written after the same one.

use super::Migration;
use std::collections::BTreeMap;

/// Migrations that were written after the same one, by the name of that; `None`: as the first of all. Empty where each
/// follows another.
fn heads(migrations: &[Migration]) -> Vec<(Option<&str>, Vec<&Migration>)> {
    let mut by_parent: BTreeMap<Option<&str>, Vec<&Migration>> = BTreeMap::new();
    for migration in migrations {
        if let Some(origin) = &migration.metadata.metaxy {
            by_parent.entry(origin.follows.as_deref()).or_default().push(migration);
        }
    }
    by_parent.into_iter().filter(|(_, heads)| heads.len() > 1).collect()
}

/// Branches in words.
pub(super) fn words(migrations: &[Migration]) -> Vec<String> {
    let words = |(parent, heads): (Option<&str>, Vec<&Migration>)| {
        let names: Vec<_> = heads.iter().map(|it| format!("`{}`", it.name)).collect();
        let (names, all) = (names.join(" and "), if heads.len() == 2 { "both" } else { "all" });
        match parent {
            Some(parent) => format!("{names} {all} follow `{parent}`"),
            None => format!("{names} {all} come first"),
        }
    };
    heads(migrations).into_iter().map(words).collect()
}
