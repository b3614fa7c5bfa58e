//! `cargo metaxy`: the command line of the features in a crate.
//!
//! Features are types of the user's crate, so their command line has to be linked with that crate. This program finds
//! the binary that holds `metaxy::main!()`, or makes a small one under `target/` where the crate is only a library,
//! and runs it with `cargo run`.

mod init;
mod library;
mod metadata;
mod runner;

use clap::Parser;
use init::Init;
use metadata::Metadata;
use runner::Runner;
use std::{
    error::Error,
    path::PathBuf,
    process::{Command, ExitCode},
};

/// Runs the metaxy command line of a crate.
///
/// `init` begins: it writes metaxy.toml and a first feature. All other arguments go to metaxy, which a small program that links the
/// crate's features runs.
#[derive(Parser)]
#[command(name = "cargo metaxy", bin_name = "cargo metaxy", version, max_term_width = 100, after_help = EXAMPLES)]
struct Args {
    /// The package with the features (default: the one of the working directory)
    #[arg(short, long, value_name = "NAME")]
    package: Option<String>,
    /// The binary with `metaxy::main!()` (default: found by its source)
    #[arg(long, value_name = "NAME")]
    bin: Option<String>,
    /// Path to Cargo.toml
    #[arg(long, value_name = "PATH")]
    manifest_path: Option<PathBuf>,
    #[command(flatten)]
    build: BuildArgs,
    /// Arguments of metaxy
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGS")]
    args: Vec<String>,
}

/// How the package is built, as Cargo has it.
#[derive(clap::Args)]
struct BuildArgs {
    /// Cargo features to activate, separated by commas
    #[arg(short = 'F', long, value_name = "FEATURES")]
    features: Vec<String>,
    /// Activate all Cargo features of the package
    #[arg(long)]
    all_features: bool,
    /// Do not activate the `default` Cargo feature of the package
    #[arg(long)]
    no_default_features: bool,
    /// Build optimised
    #[arg(short, long)]
    release: bool,
    /// Build with this profile
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  cargo metaxy init                              begin
  cargo metaxy help                              all commands
  cargo metaxy migration generate initialize
  cargo metaxy -p my-features --features extra list features";

fn main() -> ExitCode {
    // Cargo calls `cargo-metaxy metaxy ARGS`.
    let mut args: Vec<_> = std::env::args_os().collect();
    if args.get(1).is_some_and(|it| it == "metaxy") {
        args.remove(1);
    }
    match run(&Args::parse_from(args)) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(args: &Args) -> Result<ExitCode, Box<dyn Error>> {
    // Before a crate is looked for: `--help` needs none.
    let init = args.args.split_first().filter(|(first, _)| *first == "init").map(|(_, rest)| {
        let name = "cargo metaxy init".to_owned();
        Init::parse_from([name].iter().chain(rest))
    });
    let metadata = Metadata::read(args.manifest_path.as_deref())?;
    let here = std::env::current_dir().unwrap_or_default();
    let package = metadata
        .package(args.package.as_deref(), args.manifest_path.as_deref().unwrap_or(&here))?;
    if let Some(init) = init {
        init.run(package)?;
        return Ok(ExitCode::SUCCESS);
    }
    let runner = Runner::find(&metadata, package, args.bin.as_deref(), &args.build)?;
    let status = runner
        .command(&args.build)
        .arg("--")
        .args(&args.args)
        .env("METAXY_MANIFEST_DIR", package.directory())
        .envs(library::search_path())
        .status()
        .map_err(metadata::MetadataError::Spawn)?;
    if let Some(hint) = library::hint(status.code()) {
        eprintln!("{hint}");
    }
    Ok(ExitCode::from(status.code().and_then(|it| u8::try_from(it).ok()).unwrap_or(101)))
}

impl BuildArgs {
    fn apply_profile(&self, command: &mut Command) {
        if self.release {
            command.arg("--release");
        }
        if let Some(profile) = &self.profile {
            command.args(["--profile", profile]);
        }
    }

    fn apply_features(&self, command: &mut Command) {
        for features in &self.features {
            command.args(["--features", features]);
        }
        if self.all_features {
            command.arg("--all-features");
        }
        if self.no_default_features {
            command.arg("--no-default-features");
        }
    }
}
