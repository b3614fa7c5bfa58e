//! [`Stake`]: what migrations would lose, on the way there or back, counted in the database.

use crate::{
    backend::{Connection, Session, statement::Statement},
    change::Risk,
    conversion::loss_condition,
    ddl::default_value,
    history::{History, HistoryError},
    migration::{Migration, MigrationDirectory, RevertDrop},
    schema::{DefaultValue, Schema, SqlType, TableName},
};
use diesel::QueryResult;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// Rows or values that a migration loses, or that it is refused for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stake {
    /// `table` or `table.column`.
    pub object: String,
    /// How many there are.
    pub rows: u64,
    /// What is counted.
    pub unit: Unit,
}

/// What is at stake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// The rows of a table, which is dropped.
    Rows,
    /// The values of a column, which is dropped or gets a type that does not hold them: those other than NULL and the
    /// default.
    Values,
    /// The NULLs of a column, which forbids them: the migration is refused.
    Nulls,
}

impl fmt::Display for Stake {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, unit) = match self.unit {
            Unit::Rows => ("table", "row"),
            Unit::Values => ("column", "value"),
            Unit::Nulls => ("column", "NULL"),
        };
        let plural = if self.rows == 1 { "" } else { "s" };
        write!(out, "{kind} `{}` with {} {unit}{plural}", self.object, self.rows)?;
        match self.unit {
            Unit::Nulls => out.write_str(", which it forbids"),
            Unit::Rows | Unit::Values => Ok(()),
        }
    }
}

/// What the pending migrations of a history put at stake as the database is now, by version: those that lose nothing, or
/// are about what an earlier one makes, are left out.
///
/// Takes a constant number of queries.
///
/// # Errors
///
/// Where the files or the database cannot be read.
pub fn pending_stakes(
    connection: &mut Connection,
    history: &History,
) -> Result<BTreeMap<String, Vec<Stake>>, HistoryError> {
    let directory = MigrationDirectory::load(&history.directory)?;
    let applied = history.applied_as(connection, &directory)?.rows;
    let applied: BTreeSet<&str> = applied.iter().map(|it| it.version.as_str()).collect();
    let pending = directory.migrations.iter().filter(|it| !applied.contains(it.version.as_str()));
    let places = pending.flat_map(|it| risks(it).map(|place| (it.version.as_str(), place)));
    let (versions, places): (Vec<_>, Vec<_>) = places.unzip();
    let counted = count(connection, &places).map_err(|source| HistoryError::Database { source })?;
    let mut stakes: BTreeMap<String, Vec<Stake>> = BTreeMap::new();
    for ((version, place), rows) in versions.into_iter().zip(&places).zip(counted) {
        if rows > 0 {
            stakes.entry(version.to_owned()).or_default().push(place.stake(rows));
        }
    }
    Ok(stakes)
}

/// What a migration puts at stake that is about to run.
pub(crate) fn run_stakes(
    connection: &mut dyn Session,
    migration: &Migration,
) -> QueryResult<Vec<Stake>> {
    let places: Vec<_> = risks(migration).collect();
    let counted = count(connection, &places)?;
    let stakes = places.iter().zip(counted).filter(|(_, rows)| *rows > 0);
    Ok(stakes.map(|(place, rows)| place.stake(rows)).collect())
}

/// What these drops would lose as the database is now: tables with rows, columns with values other than NULL and the
/// default. What is not there loses nothing.
pub(crate) fn revert_stakes(
    connection: &mut dyn Session,
    drops: &[&RevertDrop],
) -> QueryResult<Vec<Stake>> {
    let whole: BTreeSet<&TableName> =
        drops.iter().filter(|it| it.column.is_none()).map(|it| &it.table).collect();
    // A column is counted with its table.
    let drops = drops.iter().filter(|it| it.column.is_none() || !whole.contains(&it.table));
    let places: Vec<_> = drops.map(|it| Place::of_drop(it)).collect();
    let counted = count(connection, &places)?;
    let stakes = places.iter().zip(counted).filter(|(_, rows)| *rows > 0);
    let stakes: BTreeMap<_, _> =
        stakes.map(|(place, rows)| (place.object(), place.stake(rows))).collect();
    Ok(stakes.into_values().collect())
}

/// Where something is at stake.
struct Place<'a> {
    table: &'a TableName,
    /// The column, and what of it is counted; `None`: the rows of the table.
    column: Option<(&'a str, Counted<'a>)>,
}

