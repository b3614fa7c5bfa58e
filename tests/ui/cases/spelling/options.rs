use metaxy::Feature;

// All of this is reported at once, and after a mistake the options behind it are still read.
#[derive(Feature)]
#[metaxy]
#[metaxy(
    key = "a",
    ids(id),
    key = "b",
    id_columns(id),
    project = 3,
    deps(
        "u"(selects(a), optional = 1, lineage = many),
        "v"(lineage = expansion, fields_mapping = specific(face)),
        "w"(lineage = identity(on(id)), lineage = aggregation(id_generation_pattern = "")),
        3,
    ),
    fields(x(version = "1"), y(deps = some), 4),
    inject_index = "yes",
)]
struct Options {
    #[metaxy(indexed, unique = 3, sql_type = "Text", foreign_key(to = "x", on_delete = explode))]
    id: i64,
}

fn main() {}
