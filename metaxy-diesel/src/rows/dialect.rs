//! [`RowsDialect`]: what databases differ in where rows are resolved.

use super::{HashAlgorithm, Value};
use crate::{backend::statement::Statement, dialect::Dialect, schema::SqlType};

/// How one database says what rows are made of.
#[derive(Debug)]
pub struct RowsDialect {
    /// The algorithm where the configuration names none.
    pub(crate) default_hash: HashAlgorithm,
    /// What encloses a text to have its whole hash; `None`: the database cannot, and Rust does.
    pub(crate) hash: fn(HashAlgorithm) -> Option<[&'static str; 2]>,
    /// What opens, separates and closes texts that are joined to one, which is NULL where one of them is.
    pub(crate) concat: [&'static str; 3],
    /// Writes the version of one field, of a map of versions.
    pub(crate) field_version: fn(&mut Statement, map: &Statement, field: &str),
    /// Writes a map of versions, of fields and their versions.
    pub(crate) field_versions: fn(&mut Statement, fields: &[(&str, Statement)]),
    /// Writes the aggregate that joins a text of all rows by `|`, in an order.
    pub(crate) join_rows: fn(&mut Statement, text: &Statement, order: &Statement),
    /// What follows a text to order it by its bytes.
    pub(crate) order_by_bytes: &'static str,
    /// Whether `DISTINCT ON` takes the first of rows that have the same in some columns: it costs less than to number them.
    pub(crate) distinct_on: bool,
    /// What follows the `AS` of a common table expression, and what ends its query, so that its columns are computed once a row.
    pub(crate) once: [&'static str; 2],
    /// Whether a text has to be cast to the type of the column that it is meant for, where that is no text.
    pub(crate) cast_texts: bool,
    /// What encloses a bound text that is JSON, where texts are cast.
    pub(crate) json: [&'static str; 2],
    /// Writes what follows rows that are inserted, to have them replace the other columns of rows with the same key.
    pub(crate) or_replace: fn(&mut Statement, key: &[&str], others: &[&str]),
    /// How many values one statement that inserts binds, at most.
    pub(crate) max_values: usize,
    /// What precedes the name of a temporary table to drop it, where it is there.
    pub(crate) drop_temporary: &'static str,
    /// The column that every table has and no two rows have the same in; `None`: there is none.
    pub(crate) row_id: Option<&'static str>,
}

impl Dialect {
    /// Writes a value that is meant for a column of this type.
    pub(crate) fn write_value(
        &self,
        value: Value,
        sql_type: Option<&SqlType>,
        out: &mut Statement,
    ) {
        let is_written = matches!(value, Value::Text(_) | Value::Json(_));
        let name = sql_type
            .filter(|it| is_written && self.rows.cast_texts && !is_text(it))
            .and_then(|it| (self.type_name)(it).ok());
        let [open, close] = match value {
            Value::Json(_) => self.rows.json,
            _ => ["", ""],
        };
        match name {
            Some(name) => {
                out.sql(&format!("CAST({open}")).value(value).sql(&format!("{close} AS {name})"))
            }
            None => out.value(value),
        };
    }

    /// Writes a value that is meant for a column of this type, bound whatever it is.
    pub(crate) fn bind_value(&self, value: Value, sql_type: &SqlType, out: &mut Statement) {
        match value {
            // Where types are strict, only a NULL without one is right for all.
            Value::Null if !self.rows.cast_texts => _ = out.bind(value, sql_type),
            value => self.write_value(value, Some(sql_type), out),
        }
    }

    /// Writes texts as one, which is NULL where one of them is.
    pub(crate) fn write_concat(&self, texts: Vec<Statement>, out: &mut Statement) {
        let [open, separator, close] = self.rows.concat;
        out.sql(open);
        out.list(separator, &texts, |out, it| _ = out.append(it)).sql(close);
    }
}

/// As PostgreSQL and SQLite replace rows.
pub(crate) fn on_conflict(out: &mut Statement, key: &[&str], others: &[&str]) {
    out.sql(" ON CONFLICT (").list(", ", key, |out, it| _ = out.identifier(it));
    out.sql(") DO UPDATE SET ").list(", ", others, |out, it| {
        out.identifier(it).sql(" = excluded.").identifier(it);
    });
}

/// Whether values of this type are texts.
pub(crate) fn is_text(sql_type: &SqlType) -> bool {
    matches!(sql_type, SqlType::Text | SqlType::String | SqlType::Varchar(_))
}
