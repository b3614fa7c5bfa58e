use crate::lint::{Group, Lint};
use metaxy_core::config::LintLevel;

/// A foreign key is added without `NOT VALID` (squawk).
pub(crate) static LINT: Lint = Lint {
    code: "MX405",
    group: Group::Locks,
    level: LintLevel::Warn,
    title: "checks a foreign key while nobody can write to both tables",
    why: "ADD FOREIGN KEY reads every row under a lock that keeps writers out.",
    mend: "Add it NOT VALID, then VALIDATE CONSTRAINT in the next migration: `--online` writes that.",
    check: |script| script.others("adding-foreign-key-constraint"),
};
