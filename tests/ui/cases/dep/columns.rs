use metaxy::Feature;

#[derive(Feature)]
#[metaxy(key = "video", id_columns(video_id))]
struct Video {
    video_id: i64,
    path: String,
}

#[derive(Feature)]
#[metaxy(
    key = "crop",
    id_columns(video_id),
    deps(Video(select(pth, video_path, metaxy_created_at), rename(path = "video_path", size = "bytes")))
)]
struct Crop {
    video_id: i64,
}

#[derive(Feature)]
#[metaxy(key = "ids", id_columns(video_id), deps(Video(rename(path = "video_id"))))]
struct Ids {
    video_id: String,
}

#[derive(Feature)]
#[metaxy(
    key = "names",
    id_columns(id),
    deps(
        "video"(
            select(path),
            rename(path = "video_path", size = "video_path", date = "metaxy_created_at"),
            filters("", "size > 1")
        )
    )
)]
struct Names {
    id: i64,
}

fn main() {}
