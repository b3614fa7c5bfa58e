use crate::lint::{Group, Lint};
use metaxy_core::config::LintLevel;

/// `REINDEX` that is not concurrent (squawk).
pub(crate) static LINT: Lint = Lint {
    code: "MX411",
    group: Group::Locks,
    level: LintLevel::Warn,
    title: "builds an index anew while nobody can write to the table",
    why: "REINDEX keeps writers out, and readers who would use the index.",
    mend: "REINDEX CONCURRENTLY, in a migration of its own with `run_in_transaction = false`.",
    check: |script| script.others("require-concurrent-reindex"),
};
