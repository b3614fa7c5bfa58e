//! A feature that is not what a `schema.rs` says of its table.

mod schema {
    diesel::table! {
        videos (metaxy_feature_version, video_id, metaxy_updated_at) {
            video_id -> Text,
            duration -> Nullable<Double>,
            metaxy_provenance -> Text,
            metaxy_provenance_by_field -> Text,
            metaxy_feature_version -> Text,
            metaxy_project_version -> Text,
            metaxy_data_version -> Text,
            metaxy_data_version_by_field -> Text,
            metaxy_created_at -> Text,
            metaxy_updated_at -> Text,
            metaxy_deleted_at -> Nullable<Text>,
            metaxy_materialization_id -> Nullable<Text>,
        }
    }

    diesel::table! {
        whole (id) {
            id -> BigInt,
            path -> Text,
        }
    }
}

#[derive(metaxy::Feature)]
#[metaxy(key = "short", id_columns(video_id))]
struct Short {
    video_id: String,
}

#[derive(metaxy::Feature)]
#[metaxy(key = "numbered", id_columns(id))]
struct Numbered {
    id: i32,
}

#[derive(metaxy::Feature)]
#[metaxy(key = "long", id_columns(id))]
struct Long {
    id: i64,
    path: Option<String>,
}

// What only the table has is fine.
metaxy::assert_schema!(Short, crate::schema::videos);
metaxy::assert_schema!(ui_tests::Video, crate::schema::videos);
metaxy::assert_schema!(Numbered, crate::schema::whole);
metaxy::assert_schema!(Long, crate::schema::whole);
metaxy::assert_schema!(Short, crate::schema::whole);
metaxy::assert_schema!(u8, crate::schema::whole);

fn main() {}
