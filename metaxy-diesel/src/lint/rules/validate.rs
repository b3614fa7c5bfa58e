use crate::lint::{Group, Lint, act::Act};
use metaxy_core::config::LintLevel;

/// `VALIDATE CONSTRAINT`.
pub(crate) static LINT: Lint = Lint {
    code: "MX207",
    group: Group::Data,
    level: LintLevel::Note,
    title: "checks rows that are there against a constraint",
    why: "It is refused where a row violates it; the constraint stays as it was, and holds for new rows.",
    mend: "Correct the rows, then run the migration again.",
    check: |script| script.acts(|act| matches!(act, Act::Validate { .. })),
};
