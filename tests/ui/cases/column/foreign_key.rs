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

fn main() {}
