use metaxy::SqlEnum;

#[derive(Debug, SqlEnum)]
enum Fields {
    One(i32),
}

#[derive(Debug, SqlEnum)]
#[serde(rename_all = "lowercase")]
enum Same {
    One,
    ONE,
    #[metaxy(renamed_from = "one")]
    Two,
}

#[derive(Debug, SqlEnum)]
enum Empty {}

#[derive(Debug, SqlEnum)]
struct Struct;

#[derive(Debug, SqlEnum)]
#[metaxy(nmae = "mood")]
enum Spelling {
    #[metaxy(rename_from = "x")]
    One,
}

fn main() {}
