//! `metaxy migration repair`.

use super::{questions::can_ask, shown};
use crate::{
    Environment,
    cli::{Context, Failure, Outcome, print_json},
};
use metaxy_diesel::{
    migration::{MigrationDirectory, MigrationError},
    sum::Finding,
};
use serde::Serialize;
use std::io;

/// Takes migrations as they are now: after one was edited by hand
#[derive(Debug, clap::Args)]
#[command(after_help = "\
It rewrites metaxy.sum, and says what it takes as it is; on a terminal it asks
before. A migration that was applied already still counts as edited in the
databases that have it: write a new one instead.

Examples:
  metaxy migration repair
  metaxy -n dev:features migration repair --yes --json")]
pub struct Repair {
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Repaired {
    environment: String,
    /// What was taken as it is.
    taken: Vec<String>,
    /// Whether the sums were written.
    written: bool,
}

impl Repair {
    pub fn run(self, context: &mut Context<'_>) -> Result<Outcome, Failure> {
        let mut report = Vec::new();
        for environment in Environment::of(&context.config, &context.environment)? {
            let failed = |error| Failure::usage(error).about(&environment);
            if !environment.directory.is_dir() {
                if !self.json {
                    let path = shown(&environment.directory);
                    writeln!(context.out, "{environment}: there are no migrations in {path} yet")?;
                }
                continue;
            }
            let found = MigrationDirectory::findings(&environment.directory);
            let taken: Vec<String> = match found {
                Ok(found) => found.iter().map(Finding::to_string).collect(),
                // A sum file that cannot be read is written anew.
                Err(error @ MigrationError::Sum { .. }) => vec![error.to_string()],
                Err(error) => return Err(failed(error)),
            };
            if !self.json {
                taken.iter().try_for_each(|it| writeln!(context.out, "{environment}: {it}"))?;
            }
            let written = taken.is_empty() || self.yes || self.json || !can_ask() || ask()?;
            if written {
                MigrationDirectory::repair(&environment.directory).map_err(failed)?;
                if !self.json {
                    let path = shown(&environment.directory);
                    writeln!(context.out, "{environment}: {path} is taken as it is now")?;
                }
            }
            report.push(Repaired { environment: environment.to_string(), taken, written });
        }
        if self.json {
            print_json(context.out, &report)?;
        }
        match report.iter().all(|it| it.written) {
            true => Ok(Outcome::Fine),
            false => Ok(Outcome::Found),
        }
    }
}

/// Asks on the terminal.
fn ask() -> Result<bool, Failure> {
    eprint!("Is that as it is meant? y or n: ");
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "yes"))
}
