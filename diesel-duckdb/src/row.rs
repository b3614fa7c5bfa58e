use std::cell::Cell;
use std::ops::Range;
use std::sync::Arc;

use diesel::QueryResult;
use diesel::row::{Field, PartialRow, Row, RowIndex, RowSealed};
use duckdb::arrow::array::{Array, StructArray};

use crate::connection::Executed;
use crate::error::query_error;
use crate::{DuckDb, DuckDbValue};

/// A row of a result. It shares the columns that DuckDB gave, up to 2048 rows at once, so it is cheap and outlives
/// the cursor.
#[derive(Debug, Clone)]
pub struct DuckDbRow {
    chunk: Arc<StructArray>,
    row: usize,
}

impl RowSealed for DuckDbRow {}

impl<'a> Row<'a, DuckDb> for DuckDbRow {
    type Field<'f>
        = DuckDbField<'f>
    where
        'a: 'f,
        Self: 'f;
    type InnerPartialRow = Self;

    fn field_count(&self) -> usize {
        self.chunk.num_columns()
    }

    fn get<'b, I>(&'b self, index: I) -> Option<Self::Field<'b>>
    where
        'a: 'b,
        Self: RowIndex<I>,
    {
        self.idx(index).map(|column| DuckDbField { row: self, column })
    }

    fn partial_row(&self, range: Range<usize>) -> PartialRow<'_, Self> {
        PartialRow::new(self, range)
    }
}

impl RowIndex<usize> for DuckDbRow {
    fn idx(&self, index: usize) -> Option<usize> {
        (index < self.chunk.num_columns()).then_some(index)
    }
}

impl RowIndex<&str> for DuckDbRow {
    fn idx(&self, name: &str) -> Option<usize> {
        self.chunk.fields().iter().position(|field| field.name() == name)
    }
}

/// A column of a row.
#[derive(Debug, Clone, Copy)]
pub struct DuckDbField<'a> {
    row: &'a DuckDbRow,
    column: usize,
}

impl<'a> Field<'a, DuckDb> for DuckDbField<'a> {
    fn field_name(&self) -> Option<&str> {
        Some(self.row.chunk.fields()[self.column].name())
    }

    fn value(&self) -> Option<DuckDbValue<'_>> {
        DuckDbValue::at(self.row.chunk.column(self.column), self.row.row)
    }
}

/// The rows of a result, one after the other.
pub struct DuckDbCursor<'conn> {
    statement: Executed<'conn>,
    chunk: Arc<StructArray>,
    next: usize,
    /// Where to say that the query failed after its first rows.
    failed: Option<&'conn Cell<Option<String>>>,
}

impl<'conn> DuckDbCursor<'conn> {
    /// The rows of a statement that was executed.
    pub(crate) fn new(
        statement: Executed<'conn>,
        failed: Option<&'conn Cell<Option<String>>>,
    ) -> Self {
        Self { statement, chunk: Arc::new(StructArray::new_empty_fields(0, None)), next: 0, failed }
    }
}

impl Iterator for DuckDbCursor<'_> {
    type Item = QueryResult<DuckDbRow>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.next >= self.chunk.len() {
            match self.statement.step() {
                Ok(Some(chunk)) => (self.chunk, self.next) = (Arc::new(chunk), 0),
                Ok(None) => return None,
                Err(error) => {
                    let error = query_error(error);
                    if let Some(failed) = self.failed {
                        failed.set(Some(error.to_string()));
                    }
                    return Some(Err(error));
                }
            }
        }
        let row = DuckDbRow { chunk: Arc::clone(&self.chunk), row: self.next };
        self.next += 1;
        Some(Ok(row))
    }
}
