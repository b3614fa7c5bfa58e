//! The projects of a graph.

use super::FeatureGraph;
use crate::{FeatureDefinition, FeatureVersions, version};
use std::collections::BTreeSet;

/// Why a graph has no one project.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProjectError {
    /// There is no feature, or only external ones.
    #[error("the graph has no feature of its own")]
    None,
    /// There are several.
    #[error("the graph has features of several projects ({}): name one", _0.join(", "))]
    Several(Vec<String>),
}

/// Why the name of a project was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProjectNameError {
    /// It is empty.
    #[error("the name of a project cannot be empty")]
    Empty,
    /// It holds `__`, which joins the parts of table names.
    #[error("project name `{0}` holds `__`, which joins parts in table names: use `_` or `-`")]
    DoubleUnderscore(String),
    /// It has a character that names refuse.
    #[error("project name `{0}` must hold only letters of ASCII, digits, `_` and `-`")]
    Character(String),
}

/// Checks the name of a project: `[a-zA-Z0-9_-]+` without `__`.
///
/// ```
/// use metaxy_core::graph::check_project_name;
///
/// assert!(check_project_name("my-project").is_ok());
/// assert!(check_project_name("my/project").is_err());
/// ```
///
/// # Errors
///
/// [`ProjectNameError`] for the first rule that is broken.
pub fn check_project_name(name: &str) -> Result<(), ProjectNameError> {
    if name.is_empty() {
        return Err(ProjectNameError::Empty);
    }
    if name.contains("__") {
        return Err(ProjectNameError::DoubleUnderscore(name.to_owned()));
    }
    let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    match name.bytes().all(known) {
        true => Ok(()),
        false => Err(ProjectNameError::Character(name.to_owned())),
    }
}

impl FeatureGraph {
    /// The projects that own features here, sorted. The projects of external features are not among them.
    pub fn projects(&self) -> BTreeSet<&str> {
        self.own().map(|definition| definition.project.as_str()).collect()
    }

    /// The one project of the graph.
    ///
    /// # Errors
    ///
    /// [`ProjectError`] where there is none, or more than one.
    pub fn project(&self) -> Result<&str, ProjectError> {
        let projects: Vec<&str> = self.projects().into_iter().collect();
        match projects.as_slice() {
            [] => Err(ProjectError::None),
            [project] => Ok(project),
            _ => Err(ProjectError::Several(projects.into_iter().map(str::to_owned).collect())),
        }
    }

    /// The features of a project, without external ones, in the order they were added.
    pub fn features_of(&self, project: &str) -> impl Iterator<Item = &FeatureDefinition> {
        self.own().filter(move |definition| definition.project == project)
    }

    /// The version of a project: what all its features are, whatever other projects do. `empty` where it has none.
    pub fn project_version(&self, project: &str) -> String {
        let features = self.versions_of(project);
        let features = features.map(|(definition, versions)| (&definition.spec.key, versions));
        version::project_version(features, self.hash_length)
    }

    /// The features of a project, with their versions.
    pub(super) fn versions_of(
        &self,
        project: &str,
    ) -> impl Iterator<Item = (&FeatureDefinition, &FeatureVersions)> {
        let features = self.definitions().zip(self.all_versions());
        features.filter(move |(it, _)| !it.external && it.project == project)
    }

    fn own(&self) -> impl Iterator<Item = &FeatureDefinition> {
        self.definitions().filter(|definition| !definition.external)
    }
}
