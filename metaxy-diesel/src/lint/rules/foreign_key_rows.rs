use super::is_about;
use crate::lint::{
    Group, Lint,
    act::{Act, Constraint},
};
use metaxy_core::config::LintLevel;

/// A foreign key on rows that are there.
pub(crate) static LINT: Lint = Lint {
    code: "MX204",
    group: Group::Data,
    level: LintLevel::Warn,
    title: "lets rows that are there refer to others",
    why: "It is refused where a row refers to one that does not exist.",
    mend: "Look for such rows first, and correct or remove them.",
    check: |script| {
        script.acts_or_risks(
            |act| {
                let foreign_key =
                    |it: &Constraint| matches!(it, Constraint::ForeignKey { not_valid: false, .. });
                matches!(act, Act::Constrain { constraint, .. } if foreign_key(constraint))
            },
            |risk| is_about(risk, "foreign key"),
        )
    },
};
