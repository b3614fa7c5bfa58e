use diesel::prelude::*;
use metaxy::Feature;

// The stand-in for the table takes the name that is wrong, so that Diesel's derives have nothing to add.
#[derive(Feature, Queryable, Selectable, Insertable)]
#[diesel(table_name = videos)]
#[metaxy(key = "video/raw-1", id_columns(id))]
struct Video {
    id: i64,
}

fn main() {}
