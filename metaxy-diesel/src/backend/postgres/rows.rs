use crate::rows::{HashAlgorithm, RowsDialect, on_conflict};

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
    materialized: " MATERIALIZED",
    cast_texts: true,
    json: ["", ""],
    or_replace: on_conflict,
    max_values: 60_000,
    drop_temporary: "DROP TABLE IF EXISTS ",
    row_id: Some("ctid"),
};
