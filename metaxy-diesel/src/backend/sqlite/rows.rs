use crate::rows::{HashAlgorithm, RowsDialect, on_conflict};

/// What SQLite resolves rows with.
///
/// It hashes by functions of ours, which [`register`] makes known to a connection.
pub(super) const ROWS: RowsDialect = RowsDialect {
    default_hash: HashAlgorithm::Sha256,
    hash: |algorithm| {
        Some(match algorithm {
            HashAlgorithm::Md5 => ["metaxy_md5(", ")"],
            HashAlgorithm::Sha256 => ["metaxy_sha256(", ")"],
            HashAlgorithm::Xxhash32 => ["metaxy_xxhash32(", ")"],
            HashAlgorithm::Xxhash64 => ["metaxy_xxhash64(", ")"],
            HashAlgorithm::Xxh3 => ["metaxy_xxh3_64(", ")"],
            HashAlgorithm::Wyhash => ["metaxy_wyhash(", ")"],
        })
    },
    concat: ["(", " || ", ")"],
    field_version: |out, map, field| {
        out.sql("json_extract(").append(map).sql(", ").text(&format!("$.\"{field}\"")).sql(")");
    },
    // A function takes 127 arguments at most.
    field_versions: |out, fields| {
        out.sql("('{' || ");
        out.list(" || ',' || ", fields, |out, (field, version)| {
            out.text(&format!("\"{field}\":")).sql(" || json_quote(").append(version).sql(")");
        });
        out.sql(" || '}')");
    },
    join_rows: |out, text, order| {
        out.sql("group_concat(").append(text).sql(", '|' ORDER BY ").append(order).sql(")");
    },
    order_by_bytes: " COLLATE BINARY",
    distinct_on: false,
    once: [" MATERIALIZED", ""],
    cast_texts: false,
    json: ["", ""],
    or_replace: on_conflict,
    max_values: 30_000,
    drop_temporary: "DROP TABLE IF EXISTS ",
    row_id: Some("_rowid_"),
};

#[cfg(feature = "sqlite")]
pub(super) use functions::register;

#[cfg(feature = "sqlite")]
mod functions {
    use crate::rows::HashAlgorithm;
    use diesel::{
        QueryResult, SqliteConnection, define_sql_function,
        sql_types::{Nullable, Text},
    };

    /// Makes the functions that hash known to a connection.
    pub(in crate::backend::sqlite) fn register(
        connection: &mut SqliteConnection,
    ) -> QueryResult<()> {
        macro_rules! register {
            ($($function:ident: $algorithm:ident;)*) => {$(
                $function::register_impl(connection, |text: Option<String>| {
                    text.map(|text| HashAlgorithm::$algorithm.digest(&text))
                })?;
            )*};
        }
        register! {
            metaxy_md5_utils: Md5;
            metaxy_sha256_utils: Sha256;
            metaxy_xxhash32_utils: Xxhash32;
            metaxy_xxhash64_utils: Xxhash64;
            metaxy_xxh3_64_utils: Xxh3;
            metaxy_wyhash_utils: Wyhash;
        }
        Ok(())
    }

    macro_rules! functions {
        ($($function:ident)*) => {$(
            define_sql_function! {
                fn $function(text: Nullable<Text>) -> Nullable<Text>;
            }
        )*};
    }

    functions! {
        metaxy_md5 metaxy_sha256 metaxy_xxhash32 metaxy_xxhash64 metaxy_xxh3_64 metaxy_wyhash
    }
}
