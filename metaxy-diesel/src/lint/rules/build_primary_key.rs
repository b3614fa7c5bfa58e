use crate::lint::{Group, Lint};
use metaxy_core::config::LintLevel;

/// A primary key without `USING INDEX` (squawk).
pub(crate) static LINT: Lint = Lint {
    code: "MX408",
    group: Group::Locks,
    level: LintLevel::Warn,
    title: "builds the index of a primary key while nobody can use the table",
    why: "ADD PRIMARY KEY builds an index under a lock that keeps readers and writers out.",
    mend: "CREATE UNIQUE INDEX CONCURRENTLY, then ADD CONSTRAINT … PRIMARY KEY USING INDEX, by hand.",
    check: |script| script.others("adding-serial-primary-key-field"),
};
