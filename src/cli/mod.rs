//! The command line: arguments in, calls of the library, text out. One file a command.
//!
//! A binary gets it with [`metaxy::main!`](crate::main!); tests and other programs call [`run`].

mod completions;
mod config;
mod describe;
mod doctor;
mod failure;
mod graph;
mod history;
mod list;
mod lock;
mod metadata;
mod migration;
mod picture;
mod progress;
mod push;
#[cfg(test)]
mod reference;
mod schema;

use crate::{
    Environment, EnvironmentName, FeatureGraph, Store,
    init::{discover_config, linked_graph},
};
use clap::Parser;
use failure::Failure;
use list::print_json;
use metaxy_core::config::Config;
use metaxy_diesel::{lint::LINTS, push::SyncOptions};
use std::{
    ffi::OsString,
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Features, their graph, and the migrations of their tables.
///
/// The features are those linked into this program; stores come from `metaxy.toml`, found from the working
/// directory upward.
#[derive(Debug, Parser)]
#[command(name = "metaxy", bin_name = "metaxy", version, max_term_width = 100, after_help = EXAMPLES)]
struct Cli {
    /// The store and scope to work on; by default the store of metaxy.toml, and both scopes
    #[arg(short = 'n', long = "env", global = true, help_heading = EVERYWHERE, value_name = "STORE[:SCOPE]")]
    environment: Option<EnvironmentName>,
    /// The configuration, instead of the metaxy.toml that is found from here upward
    #[arg(long, global = true, help_heading = EVERYWHERE, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Take the features of other projects from the store, in place of those of metaxy.lock
    #[arg(long, global = true, help_heading = EVERYWHERE)]
    sync: bool,
    /// With --sync: fail where these have other versions in the store
    #[arg(long, global = true, help_heading = EVERYWHERE)]
    locked: bool,
    /// Print only errors and what was asked for: no warnings, notes or progress
    #[arg(short, long, global = true, help_heading = EVERYWHERE, conflicts_with = "verbose")]
    quiet: bool,
    /// Say which configuration, store and features are used, and the SQL of migrations that run
    #[arg(short, long, global = true, help_heading = EVERYWHERE)]
    verbose: bool,
    #[command(subcommand)]
    command: Command,
}

/// The heading of the options that every command has.
const EVERYWHERE: &str = "Options of all commands";

const EXAMPLES: &str = "\
Examples:
  metaxy doctor                              what is wrong, and how to mend it
  metaxy list features                       what is linked into this program
  metaxy graph render -o graph.html          the graph, to walk through
  metaxy migration generate initialize       write the migrations of the store
  metaxy migration run                       apply them, system tables first
  metaxy -n prod:features migration pending  what a history still has to apply
  metaxy schema diff --from database --to features   what separates two schemas

Exit codes: 0 fine, 1 something was found (pending, different, out of date), 2
wrong usage or definition, 3 the database, or the way to it. NO_COLOR=1 prints
without colours. `cargo metaxy init` begins a project.";

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Lists what there is
    #[command(subcommand)]
    List(list::List),
    /// Describes a feature, the graph, or a store
    #[command(subcommand)]
    Describe(describe::Describe),
    /// Looks at the graph of features
    #[command(subcommand)]
    Graph(graph::Graph),
    /// Looks at the rows of features, copies and deletes some
    #[command(subcommand)]
    Metadata(metadata::Metadata),
    /// Writes and applies migrations
    #[command(subcommand, visible_alias = "migrations")]
    Migration(migration::Migration),
    /// Records the features of a project in a store, for other projects to see
    Push(push::Push),
    /// Lists the versions of a project that were pushed
    History(history::History),
    /// Writes metaxy.lock: the features of other projects that those here depend on
    Lock(lock::Lock),
    /// Looks at schemas: of features, databases, migrations, SQL files
    #[command(subcommand)]
    Schema(schema::Schema),
    /// Looks at the configuration
    #[command(subcommand)]
    Config(config::Config),
    /// Looks for what is wrong, and says the mend; exit code 1 where something is
    Doctor(doctor::Doctor),
    /// Prints a script with which a shell completes commands and flags
    Completions(completions::Completions),
}

/// What a command ended with, if not with a [`Failure`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// All is as it should be: exit code 0.
    Fine,
    /// It found what it was asked to look for: exit code 1.
    Found,
    /// It was told too little, and printed what it has to be told: exit code 2.
    Unsaid,
}

/// What every command works with.
struct Context<'a> {
    config: Config,
    environment: EnvironmentName,
    /// Whether features of other projects are read from the store, whatever the command is.
    sync: bool,
    /// Whether it is an error where they have other versions there.
    locked: bool,
    /// Whether warnings and notes are left out.
    quiet: bool,
    /// Whether more is said than what was asked for.
    verbose: bool,
    out: &'a mut dyn Write,
}

/// Runs the command line on the process's arguments, and gives the exit code.
pub fn main() -> ExitCode {
    run(std::env::args_os())
}

