//! What can be asked for when rows are written, read, resolved and deleted.

use super::{Filter, Row};
use metaxy_core::FeatureKey;
use std::collections::BTreeMap;

/// How an increment is resolved.
///
/// ```
/// use metaxy_diesel::rows::ResolveOptions;
///
/// let options = ResolveOptions {
///     global_filters: vec!["video_id = 'v1'".parse()?],
///     stale_where: vec!["height < 480".parse()?],
///     ..ResolveOptions::default()
/// };
/// # Ok::<(), metaxy_diesel::rows::FilterError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResolveOptions {
    /// Conditions on the rows of single features: of upstream ones, by their own names of columns, and of the resolved one.
    pub filters: BTreeMap<FeatureKey, Vec<Filter>>,
    /// Conditions on the rows of all features, the resolved one and all upstream.
    pub global_filters: Vec<Filter>,
    /// Conditions on the rows of the resolved feature only.
    pub target_filters: Vec<Filter>,
    /// Samples are stale, too, where one of these holds for their current row.
    pub stale_where: Vec<Filter>,
    /// Whether all samples are new: nothing is compared.
    pub skip_comparison: bool,
    /// Whether fallback stores are not asked for what this store has no table of.
    pub this_store_only: bool,
    /// The samples as they should be, in place of what upstream has: needed for a feature without dependencies. They have
    /// `metaxy_provenance_by_field`.
    pub samples: Option<Vec<Row>>,
}

/// Which rows are read. The default is: the latest row of each sample that is not deleted, of the feature's present version.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReadOptions {
    /// Conditions, which see the latest rows only, unless all are asked for.
    pub filters: Vec<Filter>,
    /// Of which version of the feature.
    pub version: Version,
    /// Whether rows that were written over are read, too.
    pub with_sample_history: bool,
    /// Whether deleted samples are read, too.
    pub with_deleted: bool,
    /// Whether fallback stores are not asked where this store has no table of the feature.
    pub this_store_only: bool,
}

/// Rows of which version of a feature are meant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Version {
    /// The present one.
    #[default]
    Present,
    /// Any.
    Any,
    /// This one.
    Of(String),
}

/// How rows are written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WriteOptions {
    /// The run of an orchestrator that writes them.
    pub materialization_id: Option<String>,
}

/// Which rows are deleted, and how.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteOptions {
    /// Conditions that all hold for the rows that are deleted; none: all are.
    pub filters: Vec<Filter>,
    /// Whether rows are removed from the table. Otherwise their samples are marked as deleted.
    pub hard: bool,
    /// Whether rows of other versions of the feature are meant, too.
    pub all_versions: bool,
}
