//! The video pipeline
fn main() {}
