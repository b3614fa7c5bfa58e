//! How long a graph and all its versions take: `cargo bench -p metaxy-core`.
//!
//! The claim is under 20 ms for 1,000 features, under 300 ms for 10,000, and linear growth whatever the shape.

use metaxy_core::{
    FeatureDefinition, FeatureDep, FeatureGraph, FeatureKey, FeatureSpec, FieldKey, FieldSpec,
    HashLength, Json,
};
use std::{
    hint::black_box,
    time::{Duration, Instant},
};

const SIZES: [usize; 2] = [1_000, 10_000];
const RUNS: usize = 11;
const FIELDS: [&str; 4] = ["default", "audio/french", "frames", "embedding"];
const COLUMNS: usize = 15;

/// The features that the feature at an index depends on.
type Shape = fn(usize) -> Vec<usize>;

fn main() {
    println!("{:<8} {:>12} {:>12} {:>7}", "shape", "1,000", "10,000", "growth");
    let shapes: [(&str, Shape); 3] = [
        ("chain", |at| at.checked_sub(1).into_iter().collect()),
        ("wide", |at| if at == 0 { vec![] } else { vec![0] }),
        ("layered", layered),
    ];
    for (name, upstream) in shapes {
        let [small, large] = SIZES.map(|size| median(size, upstream));
        let growth = large.as_secs_f64() / small.as_secs_f64();
        println!("{name:<8} {:>9.2} ms {:>9.2} ms {growth:>6.1}x", ms(small), ms(large));
    }
}

/// Layers of 100 features, each depending on three of the layer before.
fn layered(at: usize) -> Vec<usize> {
    let Some(before) = (at / 100).checked_sub(1) else { return vec![] };
    [0, 7, 31].map(|offset| before * 100 + (at + offset) % 100).to_vec()
}

fn median(size: usize, upstream: Shape) -> Duration {
    let definitions: Vec<_> = (0..size).map(|at| definition(at, upstream(at))).collect();
    let mut times: Vec<_> = (0..RUNS)
        .map(|_| {
            let definitions = definitions.clone();
            let start = Instant::now();
            let graph = FeatureGraph::new(definitions, HashLength::default());
            let graph = graph.expect("the features make a graph");
            // The versions of all are computed with those of one.
            black_box(graph.versions(&key(0)));
            let time = start.elapsed();
            black_box(graph);
            time
        })
        .collect();
    times.sort();
    times[RUNS / 2]
}

fn key(at: usize) -> FeatureKey {
    FeatureKey::new(format!("layer-{}/feature_{at}", at % 10)).expect("well formed")
}

fn definition(at: usize, upstream: Vec<usize>) -> FeatureDefinition {
    let field = |name| FieldSpec::new(FieldKey::new(name).expect("well formed"));
    let mut spec = FeatureSpec::new(key(at), ["sample_id"]);
    spec.fields = FIELDS.map(field).to_vec();
    spec.deps = upstream.into_iter().map(|it| FeatureDep::new(key(it))).collect();
    let column = |at: usize| {
        let title = format!("Column {at}");
        let schema = [("title", Json::from(title)), ("type", Json::from("string"))];
        (format!("column_{at}"), Json::from(schema))
    };
    FeatureDefinition {
        spec,
        schema: Json::from([("properties", (0..COLUMNS).map(column).collect())]).into(),
        class_path: Some(format!("features::Feature{at}")),
        project: "bench".to_owned(),
        external: false,
        provenance_by_field: None,
        location: None,
    }
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
