use super::is_about;
use crate::lint::{
    Group, Lint,
    act::{Act, Constraint},
};
use metaxy_core::config::LintLevel;

/// A check on rows that are there.
pub(crate) static LINT: Lint = Lint {
    code: "MX203",
    group: Group::Data,
    level: LintLevel::Warn,
    title: "checks rows that are there",
    why: "It is refused where a row does not fulfil the condition.",
    mend: "Look for such rows first, and correct them.",
    check: |script| {
        script.acts_or_risks(
            |act| {
                matches!(
                    act,
                    Act::Constrain { constraint: Constraint::Check { not_valid: false }, .. }
                )
            },
            |risk| is_about(risk, "check"),
        )
    },
};
