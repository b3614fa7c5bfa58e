use crate::lint::{Group, Lint};
use metaxy_core::config::LintLevel;

/// `TRUNCATE … CASCADE` (squawk).
pub(crate) static LINT: Lint = Lint {
    code: "MX106",
    group: Group::Destructive,
    level: LintLevel::Error,
    title: "removes the rows of all tables that refer to one, too",
    why: "CASCADE follows foreign keys, and those of the tables that it reaches.",
    mend: "Name the tables one by one.",
    check: |script| script.others("ban-truncate-cascade"),
};
