//! cargo metaxy
fn main() {}
