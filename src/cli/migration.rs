//! `metaxy migration`: the words of Diesel's own command line.

mod baseline;
mod check;
mod diesel_toml;
mod diff;
mod generate;
mod lint;
mod list;
mod progress;
mod questions;
mod rebase;
mod repair;
mod revert;
mod run;
mod show;
mod squash;
mod status;
mod summary;

pub use generate::{generate_options, steps};
pub use revert::with_counts;

use super::{Context, Failure, Outcome, print_json};
use serde::Serialize;
use std::path::Path;

/// Writes and applies migrations
#[derive(Debug, clap::Subcommand)]
pub enum Migration {
    /// Writes the migration that brings the tables to what the code says
    Generate(generate::Generate),
    /// Shows what migrations do, table by table: in words, as SQL, or as a picture of the tables before and after
    Show(show::Show),
    /// Applies the pending migrations
    Run(run::Run),
    /// Undoes the last migration
    Revert(revert::Revert),
    /// Undoes the last migration and applies it again
    Redo(revert::Redo),
    /// Says how far the databases are, and what keeps them from going on; exit code 1 where something does
    Status(status::Status),
    /// Lists all migrations, and which are applied
    List(list::List),
    /// Says which migrations are not applied; exit code 1 where there are any
    Pending(list::Pending),
    /// Says whether code and migrations agree; exit code 1 where they do not
    Check(check::Check),
    /// Looks through the migrations that are not applied; exit code 1 where a rule finds an error
    Lint(lint::Lint),
    /// Says whether the database is what its migrations made; exit code 1 where it is not
    Diff(diff::Diff),
    /// Takes migrations as they are now: after one was edited by hand
    Repair(repair::Repair),
    /// Puts the migrations of merged branches one after the other
    Rebase(rebase::Rebase),
    /// Makes one of several migrations
    Squash(squash::Squash),
    /// Takes a database that has the tables already into the history
    Baseline(baseline::Baseline),
    /// Writes a diesel.toml for each history, for Diesel's own command line
    DieselToml(diesel_toml::DieselToml),
}

impl Migration {
    pub fn run(self, context: &mut Context<'_>) -> Result<Outcome, Failure> {
        match self {
            Self::Generate(it) => it.run(context),
            Self::Show(it) => it.run(context),
            Self::Run(it) => it.run(context),
            Self::Revert(it) => it.run(context),
            Self::Redo(it) => it.run(context),
            Self::Status(it) => it.run(context),
            Self::List(it) => it.run(context),
            Self::Pending(it) => it.run(context),
            Self::Check(it) => it.run(context),
            Self::Lint(it) => it.run(context),
            Self::Diff(it) => it.run(context),
            Self::Repair(it) => it.run(context),
            Self::Rebase(it) => it.run(context),
            Self::Squash(it) => it.run(context),
            Self::Baseline(it) => it.run(context),
            Self::DieselToml(it) => it.run(context),
        }
    }
}

/// A path as a person at the terminal would write it: from the working directory, where it is below.
pub fn shown(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let path = path.strip_prefix("./").unwrap_or(path);
    path.strip_prefix(&here).unwrap_or(path).display().to_string()
}

/// What was done with the migrations of an environment.
#[derive(Serialize)]
struct Done {
    environment: String,
    migrations: Vec<String>,
}

/// Prints what was done: in words, or as JSON.
fn print_done(
    context: &mut Context<'_>,
    done: &[Done],
    words: &str,
    json: bool,
) -> Result<Outcome, Failure> {
    if json {
        print_json(context.out, &done)?;
        return Ok(Outcome::Fine);
    }
    for Done { environment, migrations } in done {
        if migrations.is_empty() {
            writeln!(context.out, "{environment}: nothing to do")?;
        }
        for migration in migrations {
            writeln!(context.out, "{environment}: {words} {migration}")?;
        }
    }
    Ok(Outcome::Fine)
}
