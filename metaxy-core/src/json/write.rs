//! JSON as text: as Python's `json.dumps` writes it, and compact.

use super::{Entry, Json, Sink, ToJson};
use std::fmt::{self, Write};

/// How a value is written.
#[derive(Clone, Copy)]
struct Style {
    sort_keys: bool,
    /// Whether a character that starts with this byte is escaped.
    escaped: &'static [bool; 256],
    /// Whether NaN and infinity are written as null.
    finite: bool,
    between: &'static str,
    after_key: &'static str,
}

const DUMPS: Style = Style {
    sort_keys: false,
    escaped: &escaped_bytes(0x7f),
    finite: false,
    between: ", ",
    after_key: ": ",
};
const DUMPS_SORTED: Style = Style { sort_keys: true, ..DUMPS };
const HASHED: Style = Style { finite: true, ..DUMPS_SORTED };
const COMPACT: Style =
    Style { escaped: &escaped_bytes(256), between: ",", after_key: ":", ..DUMPS };

impl Json {
    /// What Python's `json.dumps(x)` writes: `", "` and `": "`, non-ASCII as `\u` and four hex digits, keys in their order.
    pub fn dumps(&self) -> String {
        to_text(|out| Writer { out, style: DUMPS }.value(self))
    }

    /// What Python's `json.dumps(x, sort_keys=True)` writes.
    pub fn dumps_sorted(&self) -> String {
        to_text(|out| Writer { out, style: DUMPS_SORTED }.value(self))
    }
}

/// Writes the text that versions are hashes of: as [`Json::dumps_sorted`], after pydantic made null of NaN and
/// infinity.
pub(crate) fn write_hashed(out: &mut String, value: &impl ToJson) {
    value
        .to_json(&mut Writer { out, style: HASHED })
        .expect("a string takes all that is written to it");
}

impl fmt::Display for Json {
    /// Without spaces, keys in their order, non-ASCII as it is.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        Writer { out, style: COMPACT }.value(self)
    }
}

/// The bytes that are escaped in strings, with all from `from` on.
const fn escaped_bytes(from: usize) -> [bool; 256] {
    let mut escaped = [false; 256];
    let mut byte = 0;
    while byte < escaped.len() {
        escaped[byte] =
            byte < 0x20 || byte == b'"' as usize || byte == b'\\' as usize || byte >= from;
        byte += 1;
    }
    escaped
}

fn to_text(write: impl FnOnce(&mut String) -> fmt::Result) -> String {
    let mut text = String::new();
    write(&mut text).expect("a string takes all that is written to it");
    text
}

/// Writes values as text.
struct Writer<'a, W> {
    out: &'a mut W,
    style: Style,
}

impl<W: Write> Sink for Writer<'_, W> {
    fn text(&mut self, text: &str) -> fmt::Result {
        self.string(text)
    }

    fn array(&mut self, elements: &mut dyn Iterator<Item = &dyn ToJson>) -> fmt::Result {
        self.list(['[', ']'], elements, |writer, element| element.to_json(writer))
    }

    fn object(&mut self, entries: &mut [Entry]) -> fmt::Result {
        if self.style.sort_keys {
            entries.sort_unstable_by_key(|(key, _)| *key);
        }
        self.list(['{', '}'], entries.iter(), |writer, (key, value)| {
            writer.key(key)?;
            value.to_json(writer)
        })
    }

    fn json(&mut self, json: &Json) -> fmt::Result {
        self.value(json)
    }
}

