//! [`HashLength`], and the SHA-256 that every version is.

use sha2::{Digest, Sha256};
use std::fmt;

/// To how many hexadecimal digits versions are cut: `hash_truncation_length` of the configuration.
///
/// ```
/// use metaxy_core::HashLength;
///
/// assert_eq!(HashLength::default().get(), 8);
/// assert!(HashLength::new(7).is_err());
/// # Ok::<(), metaxy_core::HashLengthError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HashLength(usize);

/// Why a length was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("versions cannot be cut to {0} digits: the least is {min}", min = HashLength::MIN)]
pub struct HashLengthError(pub usize);

impl HashLength {
    /// The least length, and the default.
    pub const MIN: usize = 8;

    /// A length in hexadecimal digits. From 64 on nothing is cut.
    ///
    /// # Errors
    ///
    /// Where it is below [`MIN`](Self::MIN).
    pub fn new(digits: usize) -> Result<Self, HashLengthError> {
        if digits < Self::MIN { Err(HashLengthError(digits)) } else { Ok(Self(digits)) }
    }

    /// The length in hexadecimal digits.
    pub fn get(self) -> usize {
        self.0
    }
}

impl Default for HashLength {
    fn default() -> Self {
        Self(Self::MIN)
    }
}

impl TryFrom<usize> for HashLength {
    type Error = HashLengthError;

    fn try_from(digits: usize) -> Result<Self, HashLengthError> {
        Self::new(digits)
    }
}

impl fmt::Display for HashLength {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

/// The SHA-256 of the texts one after the other, in lowercase hexadecimal, cut.
pub(crate) fn sha256<T: AsRef<str>>(
    texts: impl IntoIterator<Item = T>,
    length: HashLength,
) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut hasher = Sha256::new();
    for text in texts {
        hasher.update(text.as_ref());
    }
    let digest = hasher.finalize();
    let mut version = String::with_capacity(length.get().min(2 * digest.len()));
    let digits = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    version.extend(digits.take(length.get()).map(|it| char::from(DIGITS[usize::from(it)])));
    version
}
