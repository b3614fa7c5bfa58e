use crate::lint::{Group, Lint};
use metaxy_core::config::LintLevel;

/// No `lock_timeout` (squawk).
pub(crate) static LINT: Lint = Lint {
    code: "MX414",
    group: Group::Locks,
    level: LintLevel::Allow,
    title: "waits for its lock as long as it takes",
    why: "Who waits for a lock keeps all others out who come after it.",
    mend: "SET lock_timeout before it, and run the migration again where it is reached.",
    check: |script| script.others("require-lock-timeout"),
};
