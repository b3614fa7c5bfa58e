//! How long it takes to write and resolve rows on PostgreSQL: `cargo xtask bench-rows [--install] [ROWS…]`.
//!
//! On the graphs of Metaxy's paper, `simple` (a root of two fields, a leaf of one) and `wide` (two roots of four fields, a leaf of
//! two), with 10,000, 100,000 and 1,000,000 samples, or as many as are named: all roots are written, what is new of the leaf is
//! resolved (all) and written, a tenth of one root is changed, and what is stale is resolved. Beside it, in the same
//! run and on the same server: Metaxy for Python, which `--install` puts under `target/` where the tests have not yet, and psql, which
//! copies the same rows from a file and runs the bare SQL of all three sets, as both programs do. Of each, the time without that of starting, and of ours and Python's the
//! peak of memory.
//!
//! Samples are hashed with SHA-256, which the bare SQL can compute, then once with xxHash32, which is PostgreSQL's default here and
//! in Python, and is computed in the client.

mod bare;
pub mod duckdb;
mod measure;

use crate::{Result, servers::Servers};
use measure::{Measured, Program};
use std::{env, fs, path::Path, process::Command};

/// How many times faster than Python ours has to be.
const PYTHON_LIMIT: f64 = 5.0;
/// How many times the time of the bare SQL ours may take.
const BARE_LIMIT: f64 = 1.3;
/// How much memory ours may take, in MB.
const MEMORY_LIMIT: f64 = 100.0;
/// How many times the time of a tenth of the rows ours may take.
const GROWTH_LIMIT: f64 = 12.0;
/// Fewer rows than this are over before what is fixed is paid for.
const LARGE: usize = 100_000;

/// Features, and the bare SQL of their leaf.
pub struct Graph {
    name: &'static str,
    /// The fields of each root.
    roots: &'static [(&'static str, &'static [&'static str])],
    /// The fields of the leaf; each is made from all fields of all roots.
    leaf: &'static [&'static str],
}

const GRAPHS: [Graph; 2] = [
    Graph { name: "simple", roots: &[("root1", &["audio", "frames"])], leaf: &["text"] },
    Graph {
        name: "wide",
        roots: &[("root1", &["a", "b", "c", "d"]), ("root2", &["e", "f", "g", "h"])],
        leaf: &["one", "two"],
    },
];

const WRITE: &str = "write";
const NEW: &str = "resolve new";
const STALE: &str = "resolve stale";

