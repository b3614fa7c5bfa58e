//! [`Pair`]: a schema, and what became of it.

use crate::{
    dice::Dice,
    edit::{self, CREATE_TABLE, EDITS},
    settle::settle,
};
use metaxy_diesel::{
    Backend, Schema,
    diff::{Problem, diff},
};
use proptest::prelude::*;
use std::fmt;

/// Two schemas that a database takes.
#[derive(Clone)]
pub struct Pair {
    pub a: Schema,
    /// What edits made of `a`: what they renamed says so.
    pub b: Schema,
    pub edits: Edits,
}

/// How many edits there were, and what was said of those that the database has no schema for.
#[derive(Clone, Default)]
pub struct Edits {
    pub count: usize,
    pub refused: Vec<String>,
}

/// Which edit, and the numbers that it draws its choices from.
type Numbers = (usize, [u8; 16]);

/// Pairs for a database.
pub fn pairs(backend: Backend) -> impl Strategy<Value = Pair> {
    let edit = || (0..edit::weights(), any::<[u8; 16]>());
    let tables = prop::collection::vec((Just(CREATE_TABLE), any::<[u8; 16]>()), 1..4);
    let before = prop::collection::vec(edit(), 0..20);
    let after = prop::collection::vec(edit(), 1..9);
    (tables, before, after).prop_map(move |(tables, before, after)| {
        let (mut a, mut edits) = (Schema::default(), Edits::default());
        apply(&mut a, backend, &[tables, before].concat(), &mut edits);
        forget_renames(&mut a);
        let mut b = a.clone();
        apply(&mut b, backend, &after, &mut edits);
        Pair { a, b, edits }
    })
}

fn apply(schema: &mut Schema, backend: Backend, numbers: &[Numbers], edits: &mut Edits) {
    let dialect = backend.dialect();
    for (at, numbers) in numbers {
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
            &mut Dice::new(backend, numbers),
        );
        settle(&mut edited, dialect);
        edits.count += 1;
        // What is refused in words is no schema of the database.
        match diff(&Schema::default(), &edited, dialect) {
            Ok(_) => *schema = edited,
            Err(error) => edits.refused.extend(error.problems.first().map(lacking)),
        }
    }
}

/// What a refusal says that the database lacks.
fn lacking(problem: &Problem) -> String {
    match problem {
        Problem::Unsupported { what, .. } => match what.split_once("` of ") {
            Some((_, of)) if what.starts_with("`ON ") => format!("action on {of}"),
            _ => what.clone(),
        },
        Problem::KeyType { .. } => "key of such a type".to_owned(),
        Problem::KeyTooLong { .. } => "key of so many bytes".to_owned(),
        Problem::IdentityKey { .. } => "numbered column without its key".to_owned(),
        other => other.to_string(),
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
