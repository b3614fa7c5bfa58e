//! Features that build on those of another crate, under lints that are stricter than most.

#![deny(warnings, missing_docs, unreachable_pub, unused_qualifications, trivial_casts)]
#![forbid(unsafe_code)]

use diesel::prelude::*;
use metaxy::{Feature, FeatureTable};
use ui_tests::{Video, video__raw};

/// Settings and dependency come from the other crate.
#[derive(Feature, Queryable, Selectable, Insertable)]
#[diesel(table_name = video__crop)]
#[metaxy(key = "video/crop", base = ui_tests::shared, fields(face(deps(::ui_tests::Video(frames)))))]
pub struct Crop {
    /// The video.
    pub video_id: String,
}

/// The crate `metaxy` goes by another name, as do all names that the output might rely on.
#[expect(dead_code, reason = "only their names matter")]
mod renamed {
    pub(super) type Option = ();
    pub(super) type Some = ();
    pub(super) struct Action;
    pub(super) mod metaxy {}
    pub(super) mod std {}
    pub(super) mod core {}

    /// Has no prelude to rely on.
    #[derive(ui_tests::renamed::Feature)]
    #[metaxy(crate = ::ui_tests::renamed, key = "renamed", id_columns(id), deps(ui_tests::Video(optional)))]
    pub(super) struct Schema {
        id: i64,
        #[metaxy(default = 3, index, schema(minimum = 0))]
        count: i32,
    }
}

/// Features may be declared in a function, too.
fn local() -> &'static str {
    #[derive(Feature)]
    #[metaxy(key = "local", id_columns(id))]
    #[expect(dead_code, reason = "only its key is looked at")]
    struct Local {
        id: i64,
    }
    Local::KEY
}

#[test]
fn a_feature_takes_base_and_dependency_from_another_crate() {
    let definition = Crop::definition();
    assert_eq!(definition.project, "shared");
    assert_eq!(definition.spec.deps[0].feature, Video::key());
    assert_eq!(renamed::Schema::definition().project, "ui-tests");
    assert_eq!(renamed::Schema::TABLE.columns.len(), 2);
    assert_eq!(local(), "local");
}

/// That it compiles is the test: neither this crate nor the other says that the tables may be joined.
#[test]
fn tables_of_two_crates_are_joined() {
    let _ = video__crop::table
        .inner_join(video__raw::table.on(video__raw::video_id.eq(video__crop::video_id)))
        .select((video__crop::video_id, video__raw::duration));
}
