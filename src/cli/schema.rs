//! `metaxy schema`: schemas of any source, printed and compared.

mod diff;
mod inspect;
mod options;
pub(super) mod picture;
mod render;

pub use options::scratch_url;

use super::{Context, Failure, Outcome};

/// Looks at schemas: of features, databases, migrations, SQL files
#[derive(Debug, clap::Subcommand)]
pub enum Schema {
    /// Prints the SQL that makes one schema another; exit code 1 where they differ
    Diff(diff::Diff),
    /// Prints a schema
    Inspect(inspect::Inspect),
    /// Draws the tables of a schema, and where they refer to each other; or what makes one schema another
    Render(render::Render),
}

impl Schema {
    pub fn run(self, context: &mut Context<'_>) -> Result<Outcome, Failure> {
        match self {
            Self::Diff(it) => it.run(context),
            Self::Inspect(it) => it.run(context),
            Self::Render(it) => it.run(context),
        }
    }
}

/// What sources there are, for `--help`.
const SOURCES: &str = "\
Sources:
  features        the features that are linked into this program
  system          metaxy's own tables
  snapshot:FILE   the snapshot of a history
  database        the database of the store (-n STORE); compared are the tables
                  of its histories and of the other source
  database:URL    another one: all tables of its default schema, but for version
                  tables
  migrations:DIR  a directory of migrations, metaxy's or Diesel's, run in a
                  scratch database
  sql:FILE        a script, run in a scratch database
  schema-rs:FILE  the `table!` blocks of Diesel's schema.rs

A scratch database is made for the command and dropped afterwards: of SQLite in
memory, of PostgreSQL on the server that --scratch or METAXY_SCRATCH_URL names.";
