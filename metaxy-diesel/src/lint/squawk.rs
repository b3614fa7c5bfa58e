//! Rules of PostgreSQL's locks: those of squawk, which reads PostgreSQL's own grammar.

use super::script::Other;
use crate::dialect::Dialect;

/// Those of squawk's rules that ours are made of.
pub(super) const RULES: [&str; 18] = [
    "adding-field-with-default",
    "adding-foreign-key-constraint",
    "adding-not-nullable-field",
    "adding-serial-primary-key-field",
    "ban-drop-domain",
    "ban-drop-not-null",
    "ban-drop-sequence",
    "ban-drop-type",
    "ban-drop-view",
    "ban-truncate-cascade",
    "changing-column-type",
    "constraint-missing-not-valid",
    "disallowed-unique-constraint",
    "require-concurrent-index-creation",
    "require-concurrent-index-deletion",
    "require-concurrent-partition-detach",
    "require-concurrent-reindex",
    "require-lock-timeout",
];

/// What squawk finds in a script, where the database is PostgreSQL.
#[cfg(feature = "squawk")]
pub(super) fn lint(dialect: &Dialect, script: &str, transaction: bool) -> Vec<Other> {
    use crate::dialect::Online;
    use squawk_linter::{Linter, Rule};

    if dialect.online != Online::Steps {
        return Vec::new();
    }
    let file = squawk_syntax::SourceFile::parse(script);
    let rules = RULES.iter().filter_map(|it| Rule::try_from(*it).ok());
    let mut linter = Linter::from(rules);
    linter.settings.assume_in_transaction = transaction;
    let found = linter.lint(&file, script).into_iter();
    let other = |it: squawk_linter::Violation| Other {
        rule: it.code.to_string(),
        at: it.text_range.start().into(),
    };
    found.map(other).collect()
}

/// Without the feature `squawk` nothing is known of locks.
#[cfg(not(feature = "squawk"))]
pub(super) fn lint(_: &Dialect, _: &str, _: bool) -> Vec<Other> {
    Vec::new()
}
