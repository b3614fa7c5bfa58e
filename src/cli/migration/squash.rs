//! `metaxy migration squash`.

use crate::{
    Environment,
    cli::{Context, Failure, Outcome, print_json},
};
use metaxy_diesel::squash::{Squash as Squashed, SquashOptions, squash};
use serde::Serialize;

/// Makes one of several migrations
#[derive(Debug, clap::Args)]
#[command(after_help = "\
It has the version of the last one. A database that has all of them has it, and
the next `run` writes that into its version table; one that has some of them is
refused in words: run the others before. Where the first is the first of all,
and nobody wrote in any of them, the SQL is written anew; else their scripts
stand in it one after the other.

Examples:
  metaxy -n dev:features migration squash beginning
  metaxy -n prod:features migration squash summer --from 2026-06-01-120000")]
pub struct Squash {
    /// What it is called, in words
    name: String,
    /// The first of them, by version or name; by default the first of all
    #[arg(long, value_name = "VERSION")]
    from: Option<String>,
    /// The last of them; by default the last of all
    #[arg(long, value_name = "VERSION")]
    to: Option<String>,
    /// Only say what would become one
    #[arg(long)]
    dry_run: bool,
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Reported {
    environment: String,
    from: Vec<String>,
    to: String,
    /// Whether its SQL is written anew; not so: the scripts stand one after the other.
    rewritten: bool,
    written: bool,
}

impl Squash {
    pub fn run(self, context: &mut Context<'_>) -> Result<Outcome, Failure> {
        let environments = Environment::of(&context.config, &context.environment)?;
        let [environment] = environments.as_slice() else {
            return Err(Failure::usage(ManyHistories));
        };
        let options =
            SquashOptions { name: &self.name, from: self.from.as_deref(), to: self.to.as_deref() };
        let failed = |error| Failure::usage(error).about(environment);
        let squashed = squash(&environment.directory, &options).map_err(failed)?;
        if !self.dry_run {
            squashed.write().map_err(|error| Failure::usage(error).about(environment))?;
        }
        let Squashed { from, migration, rewritten, .. } = squashed;
        let to = migration.name;
        let (environment, written) = (environment.to_string(), !self.dry_run);
        if self.json {
            print_json(context.out, &Reported { environment, from, to, rewritten, written })?;
            return Ok(Outcome::Fine);
        }
        let would = if written { "" } else { "would be " };
        for name in &from {
            writeln!(context.out, "{environment}: {name} {would}in {to}")?;
        }
        let sql = match rewritten {
            true => "its SQL is written anew: read it",
            false => "their scripts stand in it one after the other",
        };
        writeln!(context.out, "{environment}: {sql}")?;
        Ok(Outcome::Fine)
    }
}

/// A name is that of a migration of one history.
#[derive(Debug, thiserror::Error)]
#[error("which history is meant? Name one: `-n STORE:features` or `-n STORE:system`")]
struct ManyHistories;
