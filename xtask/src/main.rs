//! Tasks of the workspace that need orchestration. Run as `cargo xtask TASK`; needs nothing installed but Rust.

#[path = "../../benches/compile_cost/mod.rs"]
mod compile_cost;
mod duckdb;
mod programs;
mod python;
#[path = "../../benches/rows/mod.rs"]
mod rows;
#[path = "../../benches/schema/mod.rs"]
mod schema;
mod servers;

use servers::Servers;
use std::{
    env,
    error::Error,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

const USAGE: &str = "\
Usage: cargo xtask TASK

  test [ARGS…]   run all tests against throwaway database servers, and a libduckdb and a Metaxy for Python that it
                 fetches; ARGS go to `cargo test`
  lint           check formatting, clippy and docs, with warnings as errors
  ci             test, then lint
  serve          keep the test servers running and print their URLs, until Enter or Ctrl-C
  python         install Metaxy for Python into target/python, and print the variable with which tests find it
  libduckdb      fetch a libduckdb into target/duckdb, and print the variables with which programs find it
  compile-cost   measure what the derive costs to compile, against hand-written tables
  bench-schema [--install]   measure how long it takes to see what differs, against Diesel's and Alembic's generators;
                 --install puts these under target/
  bench-duckdb [--install]   measure migrations of DuckDB against Alembic's and the bare SQL, and its appender with Diesel and without
  bench-duckdb-rows [--install] [ROWS…]   measure how long it takes to write and resolve rows in a file of DuckDB, against Metaxy
                 for Python
  bench-rows [--install] [ROWS…]   measure how long it takes to write and resolve rows on PostgreSQL, against Metaxy for
                 Python, which --install puts under target/, and the bare SQL in psql";

type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let Some((task, args)) = args.split_first() else {
        println!("{USAGE}");
        return ExitCode::FAILURE;
    };
    let outcome = match (task.as_str(), args) {
        ("test", _) => test(args),
        ("lint", []) => lint(),
        ("ci", []) => test(&[]).and_then(|()| lint()),
        ("serve", []) => serve(),
        ("libduckdb", []) => duckdb::variables().map(|variables| export(&variables)),
        ("python", []) => python::variables().map(|variables| export(&variables)),
        ("compile-cost", []) => compile_cost::run(),
        ("bench-schema", _) => schema::run(args),
        ("bench-duckdb", _) => schema::duckdb::run(args),
        ("bench-duckdb-rows", _) => rows::duckdb::run(args),
        ("bench-rows", _) => rows::run(args),
        ("help" | "-h" | "--help", _) => {
            println!("{USAGE}");
            Ok(())
        }
        _ => Err(format!(
            "no such task: {}\n\n{USAGE}",
            env::args().skip(1).collect::<Vec<_>>().join(" ")
        )
        .into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the tests of the workspace. The servers stop when they are dropped, whatever the tests did.
fn test(args: &[String]) -> Result<()> {
    let (library, python) = (duckdb::variables()?, python::variables()?);
    programs::called()?;
    let servers = Servers::start()?;
    // Random cases are the same on every run, unless someone asks for others.
    let seed = env::var("PROPTEST_RNG_SEED").unwrap_or_else(|_| "0".to_owned());
    let seed = vec![("PROPTEST_RNG_SEED", seed)];
    let variables = [library, python, servers.variables(), seed].concat();
    cargo(&["test", "--workspace", "--all-features"], args, &variables)
}

fn lint() -> Result<()> {
    cargo(&["fmt", "--all", "--check"], &[], &[])?;
    let library = duckdb::variables()?;
    let clippy =
        ["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"];
    cargo(&clippy, &[], &library)?;
    let deny = vec![("RUSTDOCFLAGS", "-D warnings".to_owned())];
    let variables = [library, deny].concat();
    cargo(&["doc", "--workspace", "--no-deps", "--all-features"], &[], &variables)
}

fn serve() -> Result<()> {
    let servers = Servers::start()?;
    export(&servers.variables());
    eprintln!("Enter or Ctrl-C stops the servers.");
    std::io::stdin().read_line(&mut String::new())?;
    Ok(())
}

/// Where cargo puts what it builds, which survives a run.
fn target_directory() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("target"),
        |directory| env::current_dir().unwrap_or_default().join(directory),
    )
}

/// Prints variables for a shell to take.
fn export(variables: &[(&str, String)]) {
    for (name, value) in variables {
        println!("export {name}='{value}'");
    }
}

/// Runs cargo with its output where ours goes.
fn cargo(task: &[&str], args: &[String], variables: &[(&str, String)]) -> Result<()> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(task).args(args).envs(variables.iter().map(|(name, value)| (name, value)));
    if command.status()?.success() {
        Ok(())
    } else {
        Err(format!("`cargo {}` failed", task.join(" ")).into())
    }
}