/// Runs the command line. The first argument is the program's name.
///
/// ```
/// let code = metaxy::cli::run(["metaxy", "--version"]);
/// assert_eq!(code, std::process::ExitCode::SUCCESS);
/// ```
pub fn run(args: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> ExitCode {
    let args = args.into_iter().map(Into::into).collect();
    let cli = match Cli::try_parse_from(migration::with_counts(args)) {
        Ok(cli) => cli,
        Err(message) => {
            let code = if message.use_stderr() { 2 } else { 0 };
            // Nowhere is left to report a closed terminal to.
            message.print().ok();
            return ExitCode::from(code);
        }
    };
    Failure::set_style();
    let mut out = io::stdout().lock();
    match execute(cli, &mut out)
        .and_then(|outcome| out.flush().map(|()| outcome).map_err(Failure::from))
    {
        Ok(Outcome::Fine) => ExitCode::SUCCESS,
        Ok(Outcome::Found) => ExitCode::from(1),
        Ok(Outcome::Unsaid) => ExitCode::from(2),
        Err(failure) => failure.report(),
    }
}

fn execute(cli: Cli, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let config = configuration(cli.config.as_deref())?;
    let environment = cli.environment.unwrap_or_default();
    if !cli.quiet {
        config.warnings.iter().for_each(|it| eprintln!("warning: {it}"));
    }
    if cli.verbose {
        say_what_is_used(&config, &environment);
    }
    let mut context = Context {
        locked: cli.locked || config.locked == Some(true),
        config,
        environment,
        sync: cli.sync,
        quiet: cli.quiet,
        verbose: cli.verbose,
        out,
    };
    match cli.command {
        Command::Completions(completions) => completions.run(&mut context),
        Command::Config(config) => config.run(&mut context),
        Command::Describe(describe) => describe.run(&mut context),
        Command::Doctor(doctor) => doctor.run(&mut context),
        Command::List(list) => list.run(&mut context),
        Command::Graph(graph) => graph.run(&mut context),
        Command::Metadata(metadata) => metadata.run(&mut context),
        Command::Migration(migration) => migration.run(&mut context),
        Command::Push(push) => push.run(&mut context),
        Command::History(history) => history.run(&mut context),
        Command::Lock(lock) => lock.run(&mut context),
        Command::Schema(schema) => schema.run(&mut context),
    }
}

/// What `--verbose` adds, apart from what was asked for.
fn say_what_is_used(config: &Config, environment: &EnvironmentName) {
    match &config.file {
        Some(file) => eprintln!("configuration: {}", file.display()),
        None => eprintln!("configuration: none was found from here upward"),
    }
    // What is wrong with these is said by the commands that need them.
    if let Ok(store) = crate::init::store(config, environment.store.as_deref()) {
        eprintln!("store: {}, {} at {}", store.name, store.backend.name(), store.url);
    }
    if let Ok(graph) = linked_graph(config) {
        eprintln!("features: {} are linked", graph.len());
    }
}

/// The store that `-n` names, or the default one.
fn store(context: &Context<'_>) -> Result<Store, Failure> {
    Ok(crate::init::store(&context.config, context.environment.store.as_deref())?)
}

fn configuration(file: Option<&Path>) -> Result<Config, Failure> {
    let config = match file {
        Some(file) => Config::load(file)?,
        None => discover_config()?,
    };
    config.lints.check(&LINTS.iter().map(|it| it.code).collect::<Vec<_>>())?;
    Ok(config)
}

impl Context<'_> {
    /// The graph of the linked features, of which there must be one.
    fn linked_graph(&self) -> Result<&'static FeatureGraph, Failure> {
        let graph = linked_graph(&self.config)?;
        match (graph.is_empty(), self.sync) {
            (true, _) => Err(Failure::no_features()),
            (false, true) => self.synced(graph),
            (false, false) => Ok(graph),
        }
    }

    /// The graph that rows are read by: with the features of other projects as the store has them, unless metaxy.toml says
    /// `sync = false`.
    fn graph_of_rows(&self) -> Result<&'static FeatureGraph, Failure> {
        let graph = self.linked_graph()?;
        if self.config.sync && !self.sync { self.synced(graph) } else { Ok(graph) }
    }

    fn synced(&self, graph: &'static FeatureGraph) -> Result<&'static FeatureGraph, Failure> {
        let selection = self.config.extra_features.clone();
        if selection.is_empty() && !graph.definitions().any(|it| it.external) {
            return Ok(graph);
        }
        let synced = store(self)?.sync(graph, &SyncOptions { selection, locked: self.locked })?;
        if !self.quiet {
            for mismatch in &synced.mismatches {
                eprintln!("warning: external feature {mismatch}: run `metaxy lock`");
            }
            for feature in &synced.unresolved {
                eprintln!("warning: the store has no record of external feature `{feature}`");
            }
        }
        // Made once, and used until the process ends, as the linked graph.
        Ok(Box::leak(Box::new(synced.graph)))
    }

    /// The environments that `-n` names.
    fn environments(&self) -> Result<Vec<Environment>, Failure> {
        self.linked_graph()?;
        Ok(Environment::of(&self.config, &self.environment)?)
    }
}
