use metaxy::{Feature, JsonSchema};

#[derive(JsonSchema)]
enum Color {
    Red,
}

#[derive(Feature)]
#[metaxy(key = "types", id_columns(id))]
struct Types {
    id: i64,
    color: Color,
    maybe: Option<Color>,
    unsigned: u32,
    #[metaxy(length = 3)]
    number: i64,
    #[metaxy(length = 0)]
    empty: String,
    #[metaxy(default = "three")]
    count: i64,
    #[metaxy(default = 1.5)]
    whole: i32,
    #[metaxy(default = null)]
    text: String,
    #[metaxy(default = 3, default_sql = "3")]
    both: i64,
}

fn main() {}
