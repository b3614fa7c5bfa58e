//! [`nearest`]: what was probably meant.

/// The candidate that `word` is probably a misspelling of: at most a third of it differs.
///
/// ```
/// use metaxy_core::nearest;
///
/// assert_eq!(nearest("datbase", ["connection_string", "database"]), Some("database"));
/// assert_eq!(nearest("colour", ["connection_string", "database"]), None);
/// ```
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| {
            let distance =
                strsim::damerau_levenshtein(&word.to_lowercase(), &candidate.to_lowercase());
            (distance, candidate)
        })
        .filter(|(distance, candidate)| {
            *distance <= word.chars().count().max(candidate.chars().count()).div_ceil(3)
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}
