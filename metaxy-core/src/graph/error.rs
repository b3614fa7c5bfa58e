//! [`GraphError`]: why features make no graph.

use crate::{FeatureDefinition, FeatureKey, FieldKey, Location, SpecError};
use std::fmt;

/// Why features make no graph: all problems at once.
#[derive(Debug, Clone, PartialEq)]
pub struct GraphError {
    /// The problems, at least one.
    pub problems: Vec<GraphProblem>,
}

/// A feature in an error: its key, and where it was declared.
#[derive(Debug, Clone, PartialEq)]
pub struct Origin {
    /// The feature's key.
    pub feature: FeatureKey,
    /// The type that declares it.
    pub class_path: Option<String>,
    /// Where it was declared.
    pub location: Option<Location>,
}

/// One problem of the graph.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum GraphProblem {
    /// Two features have the same key.
    #[error("two features have the same key: {origin} and {other}; keys are unique, so rename one")]
    Duplicate {
        /// The feature that was added first.
        origin: Origin,
        /// The other one.
        other: Origin,
    },
    /// A spec breaks a rule.
    #[error("{origin}: {source}")]
    Spec {
        /// The feature.
        origin: Origin,
        /// The rule.
        source: SpecError,
    },
    /// A feature belongs to no project.
    #[error("{origin} belongs to no project: name one")]
    NoProject {
        /// The feature.
        origin: Origin,
    },
    /// A project's name is malformed.
    #[error("{origin}: {source}")]
    ProjectName {
        /// The feature.
        origin: Origin,
        /// What is wrong with the name of its project.
        source: super::ProjectNameError,
    },
    /// A snapshot of external features cannot be read.
    #[error("the external features at {location} cannot be read: {reason}")]
    External {
        /// Where the snapshot is named.
        location: Location,
        /// What is wrong with it.
        reason: String,
    },
    /// A dependency is not in the graph.
    #[error(
        "{origin} depends on `{dependency}`, which is not in the graph: link the crate that declares it, have \
         `metaxy lock` take it from the store, name its snapshot with `metaxy::external_features!`, or mend the key"
    )]
    MissingDependency {
        /// The feature.
        origin: Origin,
        /// The feature it depends on.
        dependency: FeatureKey,
    },
    /// Features depend on each other in a cycle.
    #[error(
        "features depend on each other in a cycle: {}; drop one of these dependencies",
        cycle(path)
    )]
    Cycle {
        /// The features, each depending on the next one, and the last on the first.
        path: Vec<Origin>,
    },
    /// A field depends on a feature that its own feature does not depend on.
    #[error(
        "field `{field}` of {origin} depends on fields of `{upstream}`, which is no dependency of the feature: add \
         it to `deps`"
    )]
    FieldDepOnStranger {
        /// The feature.
        origin: Origin,
        /// Its field.
        field: FieldKey,
        /// The feature that the field depends on.
        upstream: FeatureKey,
    },
    /// A field depends on a field that does not exist.
    #[error(
        "field `{field}` of {origin} depends on field `{upstream_field}` of {upstream}, which has no such field"
    )]
    UnknownField {
        /// The feature.
        origin: Origin,
        /// Its field.
        field: FieldKey,
        /// The feature that the field depends on.
        upstream: Origin,
        /// The field that feature lacks.
        upstream_field: FieldKey,
    },
    /// A field has no explicit dependency, and the fields mappings find none.
    #[error(
        "no upstream field is found for field `{field}` of {origin}: give the field explicit dependencies, or one of \
         the feature's dependencies a fields mapping that finds some"
    )]
    NoUpstreamField {
        /// The feature.
        origin: Origin,
        /// Its field.
        field: FieldKey,
    },
    /// A column is renamed to the name of a system column.
    #[error(
        "{origin} renames `{column}` of `{upstream}` to `{renamed}`, which is a system column: choose another name"
    )]
    RenameToSystemColumn {
        /// The feature.
        origin: Origin,
        /// The feature it depends on.
        upstream: FeatureKey,
        /// The column.
        column: String,
        /// Its new name.
        renamed: String,
    },
    /// A column is renamed to an id column of its feature.
    #[error(
        "{origin} renames `{column}` of `{upstream}` to `{renamed}`, which is an id column there: choose another name"
    )]
    RenameToIdColumn {
        /// The feature.
        origin: Origin,
        /// The feature it depends on.
        upstream: FeatureKey,
        /// The column.
        column: String,
        /// Its new name.
        renamed: String,
    },
    /// Two columns of a dependency are renamed to the same name.
    #[error(
        "{origin} renames two columns of `{upstream}` to `{renamed}`: choose another name for one"
    )]
    RenameTwice {
        /// The feature.
        origin: Origin,
        /// The feature it depends on.
        upstream: FeatureKey,
        /// The name that repeats.
        renamed: String,
    },
    /// Two dependencies bring in the same column.
    #[error(
        "{origin} takes column `{column}` from two of its dependencies: only id columns may repeat, so `rename` one, \
         or leave it out of `select`"
    )]
    ColumnCollision {
        /// The feature.
        origin: Origin,
        /// The column.
        column: String,
    },
}

impl Origin {
    /// The origin of a definition.
    pub fn of(definition: &FeatureDefinition) -> Self {
        Self {
            feature: definition.spec.key.clone(),
            class_path: definition.class_path.clone(),
            location: definition.location,
        }
    }
}

impl fmt::Display for Origin {
    /// As `` `video/raw` (src/video.rs:12) ``; without a place the type, where it is known.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "`{}`", self.feature)?;
        match (&self.location, &self.class_path) {
            (Some(location), _) => write!(out, " ({location})"),
            (None, Some(path)) => write!(out, " ({path})"),
            (None, None) => Ok(()),
        }
    }
}

impl fmt::Display for GraphError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [only] = self.problems.as_slice() {
            return only.fmt(out);
        }
        write!(out, "the feature graph has {} problems:", self.problems.len())?;
        self.problems.iter().try_for_each(|problem| write!(out, "\n- {problem}"))
    }
}

impl std::error::Error for GraphError {}

fn cycle(path: &[Origin]) -> String {
    let mut names: Vec<_> = path.iter().map(Origin::to_string).collect();
    names.extend(path.first().map(|first| format!("`{}`", first.feature)));
    names.join(" -> ")
}