impl<W: Write> Writer<'_, W> {
    fn value(&mut self, json: &Json) -> fmt::Result {
        self.value_with(json, &mut Vec::new())
    }

    /// Writes a value. `sorted` is room to sort in: the entries of the objects that are being written.
    fn value_with<'a>(
        &mut self,
        json: &'a Json,
        sorted: &mut Vec<(&'a str, &'a Json)>,
    ) -> fmt::Result {
        match json {
            Json::Null => self.out.write_str("null"),
            Json::Bool(value) => self.out.write_str(if *value { "true" } else { "false" }),
            Json::Int(number) => write!(self.out, "{number}"),
            Json::BigInt(digits) => self.out.write_str(digits),
            Json::Float(number) if self.style.finite && !number.is_finite() => {
                self.out.write_str("null")
            }
            Json::Float(number) => write_float(self.out, *number),
            Json::String(text) => self.string(text),
            Json::Array(elements) => {
                self.list(['[', ']'], elements, |writer, it| writer.value_with(it, sorted))
            }
            Json::Object(entries) => {
                let start = sorted.len();
                sorted.extend(entries.iter().map(|(key, value)| (key.as_str(), value)));
                if self.style.sort_keys {
                    // UTF-8 sorts bytewise as code points do, which is Python's order.
                    sorted[start..].sort_unstable_by_key(|(key, _)| *key);
                }
                self.list(['{', '}'], start..sorted.len(), |writer, at| {
                    let (key, value) = sorted[at];
                    writer.key(key)?;
                    writer.value_with(value, sorted)
                })?;
                sorted.truncate(start);
                Ok(())
            }
        }
    }

    fn list<T>(
        &mut self,
        [open, close]: [char; 2],
        elements: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T) -> fmt::Result,
    ) -> fmt::Result {
        self.out.write_char(open)?;
        for (at, element) in elements.into_iter().enumerate() {
            if at > 0 {
                self.out.write_str(self.style.between)?;
            }
            write(self, element)?;
        }
        self.out.write_char(close)
    }

    fn key(&mut self, key: &str) -> fmt::Result {
        self.string(key)?;
        self.out.write_str(self.style.after_key)
    }

    fn string(&mut self, text: &str) -> fmt::Result {
        self.out.write_char('"')?;
        let mut rest = text;
        while let Some(at) = rest.bytes().position(|byte| self.style.escaped[usize::from(byte)]) {
            let (before, from) = rest.split_at(at);
            let char = from.chars().next().expect("a character starts here");
            self.out.write_str(before)?;
            write_escape(self.out, char)?;
            rest = &from[char.len_utf8()..];
        }
        self.out.write_str(rest)?;
        self.out.write_char('"')
    }
}

fn write_escape(out: &mut impl Write, char: char) -> fmt::Result {
    match char {
        '"' => out.write_str("\\\""),
        '\\' => out.write_str("\\\\"),
        '\n' => out.write_str("\\n"),
        '\r' => out.write_str("\\r"),
        '\t' => out.write_str("\\t"),
        '\x08' => out.write_str("\\b"),
        '\x0c' => out.write_str("\\f"),
        _ => {
            char.encode_utf16(&mut [0; 2]).iter().try_for_each(|unit| write!(out, "\\u{unit:04x}"))
        }
    }
}

/// Writes a float as Python's `repr`: the shortest digits that read back as the same number, with an exponent below
/// 1e-4 and from 1e16 on.
fn write_float(out: &mut impl Write, number: f64) -> fmt::Result {
    if number.is_nan() {
        return out.write_str("NaN");
    }
    if number.is_sign_negative() {
        out.write_char('-')?;
    }
    if number.is_infinite() {
        return out.write_str("Infinity");
    }
    let (digits, point) = shortest_digits(number.abs());
    let count = digits.len() as i32;
    match point {
        -3..=0 => write!(out, "0.{:0<zeros$}{digits}", "", zeros = -point as usize),
        1..=16 if point >= count => {
            write!(out, "{digits}{:0<zeros$}.0", "", zeros = (point - count) as usize)
        }
        1..=16 => {
            let (whole, fraction) = digits.split_at(point as usize);
            write!(out, "{whole}.{fraction}")
        }
        _ => {
            let (first, rest) = digits.split_at(1);
            let dot = if rest.is_empty() { "" } else { "." };
            let exponent = point - 1;
            let sign = if exponent < 0 { '-' } else { '+' };
            write!(out, "{first}{dot}{rest}e{sign}{:02}", exponent.abs())
        }
    }
}

/// The significant digits of a number, and the place of the point: `0.DIGITS * 10^place`.
///
/// The digits come from serde_json, which like Python takes the even one where two are equally near; the formatting
/// of Rust's standard library takes the larger (`2.9802322387695313e-8` for 2^-25).
fn shortest_digits(number: f64) -> (String, i32) {
    if number == 0.0 {
        return ("0".to_owned(), 1);
    }
    let text = serde_json::to_string(&number).expect("a finite number can be written");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent: i32 = exponent.parse().expect("an exponent is a whole number");
    let all = format!("{whole}{fraction}");
    let significant = all.trim_start_matches('0');
    let leading_zeros = (all.len() - significant.len()) as i32;
    (significant.trim_end_matches('0').to_owned(), whole.len() as i32 - leading_zeros + exponent)
}
