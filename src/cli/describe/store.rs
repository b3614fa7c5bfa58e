//! `metaxy describe store`.

use super::print_lines;
use crate::{
    EnvironmentName,
    cli::{Context, Failure, migration::shown, print_json},
    environment::Environment,
};
use metaxy_diesel::migration::MigrationDirectory;
use serde::Serialize;

/// Describes a store, without asking its database
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Whether the database answers is what `metaxy doctor` says, and how far it is
`metaxy migration status`.

Examples:
  metaxy describe store
  metaxy describe store prod --json")]
pub struct Store {
    /// The store; by default the one of -n, or that of metaxy.toml
    #[arg(value_name = "STORE")]
    name: Option<String>,
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Described {
    name: String,
    backend: &'static str,
    /// Without its password.
    url: String,
    table_prefix: String,
    hash_algorithm: Option<String>,
    histories: Vec<History>,
}

#[derive(Serialize)]
struct History {
    scope: &'static str,
    directory: String,
    version_table: String,
    migrations: usize,
}

impl Store {
    pub fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let store = self.name.or_else(|| context.environment.store.clone());
        let environments =
            Environment::of(&context.config, &EnvironmentName { store, scope: None })?;
        let mut histories = Vec::new();
        for it in &environments {
            let migrations = MigrationDirectory::open(&it.directory).map_err(Failure::usage)?;
            histories.push(History {
                scope: it.scope.name(),
                directory: shown(&it.directory),
                version_table: it.version_table.clone(),
                migrations: migrations.migrations.len(),
            });
        }
        let store = &environments.first().expect("a store has scopes").store;
        let described = Described {
            name: store.name.clone(),
            backend: store.backend.name(),
            url: store.url.to_string(),
            table_prefix: store.table_prefix.clone(),
            hash_algorithm: store.hash_algorithm.clone(),
            histories,
        };
        if self.json {
            return print_json(context.out, &described);
        }
        let Described { name, backend, url, table_prefix, hash_algorithm, histories } = described;
        writeln!(context.out, "{name}")?;
        let histories: Vec<_> = histories
            .iter()
            .map(|it| {
                let History { scope, directory, version_table, migrations } = it;
                let noun = if *migrations == 1 { "migration" } else { "migrations" };
                let words =
                    format!("{migrations} {noun} in {directory}, recorded in {version_table}");
                (*scope, words)
            })
            .collect();
        let own = [
            ("database", backend.to_owned()),
            ("location", url),
            ("prefix", table_prefix),
            ("hash", hash_algorithm.unwrap_or_default()),
        ];
        print_lines(context.out, &[own.as_slice(), &histories].concat())
    }
}
