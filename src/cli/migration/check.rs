//! `metaxy migration check`.

use super::{
    generate::steps,
    lint::{Reported, findings, print},
};
use crate::cli::{Context, Failure, Outcome, print_json};
use chrono::Utc;
use metaxy_core::config::LintLevel;
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
sums, and looks through the migrations that are not applied (`metaxy migration lint`); of these only
errors make it fail. No database is needed: run it in CI. Where none can be reached, it looks through
all migrations.")]
pub struct Check {
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Checked {
    environment: String,
    differences: Vec<String>,
    lints: Vec<Reported>,
}

impl Check {
    pub fn run(self, context: &mut Context<'_>) -> Result<Outcome, Failure> {
        let (mut report, mut failed) = (Vec::new(), false);
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
                online: false,
                now: Utc::now(),
            };
            let name = environment.to_string();
            let mut differences = match draft(&environment.directory, &options) {
                Ok(None) => Vec::new(),
                Ok(Some(draft)) => {
                    if !self.json {
                        writeln!(context.out, "{name}: the code is ahead of the migrations")?;
                        draft.migrations.iter().try_for_each(|it| steps(context.out, &it.plan))?;
                    }
                    let steps = draft.migrations.into_iter().flat_map(|it| it.plan.steps);
                    steps.map(|it| it.reason).collect()
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
            let found = findings(&environment, &context.config.lints, false)?;
            if !self.json {
                print(context.out, &found)?;
            }
            failed |=
                !differences.is_empty() || found.iter().any(|it| it.level == LintLevel::Error);
            let lints = found.iter().map(|it| Reported::of(&environment, it)).collect();
            report.push(Checked { environment: name, differences, lints });
        }
        if self.json {
            print_json(context.out, &report)?;
        }
        match failed {
            false => Ok(Outcome::Fine),
            true => Ok(Outcome::Found),
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
