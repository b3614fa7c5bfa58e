//! How long it takes to see what differs: `cargo xtask bench-schema [--install]`.
//!
//! 500 tables of 15 columns, on SQLite, PostgreSQL and MariaDB, from empty and where nothing differs, without foreign keys and
//! with a chain of them through all tables. Each time is that of a whole process, as a user runs it, the median of several in
//! turn: of `metaxy migration generate`, which compares the code with the history's snapshot and asks no database; of `metaxy
//! schema diff`, which asks the live one; and of the peers, which do. Then 5,000 tables against 500.
//!
//! Peers are taken from `PATH`: `diesel` (diesel_cli, `migration generate --diff-schema`) and `python` with Alembic
//! (`revision --autogenerate`). `--install` puts both under `target/`.

pub mod duckdb;
mod measure;
mod peers;
mod program;

use crate::{Result, servers::Servers};
use measure::{Call, Times, measure};
use peers::Peers;
use program::Program;
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Output,
};

/// The features of a program.
#[derive(Clone, Copy)]
struct Shape {
    tables: usize,
    /// Whether each table refers to the one before.
    chain: bool,
}

/// A kind of database.
struct Kind {
    name: &'static str,
    /// The variable with the URL of its server; `None`: a file.
    variable: Option<&'static str>,
    /// How many times faster than Diesel's generator ours has to be where nothing differs.
    diesel_limit: f64,
}

const PLAIN: Shape = Shape { tables: 500, chain: false };
const CHAIN: Shape = Shape { tables: 500, chain: true };
const LARGE: Shape = Shape { tables: 5_000, chain: false };

const KINDS: [Kind; 3] = [
    Kind { name: "sqlite", variable: None, diesel_limit: 10.0 },
    Kind { name: "postgres", variable: Some("METAXY_TEST_POSTGRES_URL"), diesel_limit: 20.0 },
    Kind { name: "mariadb", variable: Some("METAXY_TEST_MARIADB_URL"), diesel_limit: 20.0 },
];

/// How many times faster than Alembic ours has to be.
const ALEMBIC_LIMIT: f64 = 10.0;

/// How many times the time of 500 tables 5,000 may take.
const GROWTH_LIMIT: f64 = 12.0;

/// Measures, prints all medians and ratios, and fails where one is not within its limit.
pub fn run(args: &[String]) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("xtask is in the workspace")?;
    let work = root.join("target/bench-schema");
    fs::create_dir_all(&work)?;
    let peers = Peers::find(&work, args.iter().any(|it| it == "--install"))?;
    let (directory, features) = (work.join("programs"), ["postgres-bundled", "mysql"]);
    let programs = program::build(root, &directory, &features, &[], [PLAIN, CHAIN, LARGE])?;
    // Those that run already, where there are such.
    let servers =
        match KINDS.iter().filter_map(|it| it.variable).all(|it| env::var_os(it).is_some()) {
            true => None,
            false => Some(Servers::start()?),
        };
    let mut failures = Vec::new();
    for kind in &KINDS {
        let server = kind.variable.map(|name| server(name, servers.as_ref())).transpose()?;
        let shapes = [(PLAIN, &peers), (CHAIN, &peers), (LARGE, &Peers::default())];
        let (mut benches, mut calls) = (Vec::new(), Vec::new());
        for ((shape, peers), program) in shapes.into_iter().zip(&programs) {
            let bench = Bench::new(kind, server.as_deref(), shape, program, &work)?;
            let of_bench = bench.calls(peers)?;
            benches.push((of_bench.len(), bench));
            calls.extend(of_bench);
        }
        // All of a database in turn, so that what else the machine does disturbs all alike.
        let (names, calls): (Vec<_>, Vec<_>) = calls.into_iter().unzip();
        let mut times = names.into_iter().zip(measure(calls)?);
        let mut ours = Vec::new();
        for (count, bench) in &benches {
            let measured: Vec<_> = times.by_ref().take(*count).collect();
            bench.print(&measured, &mut failures);
            ours.push(measured);
        }
        failures.extend(growth(kind, &ours[0], &ours[2]));
    }
    match failures.is_empty() {
        true => Ok(()),
        false => Err(format!("too slow:\n  {}", failures.join("\n  ")).into()),
    }
}

/// The URL of a server that runs.
pub fn server(variable: &str, servers: Option<&Servers>) -> Result<String> {
    let started = servers.map(Servers::variables).unwrap_or_default();
    let url = started.into_iter().find(|(name, _)| *name == variable).map(|(_, url)| url);
    Ok(url.map_or_else(|| env::var(variable), Ok)?)
}

impl Shape {
    fn name(self) -> String {
        format!("{}{}", if self.chain { "chain" } else { "plain" }, self.tables)
    }

    fn table(at: usize) -> String {
        format!("t{at:04}")
    }
}

/// A shape on a database of some kind.
struct Bench<'a> {
    kind: &'a Kind,
    shape: Shape,
    program: &'a Program,
    /// The databases without and with the tables: URL and directory of the program that works on it.
    sides: [Side; 2],
}

/// A database, and the directory that programs work in.
pub struct Side {
    /// Whether the tables are there.
    full: bool,
    url: String,
    directory: PathBuf,
}

