//! What differs between two schemas and cannot be written yet. A kind of change that learns to write one of these
//! takes it out of here.

use crate::{
    ddl,
    dialect::Dialect,
    diff::{Comparison, Pair, Problem},
    matching::{Matched, Part},
    schema::{Column, ForeignKey, PrimaryKey},
};

/// All differences that no change writes.
pub(crate) fn detect(comparison: &Comparison<'_>) -> Vec<Problem> {
    let dialect = comparison.dialect;
    let mut problems = Vec::new();
    for pair in &comparison.kept {
        columns(pair, dialect, &mut problems);
        let object = pair.desired.name.to_string();
        if pair.primary_key_changes() && !dialect.alter_primary_key {
            let words = |key: &Option<PrimaryKey>| key.as_ref().map(|it| list(&it.columns));
            problems.push(Problem::Unwritable {
                object: object.clone(),
                what: "primary key",
                before: words(&pair.current.primary_key),
                after: words(&pair.desired.primary_key),
            });
        }
        problems.extend(parts(&object, "unique constraint", &pair.uniques, |it| list(&it.columns)));
        problems.extend(parts(&object, "foreign key", &pair.foreign_keys, foreign_key));
        problems.extend(parts(&object, "check", &pair.checks, |it| it.expression.clone()));
    }
    problems
}

fn columns(pair: &Pair<'_>, dialect: &Dialect, problems: &mut Vec<Problem>) {
    type Words = fn(&Column, &Dialect) -> Option<String>;
    let facets: [(&'static str, Words); 3] =
        [("type", sql_type), ("nullability", nullability), ("default", default)];
    for (current, desired) in &pair.kept_columns {
        for (what, words) in facets {
            let (before, after) = (words(current, dialect), words(desired, dialect));
            if before != after {
                let object = format!("{}.{}", pair.desired.name, desired.name);
                problems.push(Problem::Unwritable { object, what, before, after });
            }
        }
    }
}

fn sql_type(column: &Column, dialect: &Dialect) -> Option<String> {
    let name = (dialect.type_name)(&column.sql_type);
    Some(name.unwrap_or_else(|_| format!("{:?}", column.sql_type)))
}

fn nullability(column: &Column, _dialect: &Dialect) -> Option<String> {
    Some(if column.nullable { "NULL" } else { "NOT NULL" }.to_owned())
}

fn default(column: &Column, dialect: &Dialect) -> Option<String> {
    column.default.as_ref().map(|it| ddl::default_value(dialect, it))
}

fn parts<'a, T: Part>(
    object: &'a str,
    what: &'static str,
    matched: &'a Matched<'_, T>,
    words: impl Fn(&T) -> String + Copy + 'a,
) -> impl Iterator<Item = Problem> + 'a {
    let problem =
        move |before, after| Problem::Unwritable { object: object.to_owned(), what, before, after };
    let removed = matched.removed.iter().map(move |it| problem(Some(words(it)), None));
    removed.chain(matched.added.iter().map(move |it| problem(None, Some(words(it)))))
}

fn foreign_key(key: &ForeignKey) -> String {
    let action = format!("on delete {}, on update {}", key.on_delete.sql(), key.on_update.sql());
    let target = list(&key.referenced_columns);
    format!("{} to `{}` {target}, {}", list(&key.columns), key.references, action.to_lowercase())
}

fn list(columns: &[String]) -> String {
    format!("({})", columns.join(", "))
}
