//! [`drift`]: how a live database differs from what its migrations made.

use crate::{
    backend::{Connection, InspectError},
    ddl::RenderError,
    diff::{DiffError, diff, differences},
    schema::{Schema, Table},
    tokens::tokens,
};
use std::collections::BTreeSet;

/// Why it is not known whether a database differs.
#[derive(Debug, thiserror::Error)]
pub enum DriftError {
    /// The database was not read.
    #[error(transparent)]
    Inspect(#[from] InspectError),
    /// The schema is none of this database.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// The schema cannot be created.
    #[error(transparent)]
    Diff(#[from] DiffError),
    /// The database does not take the schema.
    #[error("cannot create the tables of the snapshot in a scratch place: {0}")]
    Scratch(diesel::result::Error),
}

/// What has to be done so that the database has the tables of `schema`, in words; nothing where they are the same. Other
/// tables are never looked at.
///
/// Databases rewrite checks and defaults. So that they compare, the tables of `schema` are created in a scratch place (a
/// schema within a transaction that is rolled back, or a database in memory) and read from there.
///
/// # Errors
///
/// [`DriftError`], where either side cannot be read.
pub fn drift(connection: &mut Connection, schema: &Schema) -> Result<Vec<String>, DriftError> {
    let dialect = connection.backend().dialect();
    let names: BTreeSet<_> = schema.tables.keys().cloned().collect();
    // A scratch place stands in for the default namespace only.
    let (default, elsewhere): (Vec<Table>, Vec<Table>) =
        schema.tables.values().cloned().partition(|it| it.name.schema.is_none());
    let default: Schema = default.into_iter().collect();
    let script: String = diff(&Schema::default(), &default, dialect)?
        .iter()
        .map(|change| Ok(change.render(dialect)?.join("\n")))
        .collect::<Result<_, RenderError>>()?;
    let names_there = default.tables.into_keys().collect();
    let stored = connection.driver().scratch(&script, &names_there).map_err(DriftError::Scratch)?;
    let wanted = stored.tables.into_values().chain(elsewhere).collect();
    let found = connection.inspect(&names)?;
    Ok(differences(&comparable(found), &comparable(wanted), dialect))
}

/// With checks that are the same where they differ in blanks and the quotes of names alone: SQLite quotes a column's name
/// in them when it is renamed.
fn comparable(mut schema: Schema) -> Schema {
    for check in schema.tables.values_mut().flat_map(|table| &mut table.checks) {
        let words: Vec<_> = tokens(&check.expression)
            .map(|(_, token)| token.strip_prefix('"').map_or(token, |it| it.trim_end_matches('"')))
            .collect();
        check.expression = words.join(" ");
    }
    schema
}
