//! `metaxy migration run`.

use super::{
    Done, print_done,
    progress::{Detail, with_progress},
    summary::{Stream, about},
};
use crate::{
    Environment,
    cli::{Context, Failure, Outcome},
};
use metaxy_diesel::{
    apply::{RunOptions, run, would_run},
    backend::{Open, connect, connect_if_exists},
    migration::MigrationDirectory,
    offline::{OfflineOptions, offline_script},
};
use std::time::Duration;

/// Applies the pending migrations
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Each migration is applied in one transaction, or not at all. MySQL and MariaDB
commit every statement: where one fails there, the next run goes on with it. A
SQLite file that does not exist is created. Before each one, what it does is
shown table by table, as `metaxy migration show` does; with -v its SQL, too.

Examples:
  metaxy migration run
  metaxy migration run --dry-run -v
  metaxy -n prod:features migration run --to 2026-11-23-001530
  metaxy -n prod migration run --sql --idempotent > prod.sql

--sql reaches no database: it prints what `run` would do from the first
migration on, or after --from, with the rows of the version table. --idempotent
makes each statement look whether it is needed (not on SQLite, and on PostgreSQL
not for what runs in no transaction; nowhere for what was rebased or squashed).")]
pub struct Run {
    /// The last migration to apply: its version, or its name
    #[arg(long, value_name = "VERSION")]
    to: Option<String>,
    /// Only say which migrations would be applied, and what they do
    #[arg(long)]
    dry_run: bool,
    /// Print a SQL script for a client of the database instead, without a database
    #[arg(long, conflicts_with_all = ["dry_run", "json"])]
    sql: bool,
    /// A script that passes over what is applied
    #[arg(long, requires = "sql")]
    idempotent: bool,
    /// The last migration that is applied already: its version, or its name
    #[arg(long, value_name = "VERSION", requires = "sql")]
    from: Option<String>,
    /// How long to wait for a process that changes the same history: 60 unless said otherwise
    #[arg(long, value_name = "SECONDS")]
    lock_timeout: Option<u64>,
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
}

impl Run {
    pub fn run(self, context: &mut Context<'_>) -> Result<Outcome, Failure> {
        let environments = context.environments()?;
        if self.sql {
            for environment in &environments {
                let script = self.script(environment)?;
                writeln!(context.out, "-- {environment}\n{script}")?;
            }
            return Ok(Outcome::Fine);
        }
        let mut options = RunOptions { to: self.to, ..RunOptions::default() };
        let lock_timeout = self.lock_timeout.map(Duration::from_secs);
        options.lock_timeout = lock_timeout.unwrap_or(options.lock_timeout);
        // Where the files of one history are not in order, none is run.
        let open = |environment: &Environment| {
            MigrationDirectory::open(&environment.directory)
                .map_err(|error| Failure::usage(error).about(environment))
        };
        let directories: Vec<_> = environments.iter().map(open).collect::<Result<_, _>>()?;
        let detail = if self.json { Detail::Nothing } else { Detail::of(context) };
        let mut report = Vec::new();
        for (environment, directory) in environments.iter().zip(&directories) {
            let migrations = match self.dry_run {
                true => pending(environment, &options)?,
                false => applied(environment, &options, detail)?,
            };
            let done = Done { environment: environment.to_string(), migrations };
            // At once: the next environment may fail.
            match (self.json, self.dry_run) {
                (true, _) => {}
                (false, true) => print_plan(context, &done, directory, detail)?,
                (false, false) => {
                    _ = print_done(context, std::slice::from_ref(&done), "applied", false)?;
                }
            }
            report.push(done);
        }
        if !context.quiet && directories.iter().all(|it| it.migrations.is_empty()) {
            eprintln!(
                "note: there are no migrations yet: `metaxy migration generate NAME` writes the first"
            );
        }
        match self.json {
            true => print_done(context, &report, "", true),
            false => Ok(Outcome::Fine),
        }
    }
}

impl Run {
    /// The script of an environment's migrations, from and to those that are named.
    fn script(&self, environment: &Environment) -> Result<String, Failure> {
        let directory = MigrationDirectory::open(&environment.directory)
            .map_err(|error| Failure::usage(error).about(environment))?;
        let place = |name: &Option<String>| {
            let found = |name: &String| directory.find(name).map_err(Failure::usage);
            name.as_ref().map(found).transpose()
        };
        let (from, to) = (place(&self.from)?, place(&self.to)?);
        let wanted: Vec<_> = directory
            .migrations
            .iter()
            .filter(|it| from.is_none_or(|from| it.version > from.version))
            .filter(|it| to.is_none_or(|to| it.version <= to.version))
            .collect();
        let options = OfflineOptions {
            backend: environment.store.backend,
            idempotent: self.idempotent,
            search_path: environment.store.search_path(),
        };
        offline_script(&wanted, &environment.history(), &options)
            .map_err(|error| Failure::usage(error).about(environment))
    }
}

/// What would be applied, and what that does.
fn print_plan(
    context: &mut Context<'_>,
    plan: &Done,
    directory: &MigrationDirectory,
    detail: Detail,
) -> Result<(), Failure> {
    let Done { environment, migrations } = plan;
    if migrations.is_empty() {
        writeln!(context.out, "{environment}: nothing to do")?;
    }
    for migration in directory.migrations.iter().filter(|it| migrations.contains(&it.name)) {
        let words = about(migration, Stream::Out).join("\n");
        writeln!(context.out, "{environment}: would apply {words}")?;
        if detail == Detail::Sql {
            writeln!(context.out, "\n{}", migration.up)?;
        }
    }
    Ok(())
}

fn applied(
    environment: &Environment,
    options: &RunOptions,
    detail: Detail,
) -> Result<Vec<String>, Failure> {
    let store = &environment.store;
    let mut connection =
        connect(store.backend, &store.url, Open::Create).map_err(Failure::database)?;
    let history = environment.history();
    with_progress(detail, |on_event| run(&mut connection, &history, options, on_event))
        .map_err(|error| Failure::from(error).about(environment))
}

/// The names of the migrations that would run now.
pub fn pending(environment: &Environment, options: &RunOptions) -> Result<Vec<String>, Failure> {
    let store = &environment.store;
    let mut connection = connect_if_exists(store.backend, &store.url).map_err(Failure::database)?;
    would_run(connection.as_mut(), &environment.history(), options)
        .map_err(|error| Failure::from(error).about(environment))
}
