//! [`Pair`]: a schema, and what became of it.

use crate::{
    dice::Dice,
    edit::{self, CREATE_TABLE, EDITS},
    settle::settle,
};
use metaxy_diesel::{Backend, Dialect, Schema, diff::diff};
use proptest::prelude::*;
use std::fmt;

/// Two schemas that a database takes.
#[derive(Clone)]
pub struct Pair {
    pub a: Schema,
    /// What edits made of `a`: what they renamed says so.
    pub b: Schema,
}

/// Which edit, and the numbers that it draws its choices from.
type Numbers = (usize, [u8; 16]);

/// Pairs for a database.
pub fn pairs(backend: Backend) -> impl Strategy<Value = Pair> {
    let dialect = backend.dialect();
    let edit = || (0..edit::weights(), any::<[u8; 16]>());
    let tables = prop::collection::vec((Just(CREATE_TABLE), any::<[u8; 16]>()), 1..4);
    let before = prop::collection::vec(edit(), 0..20);
    let after = prop::collection::vec(edit(), 1..9);
    (tables, before, after).prop_map(move |(tables, before, after)| {
        let mut a = Schema::default();
        apply(&mut a, dialect, &[tables, before].concat());
        forget_renames(&mut a);
        let mut b = a.clone();
        apply(&mut b, dialect, &after);
        Pair { a, b }
    })
}

fn apply(schema: &mut Schema, dialect: &'static Dialect, edits: &[Numbers]) {
    for (at, numbers) in edits {
        let mut rest = *at;
        let found = EDITS.iter().find(|it| match rest.checked_sub(it.weight) {
            Some(less) => {
                rest = less;
                false
            }
            None => true,
        });
        let mut edited = schema.clone();
        (found.expect("it is below all weights").make)(
            &mut edited,
            &mut Dice::new(dialect, numbers),
        );
        settle(&mut edited, dialect);
        // What is refused in words is no schema of the database.
        if diff(&Schema::default(), &edited, dialect).is_ok() {
            *schema = edited;
        }
    }
}

fn forget_renames(schema: &mut Schema) {
    for of in schema.enums.values_mut() {
        of.renamed_from = None;
        of.renamed_values.clear();
    }
    for table in schema.tables.values_mut() {
        table.renamed_from = None;
        table.columns.iter_mut().for_each(|it| it.renamed_from = None);
    }
}

impl fmt::Debug for Pair {
    /// As files that golden cases can be made of.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (heading, schema) in [("before", &self.a), ("after", &self.b)] {
            let text = toml::to_string(schema).expect("schemas are written as TOML");
            let text = text.replace("[tables", &format!("[{heading}"));
            writeln!(out, "\n{}", text.replace("[enums", &format!("[{heading}_enums")))?;
        }
        Ok(())
    }
}
