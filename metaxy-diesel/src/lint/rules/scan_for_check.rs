use crate::lint::{
    Group, Lint,
    act::{Act, Constraint},
};
use metaxy_core::config::LintLevel;

/// A check is added without `NOT VALID` (squawk).
pub(crate) static LINT: Lint = Lint {
    code: "MX406",
    group: Group::Locks,
    level: LintLevel::Warn,
    title: "checks every row while nobody can use the table",
    why: "ADD CHECK reads every row under a lock that keeps readers and writers out.",
    mend: "Add it NOT VALID, then VALIDATE CONSTRAINT in the next migration: `--online` writes that.",
    check: |script| {
        let check =
            |act: &Act| matches!(act, Act::Constrain { constraint: Constraint::Check { .. }, .. });
        script.others_where("constraint-missing-not-valid", |it| it.acts.iter().any(check))
    },
};
