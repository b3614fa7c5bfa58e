//! `metaxy schema diff`.

use super::{SOURCES, options::Options};
use crate::cli::{Context, Failure, Outcome, migration::steps, print_json};
use metaxy_core::config::Secret;
use metaxy_diesel::{
    change::Risk,
    plan::Step,
    source::{Difference, compare},
};
use serde::Serialize;
use std::io::Write;

/// Prints the SQL that makes one schema another; exit code 1 where they differ
#[derive(Debug, clap::Args)]
#[command(after_help = SOURCES, after_long_help = format!("{SOURCES}\n\n{EXAMPLES}"))]
pub struct Diff {
    /// What there is
    #[arg(long, value_name = "SOURCE")]
    from: Secret,
    /// What it is to become
    #[arg(long, value_name = "SOURCE")]
    to: Secret,
    #[command(flatten)]
    options: Options,
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Defaults and checks are compared as the database rewrites them: in a scratch
database, else in the live database that is one of the sources (in a transaction
that is rolled back), else by their text.

Examples:
  metaxy schema diff --from database --to features
  metaxy schema diff --from migrations:migrations --to database:videos.db
  metaxy schema diff --from sql:a.sql --to sql:b.sql --backend sqlite
  metaxy schema diff --from schema-rs:src/schema.rs --to snapshot:snapshot.json";

#[derive(Serialize)]
struct Report {
    backend: &'static str,
    from: String,
    to: String,
    equal: bool,
    steps: Vec<ReportedStep>,
    up: String,
    down: String,
    /// What differs and cannot be written.
    problems: Vec<String>,
}

#[derive(Serialize)]
struct ReportedStep {
    reason: String,
    up: Vec<String>,
    down: Vec<String>,
    risks: Vec<ReportedRisk>,
    down_risks: Vec<ReportedRisk>,
}

#[derive(Serialize)]
struct ReportedRisk {
    object: String,
    data_loss: bool,
    words: String,
}

impl Diff {
    pub fn run(self, context: &mut Context<'_>) -> Result<Outcome, Failure> {
        let sources = self.options.sources(context, [self.from, self.to])?;
        let [from, to] = &sources.sources;
        let difference = sources.with(|options| compare(from, to, options))?;
        let report = Report {
            backend: sources.backend().name(),
            from: from.to_string(),
            to: to.to_string(),
            equal: difference.is_empty(),
            up: difference.plan.up_sql(),
            down: difference.plan.down_sql(),
            steps: difference.plan.steps.iter().map(ReportedStep::of).collect(),
            problems: difference.problems.iter().map(ToString::to_string).collect(),
        };
        match self.json {
            true => print_json(context.out, &report)?,
            false => print(context.out, &difference, &report)?,
        }
        Ok(if report.equal { Outcome::Fine } else { Outcome::Found })
    }
}

fn print(out: &mut dyn Write, difference: &Difference, report: &Report) -> Result<(), Failure> {
    let Report { from, to, up, down, problems, .. } = report;
    if report.equal {
        return Ok(writeln!(out, "{from} and {to} are the same")?);
    }
    writeln!(out, "From {from} to {to}:")?;
    steps(out, &difference.plan)?;
    for problem in problems {
        writeln!(out, "  {problem}")?;
    }
    if !problems.is_empty() {
        return Ok(writeln!(out, "This version of metaxy does not write all of that.")?);
    }
    Ok(write!(out, "\n-- up.sql\n\n{up}\n-- down.sql\n\n{down}")?)
}

impl ReportedStep {
    fn of(step: &Step) -> Self {
        let risks = |risks: &[Risk]| {
            let reported = risks.iter().map(|risk| ReportedRisk {
                object: risk.object(),
                data_loss: risk.is_loss(),
                words: risk.to_string(),
            });
            reported.collect()
        };
        Self {
            reason: step.reason.clone(),
            up: step.up.clone(),
            down: step.down.clone(),
            risks: risks(&step.risks),
            down_risks: risks(&step.down_risks),
        }
    }
}
