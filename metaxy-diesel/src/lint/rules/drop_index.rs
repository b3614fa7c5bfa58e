use crate::lint::{Group, Lint};
use metaxy_core::config::LintLevel;

/// An index is not dropped concurrently (squawk).
pub(crate) static LINT: Lint = Lint {
    code: "MX402",
    group: Group::Locks,
    level: LintLevel::Warn,
    title: "drops an index while nobody can use the table",
    why: "DROP INDEX waits for all who use the table, and keeps others out meanwhile.",
    mend: "DROP INDEX CONCURRENTLY, in a migration of its own with `run_in_transaction = false`: `--online` \
          writes that.",
    check: |script| script.others("require-concurrent-index-deletion"),
};
