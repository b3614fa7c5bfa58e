//! `metaxy migration generate`.

use super::{
    diesel_toml,
    lint::{self, Reported},
    questions::{Answers, MissingHint, can_ask, missing},
    shown,
    summary::{self, Stream},
};
use crate::{
    Environment, Schema,
    cli::{Context, Failure, Outcome, print_json},
};
use chrono::{DateTime, Utc};
use metaxy_core::config::LintsConfig;
use metaxy_diesel::{
    generate::{Draft, Drafted, GenerateError, GenerateOptions, draft},
    hints::{Backfill, Rename},
    lint::{Finding, lint},
    plan::Plan,
};
use serde::Serialize;
use std::{
    io::{self, Write},
    path::PathBuf,
};

/// Writes the migration that brings the tables to what the code says
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The tables as they are now are those of the snapshot beside the migrations: no
database is needed. Nothing is written where nothing differs, nor before someone
said what became of what is gone: on a terminal it asks, elsewhere it fails and
shows the flags to choose from (as JSON, with the status `missing_hints`).

Examples:
  metaxy migration generate initialize
  metaxy -n dev:features migration generate 'add the duration of videos'
  metaxy migration generate 'drop paths' --allow-destructive video__raw.path
  metaxy migration generate 'name files' --rename video__raw.path:file
  metaxy migration generate 'add sizes' --backfill video__raw.size=0
  metaxy migration generate 'find by path' --online

--online: on PostgreSQL, indexes are made CONCURRENTLY, constraints NOT VALID
and validated then, and a column of another type or name is filled beside the
old one, with a trigger that keeps both in step. Run the migrations up to the
one before `contract`, start the new programs, and run the rest. MariaDB and
MySQL are told ALGORITHM=INPLACE, LOCK=NONE, and refuse what they would copy a
table for.")]
pub struct Generate {
    /// What the migration is about, in words
    name: String,
    /// What may be lost: a table, or TABLE.COLUMN
    #[arg(long, value_name = "OBJECT")]
    allow_destructive: Vec<String>,
    /// What has another name: TABLE.OLD:NEW for a column, OLD:NEW for a table
    #[arg(long, value_name = "OLD:NEW")]
    rename: Vec<Rename>,
    /// The value of rows that are there, as SQL: TABLE.COLUMN=EXPRESSION
    #[arg(long, value_name = "COLUMN=SQL")]
    backfill: Vec<Backfill>,
    /// Keep nobody waiting: in several migrations, old and new side by side meanwhile
    #[arg(long, conflicts_with = "empty")]
    online: bool,
    /// Leave the SQL to be written by hand
    #[arg(long)]
    empty: bool,
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Written {
    environment: String,
    status: Status,
    migrations: Vec<WrittenMigration>,
    hints: Vec<MissingHint>,
    lints: Vec<Reported>,
}

#[derive(Serialize)]
struct WrittenMigration {
    path: PathBuf,
    version: String,
    steps: Vec<String>,
}

/// What became of an environment's migration.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    /// It is written.
    Ok,
    /// There is nothing to do.
    NoChanges,
    /// It waits for what `hints` ask for.
    MissingHints,
    /// It waits for another environment's.
    NotWritten,
}

impl Generate {
    pub fn run(mut self, context: &mut Context<'_>) -> Result<Outcome, Failure> {
        let environments = context.environments()?;
        let desired: Vec<_> = environments
            .iter()
            .map(|it| it.desired())
            .collect::<Result<_, _>>()
            .map_err(Failure::usage)?;
        let mut answers = Answers {
            allow_destructive: std::mem::take(&mut self.allow_destructive),
            renames: std::mem::take(&mut self.rename),
        };
        let now = Utc::now();
        let mut drafts = Vec::new();
        for (environment, desired) in environments.iter().zip(&desired) {
            let draft = loop {
                let draft = self.draft(environment, desired, &answers, now);
                match draft.as_ref().err().and_then(missing).filter(|_| !self.json && can_ask()) {
                    Some(losses) => {
                        eprintln!("{environment}:");
                        let (mut input, mut out) = (io::stdin().lock(), io::stderr().lock());
                        if !answers.ask(losses, &mut input, &mut out)? {
                            break draft;
                        }
                    }
                    None => break draft,
                }
            };
            match draft {
                Err(error) if !self.json || missing(&error).is_none() => {
                    return Err(Failure::usage(error).about(environment));
                }
                draft => drafts.push((environment, draft)),
            }
        }
        // All are drafted before the first is written: where one is refused, none is.
        let write = drafts.iter().all(|(_, draft)| draft.is_ok());
        let mut report = Vec::new();
        for (environment, draft) in drafts {
            let found = match &draft {
                Ok(Some(draft)) => findings(environment, draft, &context.config.lints),
                _ => Vec::new(),
            };
            if let (true, Ok(Some(draft))) = (write, &draft) {
                draft.write().map_err(Failure::usage)?;
                diesel_toml::refresh(environment, draft.schema())?;
            }
            if let (false, Ok(draft)) = (self.json, &draft) {
                print(context.out, environment, draft.as_ref())?;
                lint::print(context.out, &found)?;
            }
            let lints = found.iter().map(|it| Reported::of(environment, it)).collect();
            report.push(Written::of(environment, draft, write, lints));
        }
        if self.json {
            print_json(context.out, &report)?;
        } else if !context.quiet && report.iter().any(|it| !it.migrations.is_empty()) {
            let next = match self.empty {
                true => "Write the SQL, take it with `metaxy migration repair`",
                false => "Read the SQL",
            };
            writeln!(context.out, "{next}, then apply it with `metaxy migration run`.")?;
        }
        Ok(if write { Outcome::Fine } else { Outcome::Unsaid })
    }

