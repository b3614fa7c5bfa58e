//! Photos, and thumbnails of them.

use diesel::prelude::*;
use metaxy::{Feature, FromRow, ToRow};

/// Photos, as they came in.
#[derive(Feature, Queryable, Selectable, Insertable, ToRow)]
#[diesel(table_name = photo)]
#[metaxy(key = "photo", id_columns(photo_id), fields(pixels(code_version = "1"), exif))]
pub struct Photo {
    pub photo_id: String,
    #[metaxy(index)]
    pub path: String,
}

/// Thumbnails: made from the pixels alone.
#[derive(Feature, Queryable, Selectable, Insertable, ToRow, FromRow)]
#[diesel(table_name = thumbnail)]
#[metaxy(
    key = "thumbnail",
    id_columns(photo_id),
    deps(Photo),
    fields(image(code_version = "1", deps(Photo(pixels))))
)]
pub struct Thumbnail {
    pub photo_id: String,
    #[metaxy(check = "width > 0")]
    pub width: i32,
}
