//! `metaxy migration status`.

use crate::{
    Environment,
    cli::{Context, Failure, Outcome, print_json},
};
use metaxy_diesel::{
    backend::connect_if_exists,
    history::{MigrationState, Partial, problems, status},
};
use serde::Serialize;
use std::io::Write;

/// Says how far the databases are, and what keeps them from going on; exit code 1 where something does
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A migration that was done in part (its process was killed, or a statement failed
where statements are kept one by one) is named with what does the rest.

Examples:
  metaxy migration status
  metaxy -n prod:features migration status --json")]
pub struct Status {
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Reported {
    environment: String,
    applied: usize,
    pending: Vec<String>,
    /// The migration that was done in part, and how far it came.
    partial: Option<InPart>,
    /// What keeps migrations from being run, in words.
    problems: Vec<String>,
}

#[derive(Serialize)]
struct InPart {
    migration: String,
    script: &'static str,
    statements_done: usize,
    /// Whether the next statement is known to have failed.
    failed: bool,
    words: String,
}

impl Status {
    pub fn run(self, context: &mut Context<'_>) -> Result<Outcome, Failure> {
        let mut report = Vec::new();
        for environment in context.environments()? {
            let reported = Reported::of(&environment)?;
            if !self.json {
                reported.print(context.out)?;
            }
            report.push(reported);
        }
        if self.json {
            print_json(context.out, &report)?;
        }
        let is_fine = |it: &Reported| it.partial.is_none() && it.problems.is_empty();
        Ok(if report.iter().all(is_fine) { Outcome::Fine } else { Outcome::Found })
    }
}

impl Reported {
    fn of(environment: &Environment) -> Result<Self, Failure> {
        let (store, history) = (&environment.store, environment.history());
        let mut connection =
            connect_if_exists(store.backend, &store.url).map_err(Failure::database)?;
        let about = |error| Failure::usage(error).about(environment);
        let problems = problems(connection.as_mut(), &history).map_err(about)?;
        let mut reported = Self {
            environment: environment.to_string(),
            applied: 0,
            pending: Vec::new(),
            partial: None,
            problems,
        };
        for status in status(connection.as_mut(), &history).map_err(about)? {
            let migration = status.name.unwrap_or(status.version);
            match status.state {
                MigrationState::Pending => reported.pending.push(migration),
                MigrationState::Partial(partial) => {
                    reported.partial = Some(InPart::of(migration, partial));
                }
                MigrationState::Applied | MigrationState::Edited | MigrationState::MissingFile => {
                    reported.applied += 1;
                }
            }
        }
        Ok(reported)
    }

    fn print(&self, out: &mut dyn Write) -> Result<(), Failure> {
        let Self { environment, applied, pending, partial, problems } = self;
        writeln!(out, "{environment}: {applied} applied, {} pending", pending.len())?;
        if let Some(InPart { migration, words, .. }) = partial {
            writeln!(out, "  {migration}: {words}")?;
        }
        if let Some(next) = pending.first() {
            writeln!(out, "  next: {next}")?;
        }
        problems.iter().try_for_each(|it| writeln!(out, "  {it}"))?;
        Ok(())
    }
}

impl InPart {
    fn of(migration: String, partial: Partial) -> Self {
        Self {
            migration,
            script: partial.direction.file(),
            statements_done: partial.done,
            failed: partial.failed,
            words: partial.to_string(),
        }
    }
}
