//! `COPY … FROM STDIN`, by which rows come into a table the fastest.

use super::DIALECT;
use crate::{
    dialect::IdentifierError,
    rows::{Row, Value},
    schema::{Column, TableName},
};
use chrono::{Datelike, Timelike};
use diesel::{
    ExecuteCopyFromDsl, PgConnection, QueryResult, copy_from,
    pg::{CopyTarget, Pg},
    query_builder::AstPass,
    result::Error as DatabaseError,
    sql_types::Text,
};
use std::{
    cell::RefCell,
    io::{self, Write},
};

/// Copies rows of these columns into a table, as long as there are more.
pub(super) fn copy(
    connection: &mut PgConnection,
    table: &TableName,
    columns: &[Column],
    more: &mut dyn FnMut() -> Option<Vec<Row>>,
) -> QueryResult<()> {
    TARGET.set(target(table, columns).map_err(|it| DatabaseError::QueryBuilderError(it.into()))?);
    // Diesel calls it once, and yet takes no `FnMut`.
    let more = RefCell::new(more);
    let rows = |out: &mut dyn Write| -> QueryResult<()> {
        let mut text = Vec::new();
        while let Some(rows) = (more.borrow_mut())() {
            for row in &rows {
                write_row(row, columns, &mut text);
                if text.len() >= PIECE {
                    send(&mut text, out)?;
                }
            }
        }
        send(&mut text, out)
    };
    copy_from(any_table::table).from_raw_data(AnyTable, rows).execute(connection).map(|_| ())
}

/// How many bytes are sent at a time: few, so that the server parses them while the next rows are made.
const PIECE: usize = 32 << 10;

fn send(text: &mut Vec<u8>, out: &mut dyn Write) -> QueryResult<()> {
    out.write_all(text).map_err(|error| DatabaseError::SerializationError(error.into()))?;
    text.clear();
    Ok(())
}

fn target(table: &TableName, columns: &[Column]) -> Result<String, IdentifierError> {
    let names: Vec<String> = columns.iter().map(|it| it.name.clone()).collect();
    Ok(DIALECT.quote_table(table)? + &DIALECT.quote_columns(&names)?)
}

diesel::table! {
    any_table (id) {
        id -> Text,
    }
}

/// A table whose name is known at run time only.
struct AnyTable;

thread_local! {
    /// What [`AnyTable`] is: Diesel asks a type for it, and no value.
    static TARGET: RefCell<String> = RefCell::default();
}

impl CopyTarget for AnyTable {
    type Table = any_table::table;
    type SqlType = Text;

    fn walk_target(mut out: AstPass<'_, '_, Pg>) -> QueryResult<()> {
        TARGET.with_borrow(|it| out.push_sql(it));
        Ok(())
    }
}

/// Writes a row in the text format: <https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-FILE-FORMATS>.
fn write_row(row: &Row, columns: &[Column], out: &mut Vec<u8>) {
    for (at, column) in columns.iter().enumerate() {
        if at > 0 {
            out.push(b'\t');
        }
        match row.get(&column.name) {
            None => out.extend(NULL),
            Some(value) => {
                write_value(value, out).expect("writing to memory does not fail");
            }
        }
    }
    out.push(b'\n');
}

const NULL: &[u8] = b"\\N";

fn write_value(value: &Value, out: &mut Vec<u8>) -> io::Result<()> {
    match value {
        Value::Null => out.extend(NULL),
        Value::Bool(value) => out.push(if *value { b't' } else { b'f' }),
        Value::Int(value) => write!(out, "{value}")?,
        Value::Float(value) if value.is_infinite() => {
            write!(out, "{}Infinity", if *value < 0.0 { "-" } else { "" })?;
        }
        Value::Float(value) => write!(out, "{value}")?,
        Value::Text(text) => escape(text.as_bytes(), out),
        Value::Bytes(bytes) => {
            out.extend(b"\\\\x");
            bytes.iter().try_for_each(|byte| write!(out, "{byte:02x}"))?;
        }
        Value::Json(json) => serde_json::to_writer(Escaped(out), json)?,
        Value::Moment(at) => {
            // Years before the first one are counted from 1: https://www.postgresql.org/docs/current/datatype-datetime.html
            let (common, year) = at.year_ce();
            write!(out, "{year:04}-{:02}-{:02} ", at.month(), at.day())?;
            write!(out, "{:02}:{:02}:{:02}", at.hour(), at.minute(), at.second())?;
            write!(out, ".{:06}+00", at.timestamp_subsec_micros())?;
            out.extend(if common { b"" as &[u8] } else { b" BC" });
        }
    }
    Ok(())
}

/// A text in which what the format means otherwise is escaped.
fn escape(text: &[u8], out: &mut Vec<u8>) {
    for byte in text {
        match byte {
            b'\\' => out.extend(b"\\\\"),
            b'\t' => out.extend(b"\\t"),
            b'\n' => out.extend(b"\\n"),
            b'\r' => out.extend(b"\\r"),
            byte => out.push(*byte),
        }
    }
}

struct Escaped<'a>(&'a mut Vec<u8>);

impl Write for Escaped<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        escape(bytes, self.0);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
