//! A crate that depends on the features of another one.

use diesel::prelude::*;
use metaxy::Feature;
use video::{Crop, Faces, video__crop, video__faces};

/// Faces on a crop, as thumbnails.
#[derive(Feature, Queryable, Selectable, Insertable)]
#[diesel(table_name = video__thumbnail)]
#[metaxy(key = "video/thumbnail", id_columns(video_id), deps(Crop(select(path)), video::Faces))]
struct Thumbnail {
    video_id: String,
    #[metaxy(foreign_key(feature = video::Video, column = video_id))]
    made_from: String,
}

#[test]
fn features_join_those_of_other_crates() {
    let query = video__thumbnail::table
        .inner_join(video__crop::table.on(video__crop::video_id.eq(video__thumbnail::video_id)))
        .select((Thumbnail::as_select(), video__crop::path));
    let sql = diesel::debug_query::<diesel::sqlite::Sqlite, _>(&query).to_string();
    assert!(sql.contains("`video__thumbnail` INNER JOIN `video__crop`"), "{sql}");

    let query = video__faces::table.inner_join(
        video__thumbnail::table.on(video__faces::video_id.eq(video__thumbnail::made_from)),
    );
    let sql = diesel::debug_query::<diesel::sqlite::Sqlite, _>(&query).to_string();
    assert!(sql.contains("`video__faces` INNER JOIN `video__thumbnail`"), "{sql}");

    let deps: Vec<_> = Thumbnail::definition().spec.deps.into_iter().map(|it| it.feature).collect();
    assert_eq!(deps, [Crop::key(), Faces::key()]);
}
