use crate::{
    change::Risk,
    lint::{Group, Lint},
};
use metaxy_core::config::LintLevel;

/// A column gets a narrower type.
pub(crate) static LINT: Lint = Lint {
    code: "MX103",
    group: Group::Destructive,
    level: LintLevel::Warn,
    title: "gives a column a type that does not hold all of its values",
    why: "Values that do not fit are changed, or the statement is refused.",
    mend: "Look at the values that do not fit, and correct them first.",
    check: |script| script.risks(|risk| matches!(risk, Risk::Narrows { .. })),
};
