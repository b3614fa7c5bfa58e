//! Checks across features that `#[derive(Feature)]` has the compiler evaluate: each is the value of a `const _`.
//!
//! A derive sees the tokens of one struct only. What it cannot know (the fields and columns of a feature that is named by
//! its type) is in constants of that type, and a panic in a constant is an error of the compiler, at the token that
//! the derive gave the call.

use crate::Feature;

/// Refuses a dependency on a field that `U` lacks.
#[track_caller]
pub const fn upstream_has_field<U: Feature>(field: &str) {
    if !contains(U::FIELDS, field) {
        Message::new("feature `")
            .push(U::KEY)
            .push("` has no field `")
            .push(field)
            .push("`: name one of its fields, ")
            .list(U::FIELDS)
            .fail();
    }
}

/// Refuses `select` or `rename` of a column that `U` lacks; `system` are the columns that every feature has.
#[track_caller]
pub const fn upstream_has_column<U: Feature>(column: &str, system: &[&str]) {
    if !contains(U::COLUMNS, column) && !contains(system, column) {
        Message::new("feature `")
            .push(U::KEY)
            .push("` has no column `")
            .push(column)
            .push("`: name one of its columns, ")
            .list(U::COLUMNS)
            .fail();
    }
}

/// Refuses renaming a column of `U` to one of its id columns.
#[track_caller]
pub const fn upstream_has_other_ids<U: Feature>(new_name: &str) {
    if contains(U::ID_COLUMNS, new_name) {
        Message::new("`")
            .push(new_name)
            .push("` is an id column of feature `")
            .push(U::KEY)
            .push("`: rename to another name")
            .fail();
    }
}

/// Refuses an id column that `U` has under the same name with another SQL type.
///
/// `upstream_types` are the SQL types of `U::ID_COLUMNS`.
#[track_caller]
pub const fn upstream_has_same_id<U: Feature>(
    column: &str,
    sql_type: &str,
    upstream_types: &[&str],
) {
    let mut at = 0;
    while at < U::ID_COLUMNS.len() {
        if equal(U::ID_COLUMNS[at], column) && !equal(upstream_types[at], sql_type) {
            Message::new("id column `")
                .push(column)
                .push("` is ")
                .push(sql_type)
                .push(" here and ")
                .push(upstream_types[at])
                .push(" in feature `")
                .push(U::KEY)
                .push("`: samples are joined on it, so give both the same type")
                .fail();
        }
        at += 1;
    }
}

/// Whether two texts are the same.
const fn equal(left: &str, right: &str) -> bool {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    if left.len() != right.len() {
        return false;
    }
    let mut at = 0;
    while at < left.len() {
        if left[at] != right[at] {
            return false;
        }
        at += 1;
    }
    true
}

const fn contains(list: &[&str], wanted: &str) -> bool {
    let mut at = 0;
    while at < list.len() {
        if equal(list[at], wanted) {
            return true;
        }
        at += 1;
    }
    false
}

/// A text built while compiling. What does not fit is left out.
struct Message {
    bytes: [u8; Message::CAPACITY],
    len: usize,
}

impl Message {
    const CAPACITY: usize = 1024;

    const fn new(text: &str) -> Self {
        Self { bytes: [0; Self::CAPACITY], len: 0 }.push(text)
    }

    /// Adds a text, if it fits as a whole: half a character would be no text.
    const fn push(mut self, text: &str) -> Self {
        let text = text.as_bytes();
        if self.len + text.len() <= Self::CAPACITY {
            let mut at = 0;
            while at < text.len() {
                self.bytes[self.len + at] = text[at];
                at += 1;
            }
            self.len += text.len();
        }
        self
    }

    const fn list(mut self, items: &[&str]) -> Self {
        let mut at = 0;
        while at < items.len() {
            if at > 0 {
                self = self.push(", ");
            }
            self = self.push("`").push(items[at]).push("`");
            at += 1;
        }
        self
    }

    #[track_caller]
    const fn fail(&self) -> ! {
        let (text, _) = self.bytes.split_at(self.len);
        match str::from_utf8(text) {
            Ok(text) => panic!("{}", text),
            Err(_) => panic!("a check across features failed"),
        }
    }
}
