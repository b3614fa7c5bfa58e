//! Rules of PostgreSQL's locks: those of squawk, which reads PostgreSQL's own grammar.

use super::script::Other;
use crate::dialect::Dialect;

/// What squawk finds in a script, where the database is PostgreSQL.
#[cfg(feature = "squawk")]
pub(super) fn lint(dialect: &Dialect, script: &str, transaction: bool) -> Vec<Other> {
    use crate::dialect::Online;
    use squawk_linter::Linter;

    if dialect.online != Online::Steps {
        return Vec::new();
    }
    let file = squawk_syntax::SourceFile::parse(script);
    let mut linter = Linter::with_default_rules();
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
