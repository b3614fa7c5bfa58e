//! How long migrations of DuckDB take, and how fast its appender is through Diesel: `cargo xtask bench-duckdb [--install]`.
//!
//! 500 tables of 15 columns, in files: `metaxy migration generate` and `migration run` beside `revision --autogenerate` and `upgrade
//! head` of Alembic with duckdb-engine, and `migration run` beside the same statements without a history, whole processes, the
//! medians of several in turn. Then `cargo bench` of `diesel-duckdb`.
//!
//! To create these tables takes DuckDB itself a sixth of Alembic's time: `migration run` is held against that.
//!
//! Python is taken from `PATH`; `--install` puts one with both under `target/`.

use super::{
    ALEMBIC_LIMIT, GENERATE, PLAIN,
    measure::{Call, measure},
    peers, program, says,
};
use crate::{Result, cargo, duckdb};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// How many times faster than Alembic ours has to apply: DuckDB itself is six times faster.
const APPLY_LIMIT: f64 = 4.0;

/// How many times the speed of the statements alone ours has to have.
const BARE_LIMIT: f64 = 0.66;

/// Measures, prints all medians and ratios, and fails where one is not within its limit.
pub fn run(args: &[String]) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("xtask is in the workspace")?;
    let work = root.join("target/bench-duckdb");
    fs::create_dir_all(&work)?;
    let library = duckdb::variables()?;
    let python = peers::duckdb_python(&work, args.iter().any(|it| it == "--install"))?;
    let [program] = program::build(root, &work.join("programs"), &["duckdb"], &library, [PLAIN])?;
    let ours = |place: &Path, args: &[&str], fresh: Option<&str>, check| Call {
        command: program.command(place, args),
        fresh: fresh.map(|it| place.join(it)),
        check,
    };
    let theirs = |place: &Path, url: &str, args: &[&str], fresh: Option<&str>, check| {
        let fresh = fresh.map(|it| place.join(it));
        peers::alembic_call(&python, ("duckdb", url), PLAIN, place, args, fresh, check)
    };
    let (empty, empty_url) = place(&work, "empty")?;
    let (full, full_url) = place(&work, "full")?;
    ours(&full, GENERATE, None, |output, _| says(output, "create table")).run()?;
    let tables: [(&[&str], _); 2] = [(peers::REVISION, Some("versions")), (UPGRADE, None)];
    for (args, fresh) in tables {
        theirs(&full, &full_url, args, fresh, |output, _| output.status.success())?.run()?;
    }
    // Its revisions are written anew each time, and the tables stay.
    program.sql("duckdb", &full_url, "DROP TABLE __alembic_version;")?;
    let revision = |place, url, check| theirs(place, url, peers::REVISION, Some("versions"), check);
    let (bare, bare_url) = place(&work, "bare")?;
    let script = bare.join("bare.sql");
    fs::write(&script, format!("BEGIN;\n{}\nCOMMIT;\n", up_script(&full)?))?;
    let script = format!("@{}", script.display());
    let statements = ["sql", "duckdb", &bare_url, &script];
    let apply = || ours(&empty, RUN, Some("database"), |output, _| says(output, "applied"));
    let benches = [
        (
            ["generate, from empty", "Alembic"],
            ALEMBIC_LIMIT,
            ours(&empty, GENERATE, Some("migrations"), |output, _| says(output, "create table")),
            revision(&empty, ":memory:", peers::alembic_found_tables)?,
        ),
        (
            ["apply", "Alembic"],
            APPLY_LIMIT,
            apply(),
            theirs(&empty, &empty_url, UPGRADE, Some("database"), |output, _| {
                output.status.success()
            })?,
        ),
        (
            ["apply", "DuckDB itself"],
            BARE_LIMIT,
            apply(),
            ours(&bare, &statements, Some("database"), |output, _| output.status.success()),
        ),
        (
            ["generate, no difference", "Alembic"],
            ALEMBIC_LIMIT,
            ours(&full, GENERATE, None, |output, _| says(output, "nothing to do")),
            revision(&full, &full_url, peers::alembic_found_nothing)?,
        ),
    ];
    let (names, calls): (Vec<_>, Vec<_>) = (benches.into_iter())
        .map(|(names, limit, ours, theirs)| ((names, limit), [ours, theirs]))
        .unzip();
    let mut failures = Vec::new();
    println!("DuckDB, {} tables", PLAIN.tables);
    for (([name, peer], limit), [ours, theirs]) in names.into_iter().zip(measure(calls)?) {
        let ratio = theirs.over(&ours);
        println!("  {name:<24} {ours:>21}, {peer} {theirs:>21}: {ratio:.2} times as fast");
        if ratio < limit {
            failures.push(format!("{name} is {ratio:.2} times as fast as {peer}, wanted {limit}"));
        }
    }
    if let Err(error) = cargo(&["bench", "--quiet", "--package", "diesel-duckdb"], &[], &library) {
        failures.push(error.to_string());
    }
    match failures.is_empty() {
        true => Ok(()),
        false => Err(format!("too slow:\n  {}", failures.join("\n  ")).into()),
    }
}

/// A directory to work in, with its `metaxy.toml`, and the file of its database. That has a directory of its own, which is
/// emptied where the database has to be new.
fn place(work: &Path, name: &str) -> Result<(PathBuf, String)> {
    let directory = work.join(name);
    if directory.exists() {
        fs::remove_dir_all(&directory)?;
    }
    fs::create_dir_all(directory.join("database"))?;
    let url = directory.join("database/bench.duckdb").display().to_string();
    let config = format!(
        "project = \"bench\"\nstore = \"bench\"\n\n[stores.bench]\ntype = \"duckdb\"\nconfig = {{ database = {url:?} }}\n"
    );
    fs::write(directory.join("metaxy.toml"), config)?;
    Ok((directory, url))
}

/// The `up.sql` of the one migration in a directory to work in.
fn up_script(place: &Path) -> Result<String> {
    let history = place.join("migrations/bench/features");
    let mut scripts = fs::read_dir(history)?.filter_map(|it| Some(it.ok()?.path().join("up.sql")));
    let script = scripts.find(|it| it.exists()).ok_or("there is no migration")?;
    Ok(fs::read_to_string(script)?)
}

const RUN: &[&str] = &["-n", "bench:features", "migration", "run"];
const UPGRADE: &[&str] = &["upgrade", "head"];
