//! A video pipeline: each struct is a feature, its Diesel table, and the source of its migrations.
//!
//! ```text
//! video/raw ──► video/crop ──┬──► video/faces     needs frames only
//! (audio,      (audio,       └──► video/speech    needs audio only
//!  frames)      frames)
//! ```

use diesel::prelude::*;
use metaxy::{Feature, FromRow, ToRow};

/// Raw videos, as they were ingested.
#[derive(Debug, Clone, PartialEq, Feature, Queryable, Selectable, Insertable, ToRow, FromRow)]
#[diesel(table_name = video__raw)]
#[metaxy(
    key = "video/raw",
    id_columns(video_id),
    fields(audio(code_version = "1"), frames(code_version = "1"))
)]
pub struct Video {
    /// Stable id of the video.
    pub video_id: String,
    /// Where the file is.
    pub path: String,
    /// Length in seconds.
    #[metaxy(index)]
    pub duration: f64,
}

/// Videos cropped to a 720p square; the audio track is copied.
#[derive(Debug, Clone, PartialEq, Feature, Queryable, Selectable, Insertable, ToRow, FromRow)]
#[diesel(table_name = video__crop)]
#[metaxy(
    key = "video/crop",
    id_columns(video_id),
    deps(Video),
    fields(
        audio(code_version = "1", deps(Video(audio))),
        frames(code_version = "1", deps(Video(frames)))
    )
)]
pub struct Crop {
    /// The video that was cropped.
    pub video_id: String,
    /// Where the cropped file is.
    pub path: String,
    /// Side of the square in pixels.
    pub side: i32,
}

/// Faces found in the frames of a crop.
#[derive(Debug, Clone, PartialEq, Feature, Queryable, Selectable, Insertable)]
#[diesel(table_name = video__faces)]
#[metaxy(
    key = "video/faces",
    id_columns(video_id),
    deps(Crop),
    fields(faces(code_version = "1", deps(Crop(frames))))
)]
pub struct Faces {
    /// The video that was looked at.
    pub video_id: String,
    /// How many faces were found.
    pub count: i32,
}

/// What is said in a crop.
#[derive(Debug, Clone, PartialEq, Feature, Queryable, Selectable, Insertable)]
#[diesel(table_name = video__speech)]
#[metaxy(
    key = "video/speech",
    id_columns(video_id),
    deps(Crop),
    fields(transcript(code_version = "1", deps(Crop(audio))))
)]
pub struct Speech {
    /// The video that was listened to.
    pub video_id: String,
    /// The words.
    pub transcript: String,
    /// The language, as an ISO 639-1 code, where it was recognised.
    pub language: Option<String>,
}
