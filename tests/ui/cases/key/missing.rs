use metaxy::Feature;

#[derive(Feature)]
#[metaxy(id_columns(id))]
struct NoKey {
    id: i64,
}

#[derive(Feature)]
#[metaxy(key = "no/ids")]
struct NoIds {
    id: i64,
}

#[derive(Feature)]
#[metaxy(key = "same", id_columns(id), renamed_from = "same")]
struct Same {
    id: i64,
}

fn main() {}
