use metaxy::Feature;

#[derive(diesel::sql_types::SqlType)]
struct ColorMapping;

enum Color {}

#[derive(Feature)]
#[metaxy(key = "unwritable", id_columns(id))]
struct Unwritable {
    id: i64,
    #[metaxy(sql_type = ColorMapping)]
    color: Color,
}

fn main() {}
