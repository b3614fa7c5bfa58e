use crate::rows::{HashAlgorithm, RowsDialect, on_conflict};

/// What DuckDB resolves rows with.
pub(super) const ROWS: RowsDialect = RowsDialect {
    // As Metaxy for Python, which needs an extension for it.
    default_hash: HashAlgorithm::Xxhash32,
    hash: |algorithm| match algorithm {
        HashAlgorithm::Md5 => Some(["md5(", ")"]),
        HashAlgorithm::Sha256 => Some(["sha256(", ")"]),
        _ => None,
    },
    concat: ["(", " || ", ")"],
    field_version: |out, map, field| {
        // Where they are kept as JSON, Metaxy for Python hashes the text of the JSON, quotes included.
        out.sql("if(typeof(").append(map).sql(") = 'JSON', CAST(json_extract(CAST(");
        out.append(map).sql(" AS JSON), ").text(&format!("$.\"{field}\""));
        out.sql(") AS VARCHAR), json_extract_string(CAST(").append(map).sql(" AS JSON), ");
        out.text(&format!("$.\"{field}\"")).sql("))");
    },
    field_versions: |out, fields| {
        out.sql("MAP {");
        out.list(", ", fields, |out, (field, version)| {
            out.text(field).sql(": ").append(version);
        });
        out.sql("}");
    },
    join_rows: |out, text, order| {
        out.sql("string_agg(").append(text).sql(", '|' ORDER BY ").append(order).sql(")");
    },
    // Texts are ordered by their bytes.
    order_by_bytes: "",
    distinct_on: false,
    once: [" MATERIALIZED", ""],
    cast_texts: true,
    max_values: 60_000,
    drop_temporary: "DROP TABLE IF EXISTS ",
    row_id: Some("rowid"),
    json: ["CAST(", " AS JSON)"],
    or_replace: on_conflict,
};
