//! `metaxy migration diff`.

use crate::{
    Environment,
    cli::{Context, Failure, Outcome, print_json, schema::scratch_url},
};
use metaxy_core::config::Secret;
use metaxy_diesel::{
    backend::Scratch,
    drift::drift_judged_by,
    source::{SourceError, applied_schema},
};
use serde::Serialize;

/// Says whether the database is what its migrations made; exit code 1 where it is not
#[derive(Debug, clap::Args)]
#[command(after_help = "\
It compares the tables of the history, and no others. Where migrations are
pending, those that are applied are run in a scratch database to compare with:
of SQLite in memory, of PostgreSQL on the server that --scratch or
METAXY_SCRATCH_URL names. That server is also asked what it makes of defaults
and checks, in place of the database itself, where the user may not be allowed
to create tables.

Examples:
  metaxy migration diff
  metaxy -n prod:features migration diff --json
  metaxy -n prod migration diff --scratch postgres://localhost/postgres")]
pub struct Diff {
    /// The server to make scratch databases on, or `store` for that of the store
    #[arg(long, value_name = "URL")]
    scratch: Option<Secret>,
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Found {
    environment: String,
    differences: Vec<String>,
}

impl Diff {
    pub fn run(self, context: &mut Context<'_>) -> Result<Outcome, Failure> {
        let mut report = Vec::new();
        for environment in Environment::of(&context.config, &context.environment)? {
            let differences = self.differences(&environment)?;
            if !self.json {
                let words = match differences.is_empty() {
                    true => "the database is what its migrations made",
                    false => "the database is not what its migrations made; to bring it back:",
                };
                writeln!(context.out, "{environment}: {words}")?;
                differences.iter().try_for_each(|it| writeln!(context.out, "  {it}"))?;
            }
            report.push(Found { environment: environment.to_string(), differences });
        }
        if self.json {
            print_json(context.out, &report)?;
        }
        match report.iter().all(|it| it.differences.is_empty()) {
            true => Ok(Outcome::Fine),
            false => Ok(Outcome::Found),
        }
    }

    fn differences(&self, environment: &Environment) -> Result<Vec<String>, Failure> {
        let store = &environment.store;
        // A file that is not there has had no migration.
        let Some(mut connection) = store.connect_if_exists().map_err(Failure::database)? else {
            return Ok(Vec::new());
        };
        let scratch = scratch_url(self.scratch.as_ref(), Some(store));
        let wanted = applied_schema(&mut connection, &environment.history(), scratch.as_ref())
            .map_err(|error| Failure::from(error).about(environment))?;
        let mut judge = match &scratch {
            Some(url) => Some(Scratch::open(store.backend, Some(url)).map_err(SourceError::from)?),
            None => None,
        };
        let judge = judge.as_mut().map(Scratch::connection);
        drift_judged_by(&mut connection, judge, &wanted)
            .map_err(|error| Failure::database(error).about(environment))
    }
}
