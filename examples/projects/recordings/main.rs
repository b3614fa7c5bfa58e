//! The project that has the recordings: `cargo run -q -p projects --bin recordings -- push`.

use diesel::prelude::*;
use metaxy::Feature;

/// Recordings of meetings.
#[derive(Feature, Queryable, Selectable, Insertable)]
#[diesel(table_name = recording)]
#[metaxy(
    key = "recording",
    project = "recordings",
    id_columns(meeting_id),
    fields(audio(code_version = "1"), video(code_version = "1"))
)]
pub struct Recording {
    /// The meeting.
    pub meeting_id: String,
    /// Where the file is.
    pub path: String,
}

metaxy::main!();
