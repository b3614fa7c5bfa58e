//! `metaxy migration check`.

use super::generate::steps;
use crate::cli::{Context, Failure, Outcome, print_json};
use chrono::Utc;
use metaxy_diesel::{
    generate::{GenerateError, GenerateOptions, draft},
    migration::{MigrationDirectory, missing_backfills},
};
use serde::Serialize;
use std::path::Path;

/// Says whether code and migrations agree; exit code 1 where they do not
#[derive(Debug, clap::Args)]
#[command(after_help = "\
It compares the features of the code with what the migrations lead to, and the migrations with their
sums. No database is needed: run it in CI.")]
pub struct Check {
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Checked {
    environment: String,
    differences: Vec<String>,
}

impl Check {
    pub fn run(self, context: &mut Context<'_>) -> Result<Outcome, Failure> {
        let mut report = Vec::new();
        for environment in context.environments()? {
            let desired = environment.desired().map_err(Failure::usage)?;
            let loses_nothing =
                |error: &GenerateError| !matches!(error, GenerateError::Migrations(_));
            let options = GenerateOptions {
                name: "check",
                backend: environment.store.backend,
                scope: environment.scope.name(),
                desired: &desired,
                table_prefix: &environment.store.table_prefix,
                empty: false,
                allow_destructive: &[],
                renames: &[],
                backfills: &[],
                now: Utc::now(),
            };
            let name = environment.to_string();
            let mut differences = match draft(&environment.directory, &options) {
                Ok(None) => Vec::new(),
                Ok(Some(draft)) => {
                    if !self.json {
                        writeln!(context.out, "{name}: the code is ahead of the migrations")?;
                        steps(context.out, &draft.plan)?;
                    }
                    draft.plan.steps.into_iter().map(|it| it.reason).collect()
                }
                Err(error) if loses_nothing(&error) => {
                    if !self.json {
                        writeln!(
                            context.out,
                            "{name}: the code differs from the migrations: {error}"
                        )?;
                    }
                    vec![error.to_string()]
                }
                Err(error) => return Err(Failure::usage(error).about(&environment)),
            };
            for missing in missing(&environment.directory)? {
                if !self.json {
                    writeln!(context.out, "{name}: {missing}")?;
                }
                differences.push(missing);
            }
            if differences.is_empty() && !self.json {
                writeln!(context.out, "{name}: code and migrations agree")?;
            }
            report.push(Checked { environment: name, differences });
        }
        if self.json {
            print_json(context.out, &report)?;
        }
        match report.iter().all(|it| it.differences.is_empty()) {
            true => Ok(Outcome::Fine),
            false => Ok(Outcome::Found),
        }
    }
}

/// The values that `up.sql` of a migration still lacks, in words. What `down.sql` lacks matters only to who reverts it.
fn missing(directory: &Path) -> Result<Vec<String>, Failure> {
    let migrations = MigrationDirectory::open(directory).map_err(Failure::usage)?.migrations;
    let words = migrations.iter().flat_map(|migration| {
        missing_backfills(migration, &migration.up).map(move |missing| {
            format!(
                "`{}/up.sql`, line {}: the value of `{}` in rows that are there is missing; write it in place of NULL, \
                 then run `metaxy migration repair`",
                migration.name, missing.line, missing.column
            )
        })
    });
    Ok(words.collect())
}
