//! Appending rows to the table of a feature.

use super::{
    Doing, OpenStore, Row, RowsError, Value, WriteOptions, base::Base, complete::complete,
    open::database, plan::Hashing, source::Source,
};
use crate::{schema::Column, sql_types::UtcDateTime};
use metaxy_core::{FeatureKey, FeatureSpec};
use std::collections::BTreeSet;

/// How many rows, and about how many bytes of them, are in memory at a time.
const BATCH: (usize, usize) = (1_000, 4 << 20);

impl<C> OpenStore<'_, C> {
    /// Appends rows to a feature, all of them or, where one is refused, none. Returns how many there are.
    ///
    /// A row has the user's columns and `metaxy_provenance_by_field`; what it lacks is NULL. Versions are computed where they
    /// are not given: see the data versions in [`SystemColumns`](crate::system::SystemColumns). Other columns of metaxy's own
    /// (those of an increment or of rows that were read) are set anew. Rows are taken as they are written, some hundred at a
    /// time: there may be any number of them.
    ///
    /// # Errors
    ///
    /// [`RowsError`] where the table lacks a column, where a row lacks its id or provenance, or where the database refuses a row.
    pub fn write_rows(
        &mut self,
        feature: &FeatureKey,
        rows: impl IntoIterator<Item = Row>,
        options: &WriteOptions,
    ) -> Result<usize, RowsError> {
        self.write_results(feature, rows.into_iter().map(Ok), options)
    }

    /// Appends rows, and none where one of them is an error.
    pub(super) fn write_results(
        &mut self,
        feature: &FeatureKey,
        rows: impl Iterator<Item = Result<Row, RowsError>>,
        options: &WriteOptions,
    ) -> Result<usize, RowsError> {
        let found = self.inspect(&BTreeSet::from([self.tables().name(feature)]))?;
        let source = self.tables().source(feature, &found)?;
        let mut incoming = Incoming::new(rows, &source, options, &mut self.base)?;
        let (doing, dialect) = (DOING, self.dialect());
        self.told(Doing::Write, feature, |store, tell| {
            store.transaction(doing, feature, |driver| {
                // A statement has one list of columns: where another row begins to have others, so does another statement.
                while let Some(columns) = incoming.columns() {
                    let more = &mut || {
                        let rows = incoming.of_columns(&columns)?;
                        tell(incoming.written);
                        Some(rows)
                    };
                    let appended = driver.append(dialect, &source.table.name, &columns, more);
                    appended.map_err(database(doing, feature))?;
                }
                incoming.end()
            })
        })
    }
}

pub(super) const DOING: &str = "cannot write rows of";

/// Rows on their way into a table, made complete.
pub(super) struct Incoming<'a, I> {
    rows: I,
    spec: &'a FeatureSpec,
    hashing: Hashing,
    project: String,
    now: UtcDateTime,
    source: &'a Source,
    options: &'a WriteOptions,
    /// Rows that were taken.
    next: Option<Batch>,
    /// Why no more are taken.
    failed: Option<RowsError>,
    /// How many were handed out.
    written: usize,
}

/// Rows, and the columns that any of them has.
type Batch = (Vec<Column>, Vec<Row>);

impl<'a, I: Iterator<Item = Result<Row, RowsError>>> Incoming<'a, I> {
    pub(super) fn new<'g: 'a>(
        rows: I,
        source: &'a Source,
        options: &'a WriteOptions,
        base: &mut Base<'g>,
    ) -> Result<Self, RowsError> {
        let feature = &source.feature;
        Ok(Self {
            rows,
            spec: base.spec(feature)?,
            hashing: base.hashing,
            project: base.project_version(feature),
            now: base.now(),
            source,
            options,
            next: None,
            failed: None,
            written: 0,
        })
    }

    /// How many rows were handed out, all that there were.
    pub(super) fn end(self) -> Result<usize, RowsError> {
        self.failed.map_or(Ok(self.written), Err)
    }

