use metaxy::Feature;

/// Reads like Diesel's text, and is none.
type String = i64;

#[derive(Feature)]
#[metaxy(key = "alias", id_columns(id))]
struct Alias {
    id: i64,
    path: String,
}

fn main() {}
