//! [`FeatureVersions`]: what hashes of a feature's definition say of it.

mod parents;

use crate::{
    FeatureDefinition, FeatureKey, FieldKey, HashLength, graph::GraphProblem, hash::sha256,
    json::View,
};
use indexmap::IndexMap;
use parents::Fields;

pub(crate) use parents::FieldParent;

/// The versions of a feature, each a SHA-256 in lowercase hexadecimal, cut to the graph's [`HashLength`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeatureVersions {
    /// The version of each field, in the order of the spec: its code, and the versions of the fields it is made from.
    pub field_versions: IndexMap<FieldKey, String>,
    /// The versions of all fields. Rows that were made with another one are stale.
    pub feature_version: String,
    /// The code versions of all fields.
    pub code_version: String,
    /// The whole spec.
    pub spec_version: String,
    /// The spec and the JSON schema of the columns.
    pub definition_version: String,
}

/// The version of a project: its features that are not external, by key, and their definition versions.
/// `empty` where there is none.
pub(crate) fn project_version<'a>(
    features: impl IntoIterator<Item = (&'a FeatureKey, &'a FeatureVersions)>,
    length: HashLength,
) -> String {
    let mut features: Vec<_> = features.into_iter().collect();
    if features.is_empty() {
        return "empty".to_owned();
    }
    features.sort_unstable_by_key(|(key, _)| *key);
    let texts =
        features.iter().flat_map(|(key, versions)| [key.as_str(), &versions.definition_version]);
    sha256(texts, length)
}

/// A feature's versions, and the parents of each of its fields.
pub(crate) type Computed = (FeatureVersions, Vec<Vec<FieldParent>>);

/// The versions of all features, by the indexes of `definitions`.
///
/// `order` is topological, so that each version is computed once, from versions that are there.
pub(crate) fn compute(
    definitions: &IndexMap<FeatureKey, FeatureDefinition>,
    order: &[usize],
    length: HashLength,
    problems: &mut Vec<GraphProblem>,
) -> Vec<Computed> {
    let fields = Fields::new(definitions);
    let parents: Vec<_> = (0..definitions.len()).map(|at| fields.parents(at, problems)).collect();
    let mut field_versions: Vec<Vec<String>> = vec![Vec::new(); definitions.len()];
    for &at in order {
        let definition = &definitions[at];
        let version = |(field, parents): (usize, &Vec<FieldParent>)| {
            let spec = &definition.spec.fields[field];
            if let Some(version) = definition.overridden_version(&spec.key) {
                return version.to_owned();
            }
            let own = [fields.name(at, field), &spec.code_version];
            // A feature in a cycle, which is refused elsewhere, has parents without a version.
            let parents = parents.iter().filter_map(|it| field_versions[it.feature].get(it.field));
            sha256(own.into_iter().chain(parents.map(String::as_str)), length)
        };
        field_versions[at] = parents[at].iter().enumerate().map(version).collect();
    }
    let versions = definitions.values().zip(field_versions);
    let mut text = String::new();
    let versions = versions
        .map(|(definition, fields)| FeatureVersions::of(definition, fields, length, &mut text));
    versions.zip(parents).collect()
}

impl FeatureVersions {
    /// `text` is room to write in, kept from feature to feature.
    fn of(
        definition: &FeatureDefinition,
        field_versions: Vec<String>,
        length: HashLength,
        text: &mut String,
    ) -> Self {
        let spec = &definition.spec;
        let keys = spec.fields.iter().map(|field| field.key.clone());
        let field_versions: IndexMap<FieldKey, String> = keys.zip(field_versions).collect();

        // By text, as Python sorts here, while keys sort by their parts.
        let mut sorted: Vec<_> = spec.fields.iter().collect();
        sorted.sort_unstable_by_key(|field| field.key.as_str());
        let versions = sorted.iter().flat_map(|it| [it.key.as_str(), &field_versions[&it.key]]);
        let codes = sorted.iter().flat_map(|it| [it.key.as_str(), &it.code_version]);

        text.clear();
        View::from(spec).write_hashed(text);
        let spec_version = sha256([text.as_str()], length);
        text.clear();
        View::from(&definition.schema).write_hashed(text);
        Self {
            feature_version: sha256(versions, length),
            code_version: sha256(codes, length),
            definition_version: sha256([&spec_version, text], length),
            spec_version,
            field_versions,
        }
    }
}
