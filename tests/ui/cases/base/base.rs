use metaxy::Feature;

metaxy::feature_base! { keyed: key = "a", projct = "x" }

metaxy::feature_base! { partial: id_columns(id), fields(audio) }

#[derive(Feature)]
#[metaxy(key = "a", base = partial, fields(frames, frames))]
struct Twice {
    video_id: i64,
}

#[derive(Feature)]
#[metaxy(key = "b", base = missing)]
struct Missing {
    id: i64,
}

fn main() {}
