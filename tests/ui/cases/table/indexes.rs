use metaxy::Feature;

#[derive(Feature)]
#[metaxy(
    key = "indexes",
    id_columns(id),
    index(),
    index(paht(desc), expression("lower(path)"), include(id, sise)),
    index(path(descending, prefix = 0), were = "size > 0", method = "gin", method = "gist"),
    index(expression(), expression(path), expression = "lower(path)", nulls_not_distinct, path),
    index(path, deferrable = deferred, where = 3),
    unique(path(desc), deferrable = later),
    unique(path(desc), deferrable = deferred, databases(postgres, oracle)),
    unique(path, id, path),
)]
struct Indexes {
    id: i64,
    path: String,
    size: i64,
    #[metaxy(foreign_key(table = "users", column = id, deferrable))]
    user: i64,
}

fn main() {}
