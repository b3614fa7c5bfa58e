use metaxy::Feature;

#[derive(Feature)]
#[metaxy(key = "renames", id_columns(id))]
struct Renames {
    id: i64,
    #[metaxy(renamed_from = "id")]
    still_there: i64,
    #[metaxy(renamed_from = "old")]
    one: i64,
    #[metaxy(renamed_from = "old")]
    two: i64,
    #[metaxy(renamed_from = metaxy_provenance)]
    three: i64,
}

fn main() {}
