use metaxy::JsonSchema;

#[derive(JsonSchema)]
#[serde(rename_all = "loud")]
enum Values {
    Red(u8),
    Blue { shade: u8 },
}

#[derive(JsonSchema)]
struct Tuple(u8);

#[derive(JsonSchema)]
struct Generic<T> {
    one: T,
}

#[derive(JsonSchema)]
struct Options {
    #[metaxy(index)]
    one: String,
}

struct Unknown;

#[derive(JsonSchema)]
struct Outer {
    unknown: Unknown,
}

fn main() {}
