//! Checks across features that `#[derive(Feature)]` has the compiler evaluate: each is the value of a `const _`.
//!
//! A derive sees the tokens of one struct only. What it cannot know (the fields and columns of a feature that is named by
//! its type) is in constants of that type, and a panic in a constant is an error of the compiler, at the token that
//! the derive gave the call.

mod input;
mod schema_rs;
mod stored;

pub use input::Input;
pub use schema_rs::{HasColumns, Nullability, PrintedTable, compare};
pub use stored::{StoredType, column_is_stored};

use crate::{FeatureTable, sql_types::ColumnType, system::SYSTEM_COLUMNS, table::ColumnDef};

/// A feature, as another one sees it that names its type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no feature",
    label = "no feature",
    note = "derive it, `#[derive(metaxy::Feature)]`, or name a feature of another project by its key, `deps(\"other/feature\")`"
)]
pub trait IsUpstream {
    /// What is known of it.
    const KNOWN: Upstream;
}

/// A feature whose table may stand in one query with that of `Other`: one of both depends on the other.
///
/// Joins are said of features, and never of tables: a macro cannot name the table of `deps(Video)`, and in the header of an
/// `impl` coherence takes `<Video as FeatureTable>::Table` for any type, in every crate but that of `Video`.
#[diagnostic::on_unimplemented(
    message = "neither of the features `{Self}` and `{Other}` depends on the other, so their tables are not joined",
    note = "allow it: `diesel::allow_tables_to_appear_in_same_query!(one, two);`"
)]
pub trait Joins<Other> {}

/// The table of a feature that [`Joins`] the feature `Other`.
pub trait JoinsTable<Other>: diesel::Table {}

/// What is known of a feature that another names by its type.
#[derive(Debug, Clone, Copy)]
pub struct Upstream {
    /// Its key.
    pub key: &'static str,
    fields: &'static [&'static str],
    columns: &'static [&'static str],
    id_columns: &'static [&'static str],
    types: &'static [&'static str],
    definitions: &'static [ColumnDef],
}

impl Upstream {
    /// What is known of `F`.
    pub const fn of<F: FeatureTable>() -> Self {
        Self {
            key: F::KEY,
            fields: F::FIELDS,
            columns: F::COLUMNS,
            id_columns: F::ID_COLUMNS,
            types: F::COLUMN_TYPES,
            definitions: F::TABLE.columns,
        }
    }

    /// Refuses a dependency on a field that it lacks.
    #[track_caller]
    pub const fn has_field(self, field: &str) {
        if !contains(self.fields, field) {
            self.lacks("field", field).list(self.fields).fail();
        }
    }

    /// Refuses `select`, `rename` or a foreign key of a column that it lacks.
    #[track_caller]
    pub const fn has_column(self, column: &str) {
        if !contains(self.columns, column) && !contains(&SYSTEM_COLUMNS, column) {
            self.lacks("column", column).list(self.columns).fail();
        }
    }

    /// Refuses renaming one of its columns to one of its id columns.
    #[track_caller]
    pub const fn has_no_id(self, new_name: &str) {
        if contains(self.id_columns, new_name) {
            Message::new("`")
                .push(new_name)
                .push("` is an id column of feature `")
                .push(self.key)
                .push("`: rename to another name")
                .fail();
        }
    }

    /// Refuses an id column that it has under the same name with another SQL type.
    #[track_caller]
    pub const fn has_same_id(self, column: &str, sql_type: &str) {
        // A feature that did not compile has columns without types.
        let Some(at) = place(self.columns, column) else { return };
        let is_id = contains(self.id_columns, column) && at < self.types.len();
        if is_id && !equal(self.types[at], sql_type) {
            Message::new("id column `")
                .push(column)
                .push("` is ")
                .push(sql_type)
                .push(" here and ")
                .push(self.types[at])
                .push(" in feature `")
                .push(self.key)
                .push("`: samples are joined on it, so give both the same type")
                .fail();
        }
    }

    /// Refuses a foreign key of these columns that the migrations of a history have refer to these tables, and to none of this
    /// feature in a store of this prefix.
    #[track_caller]
    pub const fn is_referenced(
        self,
        columns: &str,
        prefix: &str,
        tables: &[&str],
        environment: &str,
    ) {
        let mut at = 0;
        while at < tables.len() {
            if is_table_of(self.key, prefix, tables[at]) {
                return;
            }
            at += 1;
        }
        Message::new("the foreign key of (")
            .push(columns)
            .push(") is to feature `")
            .push(self.key)
            .push("` here, and the migrations of ")
            .push(environment)
            .push(" have it refer to ")
            .list(tables)
            .push(": run `cargo metaxy -n ")
            .push(environment)
            .push(" migration generate NAME`")
            .fail();
    }

    const fn lacks(self, what: &str, name: &str) -> Message {
        Message::new("feature `")
            .push(self.key)
            .push("` has no ")
            .push(what)
            .push(" `")
            .push(name)
            .push("`: name one of its ")
            .push(what)
            .push("s, ")
    }
}

/// The SQL type `ST`, and no other.
#[diagnostic::on_unimplemented(
    message = "this type is stored as `{Self}`, and its name stands for `{ST}`",
    label = "called as another type",
    note = "name the SQL type: `#[metaxy(sql_type = diesel::sql_types::Text)]`"
)]
pub trait Is<ST> {}

impl<ST> Is<ST> for ST {}

/// Refuses a Rust type whose SQL type is not the one that the derive took from its name.
pub const fn is_stored_as<T: ColumnType<SqlType: Is<ST>>, ST>() {}

/// Whether a table is that of the feature of this key, with this before its name.
const fn is_table_of(key: &str, prefix: &str, table: &str) -> bool {
    let (key, prefix, table) = (key.as_bytes(), prefix.as_bytes(), table.as_bytes());
    let (mut at, mut of) = (0, 0);
    while at < prefix.len() {
        if at >= table.len() || table[at] != prefix[at] {
            return false;
        }
        at += 1;
    }
    while of < key.len() {
        let (expected, count) = match key[of] {
            b'/' => (b'_', 2),
            b'-' => (b'_', 1),
            other => (other, 1),
        };
        let end = at + count;
        while at < end {
            if at >= table.len() || table[at] != expected {
                return false;
            }
            at += 1;
        }
        of += 1;
    }
    at == table.len()
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
    place(list, wanted).is_some()
}

const fn place(list: &[&str], wanted: &str) -> Option<usize> {
    let mut at = 0;
    while at < list.len() {
        if equal(list[at], wanted) {
            return Some(at);
        }
        at += 1;
    }
    None
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
