//! [`SpecError`]: why a spec is refused, and the rules that hold within one spec.

use super::{FeatureDep, FeatureSpec};
use crate::{FeatureKey, FieldKey, JsonError, KeyError};
use std::collections::HashSet;

/// Why a spec was refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SpecError {
    /// The text is no JSON.
    #[error("the spec is no JSON: {0}")]
    Json(#[from] JsonError),
    /// A value is of the wrong kind.
    #[error("`{at}` must be {expected}, but is {found}")]
    Kind {
        /// Where, such as `deps[0].select`.
        at: String,
        /// What belongs there.
        expected: &'static str,
        /// What stands there.
        found: String,
    },
    /// A key of an object is unknown.
    #[error("`{at}` has no `{key}`{hint}", hint = hint(nearest))]
    UnknownKey {
        /// Which object.
        at: String,
        /// The key that was refused.
        key: String,
        /// The known key that is nearest to it.
        nearest: Option<&'static str>,
    },
    /// A key of an object is missing.
    #[error("`{at}` lacks `{key}`")]
    MissingKey {
        /// Which object.
        at: String,
        /// The key that must be there.
        key: &'static str,
    },
    /// The key of a feature or field is malformed.
    #[error("`{at}`: {source}")]
    Key {
        /// Where it stands.
        at: String,
        /// What is wrong with it.
        source: KeyError,
    },
    /// A feature identifies its samples by nothing.
    #[error(
        "feature `{feature}` has no id column: name at least one column that identifies a sample"
    )]
    NoIdColumns {
        /// The feature.
        feature: FeatureKey,
    },
    /// Two fields of a feature have the same key.
    #[error("feature `{feature}` has two fields `{field}`: field keys must be unique in a feature")]
    DuplicateField {
        /// The feature.
        feature: FeatureKey,
        /// The key that repeats.
        field: FieldKey,
    },
    /// `select` names a column that `rename` renames away.
    #[error(
        "feature `{feature}` selects `{column}` of `{upstream}`, which is renamed to `{renamed}`: \
         rename comes first, so select `{renamed}`"
    )]
    SelectBeforeRename {
        /// The feature.
        feature: FeatureKey,
        /// The feature it depends on.
        upstream: FeatureKey,
        /// The column by its old name.
        column: String,
        /// Its new name.
        renamed: String,
    },
    /// A filter is empty.
    #[error(
        "feature `{feature}` filters `{upstream}` by an empty condition: write one, or drop it"
    )]
    EmptyFilter {
        /// The feature.
        feature: FeatureKey,
        /// The feature it depends on.
        upstream: FeatureKey,
    },
}

impl FeatureSpec {
    /// Checks what must hold within one spec. Specs that are read from JSON have been checked; those made in code
    /// are checked when a graph is built of them.
    ///
    /// # Errors
    ///
    /// [`SpecError`] for the first rule that is broken.
    ///
    /// ```
    /// use metaxy_core::{FeatureKey, FeatureSpec, SpecError};
    ///
    /// let spec = FeatureSpec::new(FeatureKey::new("video")?, Vec::<String>::new());
    /// assert!(matches!(spec.validate(), Err(SpecError::NoIdColumns { .. })));
    /// # Ok::<(), metaxy_core::KeyError>(())
    /// ```
    pub fn validate(&self) -> Result<(), SpecError> {
        if self.id_columns.is_empty() {
            return Err(SpecError::NoIdColumns { feature: self.key.clone() });
        }
        let mut seen = HashSet::new();
        if let Some(twice) = self.fields.iter().find(|field| !seen.insert(&field.key)) {
            let (feature, field) = (self.key.clone(), twice.key.clone());
            return Err(SpecError::DuplicateField { feature, field });
        }
        self.deps.iter().try_for_each(|dep| self.validate_dep(dep))
    }

    fn validate_dep(&self, dep: &FeatureDep) -> Result<(), SpecError> {
        let (feature, upstream) = (|| self.key.clone(), || dep.feature.clone());
        if let (Some(select), Some(rename)) = (&dep.select, &dep.rename) {
            // A name that another column is renamed to is there to be selected: two columns may swap their names.
            let taken: HashSet<&String> = rename.values().collect();
            let renamed_away =
                |column: &&String| rename.contains_key(*column) && !taken.contains(column);
            if let Some(column) = select.iter().find(renamed_away) {
                return Err(SpecError::SelectBeforeRename {
                    feature: feature(),
                    upstream: upstream(),
                    column: column.clone(),
                    renamed: rename[column].clone(),
                });
            }
        }
        let mut filters = dep.sql_filters.iter().flatten();
        if filters.any(|filter| filter.trim().is_empty()) {
            return Err(SpecError::EmptyFilter { feature: feature(), upstream: upstream() });
        }
        Ok(())
    }
}

fn hint(nearest: &Option<&str>) -> String {
    nearest.map(|key| format!(": did you mean `{key}`?")).unwrap_or_default()
}
