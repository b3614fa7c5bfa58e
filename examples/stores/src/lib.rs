//! Documents: features of a store on SQLite, and of one on PostgreSQL.

use diesel::prelude::*;
use metaxy::{Feature, sql_types::UtcDateTime};

/// Documents, as they came in.
#[derive(Feature, Queryable, Selectable, Insertable)]
#[diesel(table_name = document)]
#[metaxy(key = "document", id_columns(document_id), fields(text(code_version = "1")))]
pub struct Document {
    /// What it is known by.
    pub document_id: String,
    /// When it came. The same type on every database.
    #[metaxy(index)]
    pub received_at: UtcDateTime,
    /// Who sent it, where that is known.
    #[metaxy(length = 200)]
    pub sender: Option<String>,
}