/// Measures, prints all times, and fails where one is not within its limit.
pub fn run(args: &[String]) -> Result<()> {
    let (install, sizes): (Vec<_>, Vec<_>) = args.iter().partition(|it| *it == "--install");
    let sizes: Vec<usize> = match sizes.is_empty() {
        true => vec![10_000, 100_000, 1_000_000],
        false => sizes.into_iter().map(|it| it.parse()).collect::<Result<_, _>>()?,
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("xtask is in the workspace")?;
    let work = root.join("target/bench-rows");
    let programs =
        [Some(build(root, &work, "postgres-bundled", &[])?), python(&work, !install.is_empty())?];
    let servers = match env::var_os("METAXY_TEST_POSTGRES_URL") {
        Some(_) => None,
        None => Some(Servers::start()?),
    };
    let url = crate::schema::server("METAXY_TEST_POSTGRES_URL", servers.as_ref())?;
    let mut failures = Vec::new();
    for graph in &GRAPHS {
        let mut before: Option<(usize, Vec<Measured>)> = None;
        for &rows in &sizes {
            for hash in ["sha256", "xxhash32"] {
                let title = format!("{}, {rows} samples, {hash}", graph.name);
                println!("{title}");
                let bare = match hash {
                    "sha256" => bare::measure(&url, &work, graph, rows)?,
                    _ => Vec::new(),
                };
                let mut all =
                    programs.iter().flatten().map(|it| measure(it, &url, graph, hash, rows));
                let ours = all.next().ok_or("ours is first")??;
                let python = all.next().transpose()?.unwrap_or_default();
                failures.extend(print(&title, rows, &ours, &python, &bare));
                if hash == "sha256" {
                    failures.extend(before.iter().flat_map(|it| growth(&title, it, rows, &ours)));
                    before = Some((rows, ours));
                }
            }
        }
    }
    match failures.is_empty() {
        true => Ok(()),
        false => Err(format!("not within limits:\n  {}", failures.join("\n  ")).into()),
    }
}

/// What a program takes for all operations, in a database of its own.
fn measure(
    program: &Program,
    url: &str,
    graph: &Graph,
    hash: &str,
    rows: usize,
) -> Result<Vec<Measured>> {
    let url = bare::fresh_database(url, &format!("bench_rows_{}", program.name), graph)?;
    let specs = graph.specs();
    let run = |operation, expected| program.run([&url, hash, &specs, operation], rows, expected);
    let analyze = || bare::psql(&url, &["ANALYZE"]);
    let write = run("write", rows * graph.roots.len())?;
    analyze()?;
    let new = run("resolve", rows)?;
    run("make", rows)?;
    let changed = rows.div_ceil(10);
    run("change", changed)?;
    analyze()?;
    let stale = run("resolve", changed)?;
    Ok(vec![write, new, stale])
}

/// Prints the times of one size, and returns what is over its limit.
fn print(
    title: &str,
    rows: usize,
    ours: &[Measured],
    python: &[Measured],
    bare: &[f64],
) -> Vec<String> {
    let mut failures = Vec::new();
    for (at, operation) in [WRITE, NEW, STALE].into_iter().enumerate() {
        let our = &ours[at];
        let mut line = format!("  {operation:<13} ours {our}");
        let mut compare = |name: &str, ratio: f64, limit: f64, is_within: bool| {
            if !is_within && rows >= LARGE {
                failures
                    .push(format!("{title}, {operation}: {ratio:.2} times {name}, wanted {limit}"));
            }
        };
        if let Some(python) = python.get(at) {
            let ratio = python.seconds / our.seconds;
            line += &format!(", Python {python} ({ratio:.1} times)");
            compare("faster than Python", ratio, PYTHON_LIMIT, ratio >= PYTHON_LIMIT);
        }
        if let Some(bare) = bare.get(at) {
            let ratio = our.seconds / bare;
            line += &format!(", psql {bare:.2} s (ours {ratio:.2} times that)");
            compare("the time of psql", ratio, BARE_LIMIT, ratio <= BARE_LIMIT);
        }
        compare("MB of memory", our.megabytes, MEMORY_LIMIT, our.megabytes <= MEMORY_LIMIT);
        println!("{line}");
    }
    failures
}

/// What grows faster than it may.
fn growth(
    title: &str,
    (fewer, before): &(usize, Vec<Measured>),
    rows: usize,
    now: &[Measured],
) -> Vec<String> {
    if *fewer < LARGE {
        return Vec::new();
    }
    let limit = GROWTH_LIMIT / 10.0 * rows as f64 / *fewer as f64;
    let ratios = before.iter().zip(now).map(|(before, now)| now.seconds / before.seconds);
    let slow = [WRITE, NEW, STALE].into_iter().zip(ratios).filter(|(_, ratio)| *ratio > limit);
    slow.map(|(it, ratio)| format!("{title}, {it}: {ratio:.1} times that of {fewer}")).collect()
}

impl Graph {
    /// The specs of the features, as JSON for both programs.
    fn specs(&self) -> String {
        let fields = |fields: &[&str]| {
            let fields = fields.iter().map(|it| format!(r#"{{"key": "{it}"}}"#));
            fields.collect::<Vec<_>>().join(", ")
        };
        let spec = |key: &str, own: &[&str], deps: &str| {
            let own = fields(own);
            format!(r#"{{"key": "{key}", "id_columns": ["sample_id"], "fields": [{own}]{deps}}}"#)
        };
        let names: Vec<String> = self.roots.iter().map(|(it, _)| format!(r#""{it}""#)).collect();
        let deps = format!(r#", "deps": [{}]"#, names.join(", "));
        let roots = self.roots.iter().map(|(key, fields)| spec(key, fields, ""));
        let all: Vec<String> = roots.chain([spec("leaf", self.leaf, &deps)]).collect();
        format!("[{}]", all.join(", "))
    }
}

/// Builds ours, in release, with a feature of metaxy and what that is linked with.
fn build(
    root: &Path,
    work: &Path,
    feature: &str,
    library: &[(&'static str, String)],
) -> Result<Program> {
    let package = work.join("program");
    fs::create_dir_all(package.join("src"))?;
    let manifest = format!(
        "[package]\nname = \"bench\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n\
         metaxy = {{ path = {root:?}, default-features = false, features = [{feature:?}] }}\nserde_json = \"1\"\n"
    );
    fs::write(package.join("Cargo.toml"), manifest)?;
    fs::write(package.join("src/main.rs"), include_str!("program.rs"))?;
    fs::copy(root.join("Cargo.lock"), package.join("Cargo.lock"))?;
    let status = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--release", "--quiet"])
        .current_dir(&package)
        .envs(library.iter().cloned())
        .status()?;
    match status.success() {
        true => {
            Ok(Program { name: "rust", command: vec![package.join("target/release/bench").into()] })
        }
        false => Err("the program to measure does not compile".into()),
    }
}

/// Metaxy for Python, where it is installed, for the tests or otherwise.
fn python(work: &Path, install: bool) -> Result<Option<Program>> {
    let is_there = env::var_os("METAXY_TEST_PYTHON").is_some()
        || crate::target_directory().join("python/bin/python").exists();
    if !install && !is_there {
        println!("Metaxy for Python is left out; --install installs it");
        return Ok(None);
    }
    let variables = crate::python::variables()?;
    let (_, python) = variables.into_iter().next().ok_or("there is no Python")?;
    let script = work.join("python.py");
    fs::write(&script, include_str!("python.py"))?;
    Ok(Some(Program { name: "python", command: vec![python.into(), script.into()] }))
}
