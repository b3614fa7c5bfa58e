use crate::rows::{HashAlgorithm, RowsDialect};
#[cfg(feature = "mysql")]
use crate::{
    backend::{driver::KEPT_ROW, statement::Statement},
    schema::TableName,
};

/// What MySQL resolves rows with. From version 9 on it has MD5 only where someone installed that as a component.
///
/// Source: <https://dev.mysql.com/doc/refman/9.7/en/encryption-functions.html>.
pub(super) const ROWS: RowsDialect = RowsDialect {
    default_hash: HashAlgorithm::Sha256,
    hash: |algorithm| match algorithm {
        HashAlgorithm::Sha256 => Some(["sha2(", ", 256)"]),
        _ => None,
    },
    concat: ["concat(", ", ", ")"],
    // A NULL of JSON is no NULL, and unquoted it is the text `null`.
    field_version: |out, map, field| {
        let path = format!("$.\"{field}\"");
        out.sql("CASE json_type(json_extract(").append(map).sql(", ").text(&path);
        out.sql(")) WHEN 'STRING' THEN json_unquote(json_extract(").append(map).sql(", ");
        out.text(&path).sql(")) END");
    },
    field_versions: |out, fields| {
        out.sql("json_object(");
        out.list(", ", fields, |out, (field, version)| {
            out.text(field).sql(", ").append(version);
        });
        out.sql(")");
    },
    join_rows: |out, text, order| {
        out.sql("group_concat(").append(text).sql(" ORDER BY ").append(order);
        out.sql(" SEPARATOR '|')");
    },
    order_by_bytes: "",
    distinct_on: false,
    once: ["", ""],
    cast_texts: false,
    json: ["", ""],
    or_replace: |out, _, others| {
        out.sql(" ON DUPLICATE KEY UPDATE ").list(", ", others, |out, it| {
            out.identifier(it).sql(" = VALUES(").identifier(it).sql(")");
        });
    },
    max_values: 60_000,
    drop_temporary: "DROP TEMPORARY TABLE IF EXISTS ",
    row_id: None,
};

/// What MariaDB resolves rows with.
pub(super) const MARIADB_ROWS: RowsDialect = RowsDialect {
    hash: |algorithm| match algorithm {
        HashAlgorithm::Md5 => Some(["md5(", ")"]),
        algorithm => (ROWS.hash)(algorithm),
    },
    ..ROWS
};

/// What a session needs: joined texts are cut at a length otherwise, in silence.
#[cfg(feature = "mysql")]
pub(in crate::backend) const SESSION: &str = "SET SESSION group_concat_max_len = 1073741824";

/// What keeps the rows of a query for the session.
#[cfg(feature = "mysql")]
pub(in crate::backend) fn keep(name: &TableName, query: &Statement) -> Statement {
    let mut keep = Statement::new("CREATE TEMPORARY TABLE ");
    keep.table(name).sql(" (").identifier(KEPT_ROW);
    keep.sql(" BIGINT NOT NULL PRIMARY KEY) AS SELECT row_number() OVER () AS ");
    keep.identifier(KEPT_ROW).sql(", kept.* FROM (").append(query).sql(") AS kept");
    keep
}

/// What gives up rows that were kept.
#[cfg(feature = "mysql")]
pub(in crate::backend) fn forget(name: &TableName) -> Statement {
    let mut drop = Statement::new("DROP TEMPORARY TABLE ");
    drop.table(name);
    drop
}
