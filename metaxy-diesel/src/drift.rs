//! [`drift`]: how a live database differs from what its migrations made.

use crate::{
    backend::{Connection, InspectError, Session},
    dialect::Dialect,
    diff::differences,
    normal::{NormaliseError, normalise_against},
    schema::{Index, Schema},
    tokens::tokens,
};

/// Why it is not known whether a database differs.
#[derive(Debug, thiserror::Error)]
pub enum DriftError {
    /// The database was not read.
    #[error(transparent)]
    Inspect(#[from] InspectError),
    /// The database does not take the schema.
    #[error(transparent)]
    Normalise(#[from] NormaliseError),
}

/// What has to be done so that the database has the tables of `schema`, in words; nothing where they are the same. Other
/// tables are never looked at.
///
/// Where a table differs, both are compared as the database makes them: see [`normalise_in`](crate::normal::normalise_in),
/// which `judge` is asked, and which needs the right to create tables; `None`: the database itself.
///
/// # Errors
///
/// [`DriftError`], where either side cannot be read.
pub fn drift_judged_by(
    connection: &mut Connection,
    judge: Option<&mut Connection>,
    schema: &Schema,
) -> Result<Vec<String>, DriftError> {
    drift_of(connection, judge.map(|it| it as &mut dyn Session), schema)
}

/// As [`drift_judged_by`], of any session.
pub(crate) fn drift_of(
    connection: &mut dyn Session,
    judge: Option<&mut dyn Session>,
    schema: &Schema,
) -> Result<Vec<String>, DriftError> {
    let dialect = connection.backend().dialect();
    let found = connection.inspect(&schema.tables.keys().cloned().collect())?;
    let wanted = match judge {
        Some(judge) => normalise_against(judge, schema, &found)?,
        None => normalise_against(connection, schema, &found)?,
    };
    Ok(compare(found, wanted, dialect))
}

/// What has to be done so that tables as an inspection found them are those that are wanted, in words. Both are as the
/// database makes them: see [`normalise_in`](crate::normal::normalise_in).
pub fn compare(mut found: Schema, wanted: Schema, dialect: &Dialect) -> Vec<String> {
    found.forget_enums(|it| wanted.enums.contains_key(it));
    differences(&comparable(found), &comparable(wanted), dialect)
}

/// As [`drift_judged_by`] the database itself.
///
/// # Errors
///
/// As [`drift_judged_by`].
pub fn drift(connection: &mut Connection, schema: &Schema) -> Result<Vec<String>, DriftError> {
    drift_judged_by(connection, None, schema)
}

/// With expressions that are the same where they differ in blanks and the quotes of names alone: SQLite quotes a column's
/// name in them when it is renamed.
pub(crate) fn comparable(mut schema: Schema) -> Schema {
    for table in schema.tables.values_mut() {
        let checks = table.checks.iter_mut().map(|it| &mut it.expression);
        let indexes = table.indexes.iter_mut().flat_map(Index::expressions_mut);
        let generated = table.columns.iter_mut().filter_map(|it| it.generated.as_mut());
        for expression in checks.chain(indexes).chain(generated.map(|it| &mut it.expression)) {
            let words: Vec<_> = tokens(expression)
                .map(|(_, token)| {
                    token.strip_prefix('"').map_or(token, |it| it.trim_end_matches('"'))
                })
                .collect();
            *expression = words.join(" ");
        }
    }
    schema
}
