//! The command line of the example: `cargo run -q -p stores -- -n prod migration status`.

use stores as _; // links the features

metaxy::main!();
