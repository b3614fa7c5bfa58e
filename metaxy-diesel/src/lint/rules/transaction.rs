use crate::lint::{Group, Lint, act::Act};
use metaxy_core::config::LintLevel;

/// `BEGIN`, `COMMIT`, `ROLLBACK`.
pub(crate) static LINT: Lint = Lint {
    code: "MX602",
    group: Group::Conventions,
    level: LintLevel::Error,
    title: "begins or ends a transaction within a transaction",
    why: "The migration runs in one: ending it halfway keeps half of it when the rest fails.",
    mend: "Remove it, or write `run_in_transaction = false` in `metadata.toml`.",
    check: |script| script.acts(|act| script.transaction && matches!(act, Act::Transaction { .. })),
};
