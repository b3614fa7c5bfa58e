//! Which files are read.

use crate::{accepts, discover, refuses};
use metaxy_core::config::{Config, Environment};
use std::fs;

#[test]
fn extended_files_are_refused_with_their_chain() {
    refuses(
        &[("metaxy.toml", "extend = 'b.toml'"), ("b.toml", "\nextend = 'c/c.toml'")],
        &[],
        "DIR/b.toml:2:10: `extend` names DIR/c/c.toml, which does not exist (by way of DIR/metaxy.toml -> DIR/b.toml)",
    );
    refuses(
        &[("metaxy.toml", "extend = 'b/b.toml'"), ("b/b.toml", "extend = '../metaxy.toml'")],
        &[],
        "DIR/b/b.toml:1:10: `extend` runs in a circle: DIR/metaxy.toml -> DIR/b/b.toml -> DIR/b/../metaxy.toml",
    );
    refuses(
        &[("metaxy.toml", "extend = 'metaxy.toml'")],
        &[],
        "DIR/metaxy.toml:1:10: `extend` runs in a circle: DIR/metaxy.toml -> DIR/metaxy.toml",
    );
    refuses(
        &[("metaxy.toml", "extend = 'b.toml'"), ("b.toml", "\nproject = 'a b'")],
        &[],
        "DIR/b.toml:2:11: `project`: project name `a b` must hold only letters of ASCII, digits, `_` and `-`",
    );
    refuses(
        &[("pyproject.toml", "[tool]\nmetaxy = 5")],
        &[],
        "DIR/pyproject.toml:2:10: `metaxy` must be a table, but is an integer",
    );
}

#[test]
fn a_long_chain_of_files_is_read() {
    let names: Vec<String> = (0..500).map(|at| format!("{at}.toml")).collect();
    let texts: Vec<String> =
        (1..=500)
            .map(|next| {
                if next < 500 {
                    format!("extend = '{next}.toml'")
                } else {
                    "project = 'end'".into()
                }
            })
            .collect();
    let mut files: Vec<(&str, &str)> =
        names.iter().map(String::as_str).zip(texts.iter().map(String::as_str)).collect();
    files.push(("metaxy.toml", "extend = '0.toml'"));
    accepts(&files, &[], r#"project = Some("end")"#);
}

#[test]
fn the_search_goes_upward_past_files_of_other_tools() {
    let files = [
        ("metaxy.toml", "project = 'root'"),
        ("a/pyproject.toml", "[project]\nname = 'metaxy-like'"),
        ("a/Cargo.toml", "[package.metadata.metaxy]\ncompile_time_check = true"),
        ("a/b/Cargo.toml", "[package]\nname = 'b'"),
        ("a/b/metaxy.toml/x", ""),
    ];
    let (directory, config) = discover(&files, &[], "a/b/c");
    let config = config.expect("a valid file");
    assert_eq!(config.file, Some(directory.path().join("metaxy.toml")));
}

#[test]
fn what_is_for_the_derive_is_no_setting() {
    let both = "[package.metadata.metaxy]\ncompile_time_check = true\n[workspace.metadata.metaxy]\nproject = 'w'";
    accepts(&[("Cargo.toml", both)], &[], r#"project = Some("w")"#);
    let one = "[package.metadata.metaxy]\ncompile_time_check = true\nproject = 'p'";
    accepts(&[("Cargo.toml", one)], &[], r#"project = Some("p")"#);
}

#[test]
fn files_that_cannot_be_read_are_named() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("metaxy.toml");
    let error = Config::load_with(&file, &Environment::default()).expect_err("no file");
    assert!(error.to_string().contains("metaxy.toml: cannot read it: "), "{error}");
    fs::write(&file, b"project = 'a'\n# \xff").expect("a file");
    let error = Config::load_with(&file, &Environment::default()).expect_err("no text");
    assert!(error.to_string().ends_with("line 2 is not UTF-8: save the file as UTF-8"), "{error}");
}
