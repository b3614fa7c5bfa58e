use metaxy::Feature;

#[derive(Feature)]
#[metaxy(
    key = "Video/raw",
    id_columns(id),
    deps("a//b", "9/a"(fields_mapping = specific(Face = ["x__y"]))),
    fields("audio/-french", fps(deps("9/a"("B")))),
    renamed_from = "video__raw",
    project = "my project"
)]
struct Malformed {
    id: i64,
    #[metaxy(foreign_key(feature = "é", column = id))]
    other: i64,
}

fn main() {}
