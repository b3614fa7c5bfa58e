//! `metaxy doctor`.

use super::{
    Context, Failure, Outcome,
    migration::{generate_options, shown},
    print_json,
};
use crate::{
    EnvironmentName,
    environment::{Environment, Scope},
};
use metaxy_diesel::{
    Backend,
    backend::{ConnectError, Open},
    generate::{GenerateError, draft},
    history::problems,
    migration::MigrationDirectory,
    store::Store,
};
use serde::Serialize;
use std::{io::Write, path::Path};

/// Looks for what is wrong with the configuration, the features, the databases and the migrations; exit code 1 where
/// something is
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Every store of metaxy.toml is looked at, or the one of -n. Nothing is changed,
and no file is created.

Examples:
  metaxy doctor
  metaxy -n prod doctor --json")]
pub struct Doctor {
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
}

/// What was looked at, and what was found.
#[derive(Serialize)]
struct Finding {
    about: String,
    state: State,
    words: String,
    /// What to do about it.
    mend: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Fine,
    /// Something is still to be done.
    Open,
    Wrong,
}

impl Doctor {
    pub fn run(self, context: &mut Context<'_>) -> Result<Outcome, Failure> {
        let mut findings = vec![configuration(context), graph(context)];
        let has_graph = findings.iter().all(|it| it.about != "features" || it.state == State::Fine);
        let named = context.environment.store.clone();
        let stores = match named {
            Some(store) => vec![store],
            None => context.config.stores.keys().cloned().collect(),
        };
        for store in stores {
            look_at_store(&store, has_graph, context, &mut findings);
        }
        match self.json {
            true => print_json(context.out, &findings)?,
            false => print(context.out, &findings)?,
        }
        let fine = findings.iter().all(|it| it.state == State::Fine);
        Ok(if fine { Outcome::Fine } else { Outcome::Found })
    }
}

impl Finding {
    fn fine(about: impl Into<String>, words: impl Into<String>) -> Self {
        Self { about: about.into(), state: State::Fine, words: words.into(), mend: None }
    }

    fn wrong(about: impl Into<String>, words: impl Into<String>) -> Self {
        Self { state: State::Wrong, ..Self::fine(about, words) }
    }

    fn open(about: impl Into<String>, words: impl Into<String>) -> Self {
        Self { state: State::Open, ..Self::fine(about, words) }
    }

    fn mend(self, words: impl Into<String>) -> Self {
        Self { mend: Some(words.into()), ..self }
    }
}

fn configuration(context: &Context<'_>) -> Finding {
    let config = &context.config;
    match &config.file {
        None if config.stores.is_empty() => {
            Finding::wrong("configuration", "no metaxy.toml from here upward, and no store")
                .mend("`cargo metaxy init` writes one")
        }
        None => Finding::fine("configuration", "by variables of the environment only"),
        Some(file) if config.stores.is_empty() => {
            Finding::wrong("configuration", format!("{} has no store", shown(file)))
                .mend("add `[stores.dev]` with `type` and `config`")
        }
        Some(file) => Finding::fine("configuration", shown(file)),
    }
}

fn graph(context: &Context<'_>) -> Finding {
    let graph = match crate::init::linked_graph(&context.config) {
        Ok(graph) => graph,
        Err(error) => return Finding::wrong("features", error.to_string()),
    };
    if graph.is_empty() {
        return Finding::wrong("features", "none is linked into this program").mend(
            "a crate that no code names is not linked: write `use my_features as _;` beside `metaxy::main!();`",
        );
    }
    if let Err(error) = graph.validate() {
        return Finding::wrong("features", error.to_string());
    }
    let projects = graph.projects();
    let words =
        format!("{} of {}", graph.len(), Vec::from_iter(projects.iter().copied()).join(", "));
    match &context.config.project {
        Some(project) if !projects.contains(project.as_str()) => {
            Finding::wrong("features", format!("{words}; none is of project `{project}`"))
                .mend("set `project` in metaxy.toml to one of these")
        }
        _ => Finding::fine("features", words),
    }
}

fn look_at_store(name: &str, has_graph: bool, context: &Context<'_>, findings: &mut Vec<Finding>) {
    let about = format!("store {name}");
    let store = match crate::init::store(&context.config, Some(name)) {
        Ok(store) => store,
        Err(error) => return findings.push(Finding::wrong(about, error.to_string())),
    };
    let reached = reach(&about, &store);
    let is_reached = reached.state == State::Fine;
    findings.push(reached);
    let name = EnvironmentName { store: Some(name.to_owned()), scope: context.environment.scope };
    for environment in Environment::of(&context.config, &name).unwrap_or_default() {
        findings.push(match history(&environment, has_graph, is_reached) {
            Ok(finding) => finding,
            Err(words) => Finding::wrong(environment.to_string(), words),
        });
    }
}

