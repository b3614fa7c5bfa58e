//! `metaxy migration list` and `metaxy migration pending`.

use crate::{
    Environment,
    cli::{Context, Failure, Outcome, print_json},
};
use metaxy_diesel::{
    apply::Direction,
    backend::connect_if_exists,
    history::{MigrationState, MigrationStatus, Partial, status},
    stake::{Stake, pending_stakes},
};
use serde::Serialize;
use std::{collections::BTreeMap, io::Write};

/// Lists all migrations, and which are applied
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  metaxy migration list
  metaxy -n prod:features migration list --json")]
pub struct List {
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
}

/// Says which migrations are not applied; exit code 1 where there are any
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Of each it says how many rows or values it loses as the database is now, and how
many NULLs are in the way of a column that forbids them.

Examples:
  metaxy migration pending
  metaxy -n prod migration pending --json")]
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
    at_stake: Vec<AtStake>,
}

#[derive(Serialize)]
struct AtStake {
    object: String,
    rows: u64,
    words: String,
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
        let (statuses, mut stakes) = statuses(&environment)?;
        let taken: Vec<_> = statuses.into_iter().filter(&filter).collect();
        if !json {
            let none = if taken.is_empty() { ": none" } else { "" };
            writeln!(context.out, "{environment}{none}")?;
            for status in &taken {
                line(context.out, status)?;
                for stake in stakes.get(&status.version).into_iter().flatten() {
                    writeln!(context.out, "      at stake: {stake}")?;
                }
            }
        }
        entries.extend(taken.into_iter().map(|it| {
            let stakes = stakes.remove(&it.version).unwrap_or_default();
            Entry::of(&environment, it, &stakes)
        }));
    }
    if json {
        print_json(context.out, &entries)?;
    }
    Ok(entries.len())
}

/// What pending migrations put at stake, by version.
type Stakes = BTreeMap<String, Vec<Stake>>;

/// How the migrations stand, and what those that are pending put at stake, by version.
fn statuses(environment: &Environment) -> Result<(Vec<MigrationStatus>, Stakes), Failure> {
    let (store, history) = (&environment.store, environment.history());
    let mut connection = connect_if_exists(store.backend, &store.url).map_err(Failure::database)?;
    let failed = |error| Failure::usage(error).about(environment);
    let statuses = status(connection.as_mut(), &history).map_err(failed)?;
    let stakes = connection.as_mut().map(|it| pending_stakes(it, &history)).transpose();
    Ok((statuses, stakes.map_err(failed)?.unwrap_or_default()))
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
    fn of(environment: &Environment, status: MigrationStatus, stakes: &[Stake]) -> Self {
        let at_stake = stakes.iter().map(|it| AtStake {
            object: it.object.clone(),
            rows: it.rows,
            words: it.to_string(),
        });
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
            at_stake: at_stake.collect(),
        }
    }
}
