//! How long it takes to write and resolve rows in a file of DuckDB: `cargo xtask bench-duckdb-rows [--install] [ROWS…]`.
//!
//! What `bench-rows` does with the graph `simple`, in tables that migrations of metaxy make, beside Metaxy for Python. Samples are
//! hashed with MD5, which DuckDB has: Python would download its default. DuckDB runs within either program: what it takes is part of
//! the memory of both.

use super::{GRAPHS, Graph, LARGE, Measured, NEW, Program, STALE, WRITE, build, python};
use crate::{Result, duckdb};
use std::{fs, iter, path::Path};

/// How many times faster than Python ours has to be.
const PYTHON_LIMIT: f64 = 2.0;

/// Measures, prints all times, and fails where one is not within its limit.
pub fn run(args: &[String]) -> Result<()> {
    let (install, sizes): (Vec<_>, Vec<_>) = args.iter().partition(|it| *it == "--install");
    let sizes: Vec<usize> = match sizes.is_empty() {
        true => vec![100_000, 1_000_000],
        false => sizes.into_iter().map(|it| it.parse()).collect::<Result<_, _>>()?,
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("xtask is in the workspace")?;
    let work = root.join("target/bench-duckdb-rows");
    let library = duckdb::variables()?;
    let mut ours = build(root, &work, "duckdb", &library)?;
    let library = library.iter().map(|(name, value)| format!("{name}={value}").into());
    ours.command.splice(0..0, iter::once("env".into()).chain(library));
    let python = python(&work, !install.is_empty())?;
    let [graph, ..] = &GRAPHS;
    let mut failures = Vec::new();
    for rows in sizes {
        println!("DuckDB, {}, {rows} samples, md5", graph.name);
        let our = measure(&ours, &ours, &work, graph, rows)?;
        let their = python.as_ref().map(|it| measure(it, &ours, &work, graph, rows)).transpose()?;
        for (at, operation) in [WRITE, NEW, STALE].into_iter().enumerate() {
            let mut line = format!("  {operation:<13} ours {}", our[at]);
            if let Some(their) = their.as_ref().map(|it| &it[at]) {
                let ratio = their.seconds / our[at].seconds;
                line += &format!(", Python {their} ({ratio:.1} times)");
                if ratio < PYTHON_LIMIT && rows >= LARGE {
                    failures.push(format!("{operation} of {rows}: {ratio:.1} times faster"));
                }
            }
            println!("{line}");
        }
    }
    match failures.is_empty() {
        true => Ok(()),
        false => Err(format!("wanted {PYTHON_LIMIT} times:\n  {}", failures.join("\n  ")).into()),
    }
}

/// What a program takes for all operations, in a new file.
fn measure(
    program: &Program,
    ours: &Program,
    work: &Path,
    graph: &Graph,
    rows: usize,
) -> Result<Vec<Measured>> {
    let file = work.join(format!("{}.duckdb", program.name));
    if file.exists() {
        fs::remove_file(&file)?;
    }
    let url = format!("duckdb:{}", file.display());
    ours.run([&url, "md5", &graph.duckdb_tables(), "sql"], 0, 0)?;
    let specs = graph.specs();
    let run = |operation, expected| program.run([&url, "md5", &specs, operation], rows, expected);
    let write = run("write", rows * graph.roots.len())?;
    let new = run("resolve", rows)?;
    run("make", rows)?;
    let changed = rows.div_ceil(10);
    run("change", changed)?;
    let stale = run("resolve", changed)?;
    fs::remove_file(file)?;
    Ok(vec![write, new, stale])
}

impl Graph {
    /// The tables, as migrations make them.
    fn duckdb_tables(&self) -> String {
        let tables = self.roots.iter().map(|(it, _)| *it).chain(["leaf"]).map(|table| {
            format!(
                "CREATE TABLE {table} (sample_id VARCHAR NOT NULL, metaxy_provenance VARCHAR NOT NULL,
                 metaxy_provenance_by_field MAP(VARCHAR, VARCHAR) NOT NULL, metaxy_feature_version VARCHAR NOT NULL,
                 metaxy_project_version VARCHAR NOT NULL, metaxy_data_version VARCHAR NOT NULL,
                 metaxy_data_version_by_field MAP(VARCHAR, VARCHAR) NOT NULL, metaxy_created_at TIMESTAMPTZ NOT NULL,
                 metaxy_updated_at TIMESTAMPTZ NOT NULL, metaxy_deleted_at TIMESTAMPTZ, metaxy_materialization_id VARCHAR,
                 PRIMARY KEY (metaxy_feature_version, sample_id, metaxy_updated_at));\n"
            )
        });
        tables.collect()
    }
}
