//! `metaxy migration rebase`.

use crate::{
    Environment,
    cli::{Context, Failure, Outcome, print_json},
};
use chrono::Utc;
use metaxy_diesel::{
    history::applied_names,
    migration::MigrationError,
    rebase::{Moved, Rebase as Rebased, RebaseError, RebaseOptions, rebase},
};
use serde::Serialize;
use std::{collections::BTreeMap, io::Write};

/// Puts the migrations of merged branches one after the other
#[derive(Debug, clap::Args)]
#[command(after_help = "\
For after a merge: two branches each wrote migrations, and Git found conflicts
in snapshot.json and metaxy.sum. Run it as the files are, conflicts and all: it
reads the migrations alone, and writes the two anew. Those that the database of
the store does not have come last and get later versions; where it has all or
none of them, the older come first. SQL is written anew where it has to be
another. Databases that have a migration by its former version have it still.

Where both branches changed the same thing, each its own way, it says so and
writes nothing: remove the directory of one, rebase, and generate it again.

Examples:
  git merge main; metaxy migration rebase; git add migrations; git commit
  metaxy -n prod:features migration rebase 2026-11-23-001530_add_duration")]
pub struct Rebase {
    /// The migrations that come last, by name or version, with those that follow them
    #[arg(value_name = "MIGRATION")]
    last: Vec<String>,
    /// Only say what would become of them
    #[arg(long)]
    dry_run: bool,
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Reported {
    environment: String,
    /// Whether anything was, or is to be, written.
    changed: bool,
    moved: Vec<ReportedMove>,
}

#[derive(Serialize)]
struct ReportedMove {
    from: String,
    to: String,
    rewritten: bool,
    refused_after: Vec<String>,
}

impl Rebase {
    pub fn run(self, context: &mut Context<'_>) -> Result<Outcome, Failure> {
        let environments = Environment::of(&context.config, &context.environment)?;
        let mut planned = Vec::new();
        for environment in &environments {
            planned.push((environment, self.plan(environment, environments.len() > 1)?));
        }
        // All are planned before the first is written: where one is refused, none is.
        let mut report = Vec::new();
        for (environment, rebased) in planned {
            if let (Some(rebased), false) = (&rebased, self.dry_run) {
                rebased.write().map_err(|error| Failure::usage(error).about(environment))?;
            }
            if !self.json {
                self.print(context.out, environment, rebased.as_ref())?;
            }
            report.push(Reported::of(environment, rebased));
        }
        if self.json {
            print_json(context.out, &report)?;
        }
        Ok(Outcome::Fine)
    }

    fn plan(&self, environment: &Environment, several: bool) -> Result<Option<Rebased>, Failure> {
        let applied = applied(environment)?;
        let mut options = RebaseOptions { last: &self.last, applied, now: Utc::now() };
        let of_other = |error: &RebaseError| {
            several
                && matches!(error, RebaseError::Migration(MigrationError::NoSuchMigration { .. }))
        };
        let rebased = match rebase(&environment.directory, &options) {
            // A name is that of a migration of one scope.
            Err(error) if of_other(&error) => {
                options.last = &[];
                rebase(&environment.directory, &options)
            }
            rebased => rebased,
        };
        rebased.map_err(|error| Failure::usage(error).about(environment))
    }

    fn print(
        &self,
        out: &mut dyn Write,
        environment: &Environment,
        rebased: Option<&Rebased>,
    ) -> Result<(), Failure> {
        let Some(rebased) = rebased else {
            return Ok(writeln!(out, "{environment}: nothing to do")?);
        };
        let would = if self.dry_run { "would be " } else { "" };
        for Moved { from, to, rewritten, refused_after } in &rebased.moved {
            let sql = if *rewritten { ", its SQL written anew: read it" } else { "" };
            match from == to {
                true => writeln!(out, "{environment}: {to} comes after the others{sql}")?,
                false => writeln!(out, "{environment}: {from} {would}renamed to {to}{sql}")?,
            }
            if !refused_after.is_empty() {
                writeln!(
                    out,
                    "  a database that has it and lacks {} has to revert it first: they change the same",
                    refused_after.join(", ")
                )?;
            }
        }
        Ok(writeln!(out, "{environment}: snapshot and sums {would}written anew")?)
    }
}

/// What the database has, versions with names; nothing where it is not there, or not reached.
fn applied(environment: &Environment) -> Result<BTreeMap<String, Option<String>>, Failure> {
    let about = |error| Failure::database(error).about(environment);
    match environment.store.connect_if_exists() {
        Ok(None) => Ok(BTreeMap::new()),
        Ok(Some(mut connection)) => {
            applied_names(&mut connection, &environment.history()).map_err(about)
        }
        Err(error) => {
            eprintln!("{environment}: the database was not asked what it has: {error}");
            Ok(BTreeMap::new())
        }
    }
}

impl Reported {
    fn of(environment: &Environment, rebased: Option<Rebased>) -> Self {
        let changed = rebased.is_some();
        let moved = rebased.into_iter().flat_map(|it| it.moved).map(|it| ReportedMove {
            from: it.from,
            to: it.to,
            rewritten: it.rewritten,
            refused_after: it.refused_after,
        });
        Self { environment: environment.to_string(), changed, moved: moved.collect() }
    }
}
