//! The hash functions, on the texts of `data/hashes.json`.

use metaxy_diesel::rows::HashAlgorithm;
use std::collections::BTreeMap;

#[test]
fn hashes_are_those_of_python() {
    let mut cases: BTreeMap<String, Vec<String>> =
        serde_json::from_str(include_str!("../data/hashes.json")).expect("the cases are JSON");
    let texts = cases.remove("input").expect("the texts are there");
    assert_eq!(cases.len(), HashAlgorithm::ALL.len());
    for (name, expected) in cases {
        let algorithm: HashAlgorithm = name.parse().expect("the algorithm is known");
        let found: Vec<_> = texts.iter().map(|text| algorithm.digest(text)).collect();
        assert_eq!(found, expected, "{name}");
    }
}