    /// The columns of the next rows; `None`: there are none.
    pub(super) fn columns(&mut self) -> Option<Vec<Column>> {
        self.fill();
        self.next.as_ref().map(|(columns, _)| columns.clone())
    }

    /// The next rows, where they have these columns.
    pub(super) fn of_columns(&mut self, columns: &[Column]) -> Option<Vec<Row>> {
        self.fill();
        let (_, rows) = self.next.take_if(|(it, _)| it == columns)?;
        self.written += rows.len();
        Some(rows)
    }

    fn fill(&mut self) {
        if self.next.is_none() && self.failed.is_none() {
            match self.take() {
                Ok(next) => self.next = next,
                Err(error) => self.failed = Some(error),
            }
        }
    }

    fn take(&mut self) -> Result<Option<Batch>, RowsError> {
        let mut batch = take_batch(&mut self.rows)?;
        if batch.is_empty() {
            return Ok(None);
        }
        check_ids(&batch, self.source, self.written)?;
        complete(&mut batch, self.spec, self.hashing, self.written)?;
        batch.iter_mut().for_each(|it| self.finish(it));
        Ok(Some((columns_of(&batch, self.source)?, batch)))
    }

    /// Sets the other columns of metaxy's own.
    fn finish(&self, row: &mut Row) {
        row.insert("metaxy_feature_version", self.source.version.clone());
        row.insert("metaxy_project_version", self.project.as_str());
        if row.get("metaxy_created_at").is_none_or(Value::is_null) {
            row.insert("metaxy_created_at", self.now);
        }
        row.insert("metaxy_updated_at", self.now);
        row.insert("metaxy_deleted_at", Value::Null);
        row.insert("metaxy_materialization_id", self.options.materialization_id.clone());
    }
}

/// The next rows, as many as are in memory at a time.
pub(super) fn take_batch(
    rows: &mut impl Iterator<Item = Result<Row, RowsError>>,
) -> Result<Vec<Row>, RowsError> {
    let (mut batch, mut size) = (Vec::new(), 0);
    while batch.len() < BATCH.0 && size < BATCH.1 {
        let Some(row) = rows.next() else { break };
        let row = row?;
        size += row.size();
        batch.push(row);
    }
    Ok(batch)
}

/// Refuses a row without id: nothing would tell its sample from others. `before` rows were there before these.
pub(super) fn check_ids(rows: &[Row], source: &Source, before: usize) -> Result<(), RowsError> {
    let is_given = |column: &&Column| {
        column.generated.is_none() && column.identity.is_none() && column.default.is_none()
    };
    let ids = source.id_columns.iter().filter_map(|it| source.find(it)).filter(is_given);
    for column in ids {
        let lacks = |row: &Row| row.get(&column.name).is_none_or(Value::is_null);
        if let Some(at) = rows.iter().position(lacks) {
            return Err(RowsError::NoId {
                feature: source.feature.clone(),
                row: before + at + 1,
                column: column.name.clone(),
            });
        }
    }
    Ok(())
}

/// The columns that any of the rows has, in the order of the table.
pub(super) fn columns_of(rows: &[Row], source: &Source) -> Result<Vec<Column>, RowsError> {
    let columns = &source.table.columns;
    let mut named = vec![false; columns.len()];
    // Where the columns of the row before were: those of the next one are there, too.
    let mut places: Vec<usize> = Vec::new();
    for row in rows {
        for (at, name) in row.columns().enumerate() {
            if places.get(at).is_some_and(|it| columns[*it].name == name) {
                continue;
            }
            let place = columns.iter().position(|it| it.name == name);
            let place = place.ok_or_else(|| source.missing(name))?;
            named[place] = true;
            places.truncate(at);
            places.push(place);
        }
    }
    let columns = columns.iter().zip(named);
    Ok(columns.filter(|(_, named)| *named).map(|(it, _)| it.clone()).collect())
}
