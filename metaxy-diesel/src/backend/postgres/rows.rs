use crate::rows::{HashAlgorithm, RowsDialect, on_conflict};
#[cfg(feature = "postgres")]
use crate::{backend::statement::Statement, schema::TableName};

/// What PostgreSQL resolves rows with.
pub(super) const ROWS: RowsDialect = RowsDialect {
    // As Metaxy for Python.
    default_hash: HashAlgorithm::Xxhash32,
    hash: |algorithm| match algorithm {
        HashAlgorithm::Md5 => Some(["md5(", ")"]),
        HashAlgorithm::Sha256 => Some(["encode(sha256(convert_to(", ", 'UTF8')), 'hex')"]),
        _ => None,
    },
    concat: ["(", " || ", ")"],
    // The same of `json` and `jsonb`.
    field_version: |out, map, field| {
        out.sql("(").append(map).sql(" ->> ").text(field).sql(")");
    },
    // `jsonb_build_object` takes 100 arguments at most.
    field_versions: |out, fields| {
        out.sql("jsonb_object(ARRAY[");
        out.list(", ", fields, |out, (field, _)| _ = out.text(field)).sql("]::text[], ARRAY[");
        out.list(", ", fields, |out, (_, version)| _ = out.append(version)).sql("]::text[])");
    },
    join_rows: |out, text, order| {
        out.sql("string_agg(").append(text).sql(", '|' ORDER BY ").append(order).sql(")");
    },
    order_by_bytes: " COLLATE \"C\"",
    distinct_on: true,
    // It is named once, so it is a subquery, and what has an OFFSET is merged into no other: rows pass through it one by one,
    // where `MATERIALIZED` would keep all of them, on disk where they are many.
    once: ["", " OFFSET 0"],
    cast_texts: true,
    json: ["", ""],
    or_replace: on_conflict,
    max_values: 60_000,
    drop_temporary: "DROP TABLE IF EXISTS ",
    row_id: Some("ctid"),
};

/// Of a table that was just filled, or of a version that is new, PostgreSQL expects some hundred rows, and joins them by nested
/// loops: 100,000 took minutes. Of a cursor it expects that only some rows are fetched. What it is kept from counts as so dear that
/// it would compile every query, which takes a second. And of what it sorts and joins, it keeps 4 MB in memory unless it is told
/// otherwise, and writes the rest to disk.
#[cfg(feature = "postgres")]
pub(in crate::backend) fn expect_whole_tables(on: bool) -> &'static str {
    match on {
        true => {
            "SET enable_nestloop = off; SET cursor_tuple_fraction = 1; SET jit = off;
            SELECT set_config('work_mem', '64MB', false)
                WHERE pg_size_bytes(current_setting('work_mem')) < pg_size_bytes('64MB');"
        }
        false => "RESET enable_nestloop; RESET cursor_tuple_fraction; RESET jit; RESET work_mem;",
    }
}

/// A cursor that outlives the transaction: <https://www.postgresql.org/docs/current/sql-declare.html>.
#[cfg(feature = "postgres")]
pub(in crate::backend) fn keep(name: &TableName, query: &Statement) -> Statement {
    let mut keep = Statement::new("DECLARE ");
    keep.table(name).sql(" NO SCROLL CURSOR WITH HOLD FOR ").append(query);
    keep
}

/// The next rows of a cursor.
#[cfg(feature = "postgres")]
pub(in crate::backend) fn fetch(name: &TableName, count: usize) -> Statement {
    let mut fetch = Statement::new(&format!("FETCH FORWARD {count} FROM "));
    fetch.table(name);
    fetch
}

/// The end of a cursor.
#[cfg(feature = "postgres")]
pub(in crate::backend) fn close(name: &TableName) -> Statement {
    let mut close = Statement::new("CLOSE ");
    close.table(name);
    close
}
