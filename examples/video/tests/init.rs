//! What `cargo metaxy init` writes makes a graph. In a test of its own, since its features would join those of others.

#[path = "../../../cargo-metaxy/src/init/features.rs"]
mod features;

#[test]
fn the_first_features_make_a_graph() {
    let graph = metaxy::FeatureGraph::current().expect("the features are right");
    let keys: Vec<_> = graph.topological_order().map(metaxy::FeatureKey::as_str).collect();
    assert_eq!(keys, ["raw/file", "raw/facts"]);
}
