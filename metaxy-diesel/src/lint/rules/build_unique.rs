use crate::lint::{Group, Lint};
use metaxy_core::config::LintLevel;

/// A unique constraint without `USING INDEX` (squawk).
pub(crate) static LINT: Lint = Lint {
    code: "MX407",
    group: Group::Locks,
    level: LintLevel::Warn,
    title: "builds the index of a unique constraint while nobody can use the table",
    why: "ADD UNIQUE builds an index under a lock that keeps readers and writers out.",
    mend: "CREATE UNIQUE INDEX CONCURRENTLY, then ADD CONSTRAINT … UNIQUE USING INDEX: `--online` writes that.",
    check: |script| script.others("disallowed-unique-constraint"),
};
