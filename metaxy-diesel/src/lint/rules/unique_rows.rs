use super::is_about;
use crate::lint::{
    Group, Lint,
    act::{Act, Constraint},
};
use metaxy_core::config::LintLevel;

/// A unique constraint or index on rows that are there.
pub(crate) static LINT: Lint = Lint {
    code: "MX202",
    group: Group::Data,
    level: LintLevel::Warn,
    title: "allows each value once in rows that are there",
    why: "It is refused where rows have the same values.",
    mend: "Look for such rows first: GROUP BY the columns HAVING count(*) > 1.",
    check: |script| {
        script.acts_or_risks(
            |act| match act {
                Act::CreateIndex { unique, .. } => *unique,
                Act::Constrain { constraint: Constraint::Unique { using_index, .. }, .. } => {
                    !using_index
                }
                _ => false,
            },
            |risk| is_about(risk, "unique"),
        )
    },
};
