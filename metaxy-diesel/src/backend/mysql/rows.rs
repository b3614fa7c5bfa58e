use crate::rows::{HashAlgorithm, RowsDialect};

/// What MySQL and MariaDB resolve rows with.
pub(super) const ROWS: RowsDialect = RowsDialect {
    default_hash: HashAlgorithm::Sha256,
    hash: |algorithm| match algorithm {
        HashAlgorithm::Md5 => Some(["md5(", ")"]),
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
    materialized: "",
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

/// What a session needs: joined texts are cut at a length otherwise, in silence.
#[cfg(feature = "mysql")]
pub(super) const SESSION: &str = "SET SESSION group_concat_max_len = 1073741824";
