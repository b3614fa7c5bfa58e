//! How findings in migrations are taken.

use crate::discover;
use metaxy_core::config::LintLevel::{Allow, Error, Note};

const CODES: [&str; 3] = ["MX101", "MX102", "MX401"];

#[test]
fn levels_are_read() {
    let file = [("metaxy.toml", "[ext.lints]\nMX101 = 'allow'\nMX102 = 'error'")];
    let variables = [("METAXY_LINTS__MX401", "note")];
    let (_directory, config) = discover(&file, &variables, "");
    let error = config.expect_err("it is set in both places").to_string();
    assert!(error.contains("`lints` is also set as `ext.lints`"), "{error}");

    let file = [("metaxy.toml", "[lints]\nMX101 = 'allow'\nMX102 = 'error'")];
    let (_directory, config) = discover(&file, &variables, "");
    let lints = config.expect("it is well-formed").lints;
    assert_eq!(CODES.map(|it| lints.level(it)), [Some(Allow), Some(Error), Some(Note)]);
    assert_eq!(lints.check(&CODES), Ok(()));
}

#[test]
fn codes_are_checked_with_their_place() {
    let file = [("metaxy.toml", "[lints]\nMX101 = 'warn'\nMX1O2 = 'warn'")];
    let (directory, config) = discover(&file, &[], "");
    let error = config.expect("it is well-formed").lints.check(&CODES).expect_err("it is unknown");
    let message = error.to_string().replace(&*directory.path().to_string_lossy(), "DIR");
    assert_eq!(message, "DIR/metaxy.toml:3:1: unknown key `lints.MX1O2`: did you mean `MX102`?");
}
