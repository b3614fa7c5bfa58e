//! The command line of the video pipeline: `cargo run -q -p video -- --help`.

use video as _; // links the features

metaxy::main!();
