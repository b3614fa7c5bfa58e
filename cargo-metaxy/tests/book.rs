//! The README's way into a crate of one's own, and the book's quickstart: in an empty directory, with the real `cargo`.
//!
//! `cargo install` is done already, and a new crate gets this workspace's `Cargo.lock`: the versions that are there without a
//! network.

#[path = "../../examples/video/tests/book/page.rs"]
mod page;

use page::{Shell, blocks};
use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

/// The root of metaxy's own sources.
fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    root.expect("the package is in the workspace").to_owned()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

const CARGO: &str = r#"#!/bin/sh
case "$1" in
install) exit 0 ;;
new) "$CARGO" "$@" && for name; do :; done && cp "$METAXY/Cargo.lock" "$name" ;;
*) exec "$CARGO" "$@" ;;
esac
"#;

/// Does what a text shows. `like` gives what a file is in an example of the repository.
fn do_all_of(about: &str, text: &str, like: impl Fn(&str) -> Option<String>) {
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    let mut shell = Shell::new(directory.path());
    shell.program("cargo", CARGO);
    let program = Path::new(env!("CARGO_BIN_EXE_cargo-metaxy"));
    symlink(program, directory.path().join(".programs/cargo-metaxy")).expect("a link can be made");
    let target = program.ancestors().nth(2).expect("it is in a target directory");
    shell.set("CARGO", env!("CARGO"));
    shell.set("CARGO_NET_OFFLINE", "true");
    shell.set("CARGO_PROFILE_DEV_DEBUG", "0");
    shell.set("CARGO_TARGET_DIR", &target.join("cargo-metaxy-tests").display().to_string());
    shell.set("METAXY", &root().display().to_string());
    let mut run = 0;
    for block in blocks(text) {
        if let Some(file) = &block.file
            && let Some(expected) = like(file)
        {
            assert!(block.text == expected, "{about}:{}: {file} is another there", block.line);
        }
        run += shell.take(&block, &format!("{about}:{}", block.line));
    }
    assert!(run > 4, "{about}: only {run} commands were found");
}

#[test]
fn the_readme_leads_into_a_crate_of_ones_own() {
    let readme = read("README.md");
    let (_, section) = readme.split_once("## In your own crate\n").expect("it has the section");
    let section = section.split("\n##").next().expect("a split has a first part");
    do_all_of("README.md", section, |_| None);
}

#[test]
fn the_quickstart_makes_its_example() {
    let page = read("docs/quickstart.md");
    assert!(page.contains("<!-- tried by cargo-metaxy -->"));
    do_all_of("docs/quickstart.md", &page, |file| {
        fs::read_to_string(root().join("examples/quickstart").join(file)).ok()
    });
}
