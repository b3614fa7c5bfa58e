use crate::lint::{Group, Lint, act::Act};
use metaxy_core::config::LintLevel;

/// A column gets another type.
pub(crate) static LINT: Lint = Lint {
    code: "MX303",
    group: Group::Code,
    level: LintLevel::Warn,
    title: "changes the type of a column",
    why: "Programs that run read and write the old type, and can fail.",
    mend: "Stop them meanwhile, or change it in two steps: `--online`, on PostgreSQL.",
    check: |script| {
        script.acts(|act| match act {
            Act::Retype { .. } => true,
            // Of a definition that metaxy wrote it is known whether it changes the type.
            Act::Redefine { .. } => !script.generated,
            // One of another type takes its place.
            Act::DropColumn { table, column } => script.replaces(table, column),
            _ => false,
        })
    },
};
