use metaxy::Feature;

#[derive(Feature)]
#[metaxy(key = "generated", id_columns(id))]
struct Generated {
    id: i64,
    #[metaxy(generated = "id + 1")]
    inserted: i64,
    #[metaxy(generated(kept = "id + 1"))]
    #[diesel(skip_insertion)]
    misspelt: i64,
    #[metaxy(generated())]
    #[diesel(skip_insertion)]
    empty: i64,
    #[metaxy(generated(stored = "id + 1"), default = 3)]
    #[diesel(skip_insertion)]
    both: i64,
    #[metaxy(identity(always))]
    numbered: i64,
    #[metaxy(identity(never))]
    never: i64,
    #[metaxy(identity)]
    text: String,
    #[metaxy(identity, default_sql = "1")]
    default: i64,
    #[metaxy(collation = "C")]
    number: i32,
    #[metaxy(identity(increment = 0))]
    same: i64,
}

fn main() {}
