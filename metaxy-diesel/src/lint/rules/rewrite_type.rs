use crate::lint::{Group, Lint};
use metaxy_core::config::LintLevel;

/// A column gets another type in place (squawk).
pub(crate) static LINT: Lint = Lint {
    code: "MX403",
    group: Group::Locks,
    level: LintLevel::Warn,
    title: "rewrites the table while nobody can use it",
    why: "A new type is written into every row, under a lock that keeps readers and writers out.",
    mend: "Add a new column, fill it in batches, and take it in the place of the old one: `--online` writes \
          that.",
    check: |script| script.others("changing-column-type"),
};
