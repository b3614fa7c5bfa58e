//! `metaxy migration run`.

use super::{Done, print_done, report};
use crate::{
    Environment,
    cli::{Context, Failure, Outcome},
};
use metaxy_diesel::{
    apply::{RunOptions, run, would_run},
    backend::{Open, connect, connect_if_exists},
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
    /// Only say which migrations would be applied
    #[arg(long)]
    dry_run: bool,
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
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
        let mut report = Vec::new();
        for environment in environments {
            let migrations = match self.dry_run {
                true => pending(&environment, &options)?,
                false => applied(&environment, &options)?,
            };
            let done = Done { environment: environment.to_string(), migrations };
            if !self.json {
                let words = if self.dry_run { "would apply" } else { "applied" };
                // At once: the next environment may fail.
                print_done(context, std::slice::from_ref(&done), words, false)?;
            }
            report.push(done);
        }
        match self.json {
            true => print_done(context, &report, "", true),
            false => Ok(Outcome::Fine),
        }
    }
}

fn applied(environment: &Environment, options: &RunOptions) -> Result<Vec<String>, Failure> {
    let store = &environment.store;
    let mut connection =
        connect(store.backend, &store.url, Open::Create).map_err(Failure::database)?;
    run(&mut connection, &environment.history(), options, &mut |event| report(&event))
        .map_err(|error| Failure::from(error).about(environment))
}

fn pending(environment: &Environment, options: &RunOptions) -> Result<Vec<String>, Failure> {
    let store = &environment.store;
    let mut connection = connect_if_exists(store.backend, &store.url).map_err(Failure::database)?;
    would_run(connection.as_mut(), &environment.history(), options)
        .map_err(|error| Failure::from(error).about(environment))
}
