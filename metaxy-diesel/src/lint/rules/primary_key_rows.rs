use super::is_about;
use crate::lint::{
    Group, Lint,
    act::{Act, Constraint},
};
use metaxy_core::config::LintLevel;

/// A primary key on rows that are there.
pub(crate) static LINT: Lint = Lint {
    code: "MX206",
    group: Group::Data,
    level: LintLevel::Warn,
    title: "makes a primary key of columns of rows that are there",
    why: "It is refused where rows have the same values, or NULL.",
    mend: "Look for such rows first.",
    check: |script| {
        script.acts_or_risks(
            |act| matches!(act, Act::Constrain { constraint: Constraint::PrimaryKey, .. }),
            |risk| is_about(risk, "primary key"),
        )
    },
};
