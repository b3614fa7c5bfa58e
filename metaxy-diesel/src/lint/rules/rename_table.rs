use crate::lint::{Group, Lint, act::Act};
use metaxy_core::config::LintLevel;

/// A table is renamed.
pub(crate) static LINT: Lint = Lint {
    code: "MX301",
    group: Group::Code,
    level: LintLevel::Warn,
    title: "renames a table",
    why: "Programs that run use the old name, and fail.",
    mend: "Stop them meanwhile, or rename in two steps: `--online`, on PostgreSQL.",
    check: |script| script.acts(|act| matches!(act, Act::RenameTable { .. })),
};
