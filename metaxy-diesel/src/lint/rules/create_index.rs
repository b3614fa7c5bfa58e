use crate::lint::{Group, Lint};
use metaxy_core::config::LintLevel;

/// An index is not created concurrently (squawk).
pub(crate) static LINT: Lint = Lint {
    code: "MX401",
    group: Group::Locks,
    level: LintLevel::Warn,
    title: "creates an index while nobody can write to the table",
    why: "CREATE INDEX keeps writers out until the index is built.",
    mend: "CREATE INDEX CONCURRENTLY, in a migration of its own with `run_in_transaction = false`: `--online` \
          writes that.",
    check: |script| script.others("require-concurrent-index-creation"),
};
