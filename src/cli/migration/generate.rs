//! `metaxy migration generate`.

use super::shown;
use crate::cli::{Context, Failure, Outcome, print_json};
use chrono::Utc;
use metaxy_diesel::{
    generate::{Draft, GenerateOptions, draft},
    hints::{Backfill, Rename},
    plan::Plan,
};
use serde::Serialize;
use std::{io::Write, path::PathBuf};

/// Writes the migration that brings the tables to what the code says
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The tables as they are now are those of the snapshot beside the migrations: no database is needed.
Nothing is written where nothing differs.

Examples:
  metaxy migration generate initialize
  metaxy -n dev:features migration generate 'add the duration of videos'
  metaxy migration generate 'drop paths' --allow-destructive video__raw.path
  metaxy migration generate 'name files' --rename video__raw.path:file
  metaxy migration generate 'add sizes' --backfill 'video__raw.size=length(path)'")]
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
    path: Option<PathBuf>,
    version: Option<String>,
    steps: Vec<String>,
}

impl Generate {
    pub fn run(self, context: &mut Context<'_>) -> Result<Outcome, Failure> {
        let environments = context.environments()?;
        let desired: Vec<_> = environments
            .iter()
            .map(|it| it.desired())
            .collect::<Result<_, _>>()
            .map_err(Failure::usage)?;
        let now = Utc::now();
        let mut drafts = Vec::new();
        for (environment, desired) in environments.iter().zip(&desired) {
            let options = GenerateOptions {
                name: &self.name,
                backend: environment.store.backend,
                scope: environment.scope.name(),
                desired,
                empty: self.empty,
                allow_destructive: &self.allow_destructive,
                renames: &self.rename,
                backfills: &self.backfill,
                now,
            };
            let draft = draft(&environment.directory, &options);
            drafts.push(draft.map_err(|error| Failure::usage(error).about(environment))?);
        }
        // All are drafted before the first is written: where one is refused, none is.
        let mut report = Vec::new();
        for (environment, draft) in environments.iter().zip(drafts) {
            let environment = environment.to_string();
            if let Some(draft) = &draft {
                draft.write().map_err(Failure::usage)?;
            }
            if !self.json {
                print(context.out, &environment, draft.as_ref())?;
            }
            report.push(match draft {
                None => Written { environment, path: None, version: None, steps: Vec::new() },
                Some(Draft { path, version, plan, .. }) => {
                    let steps = plan.steps.into_iter().map(|it| it.reason).collect();
                    Written { environment, path: Some(path), version: Some(version), steps }
                }
            });
        }
        if self.json {
            print_json(context.out, &report)?;
        } else if report.iter().any(|it| it.path.is_some()) {
            writeln!(context.out, "Read the SQL, then apply it with `metaxy migration run`.")?;
        }
        Ok(Outcome::Fine)
    }
}

fn print(out: &mut dyn Write, environment: &str, draft: Option<&Draft>) -> Result<(), Failure> {
    let Some(draft) = draft else {
        return Ok(writeln!(out, "{environment}: nothing to do")?);
    };
    writeln!(out, "{environment}: {}", shown(&draft.path))?;
    steps(out, &draft.plan)
}

/// Prints what a migration does, and what can go wrong with it.
pub fn steps(out: &mut dyn Write, plan: &Plan) -> Result<(), Failure> {
    for step in &plan.steps {
        writeln!(out, "  {}", step.reason)?;
        for risk in &step.risks {
            writeln!(out, "    {risk}")?;
        }
    }
    Ok(())
}
