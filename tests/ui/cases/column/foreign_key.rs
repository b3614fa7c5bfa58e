use metaxy::Feature;

#[derive(Feature)]
#[metaxy(key = "video", id_columns(id))]
struct Video {
    id: i64,
}

#[derive(Feature)]
#[metaxy(key = "keys", id_columns(id))]
struct Keys {
    id: i64,
    #[metaxy(foreign_key(feature = Video, table = "users", column = id))]
    both: i64,
    #[metaxy(foreign_key(column = id))]
    neither: i64,
    #[metaxy(foreign_key(table = "users"))]
    no_column: i64,
}

#[derive(Feature)]
#[metaxy(key = "lacks", id_columns(id))]
struct Lacks {
    id: i64,
    #[metaxy(foreign_key(feature = Video, column = path))]
    path: i64,
}

#[derive(Feature)]
#[metaxy(
    key = "several",
    id_columns(id),
    foreign_key(feature = Video, references(id)),
    foreign_key(columns(id, gone, id), feature = Video, schema = "media", references(id)),
    foreign_key(columns(part), feature = Video),
    foreign_key(columns(id), table = "users", column = id)
)]
struct Several {
    id: i64,
    part: i64,
}

#[derive(Feature)]
#[metaxy(key = "elsewhere", id_columns(id), schema = "my media")]
struct Elsewhere {
    id: i64,
}

#[derive(Feature)]
#[metaxy(key = "unlike", id_columns(id), foreign_key(columns(part), feature = Video))]
struct Unlike {
    id: i64,
    part: i64,
}

fn main() {}
