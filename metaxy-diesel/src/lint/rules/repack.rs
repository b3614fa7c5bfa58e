use crate::lint::{Group, Lint};
use metaxy_core::config::LintLevel;

/// `VACUUM FULL`, `CLUSTER` (squawk).
pub(crate) static LINT: Lint = Lint {
    code: "MX413",
    group: Group::Locks,
    level: LintLevel::Warn,
    title: "writes the whole table anew while nobody can use it",
    why: "VACUUM FULL and CLUSTER keep readers and writers out until they are done.",
    mend: "Run pg_repack, outside of migrations.",
    check: |script| script.others("prefer-repack"),
};
