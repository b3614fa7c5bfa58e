use crate::rows::{HashAlgorithm, RowsDialect, on_conflict};

/// What PostgreSQL resolves rows with.
pub(super) const ROWS: RowsDialect = RowsDialect {
    // As Metaxy for Python.
    default_hash: HashAlgorithm::Xxhash32,
    hash: |algorithm| match algorithm {
        HashAlgorithm::Md5 => Some(["md5(", ")"]),
        HashAlgorithm::Sha256 => Some(["encode(sha256(convert_to(", ", 'UTF8')), 'hex')"]),
        HashAlgorithm::Xxhash32 => Some(["pg_temp.metaxy_xxhash32(", ")"]),
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
    or_replace: on_conflict,
    max_values: 60_000,
};

/// xxHash of 32 bits, which PostgreSQL lacks, as a function that goes with the session.
///
/// Products of two numbers of 32 bits do not fit into a `bigint`, hence the halves. Source of the algorithm:
/// <https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md>.
#[cfg(feature = "postgres")]
pub(super) const XXHASH32: &str = r"
CREATE OR REPLACE FUNCTION pg_temp.metaxy_xxhash32(text text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE
    bytes CONSTANT bytea := convert_to(text, 'UTF8');
    length CONSTANT int := octet_length(bytes);
    m CONSTANT bigint := 4294967295;
    p1 CONSTANT bigint := 2654435761;
    p2 CONSTANT bigint := 2246822519;
    p3 CONSTANT bigint := 3266489917;
    p4 CONSTANT bigint := 668265263;
    p5 CONSTANT bigint := 374761393;
    lanes bigint[] := ARRAY[606290984, 2246822519, 0, 1640531535];
    at int := 0;
    h bigint;
    x bigint;
BEGIN
    IF length >= 16 THEN
        WHILE at <= length - 16 LOOP
            FOR lane IN 1..4 LOOP
                x := get_byte(bytes, at)::bigint + (get_byte(bytes, at + 1)::bigint << 8)
                    + (get_byte(bytes, at + 2)::bigint << 16) + (get_byte(bytes, at + 3)::bigint << 24);
                -- lane + word * p2
                x := (lanes[lane] + (x & 65535) * p2 + ((((x >> 16) * p2) & 65535) << 16)) & m;
                x := ((x << 13) & m) | (x >> 19);
                lanes[lane] := ((x & 65535) * p1 + ((((x >> 16) * p1) & 65535) << 16)) & m;
                at := at + 4;
            END LOOP;
        END LOOP;
        h := ((((lanes[1] << 1) & m) | (lanes[1] >> 31)) + (((lanes[2] << 7) & m) | (lanes[2] >> 25))
            + (((lanes[3] << 12) & m) | (lanes[3] >> 20)) + (((lanes[4] << 18) & m) | (lanes[4] >> 14))) & m;
    ELSE
        h := p5;
    END IF;
    h := (h + length) & m;
    WHILE at <= length - 4 LOOP
        x := get_byte(bytes, at)::bigint + (get_byte(bytes, at + 1)::bigint << 8)
            + (get_byte(bytes, at + 2)::bigint << 16) + (get_byte(bytes, at + 3)::bigint << 24);
        h := (h + (x & 65535) * p3 + ((((x >> 16) * p3) & 65535) << 16)) & m;
        h := ((h << 17) & m) | (h >> 15);
        h := ((h & 65535) * p4 + ((((h >> 16) * p4) & 65535) << 16)) & m;
        at := at + 4;
    END LOOP;
    WHILE at < length LOOP
        h := (h + get_byte(bytes, at) * p5) & m;
        h := ((h << 11) & m) | (h >> 21);
        h := ((h & 65535) * p1 + ((((h >> 16) * p1) & 65535) << 16)) & m;
        at := at + 1;
    END LOOP;
    h := h # (h >> 15);
    h := ((h & 65535) * p2 + ((((h >> 16) * p2) & 65535) << 16)) & m;
    h := h # (h >> 13);
    h := ((h & 65535) * p3 + ((((h >> 16) * p3) & 65535) << 16)) & m;
    RETURN h # (h >> 16);
END
$$;";
