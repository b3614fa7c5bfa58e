//! [`compare`]: what separates two sources.

use super::{ReadOptions, Source, SourceError, read, read::read_within};
use crate::{
    backend::{Connection, Open, Scratch, ScratchError, connect},
    dialect::Dialect,
    diff::{self, DiffError, Problem, diff, differences},
    drift::comparable,
    normal::{NormaliseError, normalise_against},
    partial::complete,
    plan::{Plan, PlanError, plan},
    schema::{Schema, SqlType, TableName},
};
use std::collections::BTreeSet;

/// What separates two schemas.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Difference {
    /// What makes the one the other. Whatever is lost by it may be: its risks say so.
    pub plan: Plan,
    /// What differs and cannot be written. Where there is any, the plan is empty.
    pub problems: Vec<Problem>,
}

/// Why two sources were not compared.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// One of them cannot be read.
    #[error(transparent)]
    Read(#[from] SourceError),
    /// The database does not take one of them.
    #[error("{of}: {error}")]
    Normalise {
        /// Which, without its password.
        of: String,
        /// Why.
        error: NormaliseError,
    },
    /// The SQL cannot be written.
    #[error(transparent)]
    Plan(#[from] PlanError),
}

/// What has to be done so that `from` becomes `to`.
///
/// Defaults and checks that differ in their text are compared as a database rewrites them: one on the scratch server; else
/// the database that is one of the sources, in a transaction that is rolled back; else one in memory, where the database
/// can. Where there is none of these, their texts decide. What a `schema.rs` does not say (defaults, indexes,
/// checks, references) is taken to be as in the other source. Of [`Source::Database`] without URL, only tables count that
/// the histories own ([`ReadOptions::owned`]) or that the other source has.
///
/// # Errors
///
/// [`CompareError`], where a source cannot be read, or where the SQL cannot be written.
pub fn compare(
    from: &Source,
    to: &Source,
    options: &ReadOptions<'_>,
) -> Result<Difference, CompareError> {
    let dialect = options.backend.dialect();
    let (mut current, mut desired) = read_both(from, to, options)?;
    match (from, to) {
        (Source::SchemaRs(_), Source::SchemaRs(_)) => {}
        (Source::SchemaRs(_), _) => complete(&mut current, &desired, dialect),
        (_, Source::SchemaRs(_)) => complete(&mut desired, &current, dialect),
        _ => {}
    }
    match (from, to) {
        (Source::Database(None), _) => keep_owned(&mut current, &desired, options.owned),
        (_, Source::Database(None)) => keep_owned(&mut desired, &current, options.owned),
        _ => {}
    }
    forget_enums(&mut current, &desired);
    forget_enums(&mut desired, &current);
    if let Ok(found) = diff(&current, &desired, dialect)
        && !is_doubtful(&found)
    {
        return planned(&found, dialect);
    }
    if !differs(&current, &desired, dialect) {
        return Ok(Difference::default());
    }
    if let Some(mut judge) = Judge::find([from, to], options)? {
        let mut normalise = |source: &Source, schema: &mut Schema, other: &Schema| {
            if !source.is_of_database() {
                let of = source.to_string();
                *schema = normalise_against(judge.connection(), schema, other)
                    .map_err(|error| CompareError::Normalise { of, error })?;
            }
            Ok::<_, CompareError>(())
        };
        normalise(from, &mut current, &desired)?;
        normalise(to, &mut desired, &current)?;
        if !differs(&current, &desired, dialect) {
            return Ok(Difference::default());
        }
    }
    match diff(&current, &desired, dialect) {
        Ok(found) => planned(&found, dialect),
        Err(DiffError { problems }) => Ok(Difference { plan: Plan::default(), problems }),
    }
}

impl Difference {
    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.plan.is_empty() && self.problems.is_empty()
    }
}

/// Reads two sources. Of a live database, the namespaces count besides the default one that the other source names.
fn read_both(
    from: &Source,
    to: &Source,
    options: &ReadOptions<'_>,
) -> Result<(Schema, Schema), SourceError> {
    if let Source::Database(_) = from {
        let desired = read(to, options)?;
        return Ok((read_within(from, options, named(&desired))?, desired));
    }
    let current = read(from, options)?;
    let desired = read_within(to, options, named(&current))?;
    Ok((current, desired))
}

/// The namespaces of a schema, and those that its tables come from.
fn named(schema: &Schema) -> BTreeSet<String> {
    let former = schema.tables.values().filter_map(|it| it.renamed_from.as_ref()?.schema.clone());
    schema.namespaces().into_iter().chain(former).collect()
}

/// Leaves tables out that belong to others: neither the histories nor the other source have them.
fn keep_owned(schema: &mut Schema, other: &Schema, owned: &BTreeSet<TableName>) {
    let former: BTreeSet<_> =
        other.tables.values().filter_map(|it| it.renamed_from.as_ref()).collect();
    schema.tables.retain(|name, _| {
        owned.contains(name) || other.tables.contains_key(name) || former.contains(name)
    });
}

/// Takes the enumerated types of one schema as the other has them: by their names alone, where a user keeps them.
fn forget_enums(schema: &mut Schema, other: &Schema) {
    let columns = other.tables.values().flat_map(|it| &it.columns);
    let named: BTreeSet<String> = columns
        .filter_map(|it| match &it.sql_type {
            SqlType::Other(name) => Some(name.to_lowercase()),
            SqlType::Array(item) => match &**item {
                SqlType::Other(name) => Some(name.to_lowercase()),
                _ => None,
            },
            _ => None,
        })
        .collect();
    schema.forget_enums(|it| !named.contains(&it.to_string().to_lowercase()));
}

/// Whether a table that stays differs, maybe only in how an expression is written.
fn is_doubtful(found: &diff::Difference) -> bool {
    let mut tables = found.before.tables.iter();
    tables.any(|(name, table)| found.after.tables.get(name).is_some_and(|it| it != table))
}

fn differs(current: &Schema, desired: &Schema, dialect: &Dialect) -> bool {
    !differences(&comparable(current.clone()), &comparable(desired.clone()), dialect).is_empty()
}

fn planned(found: &diff::Difference, dialect: &Dialect) -> Result<Difference, CompareError> {
    let plan = match plan(found, dialect, &[]) {
        // Nothing is applied here: what would be lost is shown as a risk.
        Err(PlanError::Destructive { losses }) => {
            let objects: Vec<_> = losses.into_iter().map(|it| it.object).collect();
            plan(found, dialect, &objects)
        }
        plan => plan,
    };
    Ok(Difference { plan: plan?, problems: Vec::new() })
}

/// The database that says what it makes of a schema.
enum Judge {
    Live(Connection),
    Scratch(Scratch),
}

impl Judge {
    fn find(sources: [&Source; 2], options: &ReadOptions<'_>) -> Result<Option<Self>, SourceError> {
        if sources.iter().all(|it| it.is_of_database()) {
            return Ok(None);
        }
        let live = sources.into_iter().find_map(|it| match it {
            Source::Database(url) => url.as_ref().or(options.database),
            _ => None,
        });
        if let (Some(url), None) = (live, options.scratch) {
            return Ok(Some(Self::Live(connect(options.backend, url, Open::Existing)?)));
        }
        match Scratch::open(options.backend, options.scratch) {
            Ok(scratch) => Ok(Some(Self::Scratch(scratch))),
            Err(ScratchError::NoServer { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn connection(&mut self) -> &mut Connection {
        match self {
            Self::Live(connection) => connection,
            Self::Scratch(scratch) => scratch.connection(),
        }
    }
}
