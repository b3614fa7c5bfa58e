//! [`Json`]: JSON values that keep the order of keys and every digit of a number.

use indexmap::IndexMap;

/// A JSON value, as Python's `json` reads and writes it.
#[derive(Debug, Clone, PartialEq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A whole number that fits 64 bits.
    Int(i64),
    /// A whole number beyond 64 bits, as its digits.
    BigInt(String),
    /// A number with a fraction or an exponent.
    Float(f64),
    /// A string.
    String(String),
    /// An array.
    Array(Vec<Json>),
    /// An object, in the order it was written.
    Object(IndexMap<String, Json>),
}
