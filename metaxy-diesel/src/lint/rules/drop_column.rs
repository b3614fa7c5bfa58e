use crate::{
    change::Risk,
    lint::{Group, Lint, act::Act},
};
use metaxy_core::config::LintLevel;

/// A column is dropped.
pub(crate) static LINT: Lint = Lint {
    code: "MX102",
    group: Group::Destructive,
    level: LintLevel::Warn,
    title: "drops a column with its values",
    why: "The values are gone, and programs that still name the column fail.",
    mend: "Copy what is needed first, and drop the column when no program uses it any more.",
    check: |script| {
        script.acts_or_risks(
            |act| match act {
                Act::DropColumn { table, column } => !script.replaces(table, column),
                _ => false,
            },
            |risk| matches!(risk, Risk::DataLoss { column: Some(_), .. }),
        )
    },
};
