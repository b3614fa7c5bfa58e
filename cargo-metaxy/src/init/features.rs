//! Features: each struct is one, its Diesel table, and the source of its migrations.

use diesel::prelude::*;
use metaxy::{Feature, FromRow, ToRow};

/// Files, as they came in.
#[derive(Debug, Clone, Feature, Queryable, Selectable, Insertable, ToRow, FromRow)]
#[diesel(table_name = raw__file)]
#[metaxy(key = "raw/file", id_columns(file_id), fields(content(code_version = "1")))]
pub struct File {
    /// What it is known by.
    pub file_id: String,
    /// Where it is.
    pub path: String,
}

/// What is known of a file once someone looked into it.
#[derive(Debug, Clone, Feature, Queryable, Selectable, Insertable, ToRow, FromRow)]
#[diesel(table_name = raw__facts)]
#[metaxy(
    key = "raw/facts",
    id_columns(file_id),
    deps(File),
    fields(size(code_version = "1", deps(File(content))))
)]
pub struct Facts {
    /// The file.
    pub file_id: String,
    /// Its size in bytes.
    #[metaxy(check = "bytes >= 0")]
    pub bytes: i64,
}
