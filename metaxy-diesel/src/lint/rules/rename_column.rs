use crate::lint::{Group, Lint, act::Act};
use metaxy_core::config::LintLevel;

/// A column is renamed.
pub(crate) static LINT: Lint = Lint {
    code: "MX302",
    group: Group::Code,
    level: LintLevel::Warn,
    title: "renames a column",
    why: "Programs that run use the old name, and fail.",
    mend: "Stop them meanwhile, or rename in two steps: `--online`, on PostgreSQL.",
    check: |script| {
        script.acts(|act| match act {
            Act::RenameColumn { table, to, .. } => !script.replaces(table, to),
            _ => false,
        })
    },
};
