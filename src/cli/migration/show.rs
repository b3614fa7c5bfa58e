//! `metaxy migration show`.

use super::{
    run::pending,
    summary::{self, Stream, summary},
};
use crate::{
    Environment,
    cli::{
        Context, Failure, Outcome,
        picture::{Canvas, Format},
        print_json,
        schema::picture::{Shown, of_difference},
    },
};
use metaxy_diesel::{
    apply::RunOptions,
    migration::{Delta, Migration, MigrationDirectory},
    summary::{Line, Sign},
};
use serde::Serialize;
use std::{collections::BTreeSet, io::Write};

/// Shows what migrations do, table by table: in words, as SQL, or as a picture of the tables before and after
#[derive(Debug, clap::Args)]
#[command(after_help = "\
`+` comes, `~` changes, `-` goes, `!` can go wrong: red is lost, yellow may be
refused by the database. Migrations that are named are read from their files;
without a name the database is asked which are pending.

Examples:
  metaxy migration show
  metaxy -n prod:features migration show 2026-11-23-001530 --sql
  metaxy migration show -o plan.svg
  metaxy migration show add_sizes --json")]
pub struct Show {
    /// Migrations, by version, name, or the words that it was generated with; by default those that are pending
    #[arg(value_name = "MIGRATION")]
    migrations: Vec<String>,
    /// Print their SQL, too
    #[arg(long)]
    sql: bool,
    /// Draw the tables that change, instead: what is new, changed or gone stands out
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Draw the columns that metaxy adds to tables of features, too
    #[arg(long)]
    system_columns: bool,
    #[command(flatten)]
    canvas: Canvas,
    /// Print JSON, for programs
    #[arg(long, conflicts_with_all = ["format", "output"])]
    json: bool,
}

#[derive(Serialize)]
struct Reported<'a> {
    environment: String,
    migration: &'a str,
    version: &'a str,
    summary: Vec<ReportedLine<'a>>,
    up: &'a str,
    down: Option<&'a str>,
}

#[derive(Serialize)]
struct ReportedLine<'a> {
    sign: Sign,
    table: Option<String>,
    words: &'a str,
    risks: Vec<String>,
}

impl Show {
    pub fn run(self, context: &mut Context<'_>) -> Result<Outcome, Failure> {
        let format = self.canvas.format(self.format)?;
        let environments = Environment::of(&context.config, &context.environment)?;
        let shown = self.shown(&environments)?;
        match format {
            Some(format) => self.draw(format, &shown, context)?,
            None if self.json => print_json(context.out, &reported(&shown)?)?,
            None => self.print(&shown, context.out)?,
        }
        Ok(Outcome::Fine)
    }

    /// The migrations that are meant, of each environment.
    fn shown<'a>(&self, environments: &'a [Environment]) -> Result<Vec<Shows<'a>>, Failure> {
        let mut shown = Vec::new();
        for environment in environments {
            let directory = MigrationDirectory::open(&environment.directory)
                .map_err(|error| Failure::usage(error).about(environment))?;
            let is_meant: Box<dyn Fn(&Migration) -> bool> = match self.migrations.as_slice() {
                [] => {
                    let names = pending(environment, &RunOptions::default())?;
                    Box::new(move |it| names.contains(&it.name))
                }
                named => Box::new(|it| named.iter().any(|name| is_called(it, name))),
            };
            let migrations = directory.migrations.into_iter().filter(|it| is_meant(it)).collect();
            shown.push(Shows { environment, migrations });
        }
        let has = |name: &str| {
            shown.iter().flat_map(|it| &it.migrations).any(|migration| is_called(migration, name))
        };
        match self.migrations.iter().find(|it| !has(it)) {
            Some(name) => Err(Failure::words(format!(
                "there is no migration `{name}`: `metaxy migration list` names those that there are"
            ))),
            None => Ok(shown),
        }
    }

    fn print(&self, shown: &[Shows<'_>], out: &mut dyn Write) -> Result<(), Failure> {
        for Shows { environment, migrations } in shown {
            if migrations.is_empty() && self.migrations.is_empty() {
                writeln!(out, "{environment}: nothing is pending")?;
            }
            for migration in migrations {
                writeln!(out, "{environment}: {}", migration.name)?;
                match summary(migration, environment.store.backend.dialect())?.as_slice() {
                    [] => writeln!(out, "  is written by hand: read its SQL")?,
                    lines => summary::print(out, lines, Stream::Out)?,
                }
                if self.sql {
                    write!(out, "\n{}\n", migration.up)?;
                }
            }
        }
        Ok(())
    }

    fn draw(
        &self,
        format: Format,
        shown: &[Shows<'_>],
        context: &mut Context<'_>,
    ) -> Result<(), Failure> {
        let mut delta = Delta::default();
        for migration in shown.iter().flat_map(|it| &it.migrations) {
            delta = delta.then(&migration.delta().map_err(Failure::usage)?);
        }
        let environment = shown.first().expect("a store has scopes").environment;
        let dialect = environment.store.backend.dialect();
        // Those of both scopes are often generated at once, and are called the same.
        let names = shown.iter().flat_map(|it| &it.migrations).map(|it| it.name.as_str());
        let names = Vec::from_iter(BTreeSet::from_iter(names)).join(", ");
        let title = format!("{}: {names}", environment.store.name);
        let shown = Shown { system_columns: self.system_columns };
        let picture = of_difference(&delta.before, &delta.after, dialect, shown, &title);
        self.canvas.draw(&picture, format, context)
    }
}

/// What is shown of an environment.
struct Shows<'a> {
    environment: &'a Environment,
    migrations: Vec<Migration>,
}

/// Whether a name is that of the migration: its version, the name of its directory, or what follows the version in it.
fn is_called(migration: &Migration, name: &str) -> bool {
    let words = migration.name.split_once('_').map_or("", |(_, words)| words);
    migration.version == name.replace('-', "") || migration.name == name || words == name
}

fn reported(shown: &[Shows<'_>]) -> Result<Vec<serde_json::Value>, Failure> {
    let mut report = Vec::new();
    for Shows { environment, migrations } in shown {
        for migration in migrations {
            let lines = summary(migration, environment.store.backend.dialect())?;
            let reported = Reported {
                environment: environment.to_string(),
                migration: &migration.name,
                version: &migration.version,
                summary: lines.iter().map(ReportedLine::of).collect(),
                up: &migration.up,
                down: migration.down.as_deref(),
            };
            report.push(serde_json::to_value(reported).expect("it is plain data"));
        }
    }
    Ok(report)
}

impl<'a> ReportedLine<'a> {
    fn of(line: &'a Line) -> Self {
        Self {
            sign: line.sign,
            table: line.table.as_ref().map(ToString::to_string),
            words: &line.words,
            risks: line.risks.iter().map(ToString::to_string).collect(),
        }
    }
}
