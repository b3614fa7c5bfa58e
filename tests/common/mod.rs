//! Features that several tests build on.

use diesel::prelude::*;
use metaxy::{Feature, FromRow, ToRow};

/// Raw videos, as they were ingested.
#[derive(Feature, ToRow, FromRow, Queryable, Selectable, Insertable, Debug, Clone, PartialEq)]
#[diesel(table_name = video__raw)]
#[metaxy(
    key = "video/raw",
    id_columns(video_id),
    fields(audio(code_version = "1"), frames, "audio/french"(code_version = "2"))
)]
pub struct Video {
    /// Its name.
    pub video_id: String,
    /// Where it is.
    pub path: String,
    /// In seconds.
    #[metaxy(index)]
    pub duration: f64,
}