    fn draft(
        &self,
        environment: &Environment,
        desired: &Schema,
        answers: &Answers,
        now: DateTime<Utc>,
    ) -> Result<Option<Draft>, GenerateError> {
        let options = GenerateOptions {
            empty: self.empty,
            allow_destructive: &answers.allow_destructive,
            renames: &answers.renames,
            backfills: &self.backfill,
            online: self.online,
            now,
            ..generate_options(environment, &self.name, desired)
        };
        draft(&environment.directory, &options)
    }
}

/// What generates a migration of what the code has, where nobody was asked and nothing was named.
pub fn generate_options<'a>(
    environment: &'a Environment,
    name: &'a str,
    desired: &'a Schema,
) -> GenerateOptions<'a> {
    GenerateOptions {
        name,
        backend: environment.store.backend,
        scope: environment.scope.name(),
        desired,
        table_prefix: &environment.store.table_prefix,
        empty: false,
        allow_destructive: &[],
        renames: &[],
        backfills: &[],
        online: false,
        now: Utc::now(),
    }
}

impl Written {
    fn of(
        environment: &Environment,
        draft: Result<Option<Draft>, GenerateError>,
        written: bool,
        lints: Vec<Reported>,
    ) -> Self {
        let (status, draft, hints) = match draft {
            Ok(None) => (Status::NoChanges, None, Vec::new()),
            Ok(Some(draft)) if written => (Status::Ok, Some(draft), Vec::new()),
            Ok(Some(_)) => (Status::NotWritten, None, Vec::new()),
            Err(error) => {
                let losses = missing(&error).unwrap_or_default();
                (Status::MissingHints, None, losses.iter().map(MissingHint::of).collect())
            }
        };
        let migrations = draft.into_iter().flat_map(|it| it.migrations).map(WrittenMigration::of);
        let (environment, migrations) = (environment.to_string(), migrations.collect());
        Self { environment, status, migrations, hints, lints }
    }
}

impl WrittenMigration {
    fn of(drafted: Drafted) -> Self {
        let steps = drafted.plan.steps.into_iter().map(|it| it.reason).collect();
        Self { path: drafted.path, version: drafted.migration.version, steps }
    }
}

/// What lints find in migrations that are about to be written.
fn findings(environment: &Environment, draft: &Draft, levels: &LintsConfig) -> Vec<Finding> {
    let backend = environment.store.backend;
    let migrations = draft.migrations.iter();
    migrations.flat_map(|it| lint(&it.migration, backend, Some(draft.schema()), levels)).collect()
}

fn print(
    out: &mut dyn Write,
    environment: &Environment,
    draft: Option<&Draft>,
) -> Result<(), Failure> {
    let Some(draft) = draft else {
        return Ok(writeln!(out, "{environment}: nothing to do")?);
    };
    for drafted in &draft.migrations {
        writeln!(out, "{environment}: {}", shown(&drafted.path))?;
        steps(out, &drafted.plan)?;
    }
    if let [.., before, contract] = draft.migrations.as_slice()
        && contract.migration.name.ends_with("_contract")
    {
        let version = &before.migration.version;
        writeln!(
            out,
            "  Run up to the last but one with `--to {version}`, start the new programs, then run the rest."
        )?;
    }
    Ok(())
}

/// Prints what a migration does, and what can go wrong with it.
pub fn steps(out: &mut dyn Write, plan: &Plan) -> Result<(), Failure> {
    summary::print(out, &plan.summary(), Stream::Out)
}
