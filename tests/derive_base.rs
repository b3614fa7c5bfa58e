//! Settings that many features share, from the same module, another one, and through another base.

#![allow(missing_docs)]

mod common;

use metaxy::{Feature, FeatureTable, Json};

mod bases {
    metaxy::feature_base! {
        /// What all features have.
        pub everything:
        project = "shared",
        metadata = { "owner": "nobody", "level": 1 },
        inject_index = true,
    }

    metaxy::feature_base! {
        pub(crate) vision:
        base = crate::bases::everything,
        id_columns(video_id),
        deps(crate::common::Video(optional), "other/feature"),
        fields(audio, frames(code_version = "1")),
        metadata = { "owner": "vision" },
        index(video_id),
    }
}

metaxy::feature_base! { local: id_columns(id) }

#[derive(Feature)]
#[metaxy(key = "inherits", base = bases::vision)]
#[expect(dead_code, reason = "only its definition is looked at")]
struct Inherits {
    video_id: String,
}

/// Says more.
#[derive(Feature)]
#[metaxy(
    base = crate::bases::vision,
    key = "overrides",
    id_columns(video_id, frame),
    deps(crate::common::Video(select()), "third/feature"),
    fields(frames(code_version = "2"), faces),
    metadata = { "level": 2, "new": [] },
    inject_index = false,
    project = "own"
)]
#[expect(dead_code, reason = "only its definition is looked at")]
struct Overrides {
    video_id: String,
    frame: i64,
}

#[derive(Feature)]
#[metaxy(key = "near", base = local)]
#[expect(dead_code, reason = "only its definition is looked at")]
struct Near {
    id: i32,
}

fn metadata<F: Feature>() -> String {
    Json::Object(F::definition().spec.metadata).dumps_sorted()
}

fn deps<F: Feature>() -> Vec<(String, bool, bool)> {
    let deps = F::definition().spec.deps.into_iter();
    deps.map(|it| (it.feature.to_string(), it.optional, it.select.is_some())).collect()
}

fn fields<F: Feature>() -> Vec<(String, String)> {
    let fields = F::definition().spec.fields.into_iter();
    fields.map(|it| (it.key.to_string(), it.code_version)).collect()
}

fn owned<const N: usize>(pairs: [(&str, &str); N]) -> Vec<(String, String)> {
    pairs.map(|(one, two)| (one.to_owned(), two.to_owned())).into()
}

#[test]
fn a_struct_takes_what_its_bases_say() {
    assert_eq!(Inherits::ID_COLUMNS, ["video_id"]);
    assert_eq!(Inherits::definition().project, "shared");
    assert_eq!(Inherits::TABLE.inject_index, Some(true));
    assert_eq!(Inherits::TABLE.indexes.len(), 1);
    assert_eq!(metadata::<Inherits>(), r#"{"level": 1, "owner": "vision"}"#);
    assert_eq!(
        deps::<Inherits>(),
        [("video/raw".to_owned(), true, false), ("other/feature".to_owned(), false, false)]
    );
    assert_eq!(fields::<Inherits>(), owned([("audio", "__metaxy_initial__"), ("frames", "1")]));
    assert_eq!(Near::ID_COLUMNS, ["id"]);
}

#[test]
fn what_a_struct_says_itself_wins() {
    assert_eq!(Overrides::ID_COLUMNS, ["video_id", "frame"]);
    let definition = Overrides::definition();
    assert_eq!(definition.project, "own");
    assert_eq!(definition.spec.description.as_deref(), Some("Says more."));
    assert_eq!(Overrides::TABLE.inject_index, Some(false));
    assert_eq!(metadata::<Overrides>(), r#"{"level": 2, "new": [], "owner": "vision"}"#);
}

#[test]
fn lists_are_joined_with_the_base_s_first() {
    assert_eq!(
        deps::<Overrides>(),
        [
            ("video/raw".to_owned(), false, true),
            ("other/feature".to_owned(), false, false),
            ("third/feature".to_owned(), false, false),
        ]
    );
    assert_eq!(
        fields::<Overrides>(),
        owned([("audio", "__metaxy_initial__"), ("frames", "2"), ("faces", "__metaxy_initial__")])
    );
}
