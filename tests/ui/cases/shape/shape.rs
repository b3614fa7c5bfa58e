use metaxy::Feature;

#[derive(Feature)]
#[metaxy(key = "a", id_columns(id))]
enum Enum {
    One { id: i64 },
}

#[derive(Feature)]
#[metaxy(key = "b", id_columns(id))]
struct Tuple(i64);

#[derive(Feature)]
#[metaxy(key = "c", id_columns(id))]
struct Unit;

#[derive(Feature)]
#[metaxy(key = "d", id_columns(id))]
struct Generic<T> {
    id: T,
}

#[derive(Feature)]
#[metaxy(key = "e", id_columns(id))]
struct Borrowed<'a> {
    id: &'a str,
}

#[derive(Feature)]
#[metaxy(key = "f", id_columns(id))]
union Union {
    id: i64,
}

fn main() {}
