//! Every mistake in a derived struct is one error, at its very token, which says what to do.
//!
//! After a change of a message: `TRYBUILD=overwrite cargo test -p ui-tests`, and read the difference.

#[test]
fn mistakes_are_explained() {
    let cases = trybuild::TestCases::new();
    for topic in [
        "assert_schema",
        "base",
        "column",
        "dep",
        "enum",
        "input",
        "key",
        "schema",
        "shape",
        "spelling",
        "table",
    ] {
        cases.compile_fail(format!("cases/{topic}/*.rs"));
    }
}
