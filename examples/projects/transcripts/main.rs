//! The project that has the transcripts: `cargo run -q -p projects --bin transcripts -- lock`.

use diesel::prelude::*;
use metaxy::Feature;

/// What was said in a meeting. The recording is another project's: `metaxy.lock` says what is known of it.
#[derive(Feature, Queryable, Selectable, Insertable)]
#[diesel(table_name = transcript)]
#[metaxy(
    key = "transcript",
    project = "transcripts",
    id_columns(meeting_id),
    deps("recording"),
    fields(text(code_version = "1", deps("recording"(audio))))
)]
pub struct Transcript {
    /// The meeting.
    pub meeting_id: String,
    /// The words.
    pub text: String,
}

metaxy::main!();