/// What of a column is counted.
enum Counted<'a> {
    /// Values other than NULL and the default.
    Values(Option<&'a DefaultValue>),
    /// Values that do not fit a type.
    Unfit(&'a SqlType),
    /// NULLs.
    Nulls,
}

fn risks(migration: &Migration) -> impl Iterator<Item = Place<'_>> {
    let origin = migration.metadata.metaxy.as_ref();
    origin.into_iter().flat_map(|it| &it.risks).filter_map(Place::of_risk)
}

impl<'a> Place<'a> {
    fn of_drop(drop: &'a RevertDrop) -> Self {
        let counted = match &drop.becomes {
            Some(becomes) => Counted::Unfit(becomes),
            None => Counted::Values(drop.default.as_ref()),
        };
        Self { table: &drop.table, column: drop.column.as_deref().map(|it| (it, counted)) }
    }

    fn of_risk(risk: &'a Risk) -> Option<Self> {
        let (table, column) = match risk {
            Risk::DataLoss { table, column } => {
                (table, column.as_deref().map(|it| (it, Counted::Values(None))))
            }
            Risk::Narrows { table, column, to } => {
                (table, Some((column.as_str(), Counted::Unfit(to))))
            }
            Risk::NeedsNoNulls { table, column } => {
                (table, Some((column.as_str(), Counted::Nulls)))
            }
            Risk::NeedsBackfill { .. } | Risk::NeedsValidRows { .. } => return None,
        };
        Some(Self { table, column })
    }

    fn object(&self) -> String {
        match &self.column {
            None => self.table.to_string(),
            Some((column, _)) => format!("{}.{column}", self.table),
        }
    }

    fn stake(&self, rows: u64) -> Stake {
        let unit = match &self.column {
            None => Unit::Rows,
            Some((_, Counted::Nulls)) => Unit::Nulls,
            Some(_) => Unit::Values,
        };
        Stake { object: self.object(), rows, unit }
    }

    /// Adds `FROM table WHERE …`; `false` where it is not there.
    fn write(&self, select: &mut Statement, schema: &Schema, connection: &dyn Session) -> bool {
        let Some(table) = schema.tables.get(self.table) else { return false };
        let Some((column, counted)) = &self.column else {
            select.sql(" FROM ").table(self.table);
            return true;
        };
        let sql_type = table.columns.iter().find(|it| it.name == *column).map(|it| &it.sql_type);
        let Some(sql_type) = sql_type else { return false };
        let dialect = connection.backend().dialect();
        select.sql(" FROM ").table(self.table).sql(" WHERE ");
        match counted {
            Counted::Unfit(becomes) => {
                let (before, after) = loss_condition(sql_type, becomes, dialect);
                select.sql(before).identifier(column).sql(&after);
            }
            Counted::Nulls => {
                select.identifier(column).sql(" IS NULL");
            }
            Counted::Values(default) => {
                select.identifier(column).sql(" IS NOT NULL");
                match (default, sql_type) {
                    // What an expression gave to a row is not known any more, and PostgreSQL compares no `json`.
                    (None | Some(DefaultValue::Expression(_)), _) | (_, SqlType::Json) => {}
                    (Some(default), _) => {
                        let default = default_value(dialect, default);
                        select.sql(" AND NOT ").identifier(column).sql(" = ").sql(&default);
                    }
                }
            }
        }
        true
    }
}

/// So many are counted by one query: SQLite takes no more than 500.
const BATCH: usize = 400;

/// How many there are at each place; none where there is no such place.
fn count(connection: &mut dyn Session, places: &[Place<'_>]) -> QueryResult<Vec<u64>> {
    let mut counted = vec![0; places.len()];
    if places.is_empty() {
        return Ok(counted);
    }
    let tables: BTreeSet<TableName> = places.iter().map(|it| it.table.clone()).collect();
    let schema = connection.driver().inspect(&tables)?;
    let numbered: Vec<_> = places.iter().enumerate().collect();
    for batch in numbered.chunks(BATCH) {
        let mut query: Option<Statement> = None;
        for (number, place) in batch {
            let mut from = Statement::new("");
            if place.write(&mut from, &schema, connection) {
                let query = match &mut query {
                    Some(query) => query.sql(" UNION ALL SELECT "),
                    none => none.insert(Statement::new("SELECT ")),
                };
                // Of the type that counts have: databases differ in what a number by itself is.
                let columns = format!("count(*) * 0 + {number} AS place, count(*) AS count");
                query.sql(&columns).append(&from);
            }
        }
        for (number, count) in
            query.map(|it| connection.driver().counts(it)).transpose()?.into_iter().flatten()
        {
            counted[number] = count;
        }
    }
    Ok(counted)
}
