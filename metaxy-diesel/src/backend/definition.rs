//! Reads what a database tells only in the text of a table's definition: its checks, what columns are computed from, how
//! they compare and are numbered.
//!
//! Source: <https://www.sqlite.org/lang_createtable.html>. DuckDB writes definitions in the same form.

use crate::{
    schema::{Generated, Identity, Storage},
    tokens::{tokens, without_quotes},
};
use std::collections::BTreeMap;

/// What only the text of a table's definition tells.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Definition {
    /// The conditions of all `CHECK (…)`, as written, in order.
    pub(super) checks: Vec<String>,
    /// Columns of which there is something to tell, by their names in lower case.
    pub(super) columns: BTreeMap<String, ColumnText>,
}

/// What only the text tells of a column.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct ColumnText {
    pub(super) generated: Option<Generated>,
    pub(super) identity: Option<Identity>,
    pub(super) collation: Option<String>,
}

impl Definition {
    /// Reads a `CREATE TABLE`.
    pub(super) fn read(text: &str) -> Self {
        let mut found = Self::default();
        let mut depth = 0_usize;
        // The column that is being read, once its name was.
        let mut column: Option<String> = None;
        // The word before, and the one before an expression that is being read, with where that begins.
        let (mut before, mut open) = ("", None);
        for (at, token) in tokens(text) {
            let is_before = |word: &str| before.eq_ignore_ascii_case(word);
            match (token, depth) {
                ("(", _) => {
                    depth += 1;
                    if depth == 2 {
                        open = Some((before, at + 1));
                    }
                }
                (")", _) => {
                    depth = depth.saturating_sub(1);
                    if depth == 1
                        && let Some((word, start)) = open.take()
                    {
                        found.expression(word, text[start..at].trim(), column.as_deref());
                    }
                }
                (",", 1) => column = None,
                (token, 1) => match &column {
                    None => column = Some(without_quotes(token).to_lowercase()),
                    Some(name) if is_before("collate") => {
                        found.column(name).collation = Some(without_quotes(token));
                    }
                    Some(name) if token.eq_ignore_ascii_case("autoincrement") => {
                        found.column(name).identity = Some(Identity::BY_DEFAULT);
                    }
                    Some(name) if token.eq_ignore_ascii_case("stored") && is_before(")") => {
                        if let Some(generated) = &mut found.column(name).generated {
                            generated.storage = Storage::Stored;
                        }
                    }
                    Some(_) => {}
                },
                _ => {}
            }
            before = token;
        }
        found
    }

    /// An expression in parentheses after a word.
    fn expression(&mut self, word: &str, text: &str, column: Option<&str>) {
        if word.eq_ignore_ascii_case("check") {
            self.checks.push(text.to_owned());
        } else if let (true, Some(name)) = (word.eq_ignore_ascii_case("as"), column) {
            let (expression, storage) = (text.to_owned(), Storage::Virtual);
            self.column(name).generated = Some(Generated { expression, storage });
        }
    }

    fn column(&mut self, name: &str) -> &mut ColumnText {
        self.columns.entry(name.to_owned()).or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_are_found() {
        let check = |definition: &str, expected: &[&str]| {
            assert_eq!(Definition::read(definition).checks, expected, "{definition}");
        };
        check("CREATE TABLE a (b INTEGER)", &[]);
        check("CREATE TABLE a (b INTEGER CHECK (b > (1 + 2)), c TEXT)", &["b > (1 + 2)"]);
        check(
            r#"CREATE TABLE "check (x)" ("check" TEXT, [check] TEXT, `check` INT /* check (1) */, -- check (2)
            d TEXT DEFAULT 'check (3)', CONSTRAINT e check ( d <> ')''(' ), CHECK ("check" IN ('a', 'b')))"#,
            &["d <> ')''('", r#""check" IN ('a', 'b')"#],
        );
        check("CREATE TABLE a (b TEXT DEFAULT (check_it(1)), c TEXT CHECK(c<>''))", &["c<>''"]);
        check("CREATE TABLE a (b TEXT DEFAULT 'open", &[]);
    }

    #[test]
    fn columns_are_found() {
        let definition = Definition::read(
            r#"CREATE TABLE "a, (" (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "Größe ""x""" VARCHAR(20) COLLATE [no case] DEFAULT ('a' COLLATE binary),
            c INT GENERATED ALWAYS AS (id + (1)) STORED NOT NULL, d AS (lower("Größe ""x""")), plain DECIMAL(1, 2) CHECK (plain COLLATE nocase > 0),
            UNIQUE (plain COLLATE rtrim), CHECK (d > ''))"#,
        );
        let found: Vec<_> = definition.columns.keys().map(String::as_str).collect();
        assert_eq!(found, ["c", "d", "größe \"x\"", "id"]);
        let generated = |name: &str| definition.columns[name].generated.clone();
        let of = |expression: &str, storage| {
            Some(Generated { expression: expression.to_owned(), storage })
        };
        assert_eq!(generated("c"), of("id + (1)", Storage::Stored));
        assert_eq!(generated("d"), of(r#"lower("Größe ""x""")"#, Storage::Virtual));
        assert_eq!(definition.columns["größe \"x\""].collation.as_deref(), Some("no case"));
        assert_eq!(definition.columns["id"].identity, Some(Identity::BY_DEFAULT));
        assert_eq!(definition.checks, ["plain COLLATE nocase > 0", "d > ''"]);
    }
}
