use metaxy::Feature;

struct Video;

#[derive(Feature)]
#[metaxy(key = "crop", id_columns(id), deps(Video), fields(x(deps(Video))))]
struct Crop {
    id: i64,
}

#[derive(Feature)]
#[metaxy(key = "face", id_columns(id), deps(Face, "face"))]
struct Face {
    id: i64,
}

fn main() {}
