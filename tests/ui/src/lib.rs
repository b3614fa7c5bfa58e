//! A crate with a feature and shared settings, for another crate to build on, and the cases of `cases/`: one folder for
//! each topic, run by `tests/ui.rs`.
//!
//! They are a package of their own because what the compiler lists in its notes depends on the features of `metaxy`: here
//! there are none.

pub use metaxy as renamed;

use diesel::prelude::*;
use metaxy::Feature;

metaxy::feature_base! {
    /// What all features share.
    pub shared: id_columns(video_id), project = "shared", deps(::ui_tests::Video)
}

/// Raw videos.
#[derive(Feature, Queryable, Selectable, Insertable)]
#[diesel(table_name = video__raw)]
#[metaxy(key = "video/raw", id_columns(video_id), fields(audio, frames))]
pub struct Video {
    /// Its name.
    pub video_id: String,
    /// In seconds.
    pub duration: f64,
}
