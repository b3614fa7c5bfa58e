//! `metaxy migration revert` and `metaxy migration redo`.

use super::{
    Done, print_done,
    progress::{Detail, with_progress},
};
use crate::{
    Environment,
    cli::{Context, Failure, Outcome},
};
use metaxy_diesel::{
    apply::{self, Count, RevertOptions},
    backend::{Connection, Open, connect},
    history::{History, MigrationState, status},
};
use std::{ffi::OsString, time::Duration};

/// Undoes the last migration
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Revert {
    #[command(flatten)]
    options: Options,
}

/// Undoes the last migration and applies it again
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Redo {
    #[command(flatten)]
    options: Options,
}

const EXAMPLES: &str = "\
Without a scope, it is the history with the newest applied migration. Tables
with rows and columns with values are dropped only where --allow-destructive
names them.

Examples:
  metaxy -n dev:features migration revert
  metaxy -n dev:features migration revert -n 2
  metaxy -n dev:features migration redo --last 2
  metaxy -n dev:features migration revert --all --allow-destructive video__raw";

#[derive(Debug, clap::Args)]
struct Options {
    /// How many migrations; `-n N` after the command is the same
    #[arg(long, value_name = "N", default_value_t = 1, conflicts_with = "all")]
    last: usize,
    /// All migrations
    #[arg(long)]
    all: bool,
    /// What may be lost: a table, or TABLE.COLUMN
    #[arg(long, value_name = "OBJECT")]
    allow_destructive: Vec<String>,
    /// How long to wait for a process that changes the same history: 60 unless said otherwise
    #[arg(long, value_name = "SECONDS")]
    lock_timeout: Option<u64>,
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
}

impl Revert {
    pub fn run(self, context: &mut Context<'_>) -> Result<Outcome, Failure> {
        apply(context, self.options, "reverted", apply::revert)
    }
}

impl Redo {
    pub fn run(self, context: &mut Context<'_>) -> Result<Outcome, Failure> {
        apply(context, self.options, "applied again", apply::redo)
    }
}

/// Takes `migration revert -n 2` for `--last 2`: after these commands a number is how many, whatever `-n` is before them.
pub fn with_counts(mut args: Vec<OsString>) -> Vec<OsString> {
    let is = |it: &OsString, names: &[&str]| names.iter().any(|name| it == name);
    let command = args
        .windows(2)
        .position(|it| is(&it[0], &["migration", "migrations"]) && is(&it[1], &["revert", "redo"]));
    let is_number = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
    let after = command.map_or(args.len(), |it| it + 2);
    for at in after..args.len() {
        let next = args.get(at + 1).and_then(|it| it.to_str()).is_some_and(is_number);
        let Some(rest) = args[at].to_str().and_then(|it| it.strip_prefix("-n")) else { continue };
        let attached = rest.strip_prefix('=').unwrap_or(rest);
        if rest.is_empty() && next {
            args[at] = "--last".into();
        } else if is_number(attached) {
            args[at] = format!("--last={attached}").into();
        }
    }
    args
}

type Function = fn(
    &mut Connection,
    &History,
    &RevertOptions,
    apply::OnEvent<'_>,
) -> Result<Vec<String>, apply::ApplyError>;

fn apply(
    context: &mut Context<'_>,
    options: Options,
    words: &str,
    function: Function,
) -> Result<Outcome, Failure> {
    let (all, json) = (options.all, options.json);
    let detail = if json { Detail::Nothing } else { Detail::of(context) };
    let lock_timeout = options.lock_timeout.map(Duration::from_secs);
    let mut options = RevertOptions {
        count: if all { Count::All } else { Count::Last(options.last) },
        allow_destructive: options.allow_destructive,
        ..RevertOptions::default()
    };
    options.lock_timeout = lock_timeout.unwrap_or(options.lock_timeout);
    let mut environments = context.environments()?;
    environments.reverse();
    if !all && environments.len() > 1 {
        environments = vec![newest(environments)?];
    }
    let mut report = Vec::new();
    for environment in environments {
        let mut connection = open(&environment)?;
        let history = environment.history();
        let migrations = with_progress(detail, |on_event| {
            function(&mut connection, &history, &options, on_event)
        })
        .map_err(|error| Failure::from(error).about(&environment))?;
        let done = Done { environment: environment.to_string(), migrations };
        if !json {
            print_done(context, std::slice::from_ref(&done), words, false)?;
        }
        report.push(done);
    }
    match json {
        true => print_done(context, &report, "", true),
        false => Ok(Outcome::Fine),
    }
}

/// The environment whose history was applied last, by version; of equals the first.
fn newest(environments: Vec<Environment>) -> Result<Environment, Failure> {
    let mut newest: Option<(String, Environment)> = None;
    for environment in environments {
        let statuses = status(Some(&mut open(&environment)?), &environment.history())
            .map_err(|error| Failure::usage(error).about(&environment))?;
        let applied = statuses.into_iter().rfind(|it| it.state != MigrationState::Pending);
        let version = applied.map(|it| it.version).unwrap_or_default();
        if newest.as_ref().is_none_or(|(best, _)| version > *best) {
            newest = Some((version, environment));
        }
    }
    let (_, environment) = newest.expect("a store has scopes");
    Ok(environment)
}

fn open(environment: &Environment) -> Result<Connection, Failure> {
    let store = &environment.store;
    connect(store.backend, &store.url, Open::Existing).map_err(Failure::database)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: &str) {
        let args = with_counts(line.split(' ').map(OsString::from).collect());
        assert_eq!(args, expected.split(' ').map(OsString::from).collect::<Vec<_>>());
    }

    #[test]
    fn a_number_after_the_command_is_how_many() {
        check("-n dev migration revert -n 2", "-n dev migration revert --last 2");
        check("-n dev migrations redo --json -n2", "-n dev migrations redo --json --last=2");
        check("migration redo -n=3", "migration redo --last=3");
        // What is no number there, or comes before the command, is an environment.
        for line in [
            "-n 2 migration revert",
            "migration revert -n dev:features",
            "migration revert -n",
            "migration run -n 2",
            "migration generate revert -n 2",
        ] {
            check(line, line);
        }
    }
}
