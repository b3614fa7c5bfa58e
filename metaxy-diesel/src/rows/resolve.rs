//! [`Increment`]: what has to be made, made anew, or given up.

use super::{
    AnyRows, InputOf, OpenStore, ResolveOptions, Row, RowsError, RowsOf,
    base::Base,
    complete::complete,
    open::database,
    plan::Plan,
    query::SetQuery,
    source::Tables,
    temporary,
    write::{check_ids, columns_of},
};
use crate::{
    backend::statement::Statement,
    schema::{Column, Schema, TableName},
};
use metaxy_core::{FeatureKey, definition::SYSTEM_COLUMNS};
use std::{collections::BTreeMap, fmt, marker::PhantomData};

/// What is new, stale and orphaned in a feature, given what is upstream: three queries, which run when they are asked.
///
/// Rows of `new` and `stale` have the upstream columns (after `rename` and `select`) and the versions that the row to be written
/// has to have: `metaxy_provenance`, `metaxy_provenance_by_field`, and the data versions, which are the same.
///
/// `I` is what the rows of `new` and `stale` are loaded into, `O` those of `orphaned`: see [`LoadsFrom`](super::LoadsFrom).
#[derive(Debug, Clone)]
pub struct Increment<I = AnyRows, O = AnyRows> {
    /// Samples that are upstream, and not yet in the feature.
    pub new: RowSet<I>,
    /// Samples that were made from something else than is upstream now.
    pub stale: RowSet<I>,
    /// Rows of the feature whose samples are upstream no more, as they are in the table.
    pub orphaned: RowSet<O>,
}

/// How many rows the sets of an increment have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Samples that are upstream, and not yet in the feature.
    pub new: u64,
    /// Samples that were made from something else than is upstream now.
    pub stale: u64,
    /// Rows of the feature whose samples are upstream no more.
    pub orphaned: u64,
}

impl Counts {
    /// Whether nothing has to be done.
    pub fn is_in_sync(&self) -> bool {
        *self == Self::default()
    }
}

impl<I, O> Increment<I, O> {
    /// How many rows its sets have.
    ///
    /// # Errors
    ///
    /// [`RowsError::Database`] where the database does not answer.
    pub fn count<C>(&self, store: &mut OpenStore<'_, C>) -> Result<Counts, RowsError> {
        Ok(Counts {
            new: self.new.count(store)?,
            stale: self.stale.count(store)?,
            orphaned: self.orphaned.count(store)?,
        })
    }
}

/// The increment of a feature that is known while compiling.
pub type IncrementOf<F> = Increment<InputOf<F>, RowsOf<F>>;

/// A set of rows that only the database has: counted, loaded whole, streamed, or taken some at a time.
///
/// Where the database lacks the store's hash, Rust hashes the rows as they come. To count stale ones it has to see all samples
/// that are in the feature, then.
pub struct RowSet<R = AnyRows> {
    pub(super) feature: FeatureKey,
    /// `None`: it is empty.
    pub(super) query: Option<SetQuery>,
    /// The columns of its rows.
    pub(super) columns: Vec<Column>,
    rows: PhantomData<fn() -> R>,
}

impl<R> RowSet<R> {
    fn new(feature: &FeatureKey, query: Option<SetQuery>, columns: Vec<Column>) -> Self {
        Self { feature: feature.clone(), query, columns, rows: PhantomData }
    }

    /// The same set, whose rows are loaded into rows of another kind.
    pub(super) fn cast<Q>(self) -> RowSet<Q> {
        let Self { feature, query, columns, .. } = self;
        RowSet { feature, query, columns, rows: PhantomData }
    }

    /// The same set, whose rows are loaded into any struct that is `FromRow`: the compiler compares no columns.
    pub fn untyped(self) -> RowSet {
        self.cast()
    }
}

impl<R> Clone for RowSet<R> {
    fn clone(&self) -> Self {
        Self::new(&self.feature, self.query.clone(), self.columns.clone())
    }
}

impl<R> fmt::Debug for RowSet<R> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "RowSet({})", self.feature)
    }
}

