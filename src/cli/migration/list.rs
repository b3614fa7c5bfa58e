//! `metaxy migration list` and `metaxy migration pending`.

use crate::{
    Environment,
    cli::{Context, Failure, Outcome, print_json},
};
use metaxy_diesel::{
    apply::Direction,
    backend::connect_if_exists,
    history::{MigrationState, MigrationStatus, Partial, status},
};
use serde::Serialize;
use std::io::Write;

/// Lists all migrations, and which are applied
#[derive(Debug, clap::Args)]
pub struct List {
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
}

/// Says which migrations are not applied; exit code 1 where there are any
#[derive(Debug, clap::Args)]
pub struct Pending {
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Entry {
    environment: String,
    version: String,
    name: Option<String>,
    state: &'static str,
    run_on: Option<String>,
    duration_ms: Option<u128>,
    /// Where a script was done in part.
    #[serde(skip_serializing_if = "Option::is_none")]
    statements_done: Option<usize>,
}

impl List {
    pub fn run(self, context: &mut Context<'_>) -> Result<Outcome, Failure> {
        print(context, self.json, |_| true)?;
        Ok(Outcome::Fine)
    }
}

impl Pending {
    pub fn run(self, context: &mut Context<'_>) -> Result<Outcome, Failure> {
        match print(context, self.json, |it| it.state == MigrationState::Pending)? {
            0 => Ok(Outcome::Fine),
            _ => Ok(Outcome::Found),
        }
    }
}

/// Prints the migrations that `filter` takes, and says how many these are.
fn print(
    context: &mut Context<'_>,
    json: bool,
    filter: impl Fn(&MigrationStatus) -> bool,
) -> Result<usize, Failure> {
    let mut entries = Vec::new();
    for environment in context.environments()? {
        let taken: Vec<_> = statuses(&environment)?.into_iter().filter(&filter).collect();
        if !json {
            let none = if taken.is_empty() { ": none" } else { "" };
            writeln!(context.out, "{environment}{none}")?;
            taken.iter().try_for_each(|it| line(context.out, it))?;
        }
        entries.extend(taken.into_iter().map(|it| Entry::of(&environment, it)));
    }
    if json {
        print_json(context.out, &entries)?;
    }
    Ok(entries.len())
}

fn statuses(environment: &Environment) -> Result<Vec<MigrationStatus>, Failure> {
    let store = &environment.store;
    let mut connection = connect_if_exists(store.backend, &store.url).map_err(Failure::database)?;
    status(connection.as_mut(), &environment.history())
        .map_err(|error| Failure::usage(error).about(environment))
}

/// The mark of Diesel's `migration list`, and what it leaves out.
fn line(out: &mut dyn Write, status: &MigrationStatus) -> Result<(), Failure> {
    let mark = match status.state {
        MigrationState::Pending => " ",
        MigrationState::Partial(_) => "~",
        MigrationState::Applied | MigrationState::Edited | MigrationState::MissingFile => "X",
    };
    let name = status.name.as_deref().unwrap_or(&status.version);
    let words = match status.state {
        MigrationState::Edited => "  edited after it was applied".to_owned(),
        MigrationState::MissingFile => "  applied, and its directory is gone".to_owned(),
        MigrationState::Partial(partial) => format!("  {partial}"),
        MigrationState::Applied | MigrationState::Pending => String::new(),
    };
    Ok(writeln!(out, "  [{mark}] {name}{words}")?)
}

impl Entry {
    fn of(environment: &Environment, status: MigrationStatus) -> Self {
        Self {
            environment: environment.to_string(),
            version: status.version,
            name: status.name,
            state: match status.state {
                MigrationState::Applied => "applied",
                MigrationState::Pending => "pending",
                MigrationState::Edited => "edited",
                MigrationState::MissingFile => "missing",
                MigrationState::Partial(Partial { direction: Direction::Up, .. }) => {
                    "applied_in_part"
                }
                MigrationState::Partial(_) => "reverted_in_part",
            },
            statements_done: match status.state {
                MigrationState::Partial(Partial { done, .. }) => Some(done),
                _ => None,
            },
            run_on: status.run_on.map(|it| it.format("%Y-%m-%dT%H:%M:%S").to_string()),
            duration_ms: status.duration.map(|it| it.as_millis()),
        }
    }
}
