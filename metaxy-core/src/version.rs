//! [`FeatureVersions`]: what hashes of a feature's definition say of it.

mod parents;

use crate::{
    FeatureDefinition, FeatureKey, FieldKey, FieldSpec, HashLength, hash::sha256,
    json::write_hashed,
};
use indexmap::IndexMap;

pub(crate) use parents::{FieldParent, parents};

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

/// The versions of all features, by the indexes of `definitions`.
///
/// `parents` has what each of their fields is made from; `order` is topological, so that each version is computed once, from
/// versions that are there.
pub(crate) fn compute(
    definitions: &IndexMap<FeatureKey, FeatureDefinition>,
    parents: &[&[Vec<FieldParent>]],
    order: &[usize],
    length: HashLength,
) -> Vec<FeatureVersions> {
    let mut text = String::new();
    // Most of the time goes into memory that is read for the first time: here, one feature after the other.
    let own = |definition| FeatureVersions::own(definition, length, &mut text);
    let mut computed: Vec<FeatureVersions> = definitions.values().map(own).collect();
    for &at in order {
        let definition = &definitions[at];
        let version = |(spec, parents): (&FieldSpec, &Vec<FieldParent>)| {
            if let Some(version) = definition.overridden_version(&spec.key) {
                return version.to_owned();
            }
            let own = [definition.spec.key.as_str(), ".", spec.key.as_str(), &spec.code_version];
            let parents = parents
                .iter()
                .map(|parent| computed[parent.feature].field_versions[parent.field].as_str());
            sha256(own.into_iter().chain(parents), length)
        };
        let versions = definition.spec.fields.iter().zip(parents[at]).map(version).collect();
        computed[at].complete(definition, versions, length);
    }
    computed
}

/// The fields of a feature, sorted by the text of their keys, as Python sorts here, while keys sort by their parts.
fn sorted(fields: &[FieldSpec]) -> Vec<usize> {
    let mut sorted: Vec<usize> = (0..fields.len()).collect();
    sorted.sort_unstable_by_key(|&at| fields[at].key.as_str());
    sorted
}

impl FeatureVersions {
    /// The versions that need no other feature. `text` is room to write in, kept from feature to feature.
    fn own(definition: &FeatureDefinition, length: HashLength, text: &mut String) -> Self {
        let fields = &definition.spec.fields;
        let codes = sorted(fields).into_iter().map(|at| &fields[at]);
        let codes = codes.flat_map(|field| [field.key.as_str(), &field.code_version]);
        let code_version = sha256(codes, length);
        text.clear();
        write_hashed(text, &definition.spec);
        let spec_version = sha256([text.as_str()], length);
        text.clear();
        write_hashed(text, &*definition.schema.json());
        Self {
            field_versions: IndexMap::new(),
            feature_version: String::new(),
            code_version,
            definition_version: sha256([&spec_version, text], length),
            spec_version,
        }
    }

    /// Adds the versions of the fields, and that of the feature which is made of them.
    fn complete(
        &mut self,
        definition: &FeatureDefinition,
        field_versions: Vec<String>,
        length: HashLength,
    ) {
        let fields = &definition.spec.fields;
        let sorted = sorted(fields);
        let versions = sorted.iter().flat_map(|&at| [fields[at].key.as_str(), &field_versions[at]]);
        self.feature_version = sha256(versions, length);
        self.field_versions =
            fields.iter().map(|field| field.key.clone()).zip(field_versions).collect();
    }
}
