use metaxy::Feature;

#[derive(Feature)]
#[metaxy(key = "a", id_columns(id), metadata = { owner: "x" })]
struct Key {
    id: i64,
}

#[derive(Feature)]
#[metaxy(key = "b", id_columns(id), metadata = { "one": 1u8, "two": 2 })]
struct Suffix {
    id: i64,
}

#[derive(Feature)]
#[metaxy(key = "c", id_columns(id), metadata = { "one": 1, "one": 2 })]
struct Twice {
    id: i64,
    #[metaxy(schema(minimum = none), json_schema = "string")]
    x: i64,
}

#[derive(Feature)]
#[metaxy(key = "d", id_columns(id), metadata = ["one"])]
struct NoObject {
    id: i64,
}

fn main() {}
