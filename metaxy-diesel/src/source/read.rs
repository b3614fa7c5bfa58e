//! [`read`]: from a source to its schema.

use super::{
    Source, SourceError,
    replay::{run_migrations, run_sql},
};
use crate::{
    backend::{Backend, Open, Scratch, Within, connect},
    schema::{Schema, TableName},
    snapshot::{Snapshot, SnapshotError},
    system::system_tables,
};
use metaxy_core::config::Secret;
use std::{collections::BTreeSet, error::Error, fs, path::Path};

/// What it takes to read sources.
#[derive(Clone, Copy)]
pub struct ReadOptions<'a> {
    /// The database that the schemas are for.
    pub backend: Backend,
    /// What makes the schema of the linked features, where that is asked for.
    pub features: &'a dyn Fn() -> Result<Schema, Box<dyn Error + Send + Sync>>,
    /// What the names of metaxy's own tables start with.
    pub table_prefix: &'a str,
    /// The database that is meant where none is named.
    pub database: Option<&'a Secret>,
    /// Tables that are no part of what a database holds: version tables that are not named as Diesel names its own.
    pub version_tables: &'a BTreeSet<TableName>,
    /// Tables of the histories of [`database`](Self::database): only these, and those of the other source, are compared.
    pub owned: &'a BTreeSet<TableName>,
    /// The server on which scripts are tried out; SQLite needs none.
    pub scratch: Option<&'a Secret>,
}

/// Reads the schema of a source. Changes no database but those that it makes, and drops, on the scratch server.
///
/// # Errors
///
/// [`SourceError`], where the source is not there, or is none of this database.
pub fn read(source: &Source, options: &ReadOptions<'_>) -> Result<Schema, SourceError> {
    read_within(source, options, BTreeSet::new())
}

/// As [`read`]; of a live database also these namespaces.
pub(super) fn read_within(
    source: &Source,
    options: &ReadOptions<'_>,
    mut namespaces: BTreeSet<String>,
) -> Result<Schema, SourceError> {
    match source {
        Source::Features => (options.features)().map_err(SourceError::Features),
        Source::System => Ok(system_tables(options.table_prefix)),
        Source::Snapshot(file) => snapshot(file, options.backend),
        Source::Database(url) => {
            let url = url.as_ref().or(options.database).ok_or(SourceError::NoStore)?;
            let mut connection = connect(options.backend, url, Open::Existing)?;
            namespaces.extend(options.owned.iter().filter_map(|it| it.schema.clone()));
            let within = Within::Namespaces(&namespaces);
            Ok(connection.inspect_all(within, options.version_tables)?)
        }
        Source::Migrations(directory) => {
            tried_out(options, |scratch| run_migrations(scratch, directory))
        }
        Source::Sql(file) => tried_out(options, |scratch| run_sql(scratch, file)),
        #[cfg(feature = "schema-rs")]
        Source::SchemaRs(file) => super::schema_rs::read(file, options.backend),
        #[cfg(not(feature = "schema-rs"))]
        Source::SchemaRs(_) => Err(SourceError::NoSchemaRs),
    }
}

/// The text of a file.
pub(super) fn text_of(file: &Path) -> Result<String, SourceError> {
    fs::read_to_string(file).map_err(|source| SourceError::Io { path: file.to_owned(), source })
}

fn snapshot(file: &Path, backend: Backend) -> Result<Schema, SourceError> {
    let wrong = |source: SnapshotError| SourceError::Snapshot { path: file.to_owned(), source };
    let snapshot = Snapshot::from_json(&text_of(file)?).map_err(wrong)?;
    match snapshot.backend == backend {
        true => Ok(snapshot.schema),
        false => Err(SourceError::OtherBackend {
            what: file.display().to_string(),
            found: snapshot.backend,
            wanted: backend,
        }),
    }
}

/// What a database holds that something was run in.
fn tried_out(
    options: &ReadOptions<'_>,
    run: impl FnOnce(&mut Scratch) -> Result<(), SourceError>,
) -> Result<Schema, SourceError> {
    let mut scratch = Scratch::open(options.backend, options.scratch)?;
    run(&mut scratch)?;
    Ok(scratch.connection().inspect_all(Within::Everything, options.version_tables)?)
}
