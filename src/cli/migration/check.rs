//! `metaxy migration check`.

use super::{
    generate::{generate_options, steps},
    lint::{Reported, findings, print},
};
use crate::{
    Environment,
    cli::{Context, Failure, Outcome, print_json},
};
use metaxy_core::config::LintLevel;
use metaxy_diesel::{
    generate::{GenerateError, draft},
    history::problems,
    migration::{MigrationDirectory, missing_backfills},
};
use serde::Serialize;
use std::path::Path;

/// Says whether code and migrations agree; exit code 1 where they do not
#[derive(Debug, clap::Args)]
#[command(after_help = "\
It compares the features of the code with what the migrations lead to, the
migrations with the snapshot and with their sums, and looks through those that
are not applied (`metaxy migration lint`); of what that finds only errors make
it fail. No database is needed: run it in CI. Where none can be reached, it
looks through all migrations; where one can, it also says what is in the way of
`run` there. What somebody changed in the database itself is drift:
`metaxy migration diff` finds it.

What it finds, and what mends it:
  the code is ahead of the migrations        metaxy migration generate NAME
  two branches were merged, duplicate
  versions, a migration older than the
  newest applied                             metaxy migration rebase
  files edited, missing, renamed, inserted   undo it, or metaxy migration repair
  edited after it was applied                undo it, and write a new migration

Examples:
  metaxy migration check
  metaxy -n prod migration check --json")]
pub struct Check {
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Checked {
    environment: String,
    /// What is wrong with the files, or in the way of running them.
    problems: Vec<String>,
    /// What the code has and the migrations do not.
    differences: Vec<String>,
    lints: Vec<Reported>,
}

impl Check {
    pub fn run(self, context: &mut Context<'_>) -> Result<Outcome, Failure> {
        let (mut report, mut failed) = (Vec::new(), false);
        for environment in context.environments()? {
            let name = environment.to_string();
            let problems = problems_of(&environment)?;
            let mut checked =
                Checked { environment: name, problems, differences: Vec::new(), lints: Vec::new() };
            let is_read = match MigrationDirectory::open(&environment.directory) {
                Err(error) if error.is_found() => false,
                outcome => outcome.map(|_| true).map_err(Failure::usage)?,
            };
            if !self.json {
                let problems = checked.problems.iter();
                problems
                    .map(|it| format!("{environment}: {it}"))
                    .try_for_each(|it| writeln!(context.out, "{it}"))?;
            }
            if is_read {
                checked.differences = self.differences(context, &environment)?;
                let found = findings(&environment, &context.config.lints, false)?;
                if !self.json {
                    print(context.out, &found)?;
                }
                failed |= found.iter().any(|it| it.level == LintLevel::Error);
                checked.lints = found.iter().map(|it| Reported::of(&environment, it)).collect();
            }
            failed |= !checked.problems.is_empty() || !checked.differences.is_empty();
            report.push(checked);
        }
        if self.json {
            print_json(context.out, &report)?;
        }
        match failed {
            false => Ok(Outcome::Fine),
            true => Ok(Outcome::Found),
        }
    }

    /// What the code has and the migrations do not, in words.
    fn differences(
        &self,
        context: &mut Context<'_>,
        environment: &Environment,
    ) -> Result<Vec<String>, Failure> {
        let desired = environment.desired().map_err(Failure::usage)?;
        let loses_nothing = |error: &GenerateError| !matches!(error, GenerateError::Migrations(_));
        let options = generate_options(environment, "check", &desired);
        let mut differences = match draft(&environment.directory, &options) {
            Ok(None) => Vec::new(),
            Ok(Some(draft)) => {
                if !self.json {
                    writeln!(context.out, "{environment}: the code is ahead of the migrations")?;
                    draft.migrations.iter().try_for_each(|it| steps(context.out, &it.plan))?;
                }
                let steps = draft.migrations.into_iter().flat_map(|it| it.plan.steps);
                steps.map(|it| it.reason).collect()
            }
            Err(error) if loses_nothing(&error) => {
                if !self.json {
                    writeln!(
                        context.out,
                        "{environment}: the code differs from the migrations: {error}"
                    )?;
                }
                vec![error.to_string()]
            }
            Err(error) => return Err(Failure::usage(error).about(environment)),
        };
        for missing in missing(&environment.directory)? {
            if !self.json {
                writeln!(context.out, "{environment}: {missing}")?;
            }
            differences.push(missing);
        }
        if differences.is_empty() && !self.json {
            writeln!(context.out, "{environment}: code and migrations agree")?;
        }
        Ok(differences)
    }
}

/// What is wrong with the files, and what is in the way of running them where the database can be asked.
fn problems_of(environment: &Environment) -> Result<Vec<String>, Failure> {
    // A database that is not reached has nothing to say: the files are checked without it.
    let mut connection = environment.store.connect_if_exists().ok().flatten();
    let found = problems(connection.as_mut(), &environment.history());
    let mut found = found.map_err(|error| Failure::usage(error).about(environment))?;
    if let Ok(directory) = MigrationDirectory::open(&environment.directory)
        && let Some(snapshot) = &directory.snapshot
    {
        let leads_to = directory.replayed().map_err(Failure::usage)?;
        if leads_to != snapshot.schema {
            found.push(
                "the snapshot is not what the migrations lead to: `metaxy migration rebase` writes it anew".to_owned(),
            );
        }
    }
    Ok(found)
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
