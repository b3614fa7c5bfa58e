//! [`HashAlgorithm`]: what versions of samples are hashed with.

use md5::Md5;
use metaxy_core::HashLength;
use sha2::{Digest, Sha256};
use std::{fmt, fmt::Write, str::FromStr};

/// A hash of texts. All programs that write to one store have to use the same.
///
/// Source: `HashAlgorithm` of Metaxy for Python 0.1.11.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HashAlgorithm {
    /// MD5, in lowercase hexadecimal.
    Md5,
    /// SHA-256, in lowercase hexadecimal.
    Sha256,
    /// xxHash of 32 bits, as a decimal number.
    Xxhash32,
    /// xxHash of 64 bits, as a decimal number.
    Xxhash64,
    /// XXH3 of 64 bits, as a decimal number.
    Xxh3,
    /// wyhash of 64 bits, final version 3, as a decimal number.
    Wyhash,
}

/// A name that is no algorithm's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown hash algorithm `{name}`: write one of {}", HashAlgorithm::ALL.map(HashAlgorithm::name).join(", "))]
pub struct UnknownHashAlgorithm {
    /// The name as it was written.
    pub name: String,
}

impl HashAlgorithm {
    /// All algorithms.
    pub const ALL: [Self; 6] =
        [Self::Md5, Self::Sha256, Self::Xxhash32, Self::Xxhash64, Self::Xxh3, Self::Wyhash];

    /// Its name in the configuration: `md5`, `sha256`, `xxhash32`, `xxhash64`, `xxh3_64`, `wyhash`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Md5 => "md5",
            Self::Sha256 => "sha256",
            Self::Xxhash32 => "xxhash32",
            Self::Xxhash64 => "xxhash64",
            Self::Xxh3 => "xxh3_64",
            Self::Wyhash => "wyhash",
        }
    }

    /// The hash of a text's UTF-8, cut to so many characters.
    ///
    /// ```
    /// use metaxy_diesel::rows::HashAlgorithm;
    ///
    /// let length = Default::default();
    /// assert_eq!(HashAlgorithm::Sha256.hash("a1|f1", length), "95e26459");
    /// assert_eq!(HashAlgorithm::Xxhash32.hash("", length), "46947589");
    /// ```
    pub fn hash(self, text: &str, length: HashLength) -> String {
        let mut hash = self.digest(text);
        hash.truncate(length.get());
        hash
    }

    /// The whole hash of a text's UTF-8.
    pub fn digest(self, text: &str) -> String {
        let bytes = text.as_bytes();
        match self {
            Self::Md5 => hex(&Md5::digest(bytes)),
            Self::Sha256 => hex(&Sha256::digest(bytes)),
            Self::Xxhash32 => xxhash_rust::xxh32::xxh32(bytes, 0).to_string(),
            Self::Xxhash64 => xxhash_rust::xxh64::xxh64(bytes, 0).to_string(),
            Self::Xxh3 => xxhash_rust::xxh3::xxh3_64(bytes).to_string(),
            Self::Wyhash => wyhash::wyhash(bytes, 0).to_string(),
        }
    }
}

impl fmt::Display for HashAlgorithm {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

impl FromStr for HashAlgorithm {
    type Err = UnknownHashAlgorithm;

    fn from_str(name: &str) -> Result<Self, UnknownHashAlgorithm> {
        let found = Self::ALL.into_iter().find(|it| it.name() == name);
        found.ok_or_else(|| UnknownHashAlgorithm { name: name.to_owned() })
    }
}

fn hex(digest: &[u8]) -> String {
    digest.iter().fold(String::with_capacity(2 * digest.len()), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("writing to a string does not fail");
        hex
    })
}
