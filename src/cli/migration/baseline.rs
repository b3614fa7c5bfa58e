//! `metaxy migration baseline`.

use super::{
    Done, generate_options, print_done,
    progress::{Detail, with_progress},
};
use crate::{
    Environment, Schema,
    cli::{Context, Failure, Outcome},
};
use metaxy_diesel::{
    apply::{ApplyError, RunOptions, baseline},
    backend::{Connection, Open},
    drift::drift,
    generate::draft,
    history::status,
    migration::MigrationDirectory,
};

/// Takes a database that has the tables already into the history
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Migrations are marked as applied, and not run. Where there are none yet, the
first is written: of the tables as the code has them, or with --from-database as
they are; then `generate` writes what the code has more. Where the database is
not what the migrations make, it says what differs, and writes nothing.

Examples:
  metaxy -n prod:features migration baseline
  metaxy -n prod:features migration baseline --from-database
  metaxy -n prod migration baseline --to 2026-11-23-001530_initialize")]
pub struct Baseline {
    /// The last migration that the database has: its version, or its name
    #[arg(long, value_name = "VERSION")]
    to: Option<String>,
    /// Write the first migration of the tables as they are in the database
    #[arg(long, conflicts_with = "to")]
    from_database: bool,
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
}

impl Baseline {
    pub fn run(self, context: &mut Context<'_>) -> Result<Outcome, Failure> {
        let options = RunOptions { to: self.to.clone(), ..RunOptions::default() };
        let mut report = Vec::new();
        for environment in context.environments()? {
            let mut connection =
                environment.store.connect(Open::Existing).map_err(Failure::database)?;
            self.write_first(&environment, &mut connection)?;
            let history = environment.history();
            let migrations = with_progress(Detail::of(context), |on_event| {
                baseline(&mut connection, &history, &options, on_event)
            })
            .map_err(|error| Failure::from(error).about(&environment))?;
            let done = Done { environment: environment.to_string(), migrations };
            if !self.json {
                print_done(context, std::slice::from_ref(&done), "marked as applied", false)?;
            }
            report.push(done);
        }
        match self.json {
            true => print_done(context, &report, "", true),
            false => Ok(Outcome::Fine),
        }
    }

    /// Writes the first migration, where there is none, and the database has what it makes.
    fn write_first(
        &self,
        environment: &Environment,
        connection: &mut Connection,
    ) -> Result<(), Failure> {
        let failed = |error| Failure::usage(error).about(environment);
        let directory = MigrationDirectory::open(&environment.directory).map_err(failed)?;
        if !directory.migrations.is_empty() {
            return match self.from_database {
                true => Err(Failure::usage(NotFirst).about(environment)),
                false => Ok(()),
            };
        }
        let applied = status(Some(connection), &environment.history())
            .map_err(|error| Failure::from(ApplyError::from(error)).about(environment))?;
        if !applied.is_empty() {
            let applied = applied.len();
            return Err(Failure::from(ApplyError::NotNew { applied }).about(environment));
        }
        let desired = self.desired(environment, connection)?;
        let options = generate_options(environment, "baseline", &desired);
        let draft = draft(&environment.directory, &options);
        match draft.map_err(|error| Failure::usage(error).about(environment))? {
            Some(draft) => draft.write().map_err(failed),
            None => Ok(()),
        }
    }

    /// The tables that the first migration makes: those of the code, as they are in the database or as they should be.
    fn desired(
        &self,
        environment: &Environment,
        connection: &mut Connection,
    ) -> Result<Schema, Failure> {
        let desired = environment.desired().map_err(Failure::usage)?;
        if self.from_database {
            let tables = desired.tables.keys().cloned().collect();
            return connection.inspect(&tables).map_err(Failure::database);
        }
        let normal = environment.store.backend.dialect().normalise(&desired);
        let differences = drift(connection, &normal)
            .map_err(|error| Failure::database(error).about(environment))?;
        match differences.is_empty() {
            true => Ok(desired),
            false => Err(Failure::from(ApplyError::Differs { differences }).about(environment)),
        }
    }
}

/// The history has migrations already.
#[derive(Debug, thiserror::Error)]
#[error(
    "the history has migrations already: leave --from-database out, and they are marked as applied"
)]
struct NotFirst;
