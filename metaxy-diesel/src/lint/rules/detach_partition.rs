use crate::lint::{Group, Lint};
use metaxy_core::config::LintLevel;

/// A partition is not detached concurrently (squawk).
pub(crate) static LINT: Lint = Lint {
    code: "MX412",
    group: Group::Locks,
    level: LintLevel::Warn,
    title: "detaches a partition while nobody can use the table",
    why: "DETACH PARTITION keeps readers and writers out.",
    mend: "DETACH PARTITION … CONCURRENTLY, in a migration of its own with `run_in_transaction = false`.",
    check: |script| script.others("require-concurrent-partition-detach"),
};
