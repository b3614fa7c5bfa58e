//! What `#[derive(Feature)]` makes of a struct.

use diesel::prelude::*;
use metaxy::{Feature, FeatureTable};

/// Raw videos, as they were ingested.
#[derive(Feature, Queryable, Selectable, Insertable)]
#[diesel(table_name = video__raw)]
#[metaxy(key = "video/raw", id_columns(video_id), fields(audio(code_version = "1"), frames))]
pub struct Video {
    pub video_id: String,
    pub path: String,
    #[metaxy(index)]
    pub duration: f64,
}

#[test]
fn the_table_has_the_user_s_columns_and_then_the_system_s() {
    let query = video__raw::table.filter(video__raw::duration.gt(1.0)).select(Video::as_select());
    assert_eq!(
        diesel::debug_query::<diesel::sqlite::Sqlite, _>(&query).to_string(),
        "SELECT `video__raw`.`video_id`, `video__raw`.`path`, `video__raw`.`duration` FROM `video__raw` \
         WHERE (`video__raw`.`duration` > ?) -- binds: [1.0]"
    );
    assert_eq!(Video::definition().class_path.as_deref(), Some("derive::Video"));
    assert_eq!(Video::TABLE.columns.len(), 3);
    assert_eq!(Video::KEY, "video/raw");
}
