//! [`LockChanges`]: what a lock file brings, against the one before.

use super::{LockFile, LockedFeature};

/// What differs between two lock files, each sorted by key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LockChanges {
    /// The features that are new.
    pub added: Vec<LockChange>,
    /// The features whose definitions changed.
    pub updated: Vec<LockChange>,
    /// The features that are gone.
    pub removed: Vec<LockChange>,
    /// How many features are as they were.
    pub unchanged: usize,
}

/// A feature that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockChange {
    /// Its project.
    pub project: String,
    /// Its key.
    pub key: String,
    /// Its version before, where it was there.
    pub from: Option<String>,
    /// Its version after, where it is there.
    pub to: Option<String>,
}

impl LockFile {
    /// What this lock file changes of an older one.
    pub fn changes_from(&self, old: &Self) -> LockChanges {
        let mut changes = LockChanges::default();
        for (key, new) in &self.features {
            match old.features.get(key) {
                None => changes.added.push(LockChange::of(key, None, Some(new))),
                Some(was) if was.definition_version != new.definition_version => {
                    changes.updated.push(LockChange::of(key, Some(was), Some(new)));
                }
                Some(_) => changes.unchanged += 1,
            }
        }
        let gone = old.features.iter().filter(|(key, _)| !self.features.contains_key(*key));
        changes.removed = gone.map(|(key, was)| LockChange::of(key, Some(was), None)).collect();
        changes
    }
}

impl LockChanges {
    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.updated.is_empty() && self.removed.is_empty()
    }
}

impl LockChange {
    fn of(key: &str, from: Option<&LockedFeature>, to: Option<&LockedFeature>) -> Self {
        let project = to.or(from).map(|it| it.definition.project.clone());
        let version = |it: &LockedFeature| it.version.clone();
        Self {
            project: project.unwrap_or_default(),
            key: key.to_owned(),
            from: from.map(version),
            to: to.map(version),
        }
    }
}
