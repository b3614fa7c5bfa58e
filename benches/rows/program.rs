//! The program that is measured: one operation a run, so that its peak of memory is that of the operation.

use metaxy::{
    Backend, FeatureDefinition, FeatureGraph, FeatureKey, FeatureSpec, Json, Store,
    backend::{Open, connect},
    rows::{OpenStore, ResolveOptions, Row, RowSet, RowsError, Value, WriteOptions},
};
use std::{env, error::Error, fs, time::Instant};

/// `URL HASH SPECS OPERATION ROWS`, where the specs are a JSON array, roots first; the operation `sql` runs them as a script.
fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let [url, hash, specs, operation, rows] = args[..] else { return Err("five arguments".into()) };
    let rows: usize = rows.parse()?;
    let backend = if url.starts_with("duckdb:") { Backend::DuckDb } else { Backend::Postgres };
    if operation == "sql" {
        connect(backend, &url.into(), Open::Create)?.run_script(specs)?;
        println!("0 0 0");
        return Ok(());
    }
    let graph = graph(specs)?;
    let store = Store {
        hash_algorithm: Some(hash.to_owned()),
        ..Store::new("bench", backend, url)
    };
    let store: &mut OpenStore = &mut store.open(&graph)?;
    let start = Instant::now();
    let count = match operation {
        "write" => {
            let roots = graph.topological_order().filter(|it| it.as_str() != "leaf");
            roots.map(|it| write(store, &graph, it, 0..rows, "")).sum::<Result<usize, _>>()?
        }
        // A tenth of the samples of one root.
        "change" => {
            let root = FeatureKey::new("root1")?;
            write(store, &graph, &root, (0..rows).step_by(10), "x")?
        }
        "resolve" => {
            let increment = resolve(store)?;
            let sets = [&increment.new, &increment.stale, &increment.orphaned];
            sets.iter().map(|it| stream(it, store)).sum::<Result<usize, _>>()?
        }
        "make" => {
            let increment = resolve(store)?;
            let mut made = 0;
            for set in [&increment.new, &increment.stale] {
                set.each_batch_of_rows(store, 1_000, |store, rows| {
                    made += store.write_rows(&leaf(), rows, &WriteOptions::default())?;
                    Ok::<_, RowsError>(())
                })?;
            }
            made
        }
        other => return Err(format!("no operation `{other}`").into()),
    };
    let seconds = start.elapsed().as_secs_f64();
    let status = fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|it| it.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse()?;
    println!("{count} {seconds} {peak}");
    Ok(())
}

fn graph(specs: &str) -> Result<FeatureGraph, Box<dyn Error>> {
    let specs = Json::parse(specs)?;
    let specs = specs.as_array().ok_or("the specs are no array")?;
    let definitions: Result<Vec<_>, _> = specs
        .iter()
        .map(|spec| {
            Ok::<_, Box<dyn Error>>(FeatureDefinition {
                spec: FeatureSpec::try_from(spec)?,
                schema: Json::from([("type", Json::from("object"))]).into(),
                class_path: None,
                project: "bench".to_owned(),
                external: false,
                provenance_by_field: None,
                location: None,
            })
        })
        .collect();
    Ok(FeatureGraph::new(definitions?, Default::default())?)
}

fn leaf() -> FeatureKey {
    FeatureKey::new("leaf").expect("it is a key")
}

fn write(
    store: &mut OpenStore,
    graph: &FeatureGraph,
    feature: &FeatureKey,
    ids: impl Iterator<Item = usize>,
    version: &str,
) -> Result<usize, RowsError> {
    let fields = graph.get(feature).map(|it| it.spec.fields.as_slice()).unwrap_or_default();
    let fields: Vec<String> = fields.iter().map(|it| it.key.struct_key()).collect();
    let rows = ids.map(|id| {
        let versions = fields.iter().map(|it| (it.clone(), format!("{it}-{id}{version}").into()));
        let versions: serde_json::Map<String, serde_json::Value> = versions.collect();
        Row::from([
            ("sample_id", Value::from(format!("sample-{id:08}"))),
            ("metaxy_provenance_by_field", serde_json::Value::from(versions).into()),
        ])
    });
    store.write_rows(feature, rows, &WriteOptions::default())
}

fn resolve(store: &mut OpenStore) -> Result<metaxy::rows::Increment, RowsError> {
    store.resolve_rows(&leaf(), ResolveOptions::default())
}

fn stream(set: &RowSet, store: &mut OpenStore) -> Result<usize, RowsError> {
    set.stream_rows(store)?.try_fold(0, |count, row| row.map(|_| count + 1))
}