impl<C> OpenStore<'_, C> {
    /// What has to be done so that a feature agrees with what is upstream. Nothing but the tables' columns is read yet, and the
    /// sets see what is there when they are asked.
    ///
    /// Samples that the options give are kept in a temporary table, as long as the store is open. So are the present rows of
    /// dependencies whose tables only fallback stores have: they are brought now, and the database joins them.
    ///
    /// # Errors
    ///
    /// [`RowsError`] where a table or column is missing, where a filter names a column that is not there, where dependencies
    /// cannot be joined, and where a feature without dependencies is given no samples.
    pub fn resolve_rows(
        &mut self,
        feature: &FeatureKey,
        mut options: ResolveOptions,
    ) -> Result<Increment, RowsError> {
        let names = Plan::tables(self.tables(), feature)?;
        let mut found = self.inspect(&names)?;
        let samples = options.samples.take();
        let brought = match samples.is_some() || options.this_store_only {
            true => BTreeMap::new(),
            false => self.bring(feature, &mut found)?,
        };
        let samples = samples.map(|rows| self.keep_samples(feature, &found, rows)).transpose()?;
        let tables = Tables { instead: Some(&brought), ..self.tables() };
        let plan = Plan::new(tables, &found, feature, &options, samples, self.hashing)?;
        Ok(increment(&mut self.base, feature, plan))
    }

    /// Puts samples into a temporary table, with all versions, and returns its columns.
    fn keep_samples(
        &mut self,
        feature: &FeatureKey,
        found: &Schema,
        rows: Vec<Row>,
    ) -> Result<(TableName, Vec<String>), RowsError> {
        let Samples { table, columns, create, rows } =
            Samples::new(&mut self.base, feature, found, rows)?;
        let dialect = self.dialect();
        self.driver().execute(create).map_err(database(KEEPING, feature))?;
        let mut rows = Some(rows);
        let kept = self.transaction(KEEPING, feature, |driver| {
            let inserted = driver.append(dialect, &table, &columns, &mut || rows.take());
            inserted.map_err(database(KEEPING, feature))
        });
        if let Err(error) = kept {
            // What failed first is what to tell.
            _ = temporary::drop(self.driver(), dialect, &table);
            return Err(error);
        }
        Ok((table, columns.into_iter().map(|it| it.name).collect()))
    }
}

pub(super) const KEEPING: &str = "cannot keep samples of";

/// The sets of a plan.
pub(super) fn increment(base: &mut Base<'_>, feature: &FeatureKey, plan: Plan) -> Increment {
    let groups = base.temporary_table("groups");
    let queries = plan.queries(base.dialect(), &groups);
    let columns = plan.columns();
    Increment {
        new: RowSet::new(feature, Some(queries.new), columns.clone()),
        stale: RowSet::new(feature, queries.stale, columns),
        orphaned: RowSet::new(feature, queries.orphaned, plan.current.table.columns),
    }
}

/// Samples that the caller gives, with all versions, and the temporary table that they go into.
pub(super) struct Samples {
    pub(super) table: TableName,
    pub(super) columns: Vec<Column>,
    pub(super) create: Statement,
    pub(super) rows: Vec<Row>,
}

impl Samples {
    pub(super) fn new(
        base: &mut Base<'_>,
        feature: &FeatureKey,
        found: &Schema,
        mut rows: Vec<Row>,
    ) -> Result<Self, RowsError> {
        let source = base.tables().source(feature, found)?;
        let spec = base.spec(feature)?;
        check_ids(&rows, &source, 0)?;
        complete(&mut rows, spec, base.hashing, 0)?;
        let versions = ["metaxy_provenance_by_field", "metaxy_provenance"];
        let versions = versions.into_iter();
        let versions = versions.chain(["metaxy_data_version_by_field", "metaxy_data_version"]);
        let needed: Vec<&str> =
            spec.id_columns.iter().map(String::as_str).chain(versions).collect();
        for row in &mut rows {
            for column in SYSTEM_COLUMNS.into_iter().filter(|it| !needed.contains(it)) {
                row.remove(column);
            }
        }
        let given = columns_of(&rows, &source)?;
        let is_needed = |it: &&Column| needed.contains(&it.name.as_str()) || given.contains(it);
        let columns: Vec<Column> = source.table.columns.iter().filter(is_needed).cloned().collect();
        let table = base.temporary_table("samples");
        let create = temporary::creation(&table, &columns, &source.table.name);
        Ok(Self { table, columns, create, rows })
    }
}
