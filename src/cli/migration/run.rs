//! `metaxy migration run`.

use super::report;
use crate::cli::{Context, Failure, Outcome};
use metaxy_diesel::{
    apply::{RunOptions, run},
    backend::{Open, connect},
    migration::MigrationDirectory,
};

/// Applies the pending migrations
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Each migration is applied in one transaction, or not at all. MySQL and MariaDB commit every statement:
where one fails there, the next run goes on with it. A SQLite file that does not exist is created.

Examples:
  metaxy migration run
  metaxy -n prod:features migration run --to 2026-11-23-001530")]
pub struct Run {
    /// The last migration to apply: its version, or its name
    #[arg(long, value_name = "VERSION")]
    to: Option<String>,
}

impl Run {
    pub fn run(self, context: &mut Context<'_>) -> Result<Outcome, Failure> {
        let options = RunOptions { to: self.to, ..RunOptions::default() };
        let environments = context.environments()?;
        // Where the files of one history are not in order, none is run.
        for environment in &environments {
            MigrationDirectory::open(&environment.directory)
                .map_err(|error| Failure::usage(error).about(environment))?;
        }
        for environment in environments {
            let store = &environment.store;
            let mut connection =
                connect(store.backend, &store.url, Open::Create).map_err(Failure::database)?;
            let done =
                run(&mut connection, &environment.history(), &options, &mut |event| report(&event))
                    .map_err(|error| Failure::from(error).about(&environment))?;
            match done.as_slice() {
                [] => writeln!(context.out, "{environment}: nothing to do")?,
                done => done
                    .iter()
                    .try_for_each(|it| writeln!(context.out, "{environment}: applied {it}"))?,
            }
        }
        Ok(Outcome::Fine)
    }
}
