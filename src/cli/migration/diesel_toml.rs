//! `metaxy migration diesel-toml`.

use super::shown;
use crate::{
    Environment,
    cli::{Context, Failure, Outcome, print_json},
};
use metaxy_core::files;
use metaxy_diesel::{
    Schema,
    diesel_toml::{DIESEL_TOML, DIESEL_TOML_MARK, diesel_toml},
    migration::MigrationDirectory,
};
use serde::Serialize;
use std::{fs, io, path::PathBuf};

/// Writes a diesel.toml for each history, for Diesel's own command line
#[derive(Debug, clap::Args)]
#[command(after_help = "\
It stands in the directory of the history:
`diesel --config-file FILE migration list` works on its migrations, and
`diesel --config-file FILE print-schema` prints its tables alone. Diesel has one
table of versions in a database: docs/histories.md says what that means where
there are several histories. `generate` keeps the file up to date. One that you
wrote stays as it is.

Examples:
  metaxy migration diesel-toml
  metaxy -n dev:features migration diesel-toml --json")]
pub struct DieselToml {
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Written {
    environment: String,
    file: PathBuf,
}

impl DieselToml {
    pub fn run(self, context: &mut Context<'_>) -> Result<Outcome, Failure> {
        let environments = Environment::of(&context.config, &context.environment)?;
        let mut report = Vec::new();
        for environment in &environments {
            let directory = MigrationDirectory::open(&environment.directory)
                .map_err(|error| Failure::usage(error).about(environment))?;
            let Some(snapshot) = &directory.snapshot else {
                return Err(Failure::words(
                    "it has no migration of metaxy yet: `metaxy migration generate` writes the first".to_owned(),
                )
                .about(environment));
            };
            let file = environment.directory.join(DIESEL_TOML);
            if is_of_others(&file) {
                let words = format!("`{}` is not metaxy's: it stays as it is", shown(&file));
                return Err(Failure::words(words).about(environment));
            }
            write(environment, &snapshot.schema)?;
            report.push(Written { environment: environment.to_string(), file });
        }
        if self.json {
            print_json(context.out, &report)?;
            return Ok(Outcome::Fine);
        }
        for Written { environment, file } in &report {
            let file = shown(file);
            writeln!(context.out, "{environment}: wrote {file}")?;
            writeln!(context.out, "  diesel --config-file {file} migration list")?;
        }
        Ok(Outcome::Fine)
    }
}

/// Writes the file of an environment anew, where metaxy wrote it before.
pub fn refresh(environment: &Environment, schema: &Schema) -> Result<(), Failure> {
    let file = environment.directory.join(DIESEL_TOML);
    match file.exists() && !is_of_others(&file) {
        true => write(environment, schema),
        false => Ok(()),
    }
}

fn write(environment: &Environment, schema: &Schema) -> Result<(), Failure> {
    // One that is several names is none that tables are sure to go to.
    let path = environment.store.search_path();
    let namespace = path.as_deref().filter(|it| !it.contains([',', '$']));
    let namespace = namespace.map(|it| it.trim().trim_matches('"').replace("\"\"", "\""));
    let text = diesel_toml(&environment.to_string(), schema.tables.keys(), namespace.as_deref());
    let file = environment.directory.join(DIESEL_TOML);
    files::replace(&file, &text).map_err(|error| Failure::file_write(&file, error))
}

/// Whether there is such a file that metaxy did not write, or that cannot be read.
fn is_of_others(file: &std::path::Path) -> bool {
    match fs::read_to_string(file) {
        Ok(text) => !text.starts_with(DIESEL_TOML_MARK),
        Err(error) => error.kind() != io::ErrorKind::NotFound,
    }
}
