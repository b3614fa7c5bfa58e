//! `metaxy config`.

use super::{Context, Failure, Outcome, migration::shown, print_json};
use crate::Scope;
use indexmap::IndexMap;
use metaxy_core::config::Config as Configuration;
use serde::Serialize;

/// Looks at the configuration
#[derive(Debug, clap::Subcommand)]
pub enum Config {
    /// Prints what is configured, after files, `extend` and variables were merged; passwords are hidden
    #[command(after_help = "\
Every key is also an environment variable, which wins: METAXY_STORE,
METAXY_STORES__PROD__CONFIG__DATABASE.

Examples:
  metaxy config print
  metaxy --config other/metaxy.toml config print --json")]
    Print {
        /// Print JSON, for programs
        #[arg(long)]
        json: bool,
    },
}

#[derive(Serialize)]
struct Printed {
    #[serde(skip_serializing_if = "Option::is_none")]
    project: Option<String>,
    store: String,
    hash_truncation_length: usize,
    auto_create_tables: bool,
    sync: bool,
    stores: IndexMap<String, Store>,
}

#[derive(Serialize)]
struct Store {
    #[serde(rename = "type")]
    type_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    database: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    connection_string: Option<String>,
    #[serde(skip_serializing_if = "str::is_empty")]
    table_prefix: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hash_algorithm: Option<String>,
    migrations: IndexMap<&'static str, History>,
}

#[derive(Serialize)]
struct History {
    directory: String,
    version_table: String,
}

impl Config {
    pub fn run(self, context: &mut Context<'_>) -> Result<Outcome, Failure> {
        let Self::Print { json } = self;
        let config = &context.config;
        let printed = Printed::of(config);
        if json {
            print_json(context.out, &printed)?;
            return Ok(Outcome::Fine);
        }
        match &config.file {
            Some(file) => writeln!(context.out, "# {}", shown(file))?,
            None => {
                writeln!(context.out, "# no metaxy.toml was found: `cargo metaxy init` writes one")?
            }
        }
        let text = toml::to_string(&printed).expect("it is plain tables and strings");
        write!(context.out, "{text}")?;
        Ok(Outcome::Fine)
    }
}

impl Printed {
    fn of(config: &Configuration) -> Self {
        let stores = config.stores.iter().map(|(name, store)| {
            let history = |scope: Scope| {
                let directory = shown(&config.migrations_dir(name, scope.name()));
                let version_table = config.migrations.version_table(name, scope.name());
                (scope.name(), History { directory, version_table })
            };
            let store = Store {
                type_name: store.type_name.clone(),
                database: store.database.as_ref().map(ToString::to_string),
                connection_string: store.connection_string.as_ref().map(ToString::to_string),
                table_prefix: store.table_prefix.clone(),
                hash_algorithm: store.hash_algorithm.clone(),
                migrations: Scope::ALL.into_iter().map(history).collect(),
            };
            (name.clone(), store)
        });
        Self {
            project: config.project.clone(),
            store: config.store.clone(),
            hash_truncation_length: config.hash_truncation_length.get(),
            auto_create_tables: config.auto_create_tables,
            sync: config.sync,
            stores: stores.collect(),
        }
    }
}
