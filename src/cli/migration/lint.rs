//! `metaxy migration lint`.

use crate::{
    Environment,
    cli::{Context, Failure, Outcome, print_json},
};
use metaxy_core::{
    config::{LintLevel, LintsConfig},
    nearest,
};
use metaxy_diesel::{
    backend::connect_if_exists,
    history::{MigrationState, status},
    lint::{Finding, LINTS, find, lint},
    migration::MigrationDirectory,
};
use serde::Serialize;
use std::{collections::BTreeSet, io::Write};

/// Looks through the migrations that are not applied; exit code 1 where a rule finds an error
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Where the database cannot be reached, it looks through all migrations.
`-- metaxy:ignore CODE reason` in a script silences a rule from there on, and
[lints] in metaxy.toml says how findings are taken.

Examples:
  metaxy migration lint
  metaxy migration lint --explain MX401")]
pub struct Lint {
    /// Say what a rule is about, instead
    #[arg(long, value_name = "CODE")]
    explain: Option<String>,
    /// Look through all migrations
    #[arg(long)]
    all: bool,
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
}

/// A finding, for programs.
#[derive(Serialize)]
pub struct Reported {
    environment: String,
    code: &'static str,
    level: &'static str,
    migration: String,
    file: &'static str,
    line: Option<usize>,
    object: String,
    title: &'static str,
    why: &'static str,
    mend: &'static str,
}

impl Lint {
    pub fn run(self, context: &mut Context<'_>) -> Result<Outcome, Failure> {
        if let Some(code) = &self.explain {
            return explain(context.out, code, self.json);
        }
        let mut report = Vec::new();
        for environment in Environment::of(&context.config, &context.environment)? {
            let found = findings(&environment, &context.config.lints, self.all)?;
            if !self.json {
                let words = match found.len() {
                    0 => "nothing found".to_owned(),
                    1 => "1 finding".to_owned(),
                    count => format!("{count} findings"),
                };
                writeln!(context.out, "{environment}: {words}")?;
                print(context.out, &found)?;
            }
            report.extend(found.iter().map(|it| Reported::of(&environment, it)));
        }
        if self.json {
            print_json(context.out, &report)?;
        }
        match report.iter().any(|it| it.level == LintLevel::Error.name()) {
            false => Ok(Outcome::Fine),
            true => Ok(Outcome::Found),
        }
    }
}

/// What the rules find in the migrations of a history that its database does not have yet; in `all` of them where that is
/// said, or the database cannot be asked.
pub fn findings(
    environment: &Environment,
    levels: &LintsConfig,
    all: bool,
) -> Result<Vec<Finding>, Failure> {
    let failed = |error| Failure::usage(error).about(environment);
    let directory = MigrationDirectory::open(&environment.directory).map_err(failed)?;
    let pending = if all { None } else { pending(environment) };
    let wanted = directory
        .migrations
        .iter()
        .filter(|it| pending.as_ref().is_none_or(|pending| pending.contains(&it.version)));
    let snapshot = directory.snapshot.as_ref().map(|it| &it.schema);
    let backend = environment.store.backend;
    Ok(wanted.flat_map(|it| lint(it, backend, snapshot, levels)).collect())
}

/// The versions that are not applied; `None` where nobody knows.
fn pending(environment: &Environment) -> Option<BTreeSet<String>> {
    let store = &environment.store;
    let mut connection = connect_if_exists(store.backend, &store.url).ok()?;
    let statuses = status(connection.as_mut(), &environment.history()).ok()?;
    let pending = statuses.into_iter().filter(|it| it.state == MigrationState::Pending);
    Some(pending.map(|it| it.version).collect())
}

/// Prints findings, each with what to do.
pub fn print(out: &mut dyn Write, findings: &[Finding]) -> Result<(), Failure> {
    for finding in findings {
        writeln!(out, "  {finding}\n    {}", finding.lint.mend)?;
    }
    Ok(())
}

fn explain(out: &mut dyn Write, code: &str, json: bool) -> Result<Outcome, Failure> {
    #[derive(Serialize)]
    struct Explained {
        code: &'static str,
        group: &'static str,
        level: &'static str,
        title: &'static str,
        why: &'static str,
        mend: &'static str,
    }
    let Some(lint) = find(&code.to_uppercase()) else {
        return Err(Failure::usage(UnknownCode { code: code.to_owned() }));
    };
    let (group, level) = (lint.group.title(), lint.level.name());
    let (code, title, why, mend) = (lint.code, lint.title, lint.why, lint.mend);
    match json {
        true => print_json(out, &Explained { code, group, level, title, why, mend })?,
        false => writeln!(out, "{code} ({level}; {group}): {title}\n\n{why}\n{mend}")?,
    }
    Ok(Outcome::Fine)
}

/// There is no rule of this code.
#[derive(Debug, thiserror::Error)]
#[error("`{code}` is the code of no rule{}", hint(code))]
struct UnknownCode {
    code: String,
}

fn hint(code: &str) -> String {
    let codes = || LINTS.iter().map(|it| it.code);
    match nearest(code, codes()) {
        Some(near) => format!(": did you mean `{near}`?"),
        None => format!(": there are {}", codes().collect::<Vec<_>>().join(", ")),
    }
}

impl Reported {
    /// A finding of an environment.
    pub fn of(environment: &Environment, finding: &Finding) -> Self {
        let lint = finding.lint;
        Self {
            environment: environment.to_string(),
            code: lint.code,
            level: finding.level.name(),
            migration: finding.migration.clone(),
            file: finding.file,
            line: finding.line,
            object: finding.object.clone(),
            title: lint.title,
            why: lint.why,
            mend: lint.mend,
        }
    }
}
