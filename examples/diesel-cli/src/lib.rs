//! Features whose migrations are Diesel's: metaxy only says which tables they have.
//!
//! ```console
//! $ cargo run -q > src/schema.rs
//! $ diesel migration generate --diff-schema=src/schema.rs create_photos
//! $ diesel migration run
//! ```
//!
//! Diesel's generator sees neither indexes nor checks nor defaults: `cargo metaxy migration generate` does.

#[rustfmt::skip]
#[expect(missing_docs, reason = "it is printed by the program beside it")]
pub mod schema;

use diesel::prelude::*;
use metaxy::Feature;

/// Photos, as they came in.
#[derive(Feature, Queryable, Selectable, Insertable)]
#[diesel(table_name = photo)]
#[metaxy(key = "photo", id_columns(photo_id), fields(pixels(code_version = "1")))]
pub struct Photo {
    /// What it is known by.
    pub photo_id: String,
    /// Where the file is.
    pub path: String,
    /// How wide it is, in pixels, where that is known.
    pub width: Option<i32>,
}

// A struct that `schema.rs` does not have yet does not compile.
metaxy::assert_schema!(Photo, crate::schema::photo);