/// Whether the database answers.
fn reach(about: &str, store: &Store) -> Finding {
    let location = format!("{} at {}", store.backend.name(), store.url);
    match store.connect(Open::Existing) {
        Ok(_) => Finding::fine(about, format!("{location} answers")),
        Err(ConnectError::MissingFile { path }) if is_in_no_directory(&path) => {
            Finding::wrong(about, ConnectError::MissingDirectory { path }.to_string())
                .mend("make the directory, or correct the path")
        }
        Err(ConnectError::MissingFile { .. }) => {
            Finding::fine(about, format!("{location} is not there yet: the first run makes it"))
        }
        Err(error) => {
            let finding = Finding::wrong(about, error.to_string());
            match mend(store.backend, &error) {
                Some(mend) => finding.mend(mend),
                None => finding,
            }
        }
    }
}

fn is_in_no_directory(file: &Path) -> bool {
    file.parent().is_some_and(|it| !it.as_os_str().is_empty() && !it.is_dir())
}

/// What client libraries say of a way to log in that they do not have: libpq (SCRAM came with 10), libmysqlclient and libmariadb.
const IS_OF_CLIENT: [&str; 4] =
    ["authentication method", "auth plugin", "Authentication plugin", "SCRAM"];

/// What to do where a database was not reached, and the error does not say it already.
fn mend(backend: Backend, error: &ConnectError) -> Option<&'static str> {
    if matches!(error, ConnectError::NotCompiled { .. } | ConnectError::Malformed { .. }) {
        return None;
    }
    let (client, server) = match backend {
        Backend::Sqlite | Backend::DuckDb => {
            return Some("look at the path, and at who may read it");
        }
        Backend::Postgres => (
            "libpq is older than the server's way to log in: use Cargo feature `postgres-bundled`, or install a newer libpq",
            "start the server, or correct host and port; `pg_isready -h HOST -p PORT` asks it",
        ),
        _ => (
            "the client library lacks the server's way to log in: install `libmariadb-dev` of the server's version",
            "start the server, or correct host and port; `mariadb-admin -h HOST -P PORT ping` asks it",
        ),
    };
    let is_of_client = IS_OF_CLIENT.iter().any(|it| error.to_string().contains(it));
    Some(if is_of_client { client } else { server })
}

/// Whether the code, the migrations and the database agree.
fn history(
    environment: &Environment,
    has_graph: bool,
    is_reached: bool,
) -> Result<Finding, String> {
    let about = environment.to_string();
    let directory =
        MigrationDirectory::open(&environment.directory).map_err(|it| it.to_string())?;
    let place = shown(&environment.directory);
    if directory.migrations.is_empty() && environment.scope == Scope::Features && !has_graph {
        return Ok(Finding::open(about, "there are neither features nor migrations"));
    }
    let store = &environment.store;
    if is_reached {
        let mut connection = store.connect_if_exists().map_err(|it| it.to_string())?;
        let problems =
            problems(connection.as_mut(), &environment.history()).map_err(|it| it.to_string())?;
        if let Some(problem) = problems.first() {
            return Ok(Finding::wrong(about, problem.to_string())
                .mend(format!("`metaxy -n {environment} migration status` says more")));
        }
    }
    if !has_graph && environment.scope == Scope::Features {
        return Ok(Finding::open(
            about,
            format!("migrations in {place}: {}", directory.migrations.len()),
        ));
    }
    let desired = environment.desired().map_err(|it| it.to_string())?;
    let options = generate_options(environment, "doctor", &desired);
    match draft(&environment.directory, &options) {
        Ok(None) => {}
        Err(error @ GenerateError::Migrations(_)) => return Err(error.to_string()),
        Ok(Some(_)) | Err(_) => {
            let words = match directory.migrations.is_empty() {
                true => format!("there are no migrations in {place} yet"),
                false => "the code is ahead of the migrations: their snapshot is stale".to_owned(),
            };
            return Ok(Finding::open(about, words).mend(format!(
                "`metaxy -n {environment} migration generate NAME`, and read what it writes"
            )));
        }
    }
    Ok(Finding::fine(
        about,
        format!("code and migrations agree: {} in {place}", directory.migrations.len()),
    ))
}

fn print(out: &mut dyn Write, findings: &[Finding]) -> Result<(), Failure> {
    let width = findings.iter().map(|it| it.about.len()).max().unwrap_or_default();
    for Finding { about, state, words, mend } in findings {
        let mark = match state {
            State::Fine => "✓",
            State::Open => "·",
            State::Wrong => "✗",
        };
        let words = words.replace('\n', &format!("\n{:width$}    ", "", width = width));
        writeln!(out, "{mark} {about:width$}  {words}")?;
        if let Some(mend) = mend {
            writeln!(out, "  {:width$}  → {mend}", "")?;
        }
    }
    Ok(())
}
