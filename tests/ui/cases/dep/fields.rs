use metaxy::Feature;

#[derive(Feature)]
#[metaxy(key = "video", id_columns(id), fields(audio, frames))]
struct Video {
    id: i64,
}

#[derive(Feature)]
#[metaxy(
    key = "crop",
    id_columns(id),
    deps(Video),
    fields(face(deps(Video(frams, audio, "audio/french"))))
)]
struct Crop {
    id: i64,
}

#[derive(Feature)]
#[metaxy(key = "face", id_columns(id), deps("a"), fields(face(deps(Video, "a"(x), "b"))))]
struct Face {
    id: i64,
}

fn main() {}