impl<'a> Bench<'a> {
    fn new(
        kind: &'a Kind,
        server: Option<&str>,
        shape: Shape,
        program: &'a Program,
        work: &Path,
    ) -> Result<Self> {
        let side = |full: bool| -> Result<Side> {
            let name = format!("bench_{}_{}", shape.name(), if full { "full" } else { "empty" });
            let directory = work.join(kind.name).join(&name);
            if directory.exists() {
                fs::remove_dir_all(&directory)?;
            }
            fs::create_dir_all(&directory)?;
            let url = match server {
                None => directory.join("bench.db").display().to_string(),
                Some(server) => {
                    program.sql(kind.name, server, &format!("DROP DATABASE IF EXISTS {name}"))?;
                    program.sql(kind.name, server, &format!("CREATE DATABASE {name}"))?;
                    with_database(server, &name)
                }
            };
            let config = format!(
                "project = \"bench\"\nstore = \"bench\"\n\n[stores.bench]\ntype = {:?}\nconfig = {{ connection_string = {url:?} }}\n",
                kind.name
            );
            fs::write(directory.join("metaxy.toml"), config)?;
            // Makes the file, where it is one.
            program.sql(kind.name, &url, "SELECT 1")?;
            Ok(Side { full, url, directory })
        };
        let sides = [side(false)?, side(true)?];
        for args in [GENERATE, &["-n", "bench:features", "migration", "run"]] {
            let output = program.command(&sides[1].directory, args).output()?;
            if !output.status.success() {
                return Err(String::from_utf8_lossy(&output.stderr).into());
            }
        }
        Ok(Self { kind, shape, program, sides })
    }

    /// Ours and the peers', with their names.
    fn calls(&self, peers: &Peers) -> Result<Vec<(&'static str, [Call; 2])>> {
        let ours = [
            ("metaxy migration generate", self.generate()),
            ("metaxy schema diff (live)", self.diff()),
        ];
        let peers = peers.calls(self.kind.name, self.shape, &self.sides)?;
        Ok(ours.into_iter().chain(peers).collect())
    }

    /// Prints the medians, ours first, and adds what is too slow.
    fn print(&self, times: &[(&str, [Times; 2])], failures: &mut Vec<String>) {
        let chain = if self.shape.chain { " in a chain" } else { "" };
        let title = format!("{}, {} tables{chain}", self.kind.name, self.shape.tables);
        println!("{title:<34} {:>21} {:>21}", "from empty", "no difference");
        for (name, [empty, same]) in times {
            println!("  {name:<32} {empty:>21} {same:>21}");
        }
        let (ours, peers) = times.split_at(2);
        for (name, [empty, same]) in peers {
            let limits = match *name {
                peers::DIESEL => [1.0, self.kind.diesel_limit],
                _ => [ALEMBIC_LIMIT; 2],
            };
            for (our_name, our) in ours {
                let ratios = [empty.over(&our[0]), same.over(&our[1])];
                println!(
                    "  {name}, times {our_name}: {:.1} from empty, {:.1} with no difference",
                    ratios[0], ratios[1]
                );
                let slow = ratios.iter().zip(limits).filter(|(ratio, limit)| **ratio < *limit);
                failures.extend(slow.map(|(ratio, limit)| {
                    format!(
                        "{title}: {our_name} is {ratio:.1} times faster than {name}, wanted {limit}"
                    )
                }));
            }
        }
    }

    /// Compares with the history's files.
    fn generate(&self) -> [Call; 2] {
        self.sides.each_ref().map(|side| Call {
            command: self.program.command(&side.directory, GENERATE),
            fresh: (!side.full).then(|| side.directory.join("migrations")),
            check: match side.full {
                true => |output, _| says(output, "nothing to do"),
                false => |output, _| says(output, "+ table"),
            },
        })
    }

    /// Compares with the live database.
    fn diff(&self) -> [Call; 2] {
        let args =
            ["-n", "bench:features", "schema", "diff", "--from", "database", "--to", "features"];
        self.sides.each_ref().map(|side| Call {
            command: self.program.command(&side.directory, &args),
            fresh: None,
            check: match side.full {
                true => |output, _| says(output, "are the same"),
                false => |output, _| says(output, "CREATE TABLE"),
            },
        })
    }
}

const GENERATE: &[&str] = &["-n", "bench:features", "migration", "generate", "bench"];

fn says(output: &Output, words: &str) -> bool {
    String::from_utf8_lossy(&output.stdout).contains(words)
}

/// The URL of a server's test database, with another database in it.
pub fn with_database(url: &str, name: &str) -> String {
    let (path, query) = url
        .split_once('?')
        .map_or((url, String::new()), |(path, query)| (path, format!("?{query}")));
    let server = path.rsplit_once('/').map_or(path, |(server, _)| server);
    format!("{server}/{name}{query}")
}

/// What grows faster than it may.
fn growth(kind: &Kind, small: &[(&str, [Times; 2])], large: &[(&str, [Times; 2])]) -> Vec<String> {
    let mut failures = Vec::new();
    for ((name, small), (_, large)) in small.iter().zip(large) {
        for (what, at) in [("from empty", 0), ("no difference", 1)] {
            let ratio = large[at].over(&small[at]);
            println!(
                "{}, {name}, {what}: 5,000 tables take {ratio:.1} times the time of 500",
                kind.name
            );
            if ratio > GROWTH_LIMIT {
                failures.push(format!(
                    "{}: {name}, {what}: {ratio:.1} times for 10 times the tables",
                    kind.name
                ));
            }
        }
    }
    failures
}
