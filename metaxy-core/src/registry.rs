//! The features that are linked into the program.

use crate::{FeatureDefinition, Location};

/// One linked feature; the derive submits it.
pub struct Registration {
    /// The feature's key.
    pub key: &'static str,
    /// Makes the definition.
    pub definition: fn() -> FeatureDefinition,
    /// Where the struct stands.
    pub location: Location,
}

inventory::collect!(Registration);

/// The definitions of all linked features, sorted by key and place: the linker's order is unspecified.
pub fn linked_definitions() -> Vec<FeatureDefinition> {
    let mut registrations: Vec<_> = inventory::iter::<Registration>.into_iter().collect();
    registrations.sort_by_key(|it| (it.key, it.location.file, it.location.line));
    registrations
        .into_iter()
        .map(|it| FeatureDefinition { location: Some(it.location), ..(it.definition)() })
        .collect()
}

/// Features that are defined elsewhere; `metaxy::external_features!` submits them.
pub struct ExternalRegistration {
    /// Their snapshot, as JSON.
    pub snapshot: &'static str,
    /// Where it is named.
    pub location: Location,
}

inventory::collect!(ExternalRegistration);

/// All linked snapshots of external features, sorted by place.
pub fn linked_externals() -> Vec<&'static ExternalRegistration> {
    let mut externals: Vec<_> = inventory::iter::<ExternalRegistration>.into_iter().collect();
    externals.sort_by_key(|it| (it.location.file, it.location.line));
    externals
}
