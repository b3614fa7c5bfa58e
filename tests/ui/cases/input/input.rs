use metaxy::{Feature, FeatureInput};

#[derive(Feature)]
#[metaxy(key = "video", id_columns(video_id))]
struct Video {
    video_id: String,
    path: String,
    height: i64,
    codec: Option<String>,
}

#[derive(Feature)]
#[metaxy(key = "labels", id_columns(video_id))]
struct Labels {
    video_id: String,
    label: String,
}

#[derive(Feature)]
#[metaxy(
    key = "crop",
    id_columns(video_id),
    deps(
        Video(rename(path = "source"), select(source, height, codec)),
        Labels(optional),
    )
)]
struct Crop {
    video_id: String,
}

#[derive(Feature)]
#[metaxy(key = "other", id_columns(video_id), deps(Crop, "vendor/labels"))]
struct Other {
    video_id: String,
}

#[derive(FeatureInput)]
#[metaxy(feature = Crop)]
struct Right {
    video_id: String,
    source: String,
    height: Option<i64>,
    codec: Option<String>,
    label: Option<String>,
    #[metaxy(skip)]
    more: Vec<String>,
}

// What a feature by its key brings is not known.
#[derive(FeatureInput)]
#[metaxy(feature = Other)]
struct Unknown {
    video_id: String,
    brought: String,
}

#[derive(FeatureInput)]
#[metaxy(feature = Crop)]
struct Wrong {
    video_id: i64,
    path: String,
    height: i32,
    codec: String,
    label: String,
    #[metaxy(name = "pth")]
    renamed: String,
}

#[derive(FeatureInput)]
#[metaxy(feature = Right)]
struct OfNoFeature {
    video_id: String,
    path: String,
}

#[derive(FeatureInput)]
struct OfNone {
    video_id: String,
}

#[derive(FeatureInput)]
#[metaxy(feature = Crop, of = Video)]
struct Misspelt {
    #[metaxy(nme = "video_id")]
    video_id: String,
}

fn load(store: &mut metaxy::rows::OpenStore) {
    let increment = store.resolve_update::<Other>(Default::default()).unwrap();
    increment.new.load::<Unknown>(store);
    increment.new.load::<Right>(store);
    increment.orphaned.load::<Right>(store);
}

fn main() {}
