//! SHA-256 of texts, in lowercase hex.

use sha2::{Digest, Sha256};
use std::fmt::Write;

/// The hash of a text whose line ends are normalised: a checkout on Windows has the same.
pub fn text_hash(text: &str) -> String {
    match text.contains('\r') {
        true => hex(&text.replace("\r\n", "\n")),
        false => hex(text),
    }
}

/// The first eight digits of a hash: what tells cut names apart.
pub(crate) fn short_hash(text: &str) -> String {
    let mut hash = hex(text);
    hash.truncate(8);
    hash
}

fn hex(text: &str) -> String {
    Sha256::digest(text).iter().fold(String::with_capacity(64), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("writing to a string does not fail");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_do_not_matter() {
        assert_eq!(text_hash("a\r\nb"), text_hash("a\nb"));
        assert_eq!(
            text_hash(""),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }
}
