use crate::lint::{Group, Lint, act::Act};
use metaxy_core::config::LintLevel;

/// `CONCURRENTLY` in a transaction.
pub(crate) static LINT: Lint = Lint {
    code: "MX410",
    group: Group::Locks,
    level: LintLevel::Error,
    title: "is CONCURRENTLY and cannot run in this script",
    why: "CONCURRENTLY runs in no transaction, and several statements in one script are one.",
    mend: "Put it into a migration of its own, with `run_in_transaction = false` in `metadata.toml`.",
    check: |script| {
        let alone = !script.transaction && script.statements.len() == 1;
        script.acts(|act| !alone && matches!(act, Act::Concurrently { .. }))
    },
};
