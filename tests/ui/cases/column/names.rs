use metaxy::Feature;

#[derive(Feature)]
#[metaxy(
    key = "names",
    id_columns(id, vidoe_id, id, maybe),
    index(idd, metaxy_created_at),
    unique(id, id),
    fields(audio, frames, "audio")
)]
struct Names {
    id: i64,
    maybe: Option<i64>,
    metaxy_provenance: String,
    #[metaxy(name = "metaxy_updated_at")]
    updated: String,
    #[metaxy(name = "id")]
    other: i64,
    #[metaxy(system)]
    provenance: String,
    table: String,
    names: String,
    #[diesel(column_name = "not an identifier")]
    spaced: String,
}

fn main() {}
