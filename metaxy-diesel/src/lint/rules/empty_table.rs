use crate::lint::{Group, Lint, act::Act};
use metaxy_core::config::LintLevel;

/// `TRUNCATE`, or `DELETE` without `WHERE`.
pub(crate) static LINT: Lint = Lint {
    code: "MX104",
    group: Group::Destructive,
    level: LintLevel::Warn,
    title: "removes all rows of a table",
    why: "What a migration removes is gone in every database that it reaches.",
    mend: "Say with WHERE which rows, or remove rows outside of migrations.",
    check: |script| script.acts(|act| matches!(act, Act::Empty { .. })),
};
