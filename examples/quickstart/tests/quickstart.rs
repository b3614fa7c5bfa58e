//! The example, from an empty directory on.

use std::{
    fs,
    path::Path,
    process::{Command, ExitCode},
};

use quickstart as _; // links the features

/// Runs the program of the example, and gives what it printed.
fn run(directory: &Path) -> String {
    let program = env!("CARGO_BIN_EXE_quickstart");
    let output = Command::new(program).current_dir(directory).output().expect("it starts");
    let text = [output.stdout, output.stderr].map(|it| String::from_utf8_lossy(&it).into_owned());
    assert!(output.status.success(), "{text:?}");
    text.concat()
}

#[test]
fn the_readme_shows_its_struct() {
    let readme = include_str!("../../../README.md");
    let (_, block) = readme.split_once("```rust\n").expect("it has a block");
    let (block, _) = block.split_once("```").expect("a block ends");
    assert!(include_str!("../src/lib.rs").contains(block), "{block}");
}

#[test]
fn what_is_made_once_is_not_made_again() {
    let directory = tempfile::tempdir().expect("a directory can be made");
    let config = directory.path().join("metaxy.toml");
    fs::write(&config, include_str!("../metaxy.toml")).expect("it can be written");
    let config = config.to_str().expect("it is text");
    for args in [vec!["generate", "initialize"], vec!["run"]] {
        let args = ["metaxy", "--quiet", "--config", config, "migration"].into_iter().chain(args);
        assert_eq!(metaxy::cli::run(args), ExitCode::SUCCESS);
    }
    assert_eq!(run(directory.path()), "new: 1\nstale: 0\n");
    assert_eq!(run(directory.path()), "new: 0\nstale: 0\n");
}
