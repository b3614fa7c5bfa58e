use crate::{
    change::Risk,
    lint::{Group, Lint, act::Act},
};
use metaxy_core::config::LintLevel;

/// A table is dropped.
pub(crate) static LINT: Lint = Lint {
    code: "MX101",
    group: Group::Destructive,
    level: LintLevel::Warn,
    title: "drops a table with its rows",
    why: "The rows are gone, and programs that still use the table fail.",
    mend: "Copy what is needed first, and drop the table when no program uses it any more.",
    check: |script| {
        script.acts_or_risks(
            |act| matches!(act, Act::DropTable { .. }),
            |risk| matches!(risk, Risk::DataLoss { column: None, .. }),
        )
    },
};
