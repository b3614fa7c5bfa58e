//! Versions of samples: what the rows of feature tables carry.

use crate::{HashLength, hash::sha256};
use std::collections::BTreeMap;

/// The provenance of a sample: the hash of its field versions, in the order of their struct keys, joined by `|`.
///
/// The hash is SHA-256, in lowercase hexadecimal, cut. Source: `metaxy_provenance` of Metaxy for Python 0.1.11.
///
/// ```
/// use metaxy_core::{HashLength, sample::provenance};
/// use std::collections::BTreeMap;
///
/// let versions = BTreeMap::from([("frames".to_owned(), "f1".to_owned()), ("audio".to_owned(), "a1".to_owned())]);
/// assert_eq!(provenance(&versions, HashLength::default()), "95e26459");
/// ```
pub fn provenance(by_field: &BTreeMap<String, String>, length: HashLength) -> String {
    let separators = std::iter::once("").chain(std::iter::repeat("|"));
    let texts = separators.zip(by_field.values()).flat_map(|(separator, it)| [separator, it]);
    sha256(texts, length)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of the root feature as Metaxy for Python stored them on PostgreSQL with SHA-256.
    #[test]
    fn provenance_is_that_of_python() {
        fn check(by_field: &[(&str, &str)], length: usize, expected: &str) {
            let by_field = by_field.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
            let length = HashLength::new(length).expect("is long enough");
            assert_eq!(provenance(&by_field.collect(), length), expected);
        }
        check(&[("audio", "a1"), ("frames", "f1")], 8, "95e26459");
        check(&[("frames", "f2"), ("audio", "a2")], 8, "9f0d7410");
        check(
            &[("audio", "a3"), ("frames", "f3")],
            64,
            "5db9078fb9793c3c99f51cb294a46d12b3fb04a6a2d3aff1550f48766d89c5c9",
        );
    }
}
