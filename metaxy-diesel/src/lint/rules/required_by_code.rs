use crate::{
    change::Risk,
    lint::{
        Group, Lint,
        act::{Act, Null},
    },
};
use metaxy_core::config::LintLevel;

/// A new column that must not be NULL has no default.
pub(crate) static LINT: Lint = Lint {
    code: "MX304",
    group: Group::Code,
    level: LintLevel::Warn,
    title: "requires a value of a new column from every program",
    why: "Programs that run do not know the column: what they insert is refused.",
    mend: "Give it a default, or forbid NULL in a later migration, when all programs fill it.",
    check: |script| {
        script.acts_or_risks(
            |act| match act {
                Act::ForbidNull { table, column }
                | Act::Redefine { table, column, null: Null::Forbidden } => {
                    script.adds(table, column)
                }
                _ => false,
            },
            |risk| matches!(risk, Risk::NeedsBackfill { .. }),
        )
    },
};
