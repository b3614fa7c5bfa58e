//! `metaxy migration repair`.

use super::shown;
use crate::cli::{Context, Failure, Outcome};
use metaxy_diesel::migration::MigrationDirectory;

/// Takes migrations as they are now: after one was edited by hand
#[derive(Debug, clap::Args)]
#[command(after_help = "\
It rewrites metaxy.sum. A migration that was applied already still counts as edited in the databases
that have it: write a new one instead.")]
pub struct Repair {}

impl Repair {
    pub fn run(self, context: &mut Context<'_>) -> Result<Outcome, Failure> {
        for environment in context.environments()? {
            let directory = MigrationDirectory::repair(&environment.directory)
                .map_err(|error| Failure::usage(error).about(&environment))?;
            let count = directory.migrations.len();
            writeln!(
                context.out,
                "{environment}: {count} migration(s) taken as they are in {}",
                shown(&environment.directory)
            )?;
        }
        Ok(Outcome::Fine)
    }
}
